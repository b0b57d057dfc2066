"""Freshdesk's refusals: validation errors, coded errors, and 404s without a body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.sandbox.refusals import ApiError


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one field; ``code`` is from the API page's list of error codes."""

    field: str
    message: str
    code: str = "invalid_value"


def invalid(flaws: Sequence[Flaw]) -> ApiError:
    """A request whose fields or parameters are wrong; all of them are told."""
    errors = [{"field": f.field, "message": f.message, "code": f.code} for f in flaws]
    return ApiError(400, {"description": "Validation failed", "errors": errors})


def invalid_json() -> ApiError:
    """A body that is no JSON object."""
    return _coded(400, "invalid_json", "Request body has invalid JSON format")


def unauthenticated() -> ApiError:
    """A wrong API key, or none."""
    return _coded(401, "invalid_credentials", "You have to be logged in to perform this action.")


def forbidden() -> ApiError:
    """An agent whose role does not reach this far."""
    return _coded(403, "access_denied", "You are not authorized to perform this action.")


def not_found() -> ApiError:
    """No such record: the body is empty, which existing clients have learned to bear."""
    return ApiError(404)


def no_address() -> ApiError:
    """An address that the sandbox does not serve; the words are the sandbox's own."""
    return ApiError(404, {"message": "The sandbox does not serve this address."})


def not_allowed(method: str, allowed: Sequence[str]) -> ApiError:
    """A method that the address, or the state of what it names, does not take."""
    listed = ", ".join(allowed)
    message = f"{method} method is not allowed. It should be one of these method(s): {listed}"
    body = {"code": "method_not_allowed", "message": message}
    return ApiError(405, body, {"Allow": listed})


def not_acceptable() -> ApiError:
    """An ``Accept`` header without JSON."""
    return ApiError(406)


def unsupported_type(given: str) -> ApiError:
    """A body of another type; recorded in Clinical-Genomics/cg issue 4847 (January 2026)."""
    message = f"Content-Type header is set to {given}. It should be set to application/json"
    return _coded(415, "invalid_content_type", message)


def too_many_calls(retry_after: int) -> ApiError:
    """The account's budget of this minute is spent."""
    body = {"message": "You have exceeded the limit of requests per minute"}
    return ApiError(429, body, {"Retry-After": str(retry_after)})


def _coded(status: int, code: str, message: str) -> ApiError:
    return ApiError(status, {"code": code, "message": message})
