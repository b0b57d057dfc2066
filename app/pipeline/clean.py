"""Find what a customer really wrote: quotes, headers and signatures taken off.

Losing a customer's sentence is worse than keeping a quoted one: in doubt a line stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain import CleanText
from app.pipeline.markup import read_markup
from app.pipeline.quotes import Kind, classify
from connectors.types import Message

_OPENERS = (Kind.DIVIDER, Kind.HEADER, Kind.MARKER)
_CLOSERS = (Kind.DASHES, Kind.RULE, Kind.DEVICE)
_LONG_TAIL = {Kind.DASHES: 14, Kind.RULE: 8, Kind.DEVICE: 6}


def clean_message(message: Message) -> CleanText:
    """Clean a message's text, or the text of its HTML where the helpdesk gave only that."""
    if message.text.strip() or not message.html:
        return clean_text(message.text)
    return clean_text(message.html)


def clean_text(text: str) -> CleanText:
    """Part a mail into what the customer wrote, what is quoted, and the signature."""
    lines = _readable(text).split("\n")
    kinds = classify(lines)
    end = _quoted_from(kinds)
    signature = _signature_from(lines, kinds, end)
    kept = _kept(kinds, min(signature, end))
    body = _join(lines[index] for index in kept)
    if not body and not _only_quotes(kinds):
        # A forward with nothing above it, or a mail that is all signature: better too much.
        start = _after_openers(kinds)
        kept = [index for index in range(start, len(lines)) if kinds[index] is not Kind.MARKER]
        body = _join(lines[index] for index in kept) or _join(lines)
        return CleanText(text=body)
    left = set(kept)
    quoted = [lines[i] for i in range(len(lines)) if i not in left and not signature <= i < end]
    return CleanText(body, _join(quoted), _join(lines[signature:end]))


def _readable(text: str) -> str:
    """Unify line ends and spaces, and take HTML leftovers out."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return read_markup(text).replace("\xa0", " ")


def _join(lines: Iterable[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    return text.strip("\n").rstrip()


def _quoted_from(kinds: Sequence[Kind]) -> int:
    """Find the line from which on everything is quoted, the number of lines if there is none."""
    seen_text = False
    for index, kind in enumerate(kinds):
        if kind is Kind.TEXT:
            seen_text = True
        elif seen_text and _opens_quote(kinds, index):
            return index
    return len(kinds)


def _opens_quote(kinds: Sequence[Kind], index: int) -> bool:
    if kinds[index] is Kind.ATTRIBUTION:
        return not _quote_follows(kinds, index)
    return kinds[index] in _OPENERS


def _quote_follows(kinds: Sequence[Kind], index: int) -> bool:
    for kind in kinds[index : index + 8]:
        if kind not in (Kind.ATTRIBUTION, Kind.BLANK):
            return kind is Kind.QUOTE
    return False


def _signature_from(lines: Sequence[str], kinds: Sequence[Kind], end: int) -> int:
    """Find where the signature begins: what closes a mail, with a short tail that asks nothing."""
    first_text = next((i for i in range(end) if kinds[i] is Kind.TEXT), end)
    best = end
    tail = 0
    for index in range(end - 1, first_text, -1):
        kind = kinds[index]
        if kind is Kind.TEXT:
            tail += 1
            if tail > max(_LONG_TAIL.values()) or lines[index].rstrip().endswith("?"):
                break
        elif kind is Kind.QUOTE and best < end:
            break
        elif kind in _CLOSERS and tail <= _LONG_TAIL[kind]:
            best = index
    return best


def _kept(kinds: Sequence[Kind], end: int) -> list[int]:
    """Choose the customer's lines; quotes stay where answers stand between them."""
    texts = [index for index in range(end) if kinds[index] is Kind.TEXT]
    if not texts:
        return []
    keep_quotes = _interleaved(kinds[: texts[-1] + 1])
    wanted = {Kind.TEXT, Kind.BLANK, Kind.RULE, Kind.DASHES}
    if keep_quotes:
        wanted.add(Kind.QUOTE)
    return [index for index in range(texts[-1] + 1) if kinds[index] in wanted]


def _interleaved(kinds: Sequence[Kind]) -> bool:
    """Tell whether quotes are context that the answers need, not a mail that was left below."""
    runs = 0
    previous = Kind.TEXT
    for kind in kinds:
        if kind is Kind.QUOTE and previous is not Kind.QUOTE:
            runs += 1
        if kind is not Kind.BLANK:
            previous = kind
    return runs > 1 or (runs == 1 and Kind.ATTRIBUTION not in kinds)


def _only_quotes(kinds: Sequence[Kind]) -> bool:
    return not {Kind.TEXT, Kind.HEADER, Kind.DIVIDER, Kind.DEVICE} & set(kinds)


def _after_openers(kinds: Sequence[Kind]) -> int:
    """Skip the divider and headers that a forward begins with."""
    return next((i for i, kind in enumerate(kinds) if kind in (Kind.TEXT, Kind.QUOTE)), 0)
