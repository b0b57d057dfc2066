"""Reading records from JSON lines, plain or gzipped: data that people bring along."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar
from zlib import error as ZlibError  # noqa: N812 - a class, whatever its name

from pydantic import BaseModel, BeforeValidator, Field, ValidationError


def as_text(value: Any) -> Any:
    """Write a number as text; anything else stays. Many exports write ids as numbers, 7 or 7.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Id = Annotated[str, Field(min_length=1), BeforeValidator(as_text)]


# An escape of what no database keeps: a NUL, or (half of) a surrogate pair.
_ODD = re.compile(r"\\u(?:d[89a-f]|0000)", re.IGNORECASE)


class DataError(ValueError):
    """A file of records cannot be used; the message is one sentence with the line."""


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Model = TypeVar("Model", bound=BaseModel)
Row = TypeVar("Row", bound=_Identified)


def read_rows(path: Path, kind: type[Model]) -> Iterator[tuple[int, Model]]:
    """Read one JSON object a line, each with its line's number; raises ``DataError``."""
    for number, line in _lines(path):
        yield number, _row(f"{path}, line {number}", line, kind)


def each_once(path: Path, rows: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Pass rows on, as long as no id comes twice; raises ``DataError``."""
    seen: dict[str, int] = {}
    for number, row in rows:
        if row.id in seen:
            raise DataError(
                f"{path}, line {number}: the id {row.id!r} was used on line {seen[row.id]} already."
            )
        seen[row.id] = number
        yield number, row


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                text = _decoded(path, number, line)
                if text.strip():
                    yield number, text
    except (EOFError, ZlibError, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: is not a whole gzip file: {error}.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error


def _decoded(path: Path, number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line {number}: is not UTF-8 text.") from error


def _row(where: str, line: str, kind: type[Model]) -> Model:
    try:
        data = json.loads(line)
        if _ODD.search(line):
            data = _encodable(data)
    except json.JSONDecodeError as error:  # its own line number counts from this line
        raise DataError(f"{where}: is not JSON: {error.msg} at column {error.pos + 1}.") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError
        raise DataError(f"{where}: is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise DataError(f"{where}: must be a JSON object, not {type(data).__name__}.")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{where}: {field}: {first['msg'].rstrip('.')}.") from error


def _encodable(value: Any) -> Any:
    from app.knowledge.text import encodable  # noqa: PLC0415 (heavy, and seldom needed)

    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    return encodable(value) if isinstance(value, str) else value
