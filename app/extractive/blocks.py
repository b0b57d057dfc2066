"""Group units into blocks that are quoted together, and write chosen units as Markdown."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.extractive.units import Kind, Unit

# What begins so cannot stand without the sentence before it.
_LEANS = re.compile(
    r"(?:this|that|these|those|it|they|then|also|however|otherwise|if so|in this case|instead|"
    r"you can also|after that|in addition|additionally|alternatively|therefore|as a result)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """Units that belong together: one sentence, one procedure, or a list with its lead-in."""

    members: tuple[int, ...]
    kind: Kind
    lead: tuple[int, ...] = ()
    options: tuple[int, ...] = ()
    heading: int | None = None

    def size(self, units: Sequence[Unit]) -> int:
        """Count the characters of the block."""
        return sum(len(units[number].text) + 1 for number in self.members)

    def leans(self, units: Sequence[Unit]) -> bool:
        """Tell whether the block needs the one before it to be understood."""
        unannounced = self.kind is Kind.ITEM and not self.lead
        return unannounced or bool(_LEANS.match(units[self.members[0]].text))

    def quoted(self, scores: Sequence[float], option: float) -> set[int]:
        """Name the members to quote: all of them, but of a long list only what is asked for."""
        body = [number for number in self.members if number not in self.lead]
        best = max(scores[number] for number in self.members)
        lead_best = max((scores[number] for number in self.lead), default=0.0)
        if self.kind is not Kind.ITEM or (lead_best == best and len(body) <= 6):
            return set(self.members)
        asked = set(self.lead)
        for option_units in self._options(body):
            if max(scores[number] for number in option_units) >= option * best:
                asked |= set(option_units)
        return asked

    def _options(self, body: Sequence[int]) -> list[list[int]]:
        """Put the sentences that follow an option with it."""
        groups: list[list[int]] = []
        for number in body:
            if groups and number not in self.options:
                groups[-1].append(number)
            else:
                groups.append([number])
        return groups


def blocks_of(units: Sequence[Unit]) -> list[Block]:
    """Group the units; headings belong to what follows them."""
    blocks: list[Block] = []
    heading: int | None = None
    position = 0
    while position < len(units):
        unit = units[position]
        if unit.kind is Kind.HEADING:
            heading = position
            position += 1
            continue
        end = _run_end(units, position)
        blocks.append(_block(units, position, end, heading))
        position = end
    return blocks


def render_units(units: Sequence[Unit], chosen: Collection[int]) -> str:
    """Write chosen units as Markdown, in their order."""
    text = ""
    previous: Unit | None = None
    for number in sorted(chosen):
        unit = units[number]
        if unit.kind is Kind.HEADING:
            continue
        gap = _gap(previous, unit)
        text += gap + _line(unit)
        # An option's second sentence is still inside the list.
        inside = previous is not None and previous.kind is Kind.ITEM and gap == " "
        previous = replace(unit, kind=Kind.ITEM) if inside else unit
    text = text.strip()
    # One option without its list's lead-in is a sentence.
    return text if "\n" in text else text.removeprefix("- ")


def _run_end(units: Sequence[Unit], start: int) -> int:
    """Find where the procedure or list that begins here ends."""
    end = start + 1
    kind = units[start].kind
    if kind is Kind.TEXT:
        return end
    while end < len(units) and _continues(units, end, kind):
        # "From Settings, tap Sounds." may begin a list of options as well as a procedure.
        options = units[end].kind is Kind.ITEM and not units[start].marker and kind is Kind.STEP
        kind = units[end].kind if kind is Kind.LEAD or options else kind
        end += 1
    return end


def _continues(units: Sequence[Unit], number: int, kind: Kind) -> bool:
    unit, before = units[number], units[number - 1]
    if unit.kind is Kind.HEADING:
        return False
    if kind is Kind.ITEM:
        # "Name: what it does. Only on some models." The second sentence is the option's.
        return unit.kind is Kind.ITEM or (not before.marker and _between_options(units, number))
    if kind is Kind.LEAD:
        return unit.kind in (Kind.ITEM, Kind.STEP, Kind.LEAD)
    if unit.kind in (Kind.STEP, Kind.LEAD, Kind.ITEM):
        return not (unit.marker == "1." and before.kind is Kind.STEP)
    # A remark between two numbered steps does not end the procedure.
    follows = number + 1 < len(units) and units[number + 1]
    return bool(follows and before.marker and follows.kind is Kind.STEP and follows.marker)


def _between_options(units: Sequence[Unit], number: int) -> bool:
    unit = units[number]
    if unit.paragraph != units[number - 1].paragraph:
        return False
    following = units[number + 1 : number + 3]
    return unit.kind is Kind.TEXT or any(other.kind is Kind.ITEM for other in following)


def _block(units: Sequence[Unit], start: int, end: int, heading: int | None) -> Block:
    members = tuple(range(start, end))
    kinds = {units[number].kind for number in members}
    kind = units[start].kind
    if Kind.ITEM in kinds and not any(units[number].marker[:1].isdigit() for number in members):
        options = tuple(number for number in members if units[number].kind is Kind.ITEM)
        lead = tuple(number for number in members if number < options[0])
        return Block(members, Kind.ITEM, lead, options, heading)
    if kind is Kind.LEAD:
        kind = Kind.STEP if Kind.STEP in kinds else Kind.TEXT
    return Block(members, kind, heading=heading)


def _gap(before: Unit | None, unit: Unit) -> str:
    if before is None:
        return ""
    listed = unit.marker or unit.kind is Kind.ITEM
    was_listed = before.marker or before.kind is Kind.ITEM
    if listed:
        return "\n" if was_listed else "\n\n"
    if was_listed and not (before.kind is Kind.ITEM and not before.marker):
        return "\n\n"
    return " " if before.paragraph == unit.paragraph else "\n\n"


def _line(unit: Unit) -> str:
    if unit.kind is Kind.ITEM:
        return f"{unit.marker or '-'} {unit.text}"
    return f"{unit.marker} {unit.text}" if unit.marker else unit.text
