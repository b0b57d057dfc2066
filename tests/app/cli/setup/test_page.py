"""How set-up speaks: marks first, what is to be pasted at the margin, times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from app.cli.setup.page import baseline_lines, lasting, step_lines, summary
from app.insight.baseline import baseline_of
from connectors.setup import Done, Step
from connectors.types import PastTicket, Rating

UNTIL = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def page(step: Step) -> list[str]:
    return click.unstyle(step_lines(step)).splitlines()


def test_a_step_is_a_mark_a_thing_and_a_sentence() -> None:
    assert page(Step("webhook", Done.CREATED, "Leads to us.")) == [
        "  created       webhook: Leads to us."
    ]
    assert page(Step("macro", Done.KEPT)) == ["  kept          macro"]


def test_what_failed_is_loud() -> None:
    assert page(Step("webhook", Done.FAILED, "It is full."))[0].startswith("  FAILED  ")


def test_every_mark_fits_its_column() -> None:
    assert {page(Step("x", done))[0].index("x") for done in Done} == {16}


def test_what_to_paste_stands_at_the_margin_word_for_word() -> None:
    paste = '{"ticket_id": "{{ticket.id}}",\n  "event": "created"}'
    assert page(Step("rule", Done.BY_HAND, "1. Open this.\n2. Paste that.", paste)) == [
        "  by hand       rule",
        "                1. Open this.",
        "                2. Paste that.",
        "---- paste this: rule --------------------------------------------------",
        '{"ticket_id": "{{ticket.id}}",',
        '  "event": "created"}',
        "---- end ---------------------------------------------------------------",
    ]


def test_long_lines_are_folded_between_words_below_where_they_began() -> None:
    address = "https://bot.example.com/webhooks/" + "x" * 90
    found = page(Step("rule", Done.BY_HAND, f"1. {'word ' * 20}\n2. Call {address} then."))
    assert found == [
        "  by hand       rule",
        f"                1. {'word ' * 15}word",
        "                   word word word word",
        "                2. Call",
        f"                   {address}",
        "                   then.",
    ]
    assert all(len(line) <= 100 for line in found if address not in line)


def test_the_end_counts_and_lists_what_is_left_to_do() -> None:
    steps = [
        Step("webhook", Done.KEPT),
        Step("rule A", Done.BY_HAND),
        Step("rule B", Done.BY_HAND),
    ]
    assert summary(steps).splitlines() == [
        *("1 kept, 2 by hand", "", "Left to do by hand, as said above:"),
        *("  - rule A", "  - rule B"),
    ]
    assert summary(steps[:1]) == "1 kept"
    assert summary([]) == "nothing to do"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3599, "1 h"),
        (7800, "2 h 10 min"),
        (86_399, "1 d"),
        (97_200, "1 d 3 h"),
        (30 * 86_400, "30 d"),
    ],
)
def test_times_are_said_in_their_two_largest_units(seconds: float, said: str) -> None:
    assert lasting(seconds) == said


def past(number: int, hours: float | None, *ratings: float) -> PastTicket:
    created = UNTIL - timedelta(days=9)
    done = None if hours is None else created + timedelta(hours=hours)
    given = tuple(Rating(str(score), score) for score in ratings)
    return PastTicket(str(number), created, "email", done, done, reopens=number % 2, ratings=given)


def test_figures_are_said_in_words() -> None:
    tickets = [past(number, 2, 1.0) for number in range(9)] + [past(10, None, 0.0)]
    lines = baseline_lines(baseline_of(tickets, UNTIL - timedelta(days=90), UNTIL)).splitlines()
    assert lines == [
        "Tickets created from 2026-08-23 to 2026-11-21, as they stood on 2026-11-21 (UTC):",
        "  tickets       10; 0.1 a day",
        "  channels      email 10",
        "  first reply   half within 2 h, nine in ten within 2 h; 1 not answered yet",
        "  resolution    half within 2 h, nine in ten within 2 h; 1 not solved yet",
        "  reopened      44.4% of those ever solved",
        "  satisfaction  90.0% positive, 0.90 of 1 on average, in 10 ratings",
        "Tickets that still wait count as taking at least as long as they have waited so far.",
    ]


def test_what_is_not_known_is_not_invented() -> None:
    tickets = [past(2, 5), past(4, None), past(6, None)]
    said = baseline_lines(baseline_of(tickets, UNTIL - timedelta(days=90), UNTIL, most=2))
    assert "  tickets       2, the newest of 3; 0.2 a day" in said
    assert "none so far; 2 not solved yet" in said
    assert "  reopened      none solved" in said
    assert "  satisfaction  no ratings" in said
    said = baseline_lines(baseline_of(tickets, UNTIL - timedelta(days=90), UNTIL))
    assert "half of them still wait; 2 not answered yet" in said
    assert "  tickets       3; less than one in ten days" in said
    two = [past(2, 5), past(4, 6), past(6, None)]
    said = baseline_lines(baseline_of(two, UNTIL - timedelta(days=90), UNTIL))
    assert "half within 6 h, more than one in ten still wait" in said
