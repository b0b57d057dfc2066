"""What a file says of itself: front matter, or ``<meta>`` tags of the same names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import yaml

from app.knowledge.files.records import Fault

# How people call a field -> its name here.
NAMES: Mapping[str, str] = {
    **{name: name for name in ("title", "url", "audience", "severity", "resolution", "visibility")},
    **{name: name for name in ("audience_tags", "accounts", "outdated", "draft", "published")},
    **dict.fromkeys(("locale", "language", "lang"), "locale"),
    **dict.fromkeys(("labels", "label", "tags", "tag", "keywords"), "labels"),
    **dict.fromkeys(("area", "areas"), "area"),
    **dict.fromkeys(("plan", "plans"), "plan"),
    **dict.fromkeys(("page", "pages"), "page"),
    **dict.fromkeys(("updated", "updated_at", "last_updated", "lastmod"), "updated"),
}
# Who may read a file hangs on these: where one cannot be understood, customers do not see it.
GUARDS = frozenset({"visibility", "audience_tags", "accounts", "draft", "published"})
_NEVER_EMPTY = GUARDS - {"draft", "published"}
_LISTS = frozenset({"labels", "area", "audience", "plan", "page", "audience_tags", "accounts"})
_BLOCK = re.compile(r"\s*---[ \t]*\n(.*?\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_UNCLOSED = re.compile(r"\s*---[ \t]*\n[A-Za-z_-]+[ \t]*:(?=\s)")
_LONGEST_BLOCK = 64_000  # characters


class _Plain(yaml.BaseLoader):
    """YAML whose values all stay text: "no" is Norway's language, and an account "007" is that."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: a few lines of them unfold into gigabytes."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a file; ``guarded`` where it cannot be told who may read it."""

    values: Mapping[str, tuple[str, ...]]
    faults: tuple[Fault, ...] = ()
    guarded: bool = False


def front_matter(text: str) -> tuple[Fields, str]:
    """Split a text into what its front matter says and the rest; wrong YAML is a fault."""
    text = text.replace("\r\n", "\n")
    block = _BLOCK.match(text, 0, _LONGEST_BLOCK)
    if not block:
        if _UNCLOSED.match(text):
            return _wrong(text[:_LONGEST_BLOCK], "has no closing --- line"), text
        return Fields({}), text
    inside, rest = block[1] or "", text[block.end() :]
    try:
        found = yaml.load(inside, Loader=_Plain)  # noqa: S506 (builds text, lists and mappings)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _wrong(inside, f"is no YAML ({_place(error)})"), rest
    if isinstance(found, dict):
        return fields_of(found.items()), rest
    wrong = _wrong(inside, "has no lines like title: ...")
    # Else the text merely begins with a rule, and has another one further down.
    return (wrong, rest) if wrong.guarded else (Fields({}), text if found else rest)


def fields_of(pairs: Iterable[tuple[Any, Any]]) -> Fields:
    """Read named values: text, or lists of text; of names that we do not know nothing is kept."""
    values: dict[str, tuple[str, ...]] = {}
    wrong: list[str] = []
    guarded = False
    for said, value in pairs:
        name = re.sub(r"[\s-]+", "_", str(said).strip().lower())
        if name not in NAMES:
            meant = get_close_matches(name, GUARDS, n=1, cutoff=0.8)
            wrong += [f"{said} (is {guard} meant?)" for guard in meant]
            guarded |= bool(meant)
            continue
        texts = _texts(value, split=NAMES[name] in _LISTS)
        if texts is None:
            wrong.append(f"{said} (give a text, or a list of texts)")
            guarded |= NAMES[name] in GUARDS
        elif not texts and NAMES[name] in _NEVER_EMPTY:
            wrong.append(f"{said} (it is empty)")
            guarded = True
        elif texts:
            values[NAMES[name]] = values.get(NAMES[name], ()) + texts
    faults = (_fault(f"has fields that are not understood: {', '.join(wrong)}"),) if wrong else ()
    return Fields(values, faults, guarded)


def _texts(value: Any, split: bool) -> tuple[str, ...] | None:
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in items):
        return None
    # A list may also be written in one line, with commas.
    parts = items[0].split(",") if split and len(items) == 1 else items
    return tuple(clean for part in parts if (clean := " ".join(part.split())))


def _wrong(block: str, what: str) -> Fields:
    words = {
        NAMES.get(word, "") for word in re.findall(r"[a-z_]+", block.lower().replace("-", "_"))
    }
    return Fields({}, (_fault(what),), guarded=bool(words & GUARDS))


def _fault(what: str) -> Fault:
    return Fault(code="front-matter", text=f"front matter {what}")


def _place(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep"
    mark = getattr(error, "problem_mark", None)
    # The opening --- is the file's first line, and marks count from 0.
    line = f"line {mark.line + 2}: " if mark else ""
    return line + str(getattr(error, "problem", None) or error)
