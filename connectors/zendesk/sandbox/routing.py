"""Small helpers for the routes: each path exists with and without ``.json``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request


def add_route(
    blueprint: Blueprint, path: str, view: Callable[..., Any], method: str = "GET"
) -> None:
    """Add a path below ``/api/v2``; Zendesk takes both spellings."""
    for ending in ("", ".json"):
        name = f"{method} {path}{ending}".replace(".", "_")
        blueprint.add_url_rule(f"/api/v2{path}{ending}", name, view, methods=[method])


def base_url() -> str:
    """The address under which the caller reached us."""
    return request.host_url.rstrip("/")


def path_url() -> str:
    """The address of the path that was asked for, without its query."""
    return request.base_url


def query() -> dict[str, str]:
    """The query's parameters."""
    return request.args.to_dict()
