"""Files that did not change are not parsed again; whatever changed is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain import Collection
from app.knowledge.documents import Document
from app.knowledge.files import LIMITS, Limits, listing, remembered, remembering
from app.knowledge.files.readers import read_file
from app.knowledge.files.records import Reading, Unreadable
from tests.app.knowledge.files.making import pdf, write

LATER = time.time() + 3600.0


class House:
    """A folder, and what of it was parsed at each listing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root / "cache/files.db"
        self.parsed: list[str] = []

    @contextmanager
    def opener(self, limits: Limits) -> Iterator[Callable[[Path], Reading]]:
        def read(path: Path) -> Reading:
            self.parsed.append(path.name)
            return read_file(path, limits)

        yield read

    def listed(self, limits: Limits = LIMITS, internal: tuple[str, ...] = ()) -> list[Document]:
        self.parsed.clear()
        opener = remembering(self.cache, self.opener)
        items = listing([f"{self.root}/kb"], internal, limits=limits, opener=opener).items
        return [item for item in items if isinstance(item, Document)]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(remembered.Remembered.__init__, "__defaults__", (lambda: LATER,))
    write(tmp_path, {"kb/a.md": "Some text.", "kb/b.pdf": pdf([["A page."]]), "kb/c.pdf": "none"})
    return House(tmp_path)


def test_what_did_not_change_is_not_parsed_again_and_stays_the_same(house: House) -> None:
    first = house.listed()
    assert house.parsed == ["a.md", "b.pdf", "c.pdf"]
    assert house.listed() == first
    assert house.parsed == []


def test_a_file_is_parsed_again_though_its_time_and_size_are_the_same(house: House) -> None:
    house.listed()
    path = house.root / "kb/a.md"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_text("Text some.")
    os.utime(path, ns=times)
    assert "Text some." in house.listed()[0].body
    assert house.parsed == ["a.md"]


def test_who_may_see_a_file_is_never_remembered(house: House) -> None:
    assert house.listed()[0].collection is Collection.PUBLIC
    documents = house.listed(internal=(f"{house.root}/kb/*.md",))
    assert [each.collection for each in documents] == [Collection.INTERNAL, Collection.PUBLIC]
    assert house.parsed == []


def test_other_readers_and_other_limits_read_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.listed()
    house.listed(replace(LIMITS, pages=7))
    assert len(house.parsed) == 3
    monkeypatch.setattr(remembered, "version", lambda _: "a newer one")
    house.listed(replace(LIMITS, pages=7))
    assert len(house.parsed) == 3


def test_what_was_just_written_is_not_relied_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered.Remembered.__init__, "__defaults__", (time.time,))
    house.listed()
    house.listed()
    assert len(house.parsed) == 3


def test_what_may_pass_is_asked_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Reading:
        raise Unreadable("too-costly", "took too long")

    with monkeypatch.context() as patch:
        patch.setitem(globals(), "read_file", refused)
        assert house.listed() == []
    assert len(house.listed()) == 2


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_broken_memory_is_made_anew(house: House, content: bytes) -> None:
    first = house.listed()
    for path in house.cache.parent.iterdir():
        path.write_bytes(content)
    assert house.listed() == first
    house.listed()
    assert house.parsed == []


def test_without_a_place_for_it_files_are_read_all_the_same(house: House) -> None:
    (house.root / "cache").write_text("in the way")
    assert len(house.listed()) == len(house.listed()) == 2


def test_files_that_are_gone_are_forgotten(house: House) -> None:
    house.listed()
    (house.root / "kb/a.md").rename(house.root / "a.md")
    house.listed()
    (house.root / "a.md").rename(house.root / "kb/a.md")
    house.listed()
    assert house.parsed == ["a.md"]
