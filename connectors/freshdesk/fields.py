"""Fields that a team has added to tickets, contacts and companies, without effects.

Freshdesk calls them ``cf_`` and the label as it was first typed; admins know the label. So a
setting may name either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from connectors.freshdesk import wire

LONGEST = 2000  # characters of one field that are passed on
TYPE = "type"  # the one default field that is a team's own words


def key_of(name: str) -> str:
    """Bring a name or a label to what both have in common."""
    return re.sub(r"\W+", "_", name.strip().casefold()).removeprefix("cf_").strip("_")


def texts(custom: Mapping[str, Any]) -> dict[str, str]:
    """Read the fields that are filled in, by their names without ``cf_``."""
    found = {name.removeprefix("cf_"): _text(value) for name, value in custom.items()}
    return {name: text for name, text in found.items() if text}


def labels_of(fields: Iterable[wire.TeamField]) -> dict[str, str]:
    """Read what agents see above each field, by its name; those that depend on others, too."""
    found: dict[str, str] = {}
    for field in fields:
        found[field.name] = field.label
        for inner in field.nested_ticket_fields:
            nested = wire.read(wire.TeamField, inner)
            found[nested.name] = nested.label
    return {name: label for name, label in found.items() if name and label}


def value_of(custom: Mapping[str, Any], asked: str) -> str:
    """Read one field by the name that a setting gives it."""
    wanted = key_of(asked)
    found = (text for name, text in texts(custom).items() if key_of(name) == wanted)
    return next(found, "") if wanted else ""


def shown(raw: wire.Ticket, asked: Sequence[str], labels: Mapping[str, str]) -> dict[str, str]:
    """Read the fields of a ticket that a setting names, by the titles that agents see."""
    given: dict[str, str] = {TYPE: raw.type, **{n: _text(v) for n, v in raw.custom_fields.items()}}
    found: dict[str, str] = {}
    for wanted in map(key_of, asked):
        for name, text in given.items():
            title = labels.get(name, "") or name.removeprefix("cf_").replace("_", " ").capitalize()
            if text and wanted in (key_of(name), key_of(title)):
                found[title] = text
    return found


def page_url(raw: wire.Ticket, asked: str) -> str:
    """Read the page that the customer was on; whatever else a form put there is none."""
    address = value_of(raw.custom_fields, asked)
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    whole = len(address) < LONGEST and not re.search(r"\s", address)
    return address if whole and parts.scheme in ("http", "https") and parts.hostname else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):  # of a field with several choices
        return ", ".join(filter(None, map(_text, value[:50])))[:LONGEST]
    if isinstance(value, int) and abs(value) >= 10**18:
        return ""  # Python refuses to write out thousands of digits
    return str(value).strip()[:LONGEST] if isinstance(value, str | int | float) else ""
