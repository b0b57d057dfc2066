"""Do webhooks arrive? We call our own address as the helpdesk would, and read who answers.

First ``HEAD``, which bears no secret: what answers that wrongly is not sent one.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import requests
from urllib3.exceptions import NameResolutionError

from app.doctor.exam import TookTooLong, within
from app.doctor.running import registered
from app.doctor.subject import Installation
from app.processes import answers, authority
from app.settings import Settings
from connectors import webhook_variable
from connectors.errors import BadSignature
from connectors.payload import Unreadable, read_object
from connectors.setup import Finding

CHECK = "reach"  # connectors have checks named webhook
TIMEOUT = (5.0, 10.0)  # seconds: to connect, for an answer; helpdesks wait 5 to 12
LONGEST_WAIT = 20.0  # seconds, from the beginning to the end of an answer
LONGEST = 10_000  # bytes of an answer: ours are short
KEPT_NONE = {"kept": 0}  # our answer to a delivery that announces nothing


class Trouble(StrEnum):
    """Why there is no answer at all."""

    NAME = "name"
    TLS = "tls"
    TIME = "time"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of a call: a status with what our web process says in JSON, or trouble."""

    status: int = 0
    said: Mapping[str, Any] = field(default_factory=dict)
    trouble: Trouble | None = None
    is_json: bool = False  # by its own account
    detail: str = ""  # the TLS library's words, or where a redirect leads


def findings(subject: Installation, helpdesk: str) -> Iterator[Finding]:
    """Call the address of an account's webhooks, from outside where we know how."""
    services = subject.services
    settings = services.settings
    path = f"/webhooks/{helpdesk}"
    url = f"{settings.public_url or local_url(settings)}{path}"
    if not settings.public_url and not answers(f"{local_url(settings)}/healthz"):
        said = "Not tried: no web process runs here (understudy up starts it), and PUBLIC_URL "
        yield Finding(CHECK, ok=True, message=said + "is not set.")
        return
    try:
        ping = services.connector(helpdesk).ping(datetime.fromtimestamp(services.clock(), UTC))
    except BadSignature as error:
        said = f"Not tried: {error}."
        remedy = f"Set {webhook_variable(helpdesk)}; without it every webhook is refused."
        yield Finding(CHECK, ok=True, message=said, remedy=remedy)  # a fault by its own check
        return
    seen = reach("HEAD", url)
    if seen.status == 200 and seen.is_json:
        seen = reach("POST", url, ping.headers, ping.body)
    found = judged(seen, url, webhook_variable(helpdesk))
    if found.ok:
        yield found if settings.public_url else _only_here(settings)
    elif _nobody_answered(seen) and _nothing_runs(subject):
        yield replace(found, ok=True, remedy=_NOT_YET)
    else:
        yield found


def _nobody_answered(seen: Reached) -> bool:
    return seen.trouble in (Trouble.CONNECTION, Trouble.TIME) or seen.status >= 500


def _nothing_runs(subject: Installation) -> bool:
    """Tell whether nobody could have answered: Understudy is being set up and was not started."""
    here = answers(f"{local_url(subject.services.settings)}/healthz")
    return not (here or subject.up or registered(subject))


def local_url(settings: Settings) -> str:
    """Name the address at which the web process of this machine listens."""
    return f"http://{authority(settings)}"


