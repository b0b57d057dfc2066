"""Files: which are read, and what in them tells most; context: what an agent should know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import FileExcerpt
from app.pipeline import context
from app.pipeline.files import (
    MOST_CHARACTERS,
    PATIENCE,
    files_to_read,
    query_of_files,
    read_files,
    telling_lines,
)
from connectors.types import Attachment, Message
from tests.app.pipeline.samples import AGENT, NOW, make_ticket

TICKET = make_ticket()
MAYA = TICKET.requester
LOG = """\
2026-03-20 11:58:01,204 INFO  [main] Studio 4.2 started
2026-03-20 11:58:07,881 INFO  [export] 214 projects queued
2026-03-20 11:59:12,002 ERROR [export] upload of 3f9a77c2d1e04b55 failed: quota exceeded
2026-03-20 11:59:12,003 WARN  [export] retrying
"""


def message(*files: Attachment, by_agent: bool = False) -> Message:
    who = AGENT if by_agent else MAYA
    return Message("m", who, True, "See attached", NOW, attachments=files)


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def names(*messages: Message) -> list[str]:
    return [file.name for file in files_to_read(messages)]


def test_at_most_three_files_are_read_those_of_the_newest_message_first() -> None:
    older = message(*(Attachment(f"{number}.log") for number in range(3)))
    newer = message(Attachment("a.log"), Attachment("b.txt"))
    assert names(older, newer) == ["a.log", "b.txt", "0.log"]


def test_what_cannot_be_text_takes_no_place_from_what_can() -> None:
    kinds = ("image/png", "video/mp4", "application/pdf", "application/zip", "audio/ogg")
    files = [Attachment(f"x{number}", kind) for number, kind in enumerate(kinds)]
    assert names(message(*files, Attachment("a.log", "application/octet-stream"))) == ["a.log"]


def test_only_customers_files_are_read() -> None:
    assert names(message(Attachment("advice.txt", "text/plain"), by_agent=True)) == []


def test_a_file_is_asked_for_so_many_characters_and_no_more() -> None:
    asked: list[tuple[str, int]] = []

    def read(file: Attachment, limit: int) -> str:
        asked.append((file.name, limit))
        return LOG if file.name == "error.log" else ""

    found = read_files([message(Attachment("error.log"), Attachment("odd.bin"))], read, float)
    assert asked == [("error.log", MOST_CHARACTERS), ("odd.bin", MOST_CHARACTERS)]
    assert [file.name for file in found] == ["error.log"]


def test_after_a_slow_file_no_other_is_asked_for() -> None:
    clock, asked = [0.0], []

    def read(file: Attachment, limit: int) -> str:
        asked.append(file.name)
        clock[0] += PATIENCE
        return LOG

    files = [message(Attachment("slow.log"), Attachment("next.log"))]
    assert (
        [file.name for file in read_files(files, read, lambda: clock[0])] == asked == ["slow.log"]
    )


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (LOG, "2026-03-20 11:59:12,002 ERROR [export] upload of 3f9a77c2d1e04b55 failed: quota ex"),
        ("Traceback (most recent call last):\n  File x\nKeyError: 'plan'", "KeyError: 'plan'"),
        ("GET /export\nHTTP/1.1 200\nstatus: 503\n", "status: 503"),
        ("name;plan\nMaya;Studio\n", "name;plan"),
        ("\n\n  ----\n\nHello there\n", "Hello there"),
    ],
)
def test_errors_come_first(text: str, first: str) -> None:
    assert telling_lines(text)[0].startswith(first)


@pytest.mark.parametrize("text", ["", "\n\n", "---- 12 : 34", "\x00\x01"])
def test_a_file_that_says_nothing_gives_no_line(text: str) -> None:
    assert telling_lines(text) == ()


def test_what_is_searched_for_has_no_times_and_no_numbers_of_one_customer() -> None:
    query = query_of_files([FileExcerpt("error.log", telling_lines(LOG))])
    assert query == "ERROR [export] upload of failed: quota exceeded"


@given(st.text(max_size=6000))
def test_excerpts_are_short_whatever_a_file_holds(text: str) -> None:
    lines = telling_lines(text)
    assert len(lines) <= 3
    assert all(len(line) <= 160 and "\n" not in line for line in lines)
    assert len(query_of_files([FileExcerpt("x", lines)])) <= 300


def test_files_are_named_with_what_they_say() -> None:
    files = (
        Attachment("error.log"),
        Attachment("screen.png", "image/png", alt="An empty <page>"),
        Attachment("other.bin"),
        *(Attachment(f"{number}.png") for number in range(4)),
    )
    ticket = replace(TICKET, messages=(message(*files),))
    read = (FileExcerpt("error.log", ("quota <b>exceeded</b>", "more")),)
    assert context.attached(ticket, read) == [
        "error.log: quota &lt;b&gt;exceeded&lt;/b&gt;",
        "screen.png (“An empty &lt;page&gt;”)",
        "other.bin",
        "0.png",
        "1.png",
        "2 more",
    ]


def test_of_two_files_of_one_name_the_newer_one_tells() -> None:
    sent = message(Attachment("error.log"))
    read = (FileExcerpt("error.log", ("newer",)), FileExcerpt("error.log", ("older",)))
    ticket = replace(TICKET, messages=(sent,))
    assert context.attached(ticket, read) == ["error.log: newer"]


def test_what_is_endless_takes_no_more_than_a_line() -> None:
    assert TICKET.account is not None
    endless = "x" * 5000
    account = replace(TICKET.account, name=endless, plan=endless, fields={"tier": endless})
    ticket = replace(
        TICKET,
        requester=replace(MAYA, name=endless),
        account=account,
        page_url=f"https://app.example/?{endless}",
        messages=(message(Attachment(endless)),),
    )
    (_, page) = context.where(ticket)
    assert f'href="https://app.example/?{endless}"' in page
    shown = [*context.who(ticket), page.split(">", 1)[1], *context.attached(ticket, ())]
    assert all(len(part) < 100 for part in shown)


def test_an_agents_file_is_nothing_that_the_customer_sent() -> None:
    sent = message(Attachment("guide.pdf"), by_agent=True)
    assert context.attached(replace(TICKET, messages=(sent,)), ()) == []


@pytest.mark.parametrize(
    ("account", "person", "said"),
    [
        (at(2021, 3, 9), at(2024, 1, 1), "customer since March 2021"),
        (None, at(2024, 1, 31), "known since January 2024"),
        (None, None, None),
    ],
)
def test_tenure_is_said_in_words(
    account: datetime | None, person: datetime | None, said: str | None
) -> None:
    assert TICKET.account is not None
    ticket = replace(
        TICKET,
        account=replace(TICKET.account, since=account),
        requester=replace(MAYA, since=person),
    )
    assert [part for part in context.who(ticket) if "since" in part] == ([said] if said else [])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", []),
        ("Open", []),
        ("Waiting on Customer", []),
        ("Escalated to carrier", ["status: Escalated to carrier"]),
    ],
)
def test_a_status_is_named_where_the_team_has_a_name_of_its_own(name: str, told: list[str]) -> None:
    assert context.of_ticket(replace(TICKET, status_name=name)) == told


def test_fields_are_few_and_short() -> None:
    fields = {"Empty": " "} | {f"Field {number}": "x" * 200 for number in range(9)}
    told = context.of_ticket(replace(TICKET, fields=fields))
    assert len(told) == context.MOST_FIELDS
    assert all(len(each) < 100 for each in told)
