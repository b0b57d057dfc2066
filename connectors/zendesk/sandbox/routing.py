"""Small helpers for the routes: each path exists with and without ``.json``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint
from werkzeug.routing import BaseConverter


class _Ending(BaseConverter):
    regex = r"(?:\.json)?"


def take_endings(blueprint: Blueprint) -> None:
    """Let the routes added from now on end in ``.json`` or not."""
    blueprint.record(lambda state: state.app.url_map.converters.update(ending=_Ending))


def add_route(
    blueprint: Blueprint, path: str, view: Callable[..., Any], method: str = "GET"
) -> None:
    """Add a path below ``/api/v2``; Zendesk takes both spellings."""

    def answer(_ending: str, **parts: Any) -> Any:
        return view(**parts)

    # One rule for both: compiling rules is what building an app takes its time for.
    blueprint.add_url_rule(
        f"/api/v2{path}<ending:_ending>", f"{method} {path}", answer, methods=[method]
    )
