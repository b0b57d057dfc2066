"""Freshdesk has no official description: calls and answers are checked against what was recorded.

Answers: keys and types of a live account's records, of two collectors' schemas, and of a client's
samples. Paths of tickets: Freshdesk's own list of endpoints. The rest is the reference's, as the
API page has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from tests.connectors.described import Call

Types = Mapping[str, set[str]]
_NAMES = {
    "NoneType": "null",
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "dict": "object",
    "list": "array",
}
# Path -> the stream whose records it answers with; tickets' own paths are in the official list.
STREAMS = {
    "/tickets": "tickets",
    "/tickets/[id]": "tickets",
    "/tickets/[id]/conversations": "conversations",
    "/tickets/[id]/notes": "note_1",
    "/tickets/[id]/reply": "reply_1",
    "/ticket_fields": "ticket_fields",
    "/agents/me": "agents",
    "/agents/[id]": "agents",
    "/contacts": "contacts",
    "/contacts/[id]": "contacts",
    "/companies": "companies",
    "/companies/[id]": "companies",
    "/company_fields": "company_fields",
    "/tickets/[id]/satisfaction_ratings": "satisfaction_ratings",
    "/surveys/satisfaction_ratings": "satisfaction_ratings",
    "/surveys": "surveys",
    "/automations/[id]/rules": "automation_rules",
    "/scenario_automations": "scenario_automations",
    "/groups": "groups",
    "/solutions/categories": "solution_categories",
    "/solutions/categories/[id]/folders": "solution_folders",
    "/solutions/folders/[id]/subfolders": "solution_folders",
    "/solutions/folders/[id]/articles": "solution_articles",
    "/solutions/folders/[id]/articles/[id]": "solution_articles",
    "/settings/helpdesk": "settings",
    "/canned_response_folders": "canned_response_folders",
    "/canned_response_folders/[id]/responses": "canned_responses",
}
# Where nobody has recorded or collected any: the API page's tables and samples.
PAGE: Mapping[str, Types] = {
    "settings": {
        "primary_language": {"string"},
        "supported_languages": {"array"},
        "portal_languages": {"array"},
    },
    "canned_response_folders": {
        **{"id": {"integer"}, "name": {"string"}, "personal": {"boolean"}},
        **{"responses_count": {"integer"}, "created_at": {"string"}, "updated_at": {"string"}},
    },
    "canned_responses": {
        **{"id": {"integer"}, "title": {"string"}, "folder_id": {"integer"}},
        **{"content": {"string"}, "content_html": {"string"}, "attachments": {"array"}},
        **{"created_at": {"string"}, "updated_at": {"string"}},
    },
}
# Samples of what a write answers are a client's; recorded conversations say the same and more.
ALSO = {"note_1": ("conversations",), "reply_1": ("conversations",), "tickets": ("ticket_1",)}
FILES = "/data/helpdesk/attachments/"
PAGES = {"page", "per_page"}
QUERIES = {
    "/tickets": {*PAGES, "updated_since", "order_by", "order_type", "include", "filter"},
    "/tickets/[id]": {"include"},
    "/solutions/folders/[id]/articles/[id]": PAGES,
    "/surveys/satisfaction_ratings": {*PAGES, "created_since", "user_id"},
}
BODIES = {
    "POST /tickets/[id]/notes": {"body", "private", "incoming", "notify_emails", "user_id"},
    "POST /tickets/[id]/reply": {
        *("body", "structured_body", "from_email", "user_id", "cc_emails", "bcc_emails"),
    },
    "PUT /tickets/[id]": {
        *("tags", "priority", "status", "group_id", "responder_id", "type", "subject"),
        *("custom_fields", "due_by", "fr_due_by", "product_id", "email_config_id", "source"),
    },
}
BODY_TYPES = {
    "private": {"boolean"},
    "body": {"string"},
    "structured_body": {"object"},
    "tags": {"array"},
    "priority": {"integer"},
    "status": {"integer"},
    "group_id": {"integer"},
    "responder_id": {"null", "integer"},
    "custom_fields": {"object"},
}


class Shapes:
    """Keeps what is known of Freshdesk's API; ``folder`` holds the recordings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def faults(self, call: Call) -> Iterator[str]:
        """Say what of a call was never seen so."""
        if call.path.startswith(FILES):
            return  # no part of the API: where a file lies, its record says
        path = call.path.removeprefix("/api/v2")
        template = self._template(call.method, path)
        if template is None:
            yield f"{call.method} {path}: there is no such operation"
            return
        where = f"{call.method} {template}"
        known = QUERIES.get(template, set() if template.endswith("]") else PAGES)
        for name, _ in call.query:
            if name not in known:
                yield f"{where} query {name}: unknown parameter"
        if call.body:
            yield from (f"{where} request {fault}" for fault in self._request(where, call.body))
        stream = STREAMS.get(template)
        if call.status < 300 and stream and call.answer_body:
            answer = json.loads(call.answer_body)
            records = answer if isinstance(answer, list) else [answer]
            found = {fault for each in records for fault in self._record(stream, each)}
            yield from (f"{where} answer {call.status} {fault}" for fault in sorted(found))

    def _template(self, method: str, path: str) -> str | None:
        fitting = [name for name in STREAMS if re.fullmatch(_pattern(name), path)]
        official = [name for verb, name in self._official if verb == method]
        # What the official list speaks of must be in it; elsewhere the reference's paths count.
        if path.startswith("/tickets"):
            return next((name for name in official if re.fullmatch(_pattern(name), path)), None)
        return min(fitting, key=lambda name: name.count("["), default=None)

    @cached_property
    def _official(self) -> list[tuple[str, str]]:
        text = (self._folder / "official-ticket-module-endpoints.yaml").read_text(encoding="utf-8")
        lines = [line.partition("?")[0].split() for line in yaml.safe_load(text)["endpoints"]]
        return [
            (verb, re.sub(r"\[\w+\]", "[id]", path.removeprefix("/api/v2"))) for verb, path in lines
        ]

    def _request(self, where: str, raw: bytes) -> Iterator[str]:
        body = json.loads(raw)
        for key, value in body.items():
            if key not in BODIES.get(where, set()):
                yield f"{key}: unknown key"
            elif key in BODY_TYPES and _name(value) not in BODY_TYPES[key]:
                yield f"{key}: is of type {_name(value)}"

    def _record(self, stream: str, record: Mapping[str, Any]) -> Iterator[str]:
        known = self._known(stream)
        for key, value in record.items():
            kinds = known.get(key)
            if kinds is None:
                yield f"{key}: unknown key"
            # Where only null was recorded, nobody knows the type.
            elif kinds - {"null"} and _name(value) not in {*kinds, "null"}:
                yield f"{key}: is of type {_name(value)}"

    def _known(self, stream: str) -> Types:
        found = {key: set(kinds) for key, kinds in PAGE.get(stream, {}).items()}
        for name in (stream, *ALSO.get(stream, ())):
            for key, kinds in _types(self._folder, name).items():
                found.setdefault(key, set()).update(kinds)
        return found


