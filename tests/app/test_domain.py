"""What was thought can be stored and read back unchanged; what is ours is told by proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.as_json import from_json, to_json
from app.domain import (
    Clarify,
    Decision,
    Draft,
    Example,
    Facts,
    HandOff,
    Handoff,
    Hit,
    Outcome,
    Reason,
    SaveDraft,
    Send,
    Signal,
    Skip,
    Triage,
    is_ours,
    outcome_of,
)
from connectors.articles import Audience
from connectors.types import OWN_TAG, Change, Message, Person, Receipt, Role

PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    # What a database takes: any character but half a surrogate pair.
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(),
    bool: st.booleans(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    NoneType: st.none(),
}


# Fields that take less than their type says.
OURS = st.frozensets(st.text("abc_", max_size=8).map(f"{OWN_TAG}{{}}".format), max_size=2)
NARROWER: dict[Any, dict[str, st.SearchStrategy[Any]]] = {Change: {"untag": OURS}}


@cache
def values(kind: Any) -> st.SearchStrategy[Any]:
    """Draw values of a type; of a record with every field, those with defaults too."""
    inner = get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        drawn = {field.name: values(hints[field.name]) for field in fields(kind)}
        return st.builds(kind, **{**drawn, **NARROWER.get(kind, {})})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    origin = get_origin(kind)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in {Union, UnionType}:
        return st.one_of([values(each) for each in inner])
    if origin is tuple:
        return st.lists(values(inner[0]), max_size=2).map(tuple)
    if origin is frozenset:
        return st.frozensets(values(inner[0]), max_size=2)
    if origin is Mapping:
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=2)
    raise NotImplementedError(kind)


STORED = [Decision, Change, Triage, Receipt, tuple[Hit, ...], Signal, Example, dict[str, float]]


@pytest.mark.parametrize("kind", STORED, ids=str)
@given(data=st.data())
def test_what_is_stored_is_read_back_unchanged(kind: Any, data: st.DataObject) -> None:
    drawn = data.draw(values(Mapping[str, float] if kind == dict[str, float] else kind))
    again = from_json(kind, to_json(drawn))
    assert again == drawn
    assert type(again) is type(drawn), "one decision must not come back as another"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "maybe"}', "null", '{"text": 1}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        from_json(Decision, text)


def test_every_decision_has_its_own_kind_and_outcome() -> None:
    draft, why = Draft("Open Settings.", (), 0.5), Reason("billing", "A billing dispute")
    named: list[tuple[Decision, Outcome]] = [
        (Send(draft), Outcome.REPLY),
        (SaveDraft(draft), Outcome.DRAFT),
        (Clarify("Which plan?"), Outcome.CLARIFIED),
        (HandOff(Handoff(why, "Charged twice")), Outcome.HANDOFF),
        (Skip((why,)), Outcome.SKIPPED),
        (Skip((), silent=True), Outcome.SILENT),
    ]
    assert {outcome_of(decision) for decision, _ in named} == set(Outcome) - {Outcome.FAILED}
    assert [outcome_of(decision) for decision, _ in named] == [outcome for _, outcome in named]
    assert len({decision.kind for decision, _ in named}) == len(get_args(Decision))


BOT = Person("8", "Tom Berg", role=Role.AGENT)


def message(*, message_id: str = "m1", mark: str | None = None, author: Person = BOT) -> Message:
    return Message(message_id, author, True, "Hi", datetime(2026, 3, 1, tzinfo=UTC), mark=mark)


@pytest.mark.parametrize(
    ("written", "receipts", "is_it"),
    [
        (message(mark="aa01"), set(), True),  # our mark, and a receipt that got lost
        (message(), {"m1"}, True),  # a receipt, and a channel without room for a mark
        (message(mark="aa01"), {"m1"}, True),
        (message(), set(), False),  # the person whose key we use
        (message(), {"m2"}, False),
        (message(author=Person("7")), set(), False),
        (message(author=Person("9", role=Role.BOT)), set(), False),  # another automation
    ],
)
def test_ours_is_what_bears_our_mark_or_has_our_receipt(
    written: Message, receipts: set[str], is_it: bool
) -> None:
    assert is_ours(written, frozenset(receipts)) is is_it


@pytest.mark.parametrize(
    ("audience", "said"),
    [
        (None, "nobody"),
        (Audience(), "nobody"),
        (Audience(verified=True), "those who are signed in"),
        (Audience(account_ids=frozenset({"31"})), "certain accounts"),
        (Audience(all_tags=frozenset({"b", "a"})), "those tagged a and b"),
        (
            Audience(person_ids=frozenset({"7"}), any_tags=frozenset({"y", "x"})),
            "certain people or those tagged one of x, y",
        ),
    ],
)
def test_an_agent_reads_whom_an_article_is_for(audience: Audience | None, said: str) -> None:
    assert Facts(restricted=True, audience=audience).only_for == said
    assert Facts(audience=audience).only_for == ""
