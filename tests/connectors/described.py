"""Checks calls and answers against a vendor's description of its API.

An OpenAPI file is large and little of it is needed, so its text is cut into blocks and only
what is asked for is parsed, once. Libraries for OpenAPI were tried (openapi-core): they read the
whole, and let keys and query parameters pass that the description does not know. Those are what
a typing mistake makes, and vendors ignore them without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import yaml
from jsonschema import Draft202012Validator, FormatChecker, validators

Schema = Any
Reader = Callable[[str], Any]
FORMATS = FormatChecker()
COMPONENTS = "#/components/"
UNKNOWN = "unknown key"


class Call(Protocol):
    """A request, and what was answered."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> Sequence[tuple[str, str]]: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def status(self) -> int: ...
    @property
    def answer_body(self) -> bytes: ...


class Describes(Protocol):
    """Knows what a vendor's API takes and answers."""

    def faults(self, call: Call) -> Iterator[str]:
        """Say what of a call is not as described, each as ``place: what``."""


class _Loader(yaml.CSafeLoader):
    """Reads ``=``, a plain value in these files, as the text it is."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


def parse(text: str) -> Any:
    """Read YAML, with OpenAPI's ``nullable`` said in JSON Schema's words."""
    return _plain(yaml.load(text, _Loader))  # noqa: S506 - derives from CSafeLoader


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: _plain(value) for key, value in node.items()}
    if node.get("nullable") is not True:
        return node
    if isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
        if "enum" in node:
            node["enum"] = [*node["enum"], None]
        return node
    return {"anyOf": [node, {"type": "null"}]}


class OpenApi:
    """One OpenAPI 3.0 file."""

    def __init__(self, path: Path) -> None:
        self._text = path.read_text(encoding="utf-8")
        self.schema: Reader = cache(lambda name: self.component("schemas", name))
        self.item: Reader = cache(lambda template: self.component("paths", template))

    @cached_property
    def _blocks(self) -> dict[tuple[str, str], str]:
        top = _cut(self._text, 0)
        blocks = {("paths", name): text for name, text in _cut(top["paths"], 2).items()}
        for section, text in _cut(top["components"], 2).items():
            blocks |= {(section, name): block for name, block in _cut(text, 4).items()}
        return blocks

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], str]]:
        found = [name for section, name in self._blocks if section == "paths"]
        # A path without a parameter goes before one whose parameter would take it.
        found.sort(key=lambda name: name.count("{"))
        return [(re.compile(_pattern(name)), name) for name in found]

    def component(self, section: str, name: str) -> Any:
        """Read one component, or path item."""
        [value] = parse(self._blocks[section, name]).values()
        return value

    def operation(self, method: str, path: str) -> tuple[str, Any] | None:
        """Find the template of a path, and its operation; an ending ``.json`` is no part of it."""
        bare = path.removesuffix(".json")
        for pattern, template in self._templates:
            item = self.item(template) if pattern.fullmatch(bare) else {}
            if method.lower() in item:
                shared = item.get("parameters", [])
                operation = item[method.lower()]
                parameters = [*shared, *operation.get("parameters", [])]
                return template, {**operation, "parameters": parameters}
        return None

    def resolve(self, node: Any) -> Any:
        """Follow references to what they lead to."""
        while isinstance(node, dict) and "$ref" in node:
            section, _, name = node["$ref"].removeprefix(COMPONENTS).partition("/")
            node = self.schema(name) if section == "schemas" else self.component(section, name)
        return node

    @cached_property
    def _validator(self) -> Any:
        """JSON Schema's validator, with references followed into the blocks."""

        def follow(validator: Any, reference: str, instance: Any, _: Any) -> Iterator[Any]:
            yield from validator.descend(instance, self.resolve({"$ref": reference}))

        return validators.extend(  # type: ignore[no-untyped-call]
            Draft202012Validator, {"$ref": follow}
        )

    def mismatches(self, schema: Schema, instance: Any) -> Iterator[tuple[str, str]]:
        """Say where an instance does not fit a schema, unknown keys included."""
        validator = self._validator(schema, format_checker=FORMATS)
        for error in validator.iter_errors(instance):
            yield _place(error.absolute_path), error.message[:200]
        yield from self._unknown(instance, [schema], ())

    def _unknown(
        self, instance: Any, schemas: Iterable[Schema], place: tuple[str, ...]
    ) -> Iterator[tuple[str, str]]:
        nodes = list(self._alternatives(schemas))
        if isinstance(instance, list):
            items = [node["items"] for node in nodes if "items" in node]
            for each in instance:
                yield from self._unknown(each, items, (*place, "*"))
        if not isinstance(instance, dict):
            return
        listed = [node["properties"] for node in nodes if node.get("properties")]
        more = [node["additionalProperties"] for node in nodes if "additionalProperties" in node]
        is_open = not listed or any(each is not False for each in more)
        for key, value in instance.items():
            found = [properties[key] for properties in listed if key in properties]
            if not found and not is_open:
                yield ".".join((*place, key)), UNKNOWN
            yield from self._unknown(
                value, found or [m for m in more if m is not True], (*place, key)
            )

    def _alternatives(self, schemas: Iterable[Schema]) -> Iterator[dict[str, Any]]:
        for schema in schemas:
            node = self.resolve(schema)
            if not isinstance(node, dict):
                continue
            yield node
            for word in ("allOf", "anyOf", "oneOf"):
                yield from self._alternatives(node.get(word, ()))

    # A whole call

    def faults(self, call: Call) -> Iterator[str]:
        """Say what of a call is not as described."""
        found = self.operation(call.method, call.path)
        if found is None:
            yield f"{call.method} {call.path}: there is no such operation"
            return
        template, operation = found
        where = f"{call.method} {template}"
        yield from (f"{where} {fault}" for fault in self._parameters(call, operation))
        yield from (f"{where} {fault}" for fault in self._request(call, operation))
        yield from (f"{where} {fault}" for fault in self._answer(call, operation))

    def _parameters(self, call: Call, operation: Any) -> Iterator[str]:
        known = [self.resolve(each) for each in operation["parameters"]]
        queries = {each["name"]: each for each in known if each["in"] == "query"}
        given = dict(call.query)
        for name, value in given.items():
            name_there = name if name in queries else name.partition("[")[0]
            if name_there not in queries:
                yield f"query {name}: unknown parameter"
            else:
                schema = self.resolve(queries[name_there].get("schema", {}))
                if name == name_there and not fits(value, schema):
                    yield f"query {name}: {value!r} does not fit"
        for name, each in queries.items():
            if each.get("required") and name not in given:
                yield f"query {name}: is required"
        sent = {name.lower(): value for name, value in call.headers.items()}
        for each in known:
            told = sent.get(each["name"].lower()) if each["in"] == "header" else None
            if told is not None and not fits(told, self.resolve(each.get("schema", {}))):
                yield f"header {each['name']}: {told!r} does not fit"

    def _request(self, call: Call, operation: Any) -> Iterator[str]:
        described = self.resolve(operation.get("requestBody"))
        if described is None:
            if call.body:
                yield "request: takes no body"
            return
        if not call.body:
            if described.get("required"):
                yield "request: a body is required"
            return
        yield from self._body("request", described.get("content", {}), call.body)

    def _answer(self, call: Call, operation: Any) -> Iterator[str]:
        statuses = {str(status): value for status, value in operation["responses"].items()}
        described = self.resolve(statuses.get(str(call.status), statuses.get("default")))
        if described is None:
            if call.status < 400:  # descriptions list few of the errors
                yield f"answer {call.status}: this status is not described"
            return
        content = described.get("content")
        if content:
            yield from self._body(f"answer {call.status}", content, call.answer_body)

    def _body(self, what: str, content: Any, body: bytes) -> Iterator[str]:
        if "application/json" not in content:
            yield f"{what}: is not JSON as described, but {', '.join(content)}"
            return
        schema = content["application/json"].get("schema")
        if schema is None:
            return
        try:
            instance = json.loads(body)
        except ValueError:
            yield f"{what}: is not JSON"
            return
        for place, message in self.mismatches(schema, instance):
            yield f"{what} {place}: {message}".replace(" :", ":")


