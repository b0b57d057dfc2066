"""Who may call, in which version of the API, and how often."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.intercom.sandbox.errors import bad_version, rate_limited, unauthorized
from connectors.sandbox.variables import choice, flag, positive

VERSIONS = ("2.15", "2.16")
_PER_MINUTE = 10_000  # calls of one app; counted in slices of ten seconds
_SLICE = 10
# Invented, and good for nothing but a sandbox on loopback.
_TOKEN, _SECRET = "sandbox-access-token", "sandbox-client-secret"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the sandbox accepts, what it signs with, and how it behaves."""

    access_token: str = _TOKEN
    client_secret: str = _SECRET
    version: str = VERSIONS[0]
    rate_limit: int | None = None
    silent_notes: bool = False
    page_links: bool = False
    attributes: tuple[str, ...] = ("Urgency",)
    macros: tuple[str, ...] = ()


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read ``SANDBOX_*``; what is not set has a default that everybody knows.

    Raises ``ValueError`` for a version that the sandbox does not speak, or a limit that is none.
    """
    return Settings(
        access_token=environ.get("SANDBOX_ACCESS_TOKEN") or _TOKEN,
        client_secret=environ.get("SANDBOX_CLIENT_SECRET") or _SECRET,
        version=choice(environ, "SANDBOX_INTERCOM_VERSION", VERSIONS),
        rate_limit=positive(environ, "SANDBOX_RATE_LIMIT"),
        silent_notes=flag(environ, "SANDBOX_SILENT_NOTES"),
        page_links=flag(environ, "SANDBOX_PAGE_LINKS"),
        attributes=_names(environ.get("SANDBOX_ATTRIBUTES") or "Urgency"),
        macros=_names(environ.get("SANDBOX_MACROS") or ""),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def check_token(authorization: str, settings: Settings) -> None:
    """Let a call through or raise what Intercom answers."""
    kind, _, token = authorization.partition(" ")
    right = hmac.compare_digest(token.strip().encode(), settings.access_token.encode())
    if kind.casefold() != "bearer" or not right:
        raise unauthorized()


def version_of(header: str | None, settings: Settings) -> str:
    """Tell the version that shapes an answer: the call's own, else the app's."""
    if header is None:
        return settings.version
    if header not in VERSIONS:
        raise bad_version()
    return header


class Slices:
    """Counts calls in slices of ten seconds; refuses only where a limit was asked for."""

    def __init__(self, per_minute: int | None) -> None:
        self._enforced = per_minute is not None
        self.limit = max((per_minute or _PER_MINUTE) * _SLICE // 60, 1)
        self._lock = threading.Lock()
        self._slice = self._calls = 0

    def count(self, now: datetime) -> None:
        """Count a call; raises what Intercom answers to one too many."""
        with self._lock:
            self._turn(now)
            self._calls += 1
            if self._enforced and self._calls > self.limit:
                raise rate_limited()

    def _turn(self, now: datetime) -> None:
        current = int(now.timestamp()) // _SLICE
        if current != self._slice:
            self._slice, self._calls = current, 0

    def headers(self, now: datetime) -> dict[str, str]:
        """What every authenticated answer tells of the limit."""
        with self._lock:
            self._turn(now)
            left = max(self.limit - self._calls, 0)
            ends = (self._slice + 1) * _SLICE
        return limit_headers(self.limit, left, ends)


def limit_headers(limit: int, left: int, resets: int | None) -> dict[str, str]:
    """The three headers; there is no ``Retry-After``."""
    headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(left)}
    if resets is not None:
        headers["X-RateLimit-Reset"] = str(resets)
    return headers
