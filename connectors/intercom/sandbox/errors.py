"""Intercom's error answers: one shape, a code and a sentence."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A call is refused: the status, and what goes into ``errors``."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code = status, code
        self.error: dict[str, Any] = {"code": code, "message": message}
        if field is not None:
            self.error["field"] = field


def error_list(request_id: str, *errors: dict[str, Any]) -> dict[str, Any]:
    """The body of every refusal."""
    return {"type": "error.list", "request_id": request_id, "errors": list(errors)}


def unauthorized() -> ApiError:
    """Wrong or no access token."""
    return ApiError(401, "unauthorized", "Access Token Invalid")


def bad_version() -> ApiError:
    """An ``Intercom-Version`` that the sandbox does not speak."""
    text = "Requested resource is not available in current API version."
    return ApiError(400, "intercom_version_invalid", text)


def not_found(code: str = "not_found", message: str = "Resource Not Found") -> ApiError:
    """No such thing."""
    return ApiError(404, code, message)


def invalid(field: str, message: str) -> ApiError:
    """A value that is not taken."""
    return ApiError(400, "parameter_invalid", message, field)


def missing(field: str) -> ApiError:
    """A value that must be there."""
    return ApiError(400, "parameter_not_found", f"{field} is required", field)


def rate_limited() -> ApiError:
    """More calls than a slice of ten seconds allows."""
    return ApiError(429, "rate_limit_exceeded", "Exceeded rate limit")


def conflict() -> ApiError:
    """A write that met another one."""
    return ApiError(409, "conflict", "Resource conflict")


def final() -> ApiError:
    """The desk's final status, which Intercom itself does not have."""
    return ApiError(422, "data_invalid", "This conversation is archived and takes no changes")
