"""A refused call on its way out of a vendor's façade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, make_response


class ApiError(Exception):
    """A call is refused: the status and the body to answer with (``None``: an empty one)."""

    def __init__(
        self,
        status: int,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, dict(headers or {})

    def answer(self) -> Response:
        """The refusal as it is answered."""
        answer = make_response(b"" if self.body is None else jsonify(self.body), self.status)
        answer.headers.update(self.headers)
        return answer
