"""From bytes to text: never wrong letters without a word."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from app.knowledge.files.records import Fault, Unreadable

# The longest first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What pages in the wild declare (WHATWG's list); "utf-7", "idna" and their like are traps.
_DECLARED = re.compile(
    r"utf-?8|utf-?16(le|be)?|(windows-?|cp)(125[0-8]|874|932|949)|koi8-[ru]|gbk|gb2312|gb18030|big5"
    r"|shift[-_]jis|euc-(jp|kr)|iso-2022-jp|(iso-?)?8859-\d\d?|latin-?1|us-ascii|ascii|macintosh"
)
# Browsers read these as Windows' alphabet, of which they are a part.
_WINDOWS = re.compile(r"iso-?8859-1|8859-1|latin-?1|(us-)?ascii")
_CANDIDATES = [
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "iso8859_2", "mac_roman"),
]
_SAMPLE = 200_000  # bytes to guess from
# A rival that reads differently must be this much worse, or nobody can tell the two apart.
_CHAOS_MARGIN = 0.05
_COHERENCE_MARGIN = 0.1
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROL = 0.001  # share of the characters; form feeds and escapes are in real texts


def text_of(data: bytes, declared: str = "") -> tuple[str, tuple[Fault, ...]]:
    """Decode a text: by its mark (BOM), as UTF-8, as it declares, else by a guess that is told.

    Raises ``Unreadable`` for what is no text, or where no guess is sure.
    """
    text = _certain(data, declared.strip().lower())
    if text is not None:
        return _checked(text), ()
    text, name = _guessed(data)
    told = f"is not UTF-8 and was read as {name}: save it as UTF-8 to be sure of its letters"
    return _checked(text), (Fault(code="encoding", text=told),)


def _certain(data: bytes, declared: str) -> str | None:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _decoded(data, name)
    # A UTF-16 text without a mark is valid UTF-8, full of zeros.
    for name in ("utf-8", "utf-16-le", "utf-16-be") if b"\0" in data[:_SAMPLE] else ("utf-8",):
        text = _decoded(data, name)
        if text is not None and not _binary(text):
            return text
    if declared and _DECLARED.fullmatch(declared):
        return _decoded(data, "cp1252" if _WINDOWS.fullmatch(declared) else declared)
    return None


def _decoded(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError):
        return None


def _guessed(data: bytes) -> tuple[str, str]:
    if _binary(data[:_SAMPLE].decode("latin-1")):
        raise _no_text()
    found = charset_normalizer.from_bytes(data[:_SAMPLE], cp_isolation=_CANDIDATES)
    best = found.best()
    if best is not None:
        rivals = (
            other
            for other in found
            if other.chaos <= best.chaos + _CHAOS_MARGIN
            and other.coherence > best.coherence - _COHERENCE_MARGIN
            and str(other) != str(best)
        )
        text = None if any(rivals) else _decoded(data, best.encoding)
        if text is not None:
            return text, best.encoding
    raise Unreadable(
        "encoding",
        "is not UTF-8, and its letters cannot be told for sure: save it as UTF-8",
    )


def _checked(text: str) -> str:
    if _binary(text):
        raise _no_text()
    return text


def _binary(text: str) -> bool:
    strange = len(_CONTROL.findall(text))
    return strange > max(_MOST_CONTROL * len(text), 2)


def _no_text() -> Unreadable:
    return Unreadable("no-text", "is no text, whatever its name says: save it as UTF-8 text")
