"""How ``understudy setup`` speaks: steps and figures in words, for a busy admin. Pure."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable

import click

from app.insight.baseline import Baseline, Figures, Spread
from connectors.setup import Done, Step

# Wide enough for the longest mark, "would change".
_MARK = 14
_COLOURS = {Done.KEPT: "bright_black", Done.BY_HAND: "yellow", Done.FAILED: "red"}
_WIDTH = 100
_FENCE = 72
_BULLET = re.compile(r"\s*(?:\d+\. |- )?")
_MOST_CHANNELS = 6


def step_lines(step: Step) -> str:
    """Write a step: its mark, what it is about, what happened or is to be done, what to paste.

    What is to be pasted stands at the margin, between two lines, so that nothing is copied along.
    """
    mark = step.done.value.upper() if step.done is Done.FAILED else step.done.value
    told = step.text.splitlines()
    # One line stands beside the thing that it is about, several below it.
    head, below = (f"{step.what}: {told[0]}", []) if len(told) == 1 else (step.what, told)
    body = [line for each in (head, *below) for line in _wrapped(each)]
    styled = click.style(f"{mark:<{_MARK}}", fg=_COLOURS.get(step.done, "green"))
    lines = [f"  {styled}{body[0]}", *(f"  {'':<{_MARK}}{line}" for line in body[1:])]
    if step.paste:
        lines += [_fence(f"paste this: {step.what}"), step.paste.rstrip("\n"), _fence("end")]
    return "\n".join(lines)


def _wrapped(line: str) -> list[str]:
    """Fold a line between words, so that addresses and secrets can still be copied."""
    bullet = _BULLET.match(line)
    return textwrap.wrap(
        line,
        _WIDTH - _MARK - 2,
        subsequent_indent=" " * (bullet.end() if bullet else 0),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def summary(steps: Iterable[Step]) -> str:
    """Say how many steps ended how, and what is left to do by hand."""
    steps = list(steps)
    counts = Counter(step.done.value for step in steps)
    lines = [", ".join(f"{count} {done}" for done, count in counts.items()) or "nothing to do"]
    by_hand = [step.what for step in steps if step.done is Done.BY_HAND]
    if by_hand:
        lines += ["", "Left to do by hand, as said above:", *(f"  - {what}" for what in by_hand)]
    return "\n".join(lines)


def baseline_lines(baseline: Baseline) -> str:
    """Write the figures of a baseline."""
    figures = baseline.figures
    begin, end = f"{baseline.since:%Y-%m-%d}", f"{baseline.until:%Y-%m-%d}"
    of_all = f", the newest of {figures.tickets + baseline.left_out:,}" if baseline.left_out else ""
    lines = [
        f"Tickets created from {begin} to {end}, as they stood on {end} (UTC):",
        f"  tickets       {figures.tickets:,}{of_all}; {_daily(baseline.per_day)}",
        f"  channels      {_channels(baseline)}",
        f"  first reply   {_first_reply(figures)}",
        f"  resolution    {_spread(figures.resolution)}; {figures.backlog:,} not solved yet",
        f"  reopened      {_percent(figures.reopen_share, 'of those ever solved', 'none solved')}",
        f"  satisfaction  {_satisfaction(figures)}",
        "Tickets that still wait count as taking at least as long as they have waited so far.",
    ]
    return "\n".join(lines)


def lasting(seconds: float) -> str:
    """Say a time in its two largest units: ``2 h 10 min``."""
    minutes = round(seconds / 60)
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return _two(minutes // 60, "h", minutes % 60, "min")
    hours = round(seconds / 3600)
    return _two(hours // 24, "d", hours % 24, "h")


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"


def _daily(count: float) -> str:
    return f"{count:.1f} a day" if round(count, 1) else "less than one in ten days"


def _channels(baseline: Baseline) -> str:
    counted = list(baseline.channels.items())
    shown = [f"{channel} {count:,}" for channel, count in counted[:_MOST_CHANNELS]]
    others = sum(count for _, count in counted[_MOST_CHANNELS:])
    return ", ".join([*shown, f"others {others:,}"] if others else shown) or "none"


def _first_reply(figures: Figures) -> str:
    said = f"{_spread(figures.first_reply)}; {figures.unanswered:,} not answered yet"
    if figures.solved_unanswered:
        said += f", {figures.solved_unanswered:,} solved without a reply"
    return said


def _spread(spread: Spread) -> str:
    if not spread.count:
        return "none so far"
    if spread.median is None:
        return "half of them still wait"
    half = f"half within {lasting(spread.median)}"
    if spread.p90 is None:
        return f"{half}, more than one in ten still wait"
    return f"{half}, nine in ten within {lasting(spread.p90)}"


def _satisfaction(figures: Figures) -> str:
    if figures.positive_share is None or figures.mean_score is None:
        return "no ratings"
    return (
        f"{figures.positive_share:.1%} positive, {figures.mean_score:.2f} of 1 on average, "
        f"in {figures.ratings:,} ratings"
    )


def _percent(share: float | None, of_what: str, otherwise: str) -> str:
    return otherwise if share is None else f"{share:.1%} {of_what}"


def _fence(title: str) -> str:
    return click.style(f"---- {title} ".ljust(_FENCE, "-"), fg="bright_black")
