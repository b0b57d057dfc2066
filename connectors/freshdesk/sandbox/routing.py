"""Small helpers for the routes: addresses below ``/api/v2``, and 405 for wrong methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request

from connectors.freshdesk.sandbox.errors import not_allowed
from connectors.sandbox.caller import ALL_METHODS


def add_route(blueprint: Blueprint, path: str, **views: Callable[..., Any]) -> None:
    """Add an address with a view for each of its methods (``get=``, ``post=`` ...)."""
    known = {method.upper(): view for method, view in views.items()}

    def answer(**parts: Any) -> Any:
        view = known.get("GET" if request.method == "HEAD" else request.method)
        if view is None:
            raise not_allowed(request.method, list(known))
        return view(**parts)

    blueprint.add_url_rule(f"/api/v2{path}", path, answer, methods=ALL_METHODS)
