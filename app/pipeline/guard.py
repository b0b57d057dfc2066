"""Check a draft against what it cites, before anybody sees it.

Passages and customers are not trusted: a language model can be talked into things by both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from app.domain import Draft, Passage, Reason

# A draft with one of these is not shown to anybody; with the others it waits for an agent.
DROPPED = frozenset({"ungrounded", "instructions"})

# A quotation scores 100. Sentences that keep the words but change their order stay above 80
# or keep 3 of 4 content words; what a model adds of its own shares hardly any.
_QUOTED, _SHARED = 80.0, 0.75

_URL = re.compile(r"(?:https?://|www\.)[^\s<>()\[\]\"'*`]+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w/.])\+?\(?\d[\d\s().\-/]{6,}\d(?!\w)")
_SECRET = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_LONG_TOKEN = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z0-9_]{28,}\b")
_INSTRUCTIONS = re.compile(
    r"\b(?:system|hidden) (?:prompt|instructions?|message)\b|\bmy instructions\b|passage_id|"
    r"\bnot_covered\b|\bas an ai\b|\b(?:large )?language model\b|"
    r"\b(?:ignore|disregard) (?:all |any )?(?:the )?(?:previous|prior|above) instructions\b",
    re.IGNORECASE,
)
_GREETING = re.compile(r"^(?:hi|hello|dear)\b[^.!?\n]{0,40},?\s*$", re.IGNORECASE)
_SPLIT = re.compile(r"\n+|(?<=[.!?…])\s+")
_MARKUP = re.compile(
    r"^\s*(?:[-*•]|\d{1,2}[.)]|#{1,6})\s+|[*_`]{1,3}|!?\[|\]\([^)]*\)", re.MULTILINE
)
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_NOT = re.compile(r"\b(?:not|never|no|cannot|without|none)\b|n['’]t\b", re.IGNORECASE)  # noqa: RUF001


def check_draft(draft: Draft, passages: Sequence[Passage]) -> tuple[Reason, ...]:
    """Name what is wrong with a draft: not said by its passages, or not to be said at all."""
    cited = {citation.passage_id for citation in draft.citations}
    sources = [passage for passage in passages if passage.id in cited]
    known = "\n".join(
        f"{passage.title}\n{passage.heading}\n{passage.text}\n{passage.url}" for passage in sources
    )
    return (
        *_ungrounded(draft.text, sources),
        *_unknown("link", "a link", _links(draft.text), _links(known)),
        *_unknown("email", "an e-mail address", _addresses(draft.text), _addresses(known)),
        *_unknown("phone", "a phone number", _phones(draft.text), _phones(known)),
        *_patterns(draft.text, known),
    )


def dropped(warnings: Iterable[Reason]) -> bool:
    """Tell whether a draft with these warnings is shown to nobody."""
    return any(warning.code in DROPPED for warning in warnings)


def lost_in_translation(text: str, translated: str) -> str:
    """Say what a translation lost or made up; "" where all that must not change is as it was.

    That is links, addresses, numbers, and names in bold, which are what buttons are called.
    """
    if not translated.strip() or not 0.25 < len(translated) / max(1, len(text)) < 4:
        return "its length"
    if _patterns(translated, text):
        return "something that is not to be said"
    pairs = {
        "a name in bold": _bold,
        "a link": _links,
        "an e-mail address": _addresses,
        "a number": _figures,
    }
    lost = (what for what, read in pairs.items() if read(text) != read(translated))
    return next(lost, "")


def _bold(text: str) -> set[str]:
    return {" ".join(name.split()) for name in _BOLD.findall(text)}


def _figures(text: str) -> set[str]:
    # 1,000.50 is 1.000,50 elsewhere.
    return {re.sub(r"\D", "", number) for number in _NUMBER.findall(text)}


def _ungrounded(text: str, sources: Sequence[Passage]) -> tuple[Reason, ...]:
    spoken = [piece for piece in _sentences(text) if _WORD.search(piece)]
    texts = [_plain(passage.text) for passage in sources]
    loose = [piece for piece in spoken if not any(_says(known, piece) for known in texts)]
    if len(loose) * 2 > len(spoken) or not spoken:
        return (Reason("ungrounded", "most of the draft is not in any source"),)
    return tuple(
        Reason("unsupported", f"no source says: “{_shorten(piece)}”") for piece in loose[:3]
    )


def _sentences(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if not _GREETING.match(line.strip())]
    # Links and numbers to call are compared apart, however they are written.
    text = _PHONE.sub(" ", _EMAIL.sub(" ", _URL.sub(" ", "\n".join(lines))))
    return [piece.strip() for piece in _SPLIT.split(_plain(text)) if piece.strip()]


def _plain(text: str) -> str:
    return _MARKUP.sub("", text)


def _says(known: str, sentence: str) -> bool:
    """Tell whether a text says a sentence: its words, its numbers, and not its opposite."""
    folded, wanted = " ".join(known.split()).casefold(), " ".join(sentence.split()).casefold()
    if wanted in folded:
        return True
    if not set(_NUMBER.findall(wanted)) <= set(_NUMBER.findall(folded)):
        return False
    match = fuzz.partial_ratio_alignment(wanted, folded)
    score = match.score if match and len(wanted) >= 12 and len(wanted) <= len(folded) else 0.0
    nearest = max(_sentences(known), key=lambda own: fuzz.token_set_ratio(own.casefold(), wanted))
    if bool(_NOT.search(nearest)) != bool(_NOT.search(sentence)):
        return False
    words = {word for word in _WORD.findall(wanted) if len(word) > 3 or word.isdigit()}
    shared = len(words & set(_WORD.findall(folded))) / len(words) if words else 0.0
    return score >= _QUOTED or shared >= _SHARED


def _links(text: str) -> set[str]:
    found = (link.rstrip(".,;:!?").casefold() for link in _URL.findall(text))
    return {re.sub(r"^https?://|/$", "", link) for link in found}


def _addresses(text: str) -> set[str]:
    return {address.rstrip(".").casefold() for address in _EMAIL.findall(text)}


def _phones(text: str) -> set[str]:
    # Years, prices and versions have fewer digits.
    numbers = {re.sub(r"\D", "", found) for found in _PHONE.findall(_URL.sub(" ", text))}
    return {number for number in numbers if len(number) >= 7}


def _unknown(code: str, what: str, said: set[str], known: set[str]) -> tuple[Reason, ...]:
    strange = sorted(said - known)
    if not strange:
        return ()
    return (Reason(code, f"{what} that no source has: {_shorten(', '.join(strange))}"),)


def _patterns(text: str, known: str) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    if _SECRET.search(text) or any(token not in known for token in _LONG_TOKEN.findall(text)):
        # The text of a reason is shown and stored: never the secret itself.
        reasons.append(Reason("secret", "something that looks like a key or a token"))
    leak = _INSTRUCTIONS.search(text)
    if leak and leak[0].casefold() not in known.casefold():
        reasons.append(Reason("instructions", "the draft speaks about how it was made"))
    return tuple(reasons)


def _shorten(text: str, length: int = 100) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
