"""The account's ticket fields, as ``GET /ticket_fields`` tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.freshdesk.sandbox.codes import (
    PRIORITY_LABELS,
    SOURCE_LABELS,
    STATUS_LABELS,
    TYPES,
)
from connectors.freshdesk.sandbox.shapes import CATEGORY_FIELD, PAGE_FIELD, Shape
from connectors.sandbox.records import Group, Person

CATEGORIES = ("Primary", "Secondary")
_FIRST_ID = 8_447_346_621_320


def field_shapes(
    groups: Sequence[Group],
    agents: Sequence[Person],
    added: Iterable[str],
    closing_needs_category: bool,
    created: str,
) -> list[Shape]:
    """All fields in their order; the choices' shape differs from field to field.

    ``added`` are names of fields that the team has made for itself.
    """
    known: tuple[tuple[str, str, str, Any], ...] = (
        ("requester", "Search a requester", "default_requester", None),
        ("subject", "Subject", "default_subject", None),
        ("ticket_type", "Type", "default_ticket_type", list(TYPES)),
        ("source", "Source", "default_source", dict(SOURCE_LABELS)),
        ("status", "Status", "default_status", _statuses()),
        ("priority", "Priority", "default_priority", _turned(PRIORITY_LABELS)),
        ("group", "Group", "default_group", {each.name: each.id for each in groups}),
        ("agent", "Agent", "default_agent", {each.name: each.id for each in agents}),
        ("description", "Description", "default_description", None),
        (PAGE_FIELD, "Page", "custom_text", None),
        (CATEGORY_FIELD, "Category", "custom_dropdown", list(CATEGORIES)),
        *((name, _label(name), "custom_text", None) for name in added),
    )
    needed = {CATEGORY_FIELD} if closing_needs_category else set()
    return [
        {
            **_field(place, name, label, kind),
            **({} if choices is None else {"choices": choices}),
            "required_for_closure": name in needed,
            "created_at": created,
            "updated_at": created,
        }
        for place, (name, label, kind, choices) in enumerate(known, start=1)
    ]


def company_field_shapes(created: str) -> list[Shape]:
    """The fields of companies; two of them are the team's own."""
    known = ("name", "account_tier", "customer_since", "tags")
    return [
        {
            "id": _FIRST_ID + 100 + place,
            "name": name,
            "label": _label(name),
            "position": place,
            "required_for_agents": name == "name",
            "type": "default_name" if name == "name" else "custom_text",
            "default": name in {"name", "account_tier"},
            "created_at": created,
            "updated_at": created,
        }
        for place, name in enumerate(known, start=1)
    ]


def _label(name: str) -> str:
    return name.removeprefix("cf_").replace("_", " ").capitalize()


def _statuses() -> Mapping[str, Sequence[str]]:
    return {str(code): list(labels) for code, labels in STATUS_LABELS.items()}


def _turned(labels: Mapping[int, str]) -> Mapping[str, int]:
    return {label: code for code, label in labels.items()}


def _field(place: int, name: str, label: str, kind: str) -> Shape:
    default = kind.startswith("default_")
    shown: Shape = {
        "id": _FIRST_ID + place,
        "name": name,
        "label": label,
        "description": f"Ticket {name}" if default else "",
        "position": place,
        "required_for_agents": name in {"requester", "subject", "status", "priority"},
        "required_for_customers": name in {"requester", "subject", "description"},
        "type": kind,
        "default": default,
        "customers_can_edit": not default,
        "label_for_customers": label,
        "displayed_to_customers": True,
    }
    if name == "requester":
        shown |= {"portal_cc": False, "portal_cc_to": "company"}
    return shown
