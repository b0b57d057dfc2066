"""Who may read an article, by its user segments: never more people than at Zendesk."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.articles import Audience, Visibility
from connectors.types import Account, Person
from connectors.zendesk import guide_wire as wire
from connectors.zendesk.segments import readers

# What a segment does not ask for is told, as an empty list.
SIGNED_IN: dict[str, Any] = {
    "user_type": "signed_in_users",
    **{name: [] for name in ("group_ids", "organization_ids", "tags", "or_tags")},
}


def segment(number: str = "7", **asked: Any) -> wire.Segment:
    return wire.Segment.model_validate({"id": number, **SIGNED_IN, **asked})


def audience(*segments: wire.Segment, invented: str = "") -> Audience | None:
    """The audience of an article for all of these segments."""
    known = {each.id: each for each in segments}
    visibility, found = readers(known, known, invented)
    assert visibility is Visibility.RESTRICTED
    return found


def tagged(every: set[str], some: set[str]) -> Audience:
    return Audience(all_tags=frozenset(every), any_tags=frozenset(some))


ONE = [
    ({}, Audience(verified=True)),
    ({"organization_ids": [3, 4]}, Audience(account_ids=frozenset({"3", "4"}))),
    ({"added_user_ids": [9]}, Audience(person_ids=frozenset({"9"}))),
    ({"tags": ["a", "b"]}, tagged({"a", "b"}, set())),
    ({"or_tags": ["a", "b"]}, tagged(set(), {"a", "b"})),
    ({"tags": ["a"], "or_tags": ["b"]}, tagged({"a"}, {"b"})),
    (
        {"organization_ids": [3], "added_user_ids": [9]},
        Audience(person_ids=frozenset({"9"}), account_ids=frozenset({"3"})),
    ),
    # What an audience cannot say is narrowed, to those who are named and else to nobody.
    ({"organization_ids": [3], "tags": ["a"]}, None),
    ({"organization_ids": [3], "or_tags": ["a"]}, None),
    (
        {"organization_ids": [3], "tags": ["a"], "added_user_ids": [9]},
        Audience(person_ids=frozenset({"9"})),
    ),
    ({"group_ids": [5]}, None),
    ({"user_type": "invented_tomorrow"}, None),
    ({"user_type": None}, None),
]


@pytest.mark.parametrize(("asked", "wanted"), ONE)
def test_a_segment_is_an_audience(asked: dict[str, Any], wanted: Audience | None) -> None:
    assert audience(segment(**asked)) == wanted


SEVERAL = [
    (
        [{"organization_ids": [3]}, {"organization_ids": [4]}],
        Audience(account_ids=frozenset({"3", "4"})),
    ),
    (
        [{"organization_ids": [3]}, {"or_tags": ["a"]}],
        Audience(account_ids=frozenset({"3"}), any_tags=frozenset({"a"})),
    ),
    ([{"tags": ["a"]}, {"or_tags": ["b", "c"]}], tagged(set(), {"a", "b", "c"})),
    # Two rules of tags are more than an audience can say: the first one stays.
    ([{"tags": ["a", "b"]}, {"tags": ["c"]}], tagged({"a", "b"}, set())),
    ([{"tags": ["a"]}, {}], Audience(all_tags=frozenset({"a"}), verified=True)),
    ([{"user_type": "staff"}, {"added_user_ids": [9]}], Audience(person_ids=frozenset({"9"}))),
]


@pytest.mark.parametrize(("asked", "wanted"), SEVERAL)
def test_of_several_segments_any_lets_somebody_in(
    asked: list[dict[str, Any]], wanted: Audience
) -> None:
    assert audience(*(segment(str(place), **each) for place, each in enumerate(asked))) == wanted


@pytest.mark.parametrize("hidden", ["group_ids", "organization_ids", "tags", "or_tags"])
@pytest.mark.parametrize("null", [False, True], ids=["missing", "null"])
@pytest.mark.parametrize("asked", [{}, {"tags": ["a"]}, {"organization_ids": [3]}])
def test_what_a_segment_does_not_tell_may_be_asked_for_too(
    hidden: str, null: bool, asked: dict[str, Any]
) -> None:
    told: dict[str, Any] = {"id": "7", **SIGNED_IN, "added_user_ids": [9], **asked, hidden: None}
    if not null:
        del told[hidden]
    found = audience(wire.Segment.model_validate(told))
    assert found == Audience(person_ids=frozenset({"9"}))


def test_what_is_for_staff_alone_is_internal() -> None:
    staff = segment(user_type="staff", group_ids=[12], tags=["vip"])
    assert readers(["7"], {"7": staff}, "") == (Visibility.INTERNAL, None)


@pytest.mark.parametrize("ids", [["8"], ["8", "9"], None])
def test_a_segment_that_cannot_be_read_lets_nobody_in(ids: list[str] | None) -> None:
    assert readers(ids, {"7": segment()}, "") == (Visibility.RESTRICTED, None)


def test_without_a_segment_everybody_may_read_it() -> None:
    assert readers([], {}, "") == (Visibility.PUBLIC, None)


def test_a_tag_that_we_put_on_people_ourselves_lets_nobody_in() -> None:
    """Who bears the tag that VIP_TAG names gets "vip" from us, and has it not at Zendesk."""
    assert audience(segment(tags=["VIP"]), invented="vip") is None
    assert audience(segment(tags=["beta"]), invented="vip") == tagged({"beta"}, set())
    assert audience(segment(tags=["VIP"]), invented="") == tagged({"VIP"}, set())


NAMES = st.lists(st.sampled_from("ab"), max_size=2)
SEGMENTS = st.fixed_dictionaries(
    {
        "tags": NAMES,
        "or_tags": NAMES,
        "organization_ids": st.lists(st.sampled_from([1, 2]), max_size=2),
        "added_user_ids": st.lists(st.sampled_from([5, 6]), max_size=1),
        "group_ids": st.lists(st.just(3), max_size=1),
    }
)
PEOPLE = st.builds(
    Person, id=st.sampled_from(["5", "6"]), tags=NAMES.map(frozenset), verified=st.booleans()
)
ACCOUNTS = st.none() | st.builds(Account, id=st.sampled_from(["1", "2"]))


@given(st.lists(SEGMENTS, min_size=1, max_size=3), PEOPLE, ACCOUNTS)
def test_nobody_is_let_in_whom_zendesk_keeps_out(
    asked: list[dict[str, Any]], person: Person, account: Account | None
) -> None:
    segments = [segment(str(place), **each) for place, each in enumerate(asked)]
    found = audience(*segments)
    if found is not None and found.lets_in(person, account):
        assert any(_let_in(each, person, account) for each in asked)


def _let_in(asked: dict[str, Any], person: Person, account: Account | None) -> bool:
    """As Zendesk describes it: whoever is named, or fits all that is asked for."""
    if person.id in {str(each) for each in asked["added_user_ids"]}:
        return True
    organizations = {str(each) for each in asked["organization_ids"]}
    return (
        not asked["group_ids"]
        and (not organizations or (account is not None and account.id in organizations))
        and set(asked["tags"]) <= person.tags
        and (not asked["or_tags"] or bool(set(asked["or_tags"]) & person.tags))
    )
