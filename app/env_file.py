"""Writing variables into a ``.env`` file that a person keeps: theirs stays as they wrote it.

What is written is what python-dotenv, and so ``app.settings.read_environ``, reads back: each new
text is parsed before it replaces the old one, and thrown away where anything else would change.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import Binding, parse_stream

# What needs no quotes, neither here nor for a shell, systemd or Docker.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@,+=~%-]*")
# A variable as python-dotenv reads one: what stands before its value, the value, and the rest.
_ASSIGNMENT = re.compile(
    r"(?P<before>\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+))"
    r"(?:[^\S\r\n]*=)?"
    r"(?:[^\S\r\n]*'(?:\\.|[^'\\])*'|[^\S\r\n]*\"(?:\\.|[^\"\\])*\"|(?:(?!\s+#)[^\r\n])*)"
    r"(?P<after>[^\r\n]*(?:\r\n|\n|\r)?)",
    re.DOTALL,
)
# What stands on a line of its own within a value is rather a line whose quote above has no end.
_WITHIN = re.compile(r"[\r\n][^\S\r\n]*(?:export[^\S\r\n]+)?[A-Za-z_]\w*[^\S\r\n]*=")
_LAST_EOL = re.compile(r"(?:\r\n|\n|\r)$")

_UNCLEAR = "some of its lines cannot be told apart; is there a quote without its end?"


class EnvFileRefused(RuntimeError):
    """The file cannot be written, or not without changing something else; nothing was changed."""


def require_writable(path: Path) -> None:
    """Make sure that ``write_variables`` can write; raises ``EnvFileRefused``."""
    place = _resolved(path)
    if place.exists() and not place.is_file():
        raise EnvFileRefused(f"{path} cannot be written: it is no file")
    if not place.parent.is_dir():
        raise EnvFileRefused(f"{path} cannot be written: there is no folder {place.parent}")
    # The file is replaced, which its folder has to allow; one that is read-only is meant so.
    for needed in filter(Path.exists, (place, place.parent)):
        if not os.access(needed, os.W_OK):
            raise EnvFileRefused(f"{path} cannot be written: {needed} is read-only for this user")


def write_variables(path: Path, values: Mapping[str, str]) -> None:
    """Set variables in a file, which is made where there is none, readable by its owner only.

    The file is replaced as a whole, so that nobody reads half of it, and keeps mode and owner.
    Where somebody else saves it at the same time, theirs stays. Raises ``EnvFileRefused``.
    """
    require_writable(path)
    place = _resolved(path)
    try:
        old = _content(place)
        new = with_variables((old or b"").decode("utf-8"), values).encode("utf-8")
        if new != old:
            _replace(place, old, new)
    except UnicodeError:
        raise EnvFileRefused(f"{path} was left alone: it is not UTF-8 text") from None
    except ValueError as error:
        raise EnvFileRefused(f"{path} was left alone: {error}") from None
    except OSError as error:
        raise EnvFileRefused(f"{path} cannot be written ({error.strerror})") from None


def with_variables(text: str, values: Mapping[str, str]) -> str:
    """Set variables in the text of a file.

    A variable is changed where it stands; of several of one name the last, which is the one that
    counts. One that is only there as a comment without a value takes that comment's place, any
    other comes last. Raises ``ValueError`` where more than that would change.
    """
    new = text
    for name, value in values.items():
        new = _with_variable(new, name, value)
    if _read(new) != {**_read(text), **values}:
        raise ValueError(_UNCLEAR)
    return new


def line_of(name: str, value: str) -> str:
    """Write a variable as a line of a file, so that it is read back as it is."""
    return f"{name}={_quoted(value)}"


def _with_variable(text: str, name: str, value: str) -> str:
    bindings = list(parse_stream(io.StringIO(text, newline="")))
    line = line_of(name, value)
    found = _last(bindings, name)
    if found is not None:
        if bindings[found].value == value:
            return text
        return _joined(text, bindings, found, _reassigned(bindings[found].original.string, line))
    example = re.compile(rf"(?P<before>\s*)#[ \t]*{re.escape(name)}[ \t]*=[ \t]*(?P<after>\s*)")
    for at, binding in enumerate(bindings):
        match = example.fullmatch(binding.original.string) if binding.key is None else None
        if match:
            return _joined(text, bindings, at, f"{match['before']}{line}{match['after']}")
    eol = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or _LAST_EOL.search(text) else eol
    return f"{text}{gap}{line}{eol}"


def _last(bindings: list[Binding], name: str) -> int | None:
    places = [at for at, binding in enumerate(bindings) if binding.key == name]
    return places[-1] if places else None


def _reassigned(original: str, line: str) -> str:
    """Put a value into a line, and keep ``export`` before it and a comment behind it."""
    match = _ASSIGNMENT.fullmatch(original)
    if match is None or _WITHIN.search(original.strip()):
        raise ValueError(_UNCLEAR)
    return f"{match['before']}={line.partition('=')[2]}{match['after']}"


def _joined(text: str, bindings: list[Binding], at: int, instead: str) -> str:
    pieces = [binding.original.string for binding in bindings]
    begin = len(text) - len("".join(pieces))  # a byte order mark, which the parser passes over
    pieces[at] = instead
    return text[:begin] + "".join(pieces)


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\")
    if "\n" in value or "\r" in value:
        escaped = escaped.replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
        return f'"{escaped}"'
    return "'" + escaped.replace("'", "\\'") + "'"


def _read(text: str) -> dict[str, str | None]:
    # Read as a file would be: with the line ends of every system made one.
    bindings = parse_stream(io.StringIO(text, newline=None))
    return {binding.key: binding.value for binding in bindings if binding.key is not None}


def _resolved(path: Path) -> Path:
    """Find the file itself: a link to it is not to be replaced by a copy."""
    return path.expanduser().resolve()


def _content(place: Path) -> bytes | None:
    return place.read_bytes() if place.exists() else None


def _replace(place: Path, old: bytes | None, new: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new)
            file.flush()
            if place.exists():
                before = place.stat()
                if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
                os.fchmod(file.fileno(), before.st_mode & 0o7777)
            os.fsync(file.fileno())
        if _content(place) != old:
            raise EnvFileRefused(
                f"{place} was left alone: somebody else saved it in this very moment"
            )
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
