"""The search endpoints: their filters, which values fit which fields, and their pages.

Nothing sorts: ``sort`` is not in the description and is ignored; the newest change comes first.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.intercom.sandbox.errors import invalid, missing
from connectors.intercom.sandbox.people import Shape, unix
from connectors.sandbox.caller import whole_number
from connectors.sandbox.records import Ticket

_DATES = frozenset(
    (
        *("created_at", "updated_at", "waiting_since", "snoozed_until"),
        *("conversation_rating.requested_at", "conversation_rating.replied_at"),
    )
)
_INTEGERS = frozenset(("admin_assignee_id", "team_assignee_id", "conversation_rating.score"))
_BOOLEANS = frozenset(("open", "read", "ai_agent_participated", "is_shared"))
_STRINGS = frozenset(
    (
        *("id", "source.type", "source.id", "source.delivered_as", "source.subject"),
        *("source.body", "source.author.id", "source.author.type", "source.author.name"),
        *("source.author.email", "source.url", "contact_ids", "teammate_ids", "tag_ids"),
        *("channel_initiated", "state", "priority", "conversation_rating.remark"),
        *("conversation_rating.contact_id", "title", "description", "category"),
        *("ticket_type_id", "ticket_state"),
    )
)
_RENAMED = {
    "conversation_rating.score": "conversation_rating.rating",
    "conversation_rating.requested_at": "conversation_rating.created_at",
    "conversation_rating.replied_at": "conversation_rating.updated_at",
    "conversation_rating.contact_id": "conversation_rating.contact.id",
    "channel_initiated": "source.type",
    "title": "ticket_attributes._default_title_",
    "description": "ticket_attributes._default_description_",
    "ticket_type_id": "ticket_type.id",
    "ticket_state": "ticket_state.category",
}
_LISTS = {
    "contact_ids": ("contacts", "contacts"),
    "teammate_ids": ("teammates", "admins"),
    "tag_ids": ("tags", "tags"),
}
# The description's table of operators has no <= and >=, although its schema lists them.
_OPERATORS = {
    "date": ("=", "!=", "IN", "NIN", ">", "<"),
    "integer": ("=", "!=", "IN", "NIN", ">", "<"),
    "boolean": ("=", "!=", "IN", "NIN"),
    "string": ("=", "!=", "IN", "NIN", "~", "!~", "^", "$"),
}
_MOST_FILTERS, _DEEPEST = 15, 2
USUAL, MOST = 20, 150
Test = Callable[[Mapping[str, Any]], bool]


def compile_query(query: Any, depth: int = 1) -> Test:
    """Turn a query into a test; raises what Intercom answers to one that it does not take."""
    if not isinstance(query, dict):
        raise missing("query")
    operator = query.get("operator")
    if operator not in ("AND", "OR"):
        return _single(query)
    group = query.get("value")
    if not isinstance(group, list) or not group:
        raise invalid("value", "A group needs a list of filters")
    if len(group) > _MOST_FILTERS:
        raise invalid("value", f"A group takes at most {_MOST_FILTERS} filters")
    if depth > _DEEPEST:
        raise invalid("query", f"Filters may be nested {_DEEPEST} levels deep")
    tests = [compile_query(each, depth + 1) for each in group]
    combine = all if operator == "AND" else any
    return lambda item: combine(test(item) for test in tests)


def _single(query: Mapping[str, Any]) -> Test:
    field, operator = query.get("field"), query.get("operator")
    if not isinstance(field, str) or "value" not in query:
        raise missing("field" if not isinstance(field, str) else "value")
    kind, value = _kind_of(field), query["value"]
    if operator not in _OPERATORS[kind]:
        raise invalid("operator", f"{operator!r} is not compatible with {field}")
    if operator in ("IN", "NIN") and not isinstance(value, list):
        raise invalid("value", f"{operator} needs a list")
    asked = value if operator in {"IN", "NIN"} else [value]
    wanted = [_typed(each, kind, field) for each in asked]
    positive = {"!=": "=", "!~": "~", "IN": "=", "NIN": "="}.get(operator, operator)

    def met(item: Mapping[str, Any]) -> bool:
        return any(_meets(one, positive, each) for one in _of(item, field) for each in wanted)

    return (lambda item: not met(item)) if operator in {"!=", "!~", "NIN"} else met


def _kind_of(field: str) -> str:
    if field in _DATES or (field.startswith("statistics.") and field.endswith("_at")):
        return "date"
    if field in _INTEGERS or field.startswith(("statistics.time_", "statistics.count_")):
        return "integer"
    if field in _BOOLEANS:
        return "boolean"
    if field in _STRINGS or field.startswith("custom_attribute."):
        return "string"
    raise invalid("field", f"{field} is not a field that can be searched")


def _typed(value: Any, kind: str, field: str) -> Any:
    """Check a value; dates are written as digits in the description's own example."""
    if value is None:
        return None
    if kind in {"date", "integer"}:
        if isinstance(value, str) and whole_number(value) is not None:
            return whole_number(value)
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = isinstance(value, bool if kind == "boolean" else str)
    if not fits:
        raise invalid("value", f"{value!r} is not of the type of {field}")
    return value


def _of(item: Mapping[str, Any], field: str) -> Sequence[Any]:
    if field in _LISTS:
        outer, inner = _LISTS[field]
        return [each["id"] for each in item[outer][inner]]
    if field == "source.body":  # word by word
        return str(item["source"]["body"]).split()
    value: Any = item
    name = _RENAMED.get(field, field.replace("custom_attribute.", "custom_attributes."))
    for key in name.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return [value]


def _meets(left: Any, operator: str, right: Any) -> bool:
    if operator == "=" or left is None or right is None:
        return bool(left == right) and operator == "="
    if operator in {">", "<"}:  # "greater (or equal) than", says the table
        return bool(left >= right if operator == ">" else left <= right)
    one, other = str(left).casefold(), str(right).casefold()
    if operator == "~":
        return other in one
    return one.startswith(other) if operator == "^" else one.endswith(other)


def page_size(value: Any) -> int:
    """Read how many are wanted: 20 unless told, at most 150."""
    if value is None:
        return USUAL
    number = whole_number(value) if isinstance(value, str) else value
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MOST:
        raise invalid("per_page", f"per_page must be between 1 and {MOST}")
    return number


def page_of(tickets: Sequence[Ticket], size: int, after: Any) -> tuple[list[Ticket], Shape]:
    """Cut a page out of a list, newest change first; the cursor names the last one seen."""
    ordered = sorted(tickets, key=_place, reverse=True)
    start = 0
    if after is not None:
        seen = _read_cursor(after)
        start = sum(_place(ticket) >= seen for ticket in ordered)
    page = ordered[start : start + size]
    pages: Shape = {
        "type": "pages",
        "page": start // size + 1,
        "per_page": size,
        "total_pages": max(-(-len(ordered) // size), 1),
    }
    if start + size < len(ordered):
        pages["next"] = {"per_page": size, "starting_after": _cursor(_place(page[-1]))}
    return page, pages


def _place(ticket: Ticket) -> list[int]:
    return [unix(ticket.updated_at), ticket.id]


def _cursor(place: list[int]) -> str:
    return base64.b64encode(json.dumps(place, separators=(",", ":")).encode()).decode()


def _read_cursor(cursor: Any) -> list[int]:
    try:
        first, second = json.loads(base64.b64decode(str(cursor), validate=True))
        return [int(first), int(second)]
    except (ValueError, TypeError, binascii.Error):
        raise invalid("starting_after", "starting_after is not a valid cursor") from None
