"""Zendesk's error answers, in the four shapes it has for them."""

from __future__ import annotations

from connectors.sandbox.refusals import ApiError

TOO_MANY = "Number of allowed API requests per minute exceeded"


def unauthenticated() -> ApiError:
    """Wrong or no credentials."""
    return ApiError(401, {"error": "Couldn't authenticate you"})


def expired() -> ApiError:
    """An OAuth token that is not valid (any more)."""
    description = (
        "The access token provided is expired, revoked, malformed or invalid for other reasons."
    )
    return ApiError(401, {"error": "invalid_token", "error_description": description})


def forbidden() -> ApiError:
    """A token whose scope does not reach this far."""
    message = (
        "You do not have access to this page. Please contact the account owner of this help desk "
        "for further help."
    )
    return ApiError(403, {"error": {"title": "Forbidden", "message": message}})


def not_found() -> ApiError:
    """No such record."""
    return ApiError(404, {"error": "RecordNotFound", "description": "Not found"})


def no_endpoint() -> ApiError:
    """No such path."""
    return ApiError(404, {"error": "InvalidEndpoint", "description": "Not found"})


def invalid(field: str, description: str) -> ApiError:
    """A record that would not be valid after the write."""
    details = {field: [{"description": description, "error": "InvalidValue"}]}
    body = {
        "error": "RecordInvalid",
        "description": "Record validation errors",
        "details": details,
    }
    return ApiError(422, body)


def malformed(message: str) -> ApiError:
    """A request that cannot be read."""
    return ApiError(400, {"error": {"title": "Invalid attribute", "message": message}})


def no_events() -> ApiError:
    """An account whose webhooks are called by triggers only."""
    details = {"subscriptions": [{"description": "Subscriptions: is not included in the plan"}]}
    body = {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
    return ApiError(422, body)


def conflict() -> ApiError:
    """A guarded write whose stamp is no longer the ticket's."""
    description = (
        "Safe Update prevented the update due to outdated ticket data. "
        "Please fetch the latest ticket data and try again."
    )
    return ApiError(409, {"error": "UpdateConflict", "description": description})


def too_many_values(name: str, most: int) -> ApiError:
    """A list of ids that is too long."""
    description = f"Number of values in {name} exceeds the limit of {most}"
    return ApiError(422, {"error": "TooManyValues", "description": description, "max_count": most})


def too_many_calls(retry_after: int) -> ApiError:
    """A rate limit was hit."""
    return ApiError(
        429,
        {"error": "APIRateLimitExceeded", "description": TOO_MANY},
        {"Retry-After": str(retry_after)},
    )
