"""Cut a passage into the units that may be quoted: sentences, steps, list items, headings.

Structure is what makes a quotation readable, so it is kept: a step knows its number, an option
its list's lead-in. Help centres hold Markdown as well as run-on text whose lists were flattened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a unit is in its text."""

    HEADING = "heading"
    TEXT = "text"
    LEAD = "lead"  # announces a list: "for the following options:"
    STEP = "step"  # numbered, or a sentence that tells the reader to do something
    ITEM = "item"  # a bullet, or "Name: what it does" in a flattened list


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of text that is quoted whole or not at all."""

    text: str
    kind: Kind
    marker: str = ""  # how the line began: "2.", "-"
    paragraph: int = 0


_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_BOLD_LINE = re.compile(r"^\*\*([^*]{2,80})\*\*:?$")
_NUMBERED = re.compile(r"^(\d{1,2}[.)]|step\s+\d{1,2}\s*[:.)-])\s+(?=\S)", re.IGNORECASE)
_PICTURE = re.compile(r"\(picture: .*\)")
_BULLET = re.compile(r"^([-*•‣–])\s+(?=\S)")  # noqa: RUF001 - en dashes do begin list lines
_INLINE_NUMBER = re.compile(r"(?:^|(?<=\s))(\d{1,2})[.)]\s+(?=[^\Wa-z\d_]|[\"“*])")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”')\]*]*\s+(?=[^a-z\s.,;:!?])|(?<=[。！？])")  # noqa: RUF001
_NO_END = re.compile(r"\b(?:e\.g|i\.e|etc|vs|no|nr|dr|mr|mrs|ms|st|inc|ltd|approx|fig)\.$", re.I)
# "… for the following options: Clock style: Set …": the lead-in ends at its own colon.
_LEAD = re.compile(
    r"^(.{0,200}?\b(?:following|options?|settings|customi[sz]e|configure|steps?|these|below)\b"
    r"[^:.!?]{0,40}:)\s+(?=\S)",
    re.IGNORECASE,
)
_OPTION = re.compile(r"^(?=[A-Z0-9*])[^.:!?]{2,48}:\s+\S")
# English only: elsewhere steps are found by their numbers.
_IMPERATIVE = re.compile(
    r"^(?:(?:first|then|next|now|finally|after that|once \w+)[, ]+(?:\w+ )?)?"
    r"(?:(?:from|on|in|under|at|to|if|when|while)\b[^.]{2,90}?,\s+(?:\w+ly )?)?"
    r"(?:go|tap|touch|click|select|choose|open|press|swipe|enter|type|turn|switch|drag|hold|scroll|"
    r"check|uncheck|enable|disable|set|add|remove|delete|navigate|sign|launch|follow|fill|"
    r"upload|download|submit|save|connect|restart|unplug|plug|insert|visit|copy|paste|confirm|"
    r"pick|locate|find|update|install|uninstall|reset|release|wait|repeat|apply|return|slide|move|close|"
    r"accept|allow|verify|right-click|double-click|make sure|log)\b",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
# "For more information, see ." is what is left of a link.
_DANGLING = re.compile(r"\b(?:see|visit|to|at|tap|in)\s+[.,]$|^[\W_]*$", re.IGNORECASE)


def cut(text: str, title: str = "") -> list[Unit]:
    """Cut a passage into units, in order; the title it may begin with is taken off."""
    lines = [line.rstrip() for line in _without_title(text, title).splitlines()]
    units: list[Unit] = []
    number = 0
    while number < len(lines):
        end = _block_end(lines, number)
        if end > number + 1:
            units.append(Unit("\n".join(lines[number:end]), Kind.TEXT, paragraph=number))
        elif lines[number].strip():
            alone = _stands_alone(lines, number)
            units += _line_units(lines[number], number, alone=alone, before=units)
        number = end
    return _without_lone_options(units)


def _without_lone_options(units: list[Unit]) -> list[Unit]:
    """Read "Plan ahead: it takes a day" as a sentence where the passage has no other like it."""
    options = [place for place, unit in enumerate(units) if _is_option(unit)]
    announced = options and options[0] > 0 and units[options[0] - 1].kind is Kind.LEAD
    if len(options) == 1 and not announced:
        units[options[0]] = replace(units[options[0]], kind=Kind.TEXT)
    return units


def _is_option(unit: Unit) -> bool:
    return unit.kind is Kind.ITEM and not unit.marker


def _block_end(lines: list[str], start: int) -> int:
    """Find where a table or a piece of code ends that begins here; it is quoted line by line."""
    first = lines[start].strip()
    end = start + 1
    if first.startswith("|"):
        while end < len(lines) and lines[end].strip().startswith("|"):
            end += 1
    elif first.startswith(("```", "~~~")):
        closing = [n for n in range(end, len(lines)) if lines[n].strip().startswith(first[:3])]
        end = closing[0] + 1 if closing else end
    return end


def sentences(text: str) -> list[str]:
    """Cut prose into sentences."""
    pieces: list[str] = []
    for piece in _SENTENCE_END.split(_SPACE.sub(" ", text).strip()):
        if pieces and _NO_END.search(pieces[-1]):
            pieces[-1] += f" {piece}"
        elif piece:
            pieces.append(piece)
    return pieces


def _without_title(text: str, title: str) -> str:
    text = text.strip()
    name = title.strip()
    bare = text.lstrip("# ")
    if name and len(bare) > len(name) and bare.casefold().startswith(name.casefold()):
        rest = bare[len(name) :]
        if rest[:1].isspace() or rest[:1] in ".:":
            return rest.lstrip(" \n\t.:-")
    return text


def _stands_alone(lines: list[str], number: int) -> bool:
    # A short line without an end between others is a heading that lost its mark.
    line = lines[number].strip()
    follows = number + 1 < len(lines)
    return follows and len(line) <= 60 and len(line.split()) <= 8 and line[-1:] not in ".!?,;:"


def _line_units(line: str, paragraph: int, *, alone: bool, before: list[Unit]) -> Iterator[Unit]:
    stripped = line.strip()
    if _PICTURE.fullmatch(stripped):
        return  # it helps to find the passage, but what a picture shows is no answer
    if found := _HEADING.match(stripped) or _BOLD_LINE.match(stripped):
        yield Unit(found[1], Kind.HEADING, paragraph=paragraph)
    elif found := _NUMBERED.match(stripped):
        numbers = _inline_steps(stripped)
        if len(numbers) > 1:
            yield from _prose(stripped, paragraph)
        else:
            yield Unit(stripped[found.end() :], Kind.STEP, _number(found[1]), paragraph)
    elif found := _BULLET.match(stripped):
        # Below a step it stays inside the step, or Markdown would begin the numbers anew.
        nested = line[0].isspace() and before and before[-1].marker
        yield Unit(stripped[found.end() :], Kind.ITEM, "   -" if nested else "-", paragraph)
    elif alone and stripped[0].isupper():
        yield Unit(stripped, Kind.HEADING, paragraph=paragraph)
    elif line[0].isspace() and before and before[-1].marker:
        # A step's second line belongs to the step.
        last = before.pop()
        yield Unit(f"{last.text} {stripped}", last.kind, last.marker, last.paragraph)
    else:
        yield from _prose(stripped, paragraph)


def _number(marker: str) -> str:
    return re.sub(r"\D", "", marker) + "."


def _inline_steps(text: str) -> list[re.Match[str]]:
    # Only 1, 2, 3 … in a row: other numbers before a capital are part of a sentence.
    steps: list[re.Match[str]] = []
    for found in _INLINE_NUMBER.finditer(text):
        if int(found[1]) == len(steps) + 1:
            steps.append(found)
    return steps if len(steps) > 1 else []


def _prose(text: str, paragraph: int) -> Iterator[Unit]:
    steps = _inline_steps(text)
    head = text[: steps[0].start()] if steps else text
    for sentence in sentences(head):
        yield from _sentence_units(sentence, paragraph)
    ends = [step.start() for step in steps[1:]] + [len(text)]
    for step, end in zip(steps, ends, strict=False):  # without steps there is one end too many
        said = sentences(text[step.end() : end])
        # What follows the last step in one paragraph is mostly no part of it.
        last = end == len(text) and len(said) > 1
        yield Unit(said[0] if last else " ".join(said), Kind.STEP, f"{step[1]}.", paragraph)
        for sentence in said[1:] if last else []:
            yield from _sentence_units(sentence, paragraph)


def _is_fragment(sentence: str) -> bool:
    # A title that ran into the text, or a link's words: it asks or names, it answers nothing.
    return len(sentence) < 40 and len(sentence.split()) < 7 and sentence[-1].isalpha()


def _sentence_units(sentence: str, paragraph: int) -> Iterator[Unit]:
    found = _LEAD.match(sentence)
    if found and (len(found[1].split()) > 5 or not _OPTION.match(sentence)):
        yield Unit(found[1], Kind.LEAD, paragraph=paragraph)
        sentence = sentence[found.end() :]
    if sentence.endswith(":"):
        yield Unit(sentence, Kind.LEAD, paragraph=paragraph)
    elif _DANGLING.search(sentence):
        return
    elif _is_fragment(sentence):
        yield Unit(sentence, Kind.HEADING, paragraph=paragraph)
    elif _OPTION.match(sentence):
        yield Unit(sentence, Kind.ITEM, paragraph=paragraph)
    elif _IMPERATIVE.match(sentence):
        yield Unit(sentence, Kind.STEP, paragraph=paragraph)
    else:
        yield Unit(sentence, Kind.TEXT, paragraph=paragraph)
