"""What labels say of an article. Pure.

A label ``key:value`` (or ``key=value``) with one of these keys is metadata, case and spaces aside:

- ``area:invoices``: the part of the product
- ``audience:admin``: for whom it was written
- ``plan:studio``: the plans that have what it describes
- ``page:/invoices*``: the pages of the product that it belongs to
- ``severity:high``: how bad what it is about is
- ``resolution:self-service``, ``needs-action`` or ``escalation``: what it takes to solve it

``outdated`` alone says that the article is no longer true. Every other label is kept as it is.
Where no label names an area, the sections (categories, folders) do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from app.domain import Metadata, Resolution
from connectors.articles import Article

_PAIR = re.compile(r"\s*([a-z]+)\s*[:=]\s*(\S.*?)\s*\Z")
_OUTDATED = "outdated"


def metadata_of(article: Article) -> Metadata:
    """Read what an article's labels and sections say, and what the helpdesk itself knows."""
    found = metadata_of_labels(article.labels, article.sections)
    return replace(found, outdated=found.outdated or article.outdated)


def metadata_of_labels(labels: Iterable[str], sections: Iterable[str] = ()) -> Metadata:
    """Read labels; those that say nothing we know are kept in ``labels``, each once."""
    said: dict[str, list[str]] = {key: [] for key in ("area", "audience", "plan", "page")}
    severity = ""
    resolution: Resolution | None = None
    others: list[str] = []
    for label in dict.fromkeys(" ".join(each.lower().split()) for each in labels):
        key, value = _cut(label)
        if key in said:
            said[key].append(_pattern(value) if key == "page" else value)
        elif key == "severity":
            severity = severity or value
        elif key == "resolution" and resolution is None and (known := _resolution(value)):
            resolution = known
        elif label:
            others.append(label)
    areas = said["area"] or [" ".join(each.lower().split()) for each in sections]
    return Metadata(
        areas=_each_once(areas),
        audience=_each_once(said["audience"]),
        plans=_each_once(said["plan"]),
        pages=_each_once(said["page"]),
        severity=severity,
        resolution=resolution,
        labels=tuple(each for each in others if each != _OUTDATED),
        outdated=_OUTDATED in others,
    )


def _cut(label: str) -> tuple[str, str]:
    found = _PAIR.match(label)
    return (found[1], found[2]) if found else ("", "")


def _pattern(value: str) -> str:
    return value if value.startswith(("/", "*")) or "://" in value else f"/{value}"


def _resolution(value: str) -> Resolution | None:
    wanted = re.sub(r"[\s_]+", "-", value)
    return next((each for each in Resolution if each.value == wanted), None)


def _each_once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
