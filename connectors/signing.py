"""Signatures of webhooks: pure helpers that never let an empty secret verify anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable


def hmac_sha256_base64(secret: str, message: bytes) -> str:
    """Sign a message: base64 of HMAC-SHA256, keyed with the secret's text as it stands.

    A secret may look like base64 (Zendesk's do); it is never decoded.
    """
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def hmac_sha1_hex(secret: str, message: bytes) -> str:
    """Sign a message: HMAC-SHA1 in lower-case hexadecimal digits."""
    return hmac.new(secret.encode(), message, hashlib.sha1).hexdigest()


def is_signed(
    signature: str,
    message: bytes,
    secrets: Iterable[str],
    sign: Callable[[str, bytes], str] = hmac_sha256_base64,
) -> bool:
    """Tell whether a signature was made with one of the secrets; empty ones never match.

    All secrets are tried, each in constant time, so that the time taken tells nothing.
    """
    wanted = [sign(secret, message) for secret in secrets if secret.strip()]
    return _is_one_of(signature, wanted)


def is_secret(given: str, secrets: Iterable[str]) -> bool:
    """Tell whether what a sender gave is one of the secrets itself; empty ones never match.

    For helpdesks that sign nothing. All secrets are tried, each in constant time.
    """
    return _is_one_of(given, [secret for secret in secrets if secret.strip()])


def _is_one_of(given: str, wanted: Iterable[str]) -> bool:
    # compare_digest refuses str beyond ASCII with a TypeError, and headers are the sender's.
    said = given.strip().encode("utf-8", "backslashreplace")
    verdicts = [
        hmac.compare_digest(said, one.encode("utf-8", "backslashreplace")) for one in wanted
    ]
    return any(verdicts)
