"""Which files are found, in which order, and what they are called."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain import Collection
from app.knowledge.documents import SourceFailed
from app.knowledge.files import listing
from app.knowledge.files.describe import LONGEST_ID, id_of
from app.knowledge.files.places import matches
from app.knowledge.files.records import LIMITS
from tests.app.knowledge.files.making import here, listed, write

TEXT = "Some text."


def ids(*patterns: Path | str, internal: tuple[Path, ...] = ()) -> list[str]:
    documents, _ = listed(*patterns, internal=internal)
    return [document.id for document in documents]


def ways(*patterns: Path | str) -> list[str]:
    """What is found, without the name of its folder."""
    return [found.removeprefix("file:").partition("/")[2] for found in ids(*patterns)]


def test_a_folder_gives_all_files_below_it_in_order(tmp_path: Path) -> None:
    write(
        tmp_path / "kb",
        dict.fromkeys(("b.md", "a.txt", "x/2.htm", "x/1.html", "B/c.markdown"), TEXT),
    )
    assert ids(tmp_path / "kb") == [
        *("file:kb/a.txt", "file:kb/b.md", "file:kb/B/c.markdown"),
        *("file:kb/x/1.html", "file:kb/x/2.htm"),
    ]


def test_what_is_hidden_or_not_written_by_people_is_left_out(tmp_path: Path) -> None:
    names = (".a.md", ".git/a.md", "node_modules/p/README.md", "~$open.md", "x/.y/a.md", "a.png")
    write(tmp_path, dict.fromkeys(names, TEXT))
    assert ids(tmp_path) == []


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a.md", ["a.md"]),
        ("*.md", ["a.md"]),
        ("**/*.md", ["a.md", "x/b.md", "x/y/c.md"]),
        ("x/*.md", ["b.md"]),
        ("*/*.md", ["x/b.md"]),
        ("x/**", ["b.md", "y/c.md"]),
        ("*/y/", ["x/y/c.md"]),
        ("x", ["b.md", "y/c.md"]),
        ("[ab].md", ["a.md"]),
        ("?/b.md", ["x/b.md"]),
    ],
)
def test_globs(tmp_path: Path, pattern: str, found: list[str]) -> None:
    write(tmp_path, dict.fromkeys(("a.md", "x/b.md", "x/y/c.md"), TEXT))
    assert ways(f"{tmp_path}/{pattern}") == found


def test_a_name_with_brackets_that_exists_is_no_pattern(tmp_path: Path) -> None:
    write(tmp_path, {"kb [old]/a.md": TEXT, "b[1].md": TEXT, "b1.md": TEXT})
    assert ways(tmp_path / "kb [old]", tmp_path / "b[1].md") == ["a.md", "b[1].md"]


def test_matching_takes_each_part_for_itself() -> None:
    assert matches(("a", "b.md"), ("**", "**", "b.md"))
    assert not matches(("a", "b.md"), ("*.md",))
    assert not matches(("a",), ("a", "b"))


def test_a_pattern_that_matches_nothing_is_told(tmp_path: Path) -> None:
    documents, findings = listed(tmp_path, tmp_path / "*.md")
    assert documents == []
    assert [(each.item, each.code) for each in findings] == [
        (str(tmp_path), "no-files"),
        (str(tmp_path / "*.md"), "no-files"),
    ]
    assert "end it with /**" in findings[1].text


def test_documents_of_other_kinds_are_told_together(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(("a.doc", "b.doc", "c.pptx", "d.png", "e.md"), TEXT))
    documents, findings = listed(tmp_path)
    assert len(documents) == 1
    assert "(2 .doc, 1 .pptx): save them as PDF" in findings[0].text


def test_a_folder_that_vanished_fails_so_that_what_was_there_is_kept(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match=r"gone is not there, or may not be read: bring it back"):
        listed(tmp_path / "gone")
    with pytest.raises(SourceFailed):
        listed(tmp_path / "gone/*.md")


def test_beside_a_folder_that_vanished_the_others_are_served(tmp_path: Path) -> None:
    write(tmp_path, {"a/a.md": TEXT})
    documents, findings = listed(tmp_path / "gone", tmp_path / "a")
    assert [each.id for each in documents] == ["file:a/a.md"]
    assert [(each.item, each.code) for each in findings] == [(f"{tmp_path}/gone", "missing")]
    assert findings[0].keeps_below[0] == "file:gone/"


def test_a_folder_that_vanishes_while_it_is_read_fails(tmp_path: Path) -> None:
    folder = write(tmp_path / "kb", {"a.md": TEXT, "b.md": TEXT})
    items = iter(listing([str(folder)], opener=here).items)
    next(items)
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(SourceFailed, match="vanished while it was read"):
        next(items)


def test_a_share_that_is_unmounted_while_it_is_read_fails(tmp_path: Path) -> None:
    write(tmp_path / "kb", {"a.md": TEXT, "b.md": TEXT})
    items = iter(listing([f"{tmp_path}/kb"], opener=here).items)
    next(items)
    (tmp_path / "kb").rename(tmp_path / "elsewhere")
    (tmp_path / "kb").mkdir()
    with pytest.raises(SourceFailed, match="vanished while it was read"):
        next(items)


def test_a_file_that_is_deleted_meanwhile_is_merely_gone(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": TEXT, "b.md": TEXT})
    items = iter(listing([str(tmp_path)], opener=here).items)
    next(items)
    (tmp_path / "b.md").unlink()
    assert list(items) == []


def test_a_disk_that_does_not_answer_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every file of a share that hangs would be taken for deleted."""
    write(tmp_path, {"a.md": TEXT})

    def stale(*_: object, **__: object) -> None:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(Path, "open", stale)
    with pytest.raises(SourceFailed, match="Stale file handle"):
        listed(tmp_path)


