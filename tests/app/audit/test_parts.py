"""The rules that need no model: form, links, groups, harm, and what people read of it."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest
import requests
import responses

from app.audit.duplicates import aligned, duplicates
from app.audit.gaps import asked_once, clusters, gaps, open_questions
from app.audit.links import dead_links, external_links
from app.audit.page import page_of
from app.audit.records import Asked, AuditFinding, Kind, Page, Quote
from app.audit.report import Report, as_dict, audit, harm_in_words
from app.audit.statements import Corpus
from app.audit.structure import structure
from app.audit.take import answers_at
from app.domain import Metadata, Outcome, SignalKind
from app.knowledge.embed import unit
from tests.app.knowledge.fakes import TinyEmbedder

NOW = 1_795_000_000.0
HOST = "https://help.example/hc/en-us/articles"
LONG = "Open the settings and choose what you need for the task at hand today. " * 3


def page(id_: str, text: str = LONG, title: str = "How to do it", **more: object) -> Page:
    return replace(Page(id_, f"{title} {id_}", text), **more)  # type: ignore[arg-type]


def kinds(*pages: Page) -> dict[Kind, tuple[str, ...]]:
    found = structure(Corpus(pages, TinyEmbedder().embed))
    return {finding.kind: finding.articles for finding in found}


def asked(ticket: str, **more: object) -> Asked:
    return replace(Asked(ticket, NOW, f"Question of {ticket}?", Outcome.SILENT), **more)  # type: ignore[arg-type]


def test_pages_without_text_and_with_next_to_none_are_told() -> None:
    ordinary = [page(str(number)) for number in range(5)]
    ordinary = [replace(one, text=f"{LONG} {LONG.upper()} thing{one.id}") for one in ordinary]
    found = kinds(*ordinary, page("void", ""), page("bare", "Ask us."))
    assert found == {Kind.EMPTY: ("void",), Kind.THIN: ("bare",)}


def test_in_a_help_centre_of_short_notes_none_is_thin() -> None:
    assert kinds(*(page(str(number), f"Press button {number}.") for number in range(9))) == {}


def test_a_wall_of_text_is_told_and_a_long_structured_page_is_not() -> None:
    wall = LONG * 8
    steps = "\n".join(f"{number}. {LONG}" for number in range(1, 9))
    assert kinds(page("wall", wall), page("steps", steps)) == {Kind.WALL: ("wall",)}


def test_a_fault_that_many_pages_share_is_one_finding() -> None:
    walls = [page(str(number), LONG * 8) for number in range(7)]
    (finding,) = structure(Corpus(walls, TinyEmbedder().embed))
    assert len(finding.articles) == 7
    assert finding.says.startswith("7 pages each have a long text")


@pytest.mark.parametrize("title", ["Untitled", "FAQ", "Copy of Invoices", "New article 2", "test"])
def test_titles_that_say_nothing(title: str) -> None:
    assert Kind.TITLE in kinds(replace(page("a"), title=title), page("b"))


def test_two_pages_of_one_name_are_told_unless_in_two_languages() -> None:
    same = [replace(page(one), title="Invoices") for one in "ab"]
    assert kinds(*same)[Kind.TITLE] == ("a", "b")
    assert Kind.TITLE not in kinds(same[0], replace(same[1], locale="de"))


def test_metadata_is_missed_only_where_most_others_have_it() -> None:
    told = Metadata(areas=("shop",), labels=("area:shop",))
    most = [page(str(number), metadata=told) for number in range(11)]
    few = [page(str(number), metadata=told if number < 4 else Metadata()) for number in range(12)]
    assert kinds(*most, page("lacks"))[Kind.METADATA] == ("lacks",)
    assert Kind.METADATA not in kinds(*few)


def test_a_link_to_a_page_that_is_gone_is_dead() -> None:
    pages = [
        page("1", f"See [this]({HOST}/100-old-title) and [that]({HOST}/300).", url=f"{HOST}/200"),
        page("2", url="https://help.example/hc/de/articles/100-neuer-titel"),
    ]
    (finding,) = dead_links(pages)
    assert finding.kind is Kind.DEAD_LINK
    assert f"{HOST}/300" in finding.says
    (quote,) = finding.evidence
    start, end = quote.marked[0]
    assert quote.text[start:end] == f"[that]({HOST}/300)"


def test_links_that_leave_the_help_centre_are_followed_only_on_request() -> None:
    pages = [page("1", "See [x](https://else.example/page).", url=f"{HOST}/1")]
    assert external_links(pages) == {"https://else.example/page"}
    assert dead_links(pages) == []
    assert len(dead_links(pages, lambda _address: False)) == 1
    assert dead_links(pages, lambda _address: True) == []


@pytest.mark.parametrize(
    ("status", "there"), [(200, True), (404, False), (410, False), (403, True)]
)
@responses.activate
def test_only_what_is_not_there_counts_as_dead(status: int, there: bool) -> None:
    responses.head("https://else.example/", status=status)
    assert answers_at(requests.Session(), "https://else.example/") is there


@pytest.mark.parametrize(
    "text",
    ["[a](http://" + "x" * 30_000, "[" * 30_000, "1," * 10_000, "**a" * 5_000, "will be " * 3_000],
    ids=["address", "brackets", "digits", "bold", "words"],
)
def test_a_hostile_page_takes_no_longer_than_another(text: str) -> None:
    began = time.process_time()
    audit("desk", [page("a", text)], [], TinyEmbedder().embed, now=NOW, months=1.0)
    assert time.process_time() - began < 20  # a pattern that backtracks takes hours


@responses.activate
def test_a_slow_host_is_not_called_dead() -> None:
    responses.head("https://else.example/", body=requests.Timeout())
    assert answers_at(requests.Session(), "https://else.example/")


def test_open_are_silence_what_only_an_agent_knew_and_what_was_not_covered() -> None:
    rewritten = frozenset({SignalKind.REWRITTEN})
    tickets = [
        asked("silent"),
        asked("vague", reasons=("vague",)),
        asked("agent", outcome=Outcome.DRAFT, learned=True),
        asked("well", outcome=Outcome.DRAFT, rests_on=("a",)),
        asked("replaced", outcome=Outcome.DRAFT, rests_on=("a",), signals=rewritten),
        asked("part", outcome=Outcome.DRAFT, rests_on=("a",), not_covered=("And in CSV?",)),
        asked("person", outcome=Outcome.HANDOFF),
    ]
    found = [(one.ticket.ticket_id, one.text) for one in open_questions(tickets)]
    assert [ticket for ticket, _ in found] == ["silent", "agent", "replaced", "part"]
    assert found[-1][1] == "And in CSV?"
    assert asked_once(tickets, iter([frozenset({"silent", "agent"})])) == 2


def test_what_several_drafts_left_open_is_a_gap_and_drafts_that_were_replaced_are_none() -> None:
    corpus = Corpus([page("a")], TinyEmbedder().embed)
    drafted = {"outcome": Outcome.DRAFT, "rests_on": ("a",)}
    left_open = [asked(one, **drafted, not_covered=("Is there CSV?",)) for one in "12"]
    rewritten = frozenset({SignalKind.REWRITTEN})
    replaced = [asked(one, **drafted, question="How?", signals=rewritten) for one in "34"]
    ((finding, tickets),) = gaps(corpus, [*left_open, *replaced], TinyEmbedder().embed)
    assert tickets == {"1", "2"}
    assert finding.says == "No page answers: “Is there CSV?”"


@pytest.mark.parametrize("sizes", [(3, 1, 4, 2, 5), (1500, 700, 2, 900), (0, 4, 1200)])
def test_nearest_of_each_others_page_are_paired_as_one_by_one(sizes: tuple[int, ...]) -> None:
    """In portions of whole pages, as in a plain comparison of every two statements."""
    texts = ["\n\n".join(f"Thing{p}x{n} is here today." for n in range(k))
             for p, k in enumerate(sizes)]  # fmt: skip
    corpus = Corpus([page(str(p), text) for p, text in enumerate(texts)], TinyEmbedder().embed)
    chance, rows = np.random.default_rng(0), [one.row for one in corpus.statements]
    corpus.alone = unit(chance.normal(size=(len(rows), 6)).astype(np.float32))
    corpus.framed = unit(chance.normal(size=(len(rows), 6)).astype(np.float32))
    near = np.maximum(corpus.alone @ corpus.alone.T, corpus.framed @ corpus.framed.T)
    owner = np.array([corpus.number_of(one.page) for one in corpus.statements])
    best = np.stack(
        [near[:, owner == p].max(axis=1, initial=-1.0) for p in range(len(sizes))], axis=1
    )[:, owner]
    wanted = {
        (i, j)
        for i, j in np.argwhere((near >= 0.8) & (near >= best - 1e-6)).tolist()
        if owner[i] < owner[j] and near[i, j] >= best[j, i] - 1e-6
    }
    found = [(one.row, other.row) for one, other in corpus.mutual_best(rows, 0.8)]
    assert len(found) == len(set(found))
    assert set(found) == wanted
    assert wanted


def test_what_each_page_of_a_template_says_costs_no_pair() -> None:
    """Quadratic in pages: two million pairs for one line under 2,000 articles."""
    footer = "Was this page of any help to you? Please tell our team about it."
    pages = [page(str(number), f"{footer}\n\nPart {number}.") for number in range(40)]
    corpus = Corpus(pages, TinyEmbedder().embed)
    pairs = corpus.mutual_best([one.row for one in corpus.statements], 0.5)
    assert not [pair for pair in pairs if pair[0].text == pair[1].text]


def doubled(*texts: tuple[str, str]) -> list[tuple[str, ...]]:
    pages = [Page(str(number), title, text) for number, (title, text) in enumerate(texts)]
    return [one.articles for one in duplicates(Corpus(pages, TinyEmbedder().embed), {})]


def test_a_page_that_tells_more_of_one_thing_is_no_copy_of_the_overview() -> None:
    steps = (
        "Open the phone, tap the keypad and choose the shortcut numbers of the dial. "
        "Each shortcut number belongs to one contact in the list of contacts. "
    )
    assign = "You can assign a shortcut number to a contact."
    overview = (
        "Shortcut numbers",
        f"{steps} You can assign a free shortcut number to a contact for dialing it. "
        "Type a name, or tap the plus sign beside an unused number.",
    )
    assert doubled(overview, ("Shortcut numbers on the phone", steps + assign)) == [("1", "0")]
    remove = steps + assign.replace("assign", "remove").replace(" to ", " from ")
    assert doubled(overview, ("Remove shortcut numbers", remove)) == []


def test_a_sentence_stands_for_one_and_never_for_its_opposite() -> None:
    said = "Choose the card under settings and encrypt the whole card there."
    pages = [
        Page("a", "Cards", f"{said}\n\n{said}\n\n{said.replace('encrypt', 'decrypt')}"),
        Page("b", "Cards", f"{said}\n\nSomething else stands here."),
    ]
    copy = aligned(Corpus(pages, TinyEmbedder().embed), 0, 1)
    assert copy.pairs == ((0, 3),)


def test_near_questions_are_gathered_and_far_ones_are_not() -> None:
    vectors = np.array([[1, 0], [0.95, 0.3], [0, 1], [0.1, 0.99], [-1, 0]], np.float32)
    assert clusters(vectors @ vectors.T) == [[0, 1], [2, 3], [4]]


def test_harm_is_tickets_a_month_and_unknown_without_tickets() -> None:
    pages = [page("a", ""), page("b", "Other words entirely, about quite another matter.")]
    embed = TinyEmbedder().embed
    none = audit("desk", pages, [], embed, now=NOW, months=1.0)
    assert [one.harm_per_month for one in none.findings if one.kind is Kind.EMPTY] == [None]
    tickets = [asked(str(number), outcome=Outcome.DRAFT, nearest="a") for number in range(6)]
    some = audit("desk", pages, tickets, embed, now=NOW, months=3.0)
    assert [one.harm_per_month for one in some.findings if one.kind is Kind.EMPTY] == [2.0]
    assert some.tickets == 6


def test_harm_in_words() -> None:
    told = [harm_in_words(harm) for harm in (None, 0.0, 0.33, 1.0, 12.4)]
    assert told == [
        "harm not known yet",
        "no ticket met it lately",
        "less than 1 ticket a month",
        "1 ticket a month",
        "12 tickets a month",
    ]


def report(**more: object) -> Report:
    quotes = (
        Quote("a", "A <b>", "up to 60 days & more", ((6, 13),), "javascript:alert(1)", NOW),
        Quote("", "#7", "<script>alert(1)</script>"),
    )
    finding = AuditFinding(Kind.CONTRADICTION, ("a", "b"), "“A” & “B”", quotes, "Ask.", 2.0)
    made = Report("desk <x>", NOW, 2, 6, 1.0, (finding,), asked_once=3)
    return replace(made, **more)  # type: ignore[arg-type]


def test_the_page_is_escaped_and_loads_nothing() -> None:
    html = page_of(report())
    assert "<script" not in html
    assert "desk &lt;x&gt;" in html
    assert "<mark>60 days</mark> &amp; more" in html
    assert not any(mark in html for mark in ("javascript:", "src=", "@import", "url(", "<link"))


def test_the_page_says_so_where_nothing_is_known_or_found() -> None:
    assert "no tickets yet" in page_of(report(tickets=0))
    assert "Nothing found" in page_of(report(findings=()))


def test_the_json_has_the_shape_that_the_help_tells() -> None:
    told = json.loads(json.dumps(as_dict(report())))
    assert told["version"] == 1
    assert told["counts"] == {"contradiction": 1}
    (finding,) = told["findings"]
    assert finding["evidence"][0]["marked"] == [[6, 13]]
    assert finding["evidence"][1]["article"] is None
