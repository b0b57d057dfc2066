"""What files say of themselves, and who may read what cannot be understood."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import Collection, Metadata, Resolution
from app.knowledge.documents import Document, Finding, Gone
from app.knowledge.files import listing
from app.knowledge.files.fields import fields_of, front_matter
from connectors.articles import Audience
from tests.app.knowledge.files.making import here, listed, write


def read(tmp_path: Path, front: str, name: str = "billing/a.md") -> tuple[Document, list[Finding]]:
    documents, findings = listed(write(tmp_path, {name: f"---\n{front}\n---\n# Refunds\n\nText."}))
    return documents[0], findings


def test_front_matter_says_what_a_page_is_about(tmp_path: Path) -> None:
    document, findings = read(
        tmp_path,
        """title: "Refunds: how and when"
url: https://help.acme.example/refunds
language: pt_BR
tags: [Money, billing]
area: invoices
audience: admin, owner
plans:
  - studio
  - team
page: /invoices*
severity: high
resolution: needs action
updated: 2026-10-01
outdated: yes
layout: default""",
    )
    assert findings == []
    assert document.title == "Refunds: how and when"
    assert document.url == "https://help.acme.example/refunds"
    assert document.locale == "pt-br"
    assert document.updated_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert document.metadata == Metadata(
        areas=("invoices",),
        audience=("admin", "owner"),
        plans=("studio", "team"),
        pages=("/invoices*",),
        severity="high",
        resolution=Resolution.NEEDS_ACTION,
        labels=("money", "billing"),
        outdated=True,
    )
    assert (document.collection, document.restricted) == (Collection.PUBLIC, False)


def test_folders_are_areas_where_nothing_else_is_said(tmp_path: Path) -> None:
    document, _ = read(tmp_path, "title: A", "Billing/Late fees/a.md")
    assert document.metadata.areas == ("billing", "late fees")


def test_a_page_of_norway_is_in_norwegian(tmp_path: Path) -> None:
    """YAML takes "no" for false, and 007 for seven."""
    document, _ = read(tmp_path, "locale: no\naccounts: [007]")
    assert document.locale == "no"
    assert document.audience == Audience(account_ids=frozenset({"007"}))


@pytest.mark.parametrize(
    ("front", "audience"),
    [
        ("audience_tags: [gold]", Audience(any_tags=frozenset({"gold"}))),
        (
            "visibility: Restricted\naudience-tags: gold, vip\naccounts: 12",
            Audience(any_tags=frozenset({"gold", "vip"}), account_ids=frozenset({"12"})),
        ),
    ],
)
def test_a_page_may_be_for_some_alone(tmp_path: Path, front: str, audience: Audience) -> None:
    document, findings = read(tmp_path, front)
    assert (document.restricted, document.audience, findings) == (True, audience, [])


def test_a_page_for_nobody_in_particular_is_told(tmp_path: Path) -> None:
    document, findings = read(tmp_path, "visibility: restricted")
    assert (document.restricted, document.audience) == (True, None)
    assert "nobody sees it" in findings[0].text


def test_a_page_that_says_since_when_it_is_published_is(tmp_path: Path) -> None:
    document, findings = read(tmp_path, "published: 2026-01-02\ndraft:")
    assert (document.collection, findings) == (Collection.PUBLIC, [])


@pytest.mark.parametrize("front", ["draft: true", "published: no", "visibility: draft"])
def test_a_draft_is_left_out_without_a_word(tmp_path: Path, front: str) -> None:
    path = write(tmp_path / "kb", {"a.md": f"---\n{front}\n---\nText."})
    assert list(listing([str(path)], opener=here).items) == [Gone("file:kb/a.md")]


def test_a_page_may_be_for_agents_alone(tmp_path: Path) -> None:
    document, findings = read(tmp_path, "visibility: internal")
    assert (document.collection, findings) == (Collection.INTERNAL, [])


def test_a_public_page_in_a_folder_for_agents_stays_for_agents(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "---\nvisibility: public\n---\nText."})
    documents, findings = listed(internal=[tmp_path])
    assert documents[0].collection is Collection.INTERNAL
    assert "in a folder for agents alone" in findings[0].text


@pytest.mark.parametrize(
    "front",
    [
        "visibility: intern",
        "visiblity: internal",
        "visibility: {a: b}",
        "accounts: {a: b}",
        "draft: perhaps",
        "visibility: internal\n  title: A",
        "visibility: [internal",
        "visibility internal",
        "accounts: *them",
        "visibility:",
        "accounts: []",
        "visibility: [internal, public]",
        "title: a: b\naudience-tags: gold",
    ],
)
def test_where_it_is_unclear_who_may_read_it_agents_alone_do(tmp_path: Path, front: str) -> None:
    document, findings = read(tmp_path, front)
    assert document.collection is Collection.INTERNAL
    assert "agents-only" in {finding.code for finding in findings}
    assert {finding.code for finding in findings} & {"front-matter", "fields"}
    assert "Text." in document.body


def test_front_matter_that_never_ends_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "---\nvisibility: internal\n# Refunds\n\nText."})
    documents, findings = listed(tmp_path)
    assert documents[0].collection is Collection.INTERNAL
    assert "no closing ---" in findings[0].text


def test_wrong_front_matter_is_told_and_the_text_is_read(tmp_path: Path) -> None:
    document, findings = read(tmp_path, "layout: a\ntitle: Refunds: how")
    assert (document.title, document.collection) == ("Refunds", Collection.PUBLIC)
    assert findings[0].code == "front-matter"
    assert findings[0].text == (
        "Front matter is no YAML (line 3: mapping values are not allowed here)."
    )


def test_each_wrong_field_is_told_and_the_others_count(tmp_path: Path) -> None:
    front = "url: javascript:x\nlocale: german\nupdated: soon\nresolution: maybe\narea: x"
    document, findings = read(tmp_path, front)
    assert (document.url, document.locale) == ("", "")
    assert document.metadata.areas == ("x",)
    assert [finding.code for finding in findings] == ["fields"]
    for name in ("url", "locale", "updated", "resolution"):
        assert name in findings[0].text


def test_a_text_that_begins_with_a_rule_has_no_front_matter() -> None:
    text = "---\nJust a line\n---\nMore."
    assert front_matter(text)[1] == text
    assert front_matter("---\n---\nMore.")[1] == "More."


def test_entities_of_yaml_do_not_unfold() -> None:
    bomb = "a: &a [x]\n" + "\n".join(
        f"{name}: &{name} [{f'*{before}, ' * 9}]"
        for before, name in zip("abcdefghijkl", "bcdefghijklm", strict=True)
    )
    fields, rest = front_matter(f"---\n{bomb}\narea: *m\n---\nText.")
    assert rest == "Text."
    assert "aliases are not allowed" in fields.faults[0].text


def test_front_matter_nested_without_end_is_told() -> None:
    fields, rest = front_matter(f"---\nvisibility: {'[' * 400}\n---\nText.")
    assert (rest, fields.guarded) == ("Text.", True)
    assert "nested too deep" in fields.faults[0].text


@given(st.text(max_size=200))
def test_no_front_matter_ever_raises(text: str) -> None:
    front_matter(f"---\n{text}\n---\n")
    front_matter(f"---\n{text}")


@given(
    st.dictionaries(
        st.sampled_from(["visibility", "title", "x"]),
        st.recursive(st.none() | st.text(max_size=5), st.lists, max_leaves=5),
    )
)
def test_no_values_ever_raise(values: dict[str, object]) -> None:
    fields_of(values.items())


def test_meta_tags_say_the_same_as_front_matter(tmp_path: Path) -> None:
    page = (
        '<meta name="visibility" content="restricted"><meta name="Audience-Tags" content="a, b">'
        '<meta name="plan" content="team"><meta name="viewport" content="x"><p>Text'
    )
    documents, findings = listed(write(tmp_path, {"a.html": page}))
    assert findings == []
    assert documents[0].audience == Audience(any_tags=frozenset({"a", "b"}))
    assert documents[0].metadata.plans == ("team",)
