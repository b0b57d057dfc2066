"""Cut a message into sentences, and take off what only frames it."""

# ruff: noqa: RUF001 - letters of other alphabets are meant

from __future__ import annotations

import re

_ENDS = re.compile(r"(?<=[.!?…。！？])[\"')\]]{0,2}\s+|\n+")
_LONGEST = 600  # a sentence beyond is cut: rules read sentence by sentence
_MOST = 200  # sentences of one message that rules look at
_SIGN_OFF = re.compile(
    r"(?:(?:kind|best|warm|many|with (?:kind|best))? ?(?:regards|wishes)|best|cheers|sincerely"
    r"|(?:(?:warm|many|sunny) )?greetings(?: from .{1,40})?"
    r"|yours (?:sincerely|truly|faithfully)|(?:thanks|thx|tx)(?: in advance| and regards)?"
    r"|thank you|many thanks"
    r"|(?:mit )?(?:freundlichen|besten|lieben|vielen) grüße?n?|(?:viele|beste|liebe|schöne"
    r"|herzliche|freundliche) grüße(?: aus .{1,40})?"
    r"|lg|mfg|vg|saludos(?: cordiales)?|un saludo|atentamente|cordialement|bien cordialement"
    r"|cordiali saluti|met vriendelijke groet(?:en)?|abraços?|atenciosamente)[\s,.!]*$",
    re.IGNORECASE,
)

_CASUAL = re.compile(r"(?:many )?thank|thx|tx|cheers|best[\s,.!]*$", re.IGNORECASE)


def sentences(text: str) -> list[str]:
    """Cut a text into sentences, a line's end counting as one's end."""
    found: list[str] = []
    for part in map(str.strip, _ENDS.split(text)):
        found.extend(part[at : at + _LONGEST] for at in range(0, len(part), _LONGEST))
    return found[:_MOST]


def _only_names(greeting: str, below: list[str]) -> bool:
    """Tell a signature from what a customer still has to say below a greeting."""
    if _CASUAL.match(greeting.strip()):
        # "Thanks" is as often followed by the next sentence as by a name.
        return len(below) <= 3 and all(len(line.split()) <= 2 for line in below)
    return not any("?" in line for line in below)


def own_words(text: str) -> str:
    """Leave out quoted lines and what stands below a greeting at the end, if anything is left."""
    lines = [line for line in text.split("\n") if not line.lstrip().startswith(">")]
    for index in range(len(lines) - 1, 0, -1):
        below = [line for line in lines[index + 1 :] if line.strip()]
        if len(below) > 6:
            break
        if _SIGN_OFF.match(lines[index].strip()) and any(line.strip() for line in lines[:index]):
            if _only_names(lines[index], below):
                lines = lines[:index]
            break
    return "\n".join(lines).strip()