def fits(value: str, schema: Schema) -> bool:
    """Tell whether the text of a parameter is of the type, and among the values, described."""
    kinds = schema.get("type", "string")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "enum" in schema and value not in {str(each) for each in schema["enum"]}:
        return False
    if "integer" in kinds and not re.fullmatch(r"-?\d+", value):
        return "string" in kinds
    return "boolean" not in kinds or value in {"true", "false"}


def _cut(text: str, indent: int) -> dict[str, str]:
    """Cut a block of YAML at the keys of one depth; each piece begins with its key."""
    key = re.compile(rf"^ {{{indent}}}(['\"]?)([^\s'\"#-][^'\"\n]*?)\1:(?: .*)?$", re.MULTILINE)
    starts = [(found.start(), found[2]) for found in key.finditer(text)]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    return {name: text[start:end] for (start, name), end in zip(starts, ends, strict=True)}


def _pattern(template: str) -> str:
    parts = re.split(r"\{\w+\}", template)
    return r"[^/]+".join(re.escape(part) for part in parts)


def _place(path: Iterable[str | int]) -> str:
    return ".".join("*" if isinstance(part, int) else part for part in path)


class Several:
    """Several descriptions of one API, each of its own part: the first that knows a path."""

    def __init__(self, *parts: OpenApi) -> None:
        self._parts = parts

    def faults(self, call: Call) -> Iterator[str]:
        """Say what of a call is not as described."""
        knowing = (part for part in self._parts if part.operation(call.method, call.path))
        yield from next(knowing, self._parts[0]).faults(call)


@lru_cache
def described(path: Path) -> OpenApi:
    """Read a description once for the whole run."""
    return OpenApi(path)
