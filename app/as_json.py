"""Records as JSON text and back: how the ledger keeps what was thought."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter


def to_json(value: Any) -> str:
    """Write a record as JSON."""
    return _adapter(type(value)).dump_json(value).decode()


def from_json(kind: Any, text: str) -> Any:
    """Read a record of a type (or union of types) back from JSON; raises ``ValueError``."""
    return _adapter(kind).validate_json(text)


# Making one takes milliseconds, and reading a run takes seven.
_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
