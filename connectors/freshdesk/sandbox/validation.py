"""Checks of what is sent, with Freshdesk's words and codes for what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request

from connectors.freshdesk.sandbox.errors import Flaw, invalid, invalid_json, unsupported_type

# Tells what is wrong with a value: a message and a code, or nothing.
Check = Callable[[Any], tuple[str, str] | None]

_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "Boolean"),
    (int, "Integer"),
    (float, "Float"),
    (str, "String"),
    (list, "Array"),
    (dict, "key/value pair"),
)
LONGEST_TAG = 32


def _of_type(wanted: type, value: Any) -> tuple[str, str] | None:
    if isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool)):
        return None
    names = dict(_NAMES)
    given = next((name for kind, name in _NAMES if isinstance(value, kind)), "Null")
    message = f"Value set is of type {given}.It should be a/an {names[wanted]}"
    return message, "datatype_mismatch"


def text(value: Any) -> tuple[str, str] | None:
    """Any string but a blank one."""
    wrong = _of_type(str, value)
    if wrong is None and not value.strip():
        return "It should not be blank as this is a mandatory field", "invalid_value"
    return wrong


def flag(value: Any) -> tuple[str, str] | None:
    """A boolean; ``"true"`` is none."""
    return _of_type(bool, value)


def number(value: Any) -> tuple[str, str] | None:
    """A whole number; ``"2"`` is none."""
    return _of_type(int, value)


def table(value: Any) -> tuple[str, str] | None:
    """An object."""
    return _of_type(dict, value)


def texts(value: Any) -> tuple[str, str] | None:
    """A list of strings."""
    wrong = _of_type(list, value)
    if wrong is None and not all(isinstance(each, str) for each in value):
        return "It should contain elements of type String only", "datatype_mismatch"
    return wrong


def emails(value: Any) -> tuple[str, str] | None:
    """A list of e-mail addresses."""
    wrong = texts(value)
    if wrong is None and not all("@" in each for each in value):
        return "It should contain elements that are in the 'valid email address' format", (
            "invalid_value"
        )
    return wrong


def tags(value: Any) -> tuple[str, str] | None:
    """Tags: the API page allows them 32 characters each."""
    wrong = texts(value)
    if wrong is None:
        for tag in value:
            if len(tag) > LONGEST_TAG:
                told = f"Has {len(tag)} characters, it can have maximum of {LONGEST_TAG} characters"
                return told, "invalid_value"
    return wrong


def one_of(choices: Collection[Any]) -> Check:
    """One of these values, and of their type."""

    def check(value: Any) -> tuple[str, str] | None:
        wrong = _of_type(type(next(iter(choices))), value)
        if wrong is None and value not in choices:
            listed = ",".join(str(each) for each in choices)
            return f"It should be one of these values: '{listed}'", "invalid_value"
        return wrong

    return check


def known(numbers: Collection[int], what: str, field: str) -> Check:
    """The id of something that is there, or null."""

    def check(value: Any) -> tuple[str, str] | None:
        if value is None:
            return None
        wrong = number(value)
        if wrong is None and value not in numbers:
            return f"There is no {what} matching the given {field}", "invalid_value"
        return wrong

    return check


def body(checks: Mapping[str, Check], unkept: Collection[str] = ()) -> dict[str, Any]:
    """Read a JSON body whose fields are all known and right, or raise what Freshdesk answers.

    ``unkept`` are fields that Freshdesk takes and the sandbox has no place for.
    """
    if request.mimetype != "application/json":
        raise unsupported_type(request.mimetype or "empty")
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise invalid_json()
    strangers(name for name in given if name not in {*checks, *unkept})
    lost = [Flaw(name, "The sandbox does not keep this field") for name in given if name in unkept]
    found = {name: checks[name](value) for name, value in given.items() if name in checks}
    flaws = lost + [Flaw(name, *wrong) for name, wrong in found.items() if wrong is not None]
    if flaws:
        raise invalid(flaws)
    return given


def query(*names: str) -> dict[str, str]:
    """Read the query, in which only these names may be."""
    given = request.args.to_dict()
    strangers(name for name in given if name not in names)
    return given


def strangers(names: Any) -> None:
    """Refuse fields that do not belong there; other flaws are not looked for then."""
    flaws = [Flaw(name, "Unexpected/invalid field in request", "invalid_field") for name in names]
    if flaws:
        raise invalid(flaws)


def included(given: str, choices: Collection[str]) -> set[str]:
    """Read ``include``."""
    wanted = {part for part in given.split(",") if part}
    if wanted - set(choices):
        told = f"It should be one of these values: '{','.join(choices)}'"
        raise invalid([Flaw("include", told)])
    return wanted


def moment(given: str, name: str) -> datetime:
    """Read a date or a time; without a time zone it is UTC."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        told = "It should be in the 'combined date and time ISO8601' format"
        raise invalid([Flaw(name, told)]) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
