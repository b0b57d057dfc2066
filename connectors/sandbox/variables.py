"""Reading ``SANDBOX_*`` variables; what makes no sense is a ``ValueError`` that names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.sandbox.caller import whole_number


def choice(environ: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    """Read one of these words; the first of them where nothing is set."""
    chosen = environ.get(name) or choices[0]
    if chosen not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}.")
    return chosen


def flag(environ: Mapping[str, str], name: str) -> bool:
    """Read a switch: off where nothing is set, and by ``0``, ``false`` or ``no``."""
    return (environ.get(name) or "0").casefold() not in {"0", "false", "no"}


def positive(environ: Mapping[str, str], name: str) -> int | None:
    """Read a number from 1 on; ``None`` where nothing is set."""
    given = environ.get(name) or ""
    if not given:
        return None
    number = whole_number(given)
    if not number:
        raise ValueError(f"{name} must be a positive number.")
    return number
