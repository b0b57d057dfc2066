"""The baseline: what a helpdesk's tickets come to before the bot has done anything.

Pure. Times are in seconds, shares in 0..1. Whoever compares later figures with these compares
whole weeks: each holds every weekday once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.types import PastTicket

# Of more tickets than this only the newest are counted: their figures are exact enough, and a
# large team's three months would not fit into memory.
MOST_TICKETS = 50_000
WEEK = timedelta(days=7)
# A rating counts as positive from here on: 4 and 5 of five stars, all smiles of Freshdesk's seven
# faces, and never the middle of a scale.
POSITIVE = 0.6
UNKNOWN_CHANNEL = "unknown"
# Shares are products of fractions: 0.5 may come out as 0.5000000000000001.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something takes, in seconds, on the ``count`` tickets where it has happened.

    Tickets that still wait are counted in as taking at least as long as they have waited so far
    (Kaplan and Meier's estimate); without them a recent week would look quick, since of its
    tickets only the quick ones are through. ``None`` where so many have not happened yet.
    """

    count: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What some tickets come to.

    ``unanswered`` ones have neither a reply nor an end yet, ``solved_unanswered`` ones an end
    without a reply. ``backlog`` are those never solved so far, ``reopened`` those opened again at
    least once; ``reopen_share`` is of all that were ever solved. ``positive_share`` and
    ``mean_score`` are of ``ratings``, and ``None`` where there are none.
    """

    tickets: int
    first_reply: Spread
    unanswered: int
    solved_unanswered: int
    resolution: Spread
    backlog: int
    reopened: int
    reopen_share: float | None
    ratings: int
    positive_share: float | None
    mean_score: float | None


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from ``since`` on, and the tickets that were created in them."""

    since: datetime
    figures: Figures


@dataclass(frozen=True, slots=True)
class Baseline:
    """The figures of the tickets created from ``since`` to ``until``, which is when it was taken.

    ``left_out`` older ones were too many to be counted; then ``since`` is when the oldest counted
    one was created. ``weeks`` are the whole ones before ``until``, oldest first. What became of
    tickets created before ``since`` is not in here: ``backlog`` leaves out older ones too.
    """

    since: datetime
    until: datetime
    left_out: int
    per_day: float
    channels: Mapping[str, int]
    figures: Figures
    weeks: tuple[Week, ...]


def baseline_of(
    tickets: Iterable[PastTicket],
    since: datetime,
    until: datetime,
    most: int = MOST_TICKETS,
) -> Baseline:
    """Count the tickets created from ``since`` to ``until``, in whatever order they are listed.

    Of a ticket that is listed twice the later line counts, of more than ``most`` the newest.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    asked = (ticket for ticket in tickets if since <= ticket.created_at <= until)
    kept, left_out = _newest(asked, most)
    if left_out:
        since = kept[0].created_at.astimezone(UTC)
    days = max((until - since) / timedelta(days=1), 1 / 86_400)
    return Baseline(
        since=since,
        until=until,
        left_out=left_out,
        per_day=len(kept) / days,
        channels=dict(Counter(t.channel or UNKNOWN_CHANNEL for t in kept).most_common()),
        figures=figures_of(kept, until),
        weeks=tuple(_weeks(kept, since, until)),
    )


def figures_of(tickets: Sequence[PastTicket], until: datetime) -> Figures:
    """Count tickets as they stood at ``until``."""
    replied, unanswered, solved, backlog = [], [], [], []
    solved_unanswered = 0
    for ticket in tickets:
        waited = _seconds(ticket.created_at, until)
        has_end = _before(ticket.solved_at, until)
        if _before(ticket.replied_at, until):
            replied.append(_seconds(ticket.created_at, ticket.replied_at))
        elif has_end:
            solved_unanswered += 1
        else:
            unanswered.append(waited)
        if has_end:
            solved.append(_seconds(ticket.created_at, ticket.solved_at))
        else:
            backlog.append(waited)
    reopened = sum(ticket.reopens > 0 for ticket in tickets)
    # One that is open again may have no end to show, and was solved all the same.
    ever_solved = sum(t.reopens > 0 or _before(t.solved_at, until) for t in tickets)
    scores = [rating.score for ticket in tickets for rating in ticket.ratings]
    return Figures(
        tickets=len(tickets),
        first_reply=_spread(replied, unanswered),
        unanswered=len(unanswered),
        solved_unanswered=solved_unanswered,
        resolution=_spread(solved, backlog),
        backlog=len(backlog),
        reopened=reopened,
        reopen_share=_share(reopened, ever_solved),
        ratings=len(scores),
        positive_share=_share(sum(score >= POSITIVE for score in scores), len(scores)),
        mean_score=_share(sum(scores), len(scores)),
    )


def time_within(share: float, took: Sequence[float], waiting: Sequence[float]) -> float | None:
    """Find the time within which a share of all has happened, by Kaplan and Meier's estimate.

    ``took`` is how long it took where it has happened, ``waiting`` how long the others have waited
    so far. Where nothing waits this is the least time that the share of ``took`` lies within.
    ``None`` where the share is not reached.
    """
    took, waiting = sorted(took), sorted(waiting)
    left = 1.0  # share to which it has not happened by then
    for time, count in Counter(took).items():
        at_risk = len(took) - bisect_left(took, time) + len(waiting) - bisect_left(waiting, time)
        left *= 1 - count / at_risk
        if left <= 1 - share + _ROUNDING:
            return time
    return None


def _newest(tickets: Iterable[PastTicket], most: int) -> tuple[list[PastTicket], int]:
    """Keep the newest, each once and oldest first; tell how many were left out."""
    kept: dict[str, PastTicket] = {}
    left_out = 0
    for ticket in tickets:
        kept[ticket.id] = ticket
        if len(kept) >= 2 * most:
            left_out += most
            kept = {one.id: one for one in _by_age(kept)[-most:]}
    found = _by_age(kept)
    surplus = max(0, len(found) - most)
    return found[surplus:], left_out + surplus


def _by_age(tickets: Mapping[str, PastTicket]) -> list[PastTicket]:
    return sorted(tickets.values(), key=lambda ticket: ticket.created_at)


def _weeks(tickets: Sequence[PastTicket], since: datetime, until: datetime) -> Iterable[Week]:
    """Cut whole weeks, counted back from the end; days before the first one are in no week."""
    created = [ticket.created_at for ticket in tickets]
    for number in range((until - since) // WEEK, 0, -1):
        begin = until - number * WEEK
        end = begin + WEEK if number > 1 else None  # the last one has its last moment in it
        low = bisect_left(created, begin)
        high = len(created) if end is None else bisect_left(created, end)
        yield Week(begin, figures_of(tickets[low:high], until))


def _spread(took: Sequence[float], waiting: Sequence[float]) -> Spread:
    return Spread(len(took), time_within(0.5, took, waiting), time_within(0.9, took, waiting))


def _before(moment: datetime | None, until: datetime) -> bool:
    return moment is not None and moment <= until


def _seconds(begin: datetime, end: datetime | None) -> float:
    """Measure a time; an answer from before the ticket (imported, or agents began it) took none."""
    return max(0.0, (end - begin).total_seconds()) if end is not None else 0.0


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