def reach(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Reached:
    """Call an address once; what redirects is not followed."""
    try:
        # The time-outs of a call are for each piece of an answer, of which there may be many.
        return within(LONGEST_WAIT, lambda: _called(method, url, headers or {}, body))
    except TookTooLong:
        return Reached(trouble=Trouble.TIME)
    except requests.RequestException as error:
        return _trouble(error)


def _called(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reached:
    with requests.request(
        method,
        url,
        headers=dict(headers),
        data=body or None,
        timeout=TIMEOUT,
        allow_redirects=False,
        auth=_as_it_is,
        stream=True,
    ) as answer:
        said = next(answer.iter_content(LONGEST), b"")
    return Reached(
        answer.status_code,
        _object(said),
        is_json="json" in answer.headers.get("Content-Type", ""),
        detail=answer.headers.get("Location", ""),
    )


def _object(said: bytes) -> Mapping[str, Any]:
    try:
        return read_object(said)
    except Unreadable:
        return {}


def judged(seen: Reached, url: str, variable: str) -> Finding:  # noqa: PLR0911 - one each
    """Tell what an answer means and what to do; ``variable`` holds the secret of webhooks."""
    if seen.trouble is not None:
        message, remedy = _TROUBLE[seen.trouble]
        return _bad(f"{url}: {message}{f' ({seen.detail})' * bool(seen.detail)}.", remedy)
    if seen.status == 200 and seen.said == KEPT_NONE:
        return Finding(CHECK, ok=True, message=f"{url} reaches us, and a signed delivery is taken.")
    if seen.status == 200:
        return _bad(f"Something else than Understudy answers at {url}.", _PROXY)
    if 300 <= seen.status < 400:
        return _bad(f"{url} redirects ({seen.status}) to {seen.detail or 'nowhere'}.", _STRAIGHT)
    if seen.status == 401 and "error" in seen.said:
        return _bad(
            f"The web process refuses what we sign: {seen.said['error']}.",
            f"It was started with another {variable} than the one set now: start it again. Then "
            "compare the secret with the helpdesk's.",
        )
    if seen.status in (401, 403):
        return _bad(f"{url} asks for a login ({seen.status}).", _OPEN)
    if seen.status == 404:
        return _bad(
            f"Nothing is found at {url} (404).",
            "If the proxy passes /webhooks/ on, the web process was started with other HELPDESKS: "
            "start it again. Else let the proxy pass it on.",
        )
    if seen.status >= 500:
        return _bad(
            f"{url} answers {seen.status}.",
            "The web process is not running, or not where the proxy looks for it (WEB_HOST, "
            "WEB_PORT): see understudy up and the proxy's log.",
        )
    return _bad(f"{url} answers {seen.status}, which is not our answer.", _PROXY)


_NOT_YET = "Nothing of ours runs yet: start understudy up, then ask the doctor again."
_STRAIGHT = (
    "Helpdesks follow no redirects: set PUBLIC_URL to where it leads, without /webhooks/..., or, "
    "if that is a login, let the proxy pass /webhooks/ on without one."
)
_PROXY = "Let the proxy pass /webhooks/ on to the web process (WEB_HOST, WEB_PORT), unchanged."
_OPEN = "Let the proxy pass /webhooks/ on without a login: helpdesks have none; we verify them."
_TROUBLE: Mapping[Trouble, tuple[str, str]] = {
    Trouble.NAME: (
        "the host's name is not known",
        "Check PUBLIC_URL for a typing error, and the name's DNS entry.",
    ),
    Trouble.TLS: (
        "no trusted TLS connection",
        "Give the proxy a certificate for this name that public authorities vouch for, whole "
        "chain included; helpdesks accept no other.",
    ),
    Trouble.TIME: (
        "no answer in time",
        "Open the port in the firewall, and see whether the proxy reaches the web process.",
    ),
    Trouble.CONNECTION: (
        "no connection",
        "Start the web process (understudy up) and the proxy in front of it, or check the port.",
    ),
}


def _bad(message: str, remedy: str) -> Finding:
    return Finding(CHECK, ok=False, message=message, remedy=remedy)


def _only_here(settings: Settings) -> Finding:
    return Finding(
        CHECK,
        ok=True,
        message=f"The web process at {authority(settings)} takes a signed delivery. Whether the "
        "helpdesk reaches it was not tried.",
        remedy="Set PUBLIC_URL to the address that the helpdesk calls.",
    )


def _trouble(error: requests.RequestException) -> Reached:
    causes = list(_causes(error))
    if isinstance(error, requests.exceptions.SSLError):
        words = [each.verify_message for each in causes if isinstance(each, ssl.CertificateError)]
        return Reached(trouble=Trouble.TLS, detail=next(iter(words), ""))
    if any(isinstance(each, NameResolutionError) for each in causes):
        return Reached(trouble=Trouble.NAME)
    if isinstance(error, requests.Timeout):
        return Reached(trouble=Trouble.TIME)
    return Reached(trouble=Trouble.CONNECTION)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and what led to it; urllib3 also hands causes on as ``reason`` and argument."""
    seen: list[BaseException] = []
    ahead = [error]
    while ahead:
        each = ahead.pop()
        if each is None or each in seen:
            continue
        seen.append(each)
        yield each
        inner = (*each.args, getattr(each, "reason", None), each.__cause__, each.__context__)
        ahead += [one for one in inner if isinstance(one, BaseException)]


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add no credentials: without this, requests takes some from ``~/.netrc``."""
    return request