def test_a_file_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a.md": TEXT})

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    assert [finding.code for finding in listed(tmp_path)[1]] == ["no-permission"]


def test_a_whole_disk_is_not_read_by_mistake(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(("a.md", "b.md", "c/c.md"), TEXT))
    with pytest.raises(SourceFailed, match="more than 2 files: name a folder further down"):
        listed(tmp_path, limits=replace(LIMITS, files=2))
    documents, _ = listed(tmp_path / "*.md", limits=replace(LIMITS, files=2))
    assert len(documents) == 2


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"kb/a.md": TEXT, "secret/b.md": TEXT, "c.md": TEXT})
    (tmp_path / "kb/out").symlink_to(tmp_path / "secret")
    (tmp_path / "kb/up.md").symlink_to(tmp_path / "c.md")
    (tmp_path / "kb/nowhere.md").symlink_to("nothing")
    documents, findings = listed(tmp_path / "kb")
    assert [each.id for each in documents] == ["file:kb/a.md"]
    assert {Path(each.item).name for each in findings} == {"out", "up.md", "nowhere.md"}
    assert {each.code for each in findings} == {"link"}


def test_links_within_a_folder_give_a_file_once(tmp_path: Path) -> None:
    """Kubernetes mounts a ConfigMap like this."""
    write(tmp_path, {"..2026/a.md": TEXT})
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "a.md").symlink_to("..data/a.md")
    (tmp_path / "b.md").symlink_to("a.md")
    documents, findings = listed(tmp_path)
    assert [each.id for each in documents] == [f"file:{tmp_path.name}/a.md"]
    assert findings == []


def test_what_only_looks_like_a_file_is_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    (tmp_path / "b.md").mkdir()
    assert ids(tmp_path) == []


def test_a_file_that_two_patterns_name_comes_once(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.md": TEXT})
    assert ways(tmp_path, tmp_path / "a", tmp_path / "**/*.md") == ["a/b.md"]


def test_files_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(("a/x.md", "b/x.md", "c/b/x.md"), TEXT))
    *others, last = ids(*(tmp_path / name for name in ("a", "b", "c/b")))
    assert others == ["file:a/x.md", "file:b/x.md"]
    assert re.fullmatch(r"file:b~[0-9a-f]{6}/x\.md", last)


def test_what_is_anywhere_for_agents_alone_is_so_everywhere(tmp_path: Path) -> None:
    write(tmp_path, {"kb/a.md": TEXT, "kb/agents/b.md": TEXT})
    documents, _ = listed(tmp_path / "kb", internal=[tmp_path / "kb/agents"])
    assert {each.id: each.collection for each in documents} == {
        "file:kb/a.md": Collection.PUBLIC,
        "file:kb/agents/b.md": Collection.INTERNAL,
    }


def test_an_id_stays_when_the_folder_moves(tmp_path: Path) -> None:
    folder = write(tmp_path / "kb", {"x/b.md": TEXT})
    before = ids(folder)
    (tmp_path / "z").mkdir()
    assert ids(folder.rename(tmp_path / "z/kb")) == before


@pytest.mark.parametrize(
    "parts",
    [
        ("folder",) * 20 + ("a.md",),
        ("x" * 200 + ".md",),
        ("a\nb.md",),
        ("caf\udce9.md",),
        ("日本" * 40 + ".md",),
    ],
)
def test_an_id_fits_the_ledger_and_is_one_of_its_kind(parts: tuple[str, ...]) -> None:
    found = id_of(parts)
    assert len(found) <= LONGEST_ID
    assert found.encode().decode().isprintable()
    assert found.startswith(f"file:{parts[0][:1]}")
    assert found != id_of((*parts[:-1], f"{parts[-1]}2"))
    assert found != id_of(parts, apart="/elsewhere")


def test_a_name_that_is_no_text_is_served(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("Nothing but this, here.")
    documents, _ = listed(tmp_path)
    assert documents[0].title == "Nothing but this, here." or documents[0].title.startswith("Caf")
    (documents[0].id + documents[0].title).encode()
