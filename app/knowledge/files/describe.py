"""What was read from a file, as a document: who may read it, what it is about. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from app.domain import Collection, Metadata, Resolution
from app.knowledge.documents import Document
from app.knowledge.files.records import Fault, Reading, in_utc
from app.knowledge.metadata import metadata_of_labels
from connectors.articles import Audience, Visibility

LONGEST_ID = 64  # as the ledger's column has it
_LONGEST_LOCALE = 16  # likewise
_PREFIX = "file:"
_ROOM = LONGEST_ID - len(_PREFIX)
_UNCUT = _ROOM - 11  # characters before the hash
_LOCALE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}")
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_NAMELESS = frozenset({"index", "readme", "_index"})
_LABELLED = ("area", "audience", "plan", "page", "severity", "resolution")
_VISIBILITIES = {**{str(each.value): each for each in Visibility}, "draft": Visibility.UNPUBLISHED}
_DOUBTFUL = "is shown to agents alone, as it does not say clearly who may read it"

Fields = Mapping[str, Sequence[str]]


def document_of(
    reading: Reading, parts: Sequence[str], id_: str, *, internal: bool
) -> tuple[Document | None, list[Fault]]:
    """Describe a file, and say what its fields got wrong; no document where it is a draft.

    ``parts`` is its way from its folder, ``internal`` says that it lies where only agents may
    look. Who may read it is never guessed: where that cannot be understood, it is for agents alone.
    """
    fields = reading.fields
    wrong: list[str] = []
    told = list(reading.faults)
    visibility = None if reading.guarded else _visibility(fields, wrong)
    if visibility is None and not internal:
        told.append(Fault(code="agents-only", text=_DOUBTFUL))
    if internal and visibility is Visibility.PUBLIC and "visibility" in fields:
        wrong.append("visibility (it says public, but lies in a folder for agents alone)")
    restricted = visibility is Visibility.RESTRICTED and not internal
    audience = _audience(fields) if restricted else None
    if restricted and audience is None:
        wrong.append("visibility (restricted, but no audience_tags or accounts: nobody sees it)")
    document = Document(
        id=id_,
        title=_first(fields, "title") or reading.title or title_of_name(parts),
        body=reading.text,
        form=reading.form,
        url=_url(fields, wrong),
        locale=_locale(fields, wrong),
        updated_at=_updated(fields, wrong) or reading.updated_at,
        collection=Collection.INTERNAL
        if internal or visibility in {None, Visibility.INTERNAL}
        else Collection.PUBLIC,
        restricted=restricted,
        audience=audience,
        metadata=_metadata(fields, parts[:-1], wrong),
    )
    if wrong:
        told.append(Fault(code="fields", text=f"has fields that are wrong: {'; '.join(wrong)}"))
    return None if visibility is Visibility.UNPUBLISHED else document, told


def id_of(parts: Sequence[str], apart: str = "") -> str:
    """Name a file by its folder and its way from there, in at most 64 characters one can read.

    What had to be cut or replaced is told apart by a hash; so are, with ``apart``, two files of
    ways that differ in how their letters are composed alone.
    """
    way = "/".join(parts)
    shown = _legible(way)
    if len(shown) <= _ROOM and not apart and shown == unicodedata.normalize("NFC", way):
        return _PREFIX + shown
    digest = hashlib.sha256(f"{apart}\0{way}".encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{_PREFIX}{shown[:_UNCUT]}~{digest}"


def beginning_of(parts: Sequence[str]) -> str:
    """Tell how the ids of all files below a folder begin."""
    return _PREFIX + _legible(f"{'/'.join(parts)}/")[:_UNCUT]


def _legible(way: str) -> str:
    shown = unicodedata.normalize("NFC", way.encode("utf-8", "replace").decode())
    return re.sub(r"[\x00-\x1f\x7f]", "_", shown)


def title_of_name(parts: Sequence[str]) -> str:
    """Make a title of a file's name: ``02-reset_password.md`` is "Reset password"."""
    stem = re.sub(r"\.\w+$", "", parts[-1])
    if stem.lower() in _NAMELESS and len(parts) > 1:
        stem = parts[-2]
    words = re.sub(r"[\s_-]+", " ", re.sub(r"^\d+[\s._-]+(?=\w)", "", stem)).strip()
    shown = words.encode("utf-8", "replace").decode()
    return shown[:1].upper() + shown[1:]


def _visibility(fields: Fields, wrong: list[str]) -> Visibility | None:
    """Tell who may read it; ``None`` where that is not to be understood."""
    said = _first(fields, "visibility").lower()
    if _flag(fields, "draft", wrong) or _flag(fields, "published", wrong) is False:
        return Visibility.UNPUBLISHED
    if len(fields.get("visibility", ())) > 1:
        wrong.append("visibility (it says several)")
    if wrong:
        return None
    if not said:
        named = any(fields.get(name) for name in ("audience_tags", "accounts"))
        return Visibility.RESTRICTED if named else Visibility.PUBLIC
    if said not in _VISIBILITIES:
        wrong.append(f"visibility ({said}: public, internal, restricted or draft)")
    return _VISIBILITIES.get(said)


def _flag(fields: Fields, name: str, wrong: list[str]) -> bool | None:
    said = _first(fields, name).lower()
    if name == "published" and re.match(r"\d{4}-\d\d", said):
        return True  # as many a site has it: since when
    if said and said not in _TRUE | _FALSE:
        wrong.append(f"{name} ({said}: true or false)")
        return None
    return said in _TRUE if said else None


def _audience(fields: Fields) -> Audience | None:
    tags = frozenset(fields.get("audience_tags", ()))
    accounts = frozenset(fields.get("accounts", ()))
    return Audience(account_ids=accounts, any_tags=tags) if tags or accounts else None


def _url(fields: Fields, wrong: list[str]) -> str:
    said = _first(fields, "url")
    try:
        parts = urlsplit(said)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fine = False
    if said and not fine:
        wrong.append("url (an address like https://help.example.com/page)")
    return said if fine else ""


def _locale(fields: Fields, wrong: list[str]) -> str:
    said = _first(fields, "locale").lower().replace("_", "-")
    if said and not (_LOCALE.fullmatch(said) and len(said) <= _LONGEST_LOCALE):
        wrong.append("locale (a code like en or pt-br)")
        return ""
    return said


def _updated(fields: Fields, wrong: list[str]) -> datetime | None:
    said = _first(fields, "updated")
    try:
        moment = datetime.fromisoformat(said) if said else None
        return in_utc(moment)
    except ValueError:
        wrong.append("updated (a date like 2026-11-21)")
        return None


def _metadata(fields: Fields, folders: Sequence[str], wrong: list[str]) -> Metadata:
    said = _first(fields, "resolution").lower().replace("_", "-").replace(" ", "-")
    if said and said not in {each.value for each in Resolution}:
        wrong.append(f"resolution ({', '.join(each.value for each in Resolution)})")
    labels = [f"{name}:{value}" for name in _LABELLED for value in fields.get(name, ())]
    found = metadata_of_labels([*labels, *fields.get("labels", ())], folders)
    return replace(found, outdated=found.outdated or bool(_flag(fields, "outdated", wrong)))


def _first(fields: Fields, *names: str) -> str:
    return next((value for name in names for value in fields.get(name, ()) if value), "")
