"""Where files lie: folders and globs, and the files in them, always in the same order."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from app.knowledge.documents import SourceFailed
from app.knowledge.files.readers import KINDS
from app.knowledge.files.records import Fault

EMPTY = "no-files"
MISSING = "is not there, or may not be read: bring it back, or take it out of the settings"
_MAGIC = re.compile(r"[*?\[]")
_SKIPPED = frozenset({"node_modules", "__pycache__", "__MACOSX"})
# Hidden files, and what Word puts beside a file that somebody has open.
_HIDDEN = (".", "~$")
# Documents that somebody may expect to be read; pictures and data lie about everywhere.
_OTHER_DOCUMENTS = frozenset(
    f".{end}"
    for end in ("doc", "odt", "rtf", "ppt", "pptx", "odp", "rst", "adoc", "mdx", "epub", "pages")
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file: its path, its way from the place's root, and where it really lies."""

    path: Path
    parts: tuple[str, ...]
    real: str
    root: Path


@dataclass(frozen=True, slots=True)
class Told:
    """What is wrong with a path.

    ``below`` is the way to a folder whose files cannot be told, from the place's root;
    ``leads_to`` is where a link leads that is not followed.
    """

    path: str
    fault: Fault
    below: tuple[str, ...] | None = None
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A configured folder, file or glob.

    ``root`` is its part without wildcards, ``segments`` the pattern below it; none: all files.
    """

    pattern: str
    root: Path
    segments: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    """One walk through a place, with what it met."""

    place: Place
    limit: int
    real_root: Path
    told: list[Told] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    seen: int = 0


def place_of(pattern: str) -> Place:
    """Take a pattern apart: what exists by that very name is no pattern, whatever its letters."""
    path = Path(pattern).absolute()
    if stat.S_ISREG(_mode(path)):
        return Place(pattern, path.parent, (glob.escape(path.name),))
    parts = path.parts
    first = next((at for at, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    if first == len(parts) or is_folder(path):
        return Place(pattern, path)
    below = parts[first:] + (("**",) if pattern.endswith("/") else ())
    return Place(pattern, Path(*parts[:first]), below)


def files_of(place: Place, limit: int) -> tuple[list[Found], list[Told]]:
    """List the files of a place that can be read, and what else an admin should know of it.

    Hidden files and folders are left out, and links that lead out of the place. Raises
    ``SourceFailed`` where it cannot be listed, or has more than ``limit`` files.
    """
    walk = _Walk(place, limit, Path(os.path.realpath(place.root)))
    found = [file for folder, names in _folders(walk) for file in _files(walk, folder, names)]
    if not found:
        hint = "; for all below a folder, end it with /**" if place.segments else ""
        text = f"holds no Markdown, HTML, text, PDF or Word (.docx) file{hint}"
        walk.told.append(Told(place.pattern, Fault(code=EMPTY, text=text)))
    if walk.others:
        kinds = ", ".join(f"{count} {suffix}" for suffix, count in sorted(walk.others.items()))
        text = f"has files that are not read ({kinds}): save them as PDF, .docx or Markdown"
        walk.told.append(Told(place.pattern, Fault(code="other-kinds", text=text)))
    return found, walk.told


def _folders(walk: _Walk) -> Iterator[tuple[Path, list[str]]]:
    errors: list[OSError] = []
    for folder, below, names in os.walk(walk.place.root, onerror=errors.append):
        for error in errors:
            _refused(walk, error)
        errors.clear()
        below[:] = sorted(name for name in below if not _skipped(name))
        if _deep_enough(walk.place, Path(folder)):
            below.clear()
        for name in below:  # links to folders are never followed
            _leads_out(walk, Path(folder, name))
        walk.seen += len(names)
        if walk.seen > walk.limit:
            raise SourceFailed(
                f"{walk.place.root} holds more than {walk.limit} files: name a folder further down"
            )
        yield Path(folder), sorted(name for name in names if not _skipped(name))
    for error in errors:
        _refused(walk, error)


def _files(walk: _Walk, folder: Path, names: Sequence[str]) -> Iterator[Found]:
    above = folder.relative_to(walk.place.root).parts
    for name in names:
        parts = (*above, name)
        suffix = Path(name).suffix.lower()
        if walk.place.segments and not matches(parts, walk.place.segments):
            continue
        if suffix in _OTHER_DOCUMENTS:
            walk.others[suffix] = walk.others.get(suffix, 0) + 1
        if suffix not in KINDS or _leads_out(walk, folder / name):
            continue
        if stat.S_ISREG(_mode(folder / name)):
            real = os.path.realpath(folder / name)
            yield Found(folder / name, parts, real, walk.place.root)


def matches(parts: Sequence[str], segments: Sequence[str]) -> bool:
    """Tell whether a way matches a pattern, part by part; ``**`` stands for any number of parts."""
    if not segments:
        return not parts
    if segments[0] == "**":
        return any(matches(parts[at:], segments[1:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], segments[0]) and matches(parts[1:], segments[1:])


def _skipped(name: str) -> bool:
    return name.startswith(_HIDDEN) or name in _SKIPPED


def _deep_enough(place: Place, folder: Path) -> bool:
    """Tell that nothing further down can match, so that ``/srv/*.md`` reads no whole disk."""
    depth = len(folder.relative_to(place.root).parts) + 1
    return bool(place.segments) and "**" not in place.segments and depth >= len(place.segments)


def is_folder(path: Path) -> bool:
    """Tell whether a folder is there, and may be seen."""
    return stat.S_ISDIR(_mode(path))


def is_bare(path: Path) -> bool:
    """Tell whether nothing is in a folder any more: it is gone, or its share was unmounted."""
    try:
        with os.scandir(path) as inside:
            return next(inside, None) is None
    except OSError:
        return True


def _mode(path: Path, *, follow: bool = True) -> int:
    """Tell what a path is, as ``stat`` has it; 0 for nothing, or nothing that may be seen."""
    try:
        return path.stat(follow_symlinks=follow).st_mode
    except (OSError, ValueError):
        return 0


def _leads_out(walk: _Walk, path: Path) -> bool:
    if not stat.S_ISLNK(_mode(path, follow=False)):
        return False
    real = Path(os.path.realpath(path))
    if real.is_relative_to(walk.real_root) and _mode(real):
        return False
    text = "is a link that leads out of its folder, or nowhere: put the file itself there"
    walk.told.append(Told(str(path), Fault(code="link", text=text), leads_to=str(real)))
    return True


def _refused(walk: _Walk, error: OSError) -> None:
    """Tell of a folder that may not be read; of one that is gone since, nothing is to be told."""
    path = str(error.filename)
    if isinstance(error, PermissionError) and path != str(walk.place.root):
        text = "may not be read by the user of this process: let it be"
        below = Path(path).relative_to(walk.place.root).parts
        walk.told.append(Told(path, Fault(code="no-permission", text=text), below=below))
    elif not isinstance(error, FileNotFoundError) or not is_folder(walk.place.root):
        raise SourceFailed(
            f"{path} cannot be read ({error.strerror}): see to the disk or share it lies on"
        )