@lru_cache
def _types(folder: Path, name: str) -> Types:
    """Gather the keys of a stream and the types that they were seen with."""
    found: dict[str, set[str]] = {}
    for recording in ("airbyte-recorded", "python-freshdesk-samples"):
        for record in _records(folder / recording / f"{name}.json"):
            for key, value in record.items():
                found.setdefault(key, set()).add(_name(value))
    for schemas in ("airbyte-schemas", "tap-freshdesk-schemas"):
        path = folder / schemas / f"{name}.json"
        if path.is_file():
            for key, schema in json.loads(path.read_text("utf-8"))["properties"].items():
                found.setdefault(key, set()).update(_declared(schema))
    return found


def _records(path: Path) -> Iterable[Mapping[str, Any]]:
    if not path.is_file():
        return []
    kept = json.loads(path.read_text(encoding="utf-8"))
    return kept if isinstance(kept, list) else [kept]


def _declared(schema: Mapping[str, Any]) -> set[str]:
    said = schema.get("type", [])
    inner = (_declared(each) for each in schema.get("anyOf", []))
    return set().union({said} if isinstance(said, str) else set(said), *inner)


def _name(value: Any) -> str:
    return _NAMES[type(value).__name__]


def _pattern(template: str) -> str:
    return r"[^/]+".join(re.escape(part) for part in template.split("[id]"))
