"""`.env.example` says all there is to set, as it is set by default, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.settings import Settings
from connectors import KINDS
from connectors.config import ConnectorConfig, variable_prefix
from tests.gates.source import ROOT

# NAME=value, or the same commented out: documented, and left alone.
LINE = re.compile(r"(?:# ?)?([A-Z][A-Z0-9_]*)=(.*)")
SHORTEST_COMMENT = 20
# What others read from the same environment: name -> who. A model provider's key, for example.
OTHERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Entry:
    """One variable of the file, with the comment above it."""

    value: str
    comment: str


def read_entries(text: str) -> dict[str, Entry]:
    """Read the file. A comment speaks for all variables below it, up to an empty line."""
    entries: dict[str, Entry] = {}
    comment: list[str] = []
    after_variable = False
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if match:
            entries[match[1]] = Entry(match[2].strip(), " ".join(comment))
        elif not line.startswith("#"):
            comment = []
        else:
            comment = [] if after_variable else comment
            comment.append(line.lstrip("# "))
        after_variable = bool(match)
    return entries


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    return read_entries((ROOT / ".env.example").read_text(encoding="utf-8"))


def allowed_values(field: FieldInfo) -> list[str]:
    """Tell what a comment must name: the choices of a field, or its bounds."""
    kind: Any = field.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(member.value) for member in kind]
    if get_origin(kind) is Literal:
        return [str(value) for value in get_args(kind)]
    limits = [getattr(m, name, None) for m in field.metadata for name in ("ge", "gt", "le", "lt")]
    return [f"{limit:g}" for limit in limits if limit is not None]


def configs() -> Iterator[tuple[str, type[ConnectorConfig]]]:
    """Give the config of every kind of helpdesk, wherever in its folder it is defined."""
    for kind, name in KINDS.items():
        package = import_module(name)
        for found in walk_packages(getattr(package, "__path__", []), f"{name}."):
            import_module(found.name)
        own = [
            config
            for config in ConnectorConfig.__subclasses__()
            if config.__module__.startswith(name)
        ]
        assert own, f"{name} has no ConnectorConfig"
        yield from ((kind, config) for config in own)


def connector_fields() -> Iterator[tuple[str, FieldInfo]]:
    for kind, config in configs():
        for name, field in config.model_fields.items():
            yield variable_prefix(kind) + name.upper(), field


def test_every_setting_is_there_with_its_default(entries: dict[str, Entry]) -> None:
    wrong = []
    for name, field in Settings.model_fields.items():
        entry = entries.get(name.upper())
        if entry is None:
            wrong.append(f"{name.upper()} is missing")
            continue
        default = getattr(Settings(), name)
        written = (
            default
            if not entry.value
            else getattr(Settings.model_validate({name: entry.value}), name)
        )
        if written != default or (not entry.value and field.default not in (None, "", ())):
            wrong.append(f"{name.upper()}={entry.value} is not the default {default!r}")
    assert wrong == []


def test_every_setting_of_a_helpdesk_is_there(entries: dict[str, Entry]) -> None:
    wrong = []
    for variable, field in connector_fields():
        entry = entries.get(variable)
        if entry is None:
            wrong.append(f"{variable} is missing")
        elif entry.value and field.default not in (PydanticUndefined, None, ""):
            if entry.value != str(field.default):
                wrong.append(f"{variable}={entry.value} is not the default {field.default!r}")
        elif entry.value and re.search(r"SECRET|TOKEN|PASSWORD|KEY", variable):
            wrong.append(f"{variable} has a value: a secret is never published, invented or not")
    assert wrong == []


def test_every_variable_says_what_it_means_and_what_it_may_be(entries: dict[str, Entry]) -> None:
    fields = {name.upper(): field for name, field in Settings.model_fields.items()}
    wrong = []
    for variable, field in {**fields, **dict(connector_fields())}.items():
        comment = entries[variable].comment if variable in entries else ""
        if len(comment) < SHORTEST_COMMENT:
            wrong.append(f"{variable} has no comment that says what it means")
        words = set(re.findall(r"[\w.-]*\w", comment))
        missing = [value for value in allowed_values(field) if value not in words]
        if missing:
            wrong.append(f"{variable}: its comment does not name {', '.join(missing)}")
    assert wrong == []


def test_nothing_else_is_there(entries: dict[str, Entry]) -> None:
    known = {name.upper() for name in Settings.model_fields} | OTHERS.keys()
    known |= {variable for variable, _ in connector_fields()}
    strange = set()
    for name in entries.keys() - known:
        plain = name.removesuffix("_FILE")
        # A second account of a kind may be shown: ZENDESK_EU_URL for ZENDESK_URL.
        second = re.sub(r"^([A-Z]+)_[A-Z0-9]+_", r"\1_", plain)
        if plain not in known and second not in known:
            strange.add(name)
    assert strange == set()


def test_secrets_in_files_are_explained() -> None:
    assert "_FILE" in (ROOT / ".env.example").read_text(encoding="utf-8")


def test_how_the_file_is_read() -> None:
    text = "# Where it listens.\n# 1 to 9.\nPORT=8\n# PATH_TO=x\n# Other.\nNAME=\n\nBARE=1\n"
    assert read_entries(text) == {
        "PORT": Entry("8", "Where it listens. 1 to 9."),
        "PATH_TO": Entry("x", "Where it listens. 1 to 9."),
        "NAME": Entry("", "Other."),
        "BARE": Entry("1", ""),
    }
