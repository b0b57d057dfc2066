"""What becomes of pages when their files and folders do not come back: through the whole sync."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain import Collection
from app.knowledge.documents import FILES
from app.knowledge.files import LIMITS, listing
from app.knowledge.prepare import prepare
from app.knowledge.sync import SyncReport, sync_documents
from app.ledger import sources, versions
from tests.app.knowledge.conftest import Desk
from tests.app.knowledge.files.making import here, listed, pdf, write

STAYS = "The version of 2026-11-20 stays in use."
WRITTEN = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
PUBLIC, INTERNAL = Collection.PUBLIC.value, Collection.INTERNAL.value


class Shelves:
    """Folders of files, synced into a desk; files are read in this process."""

    def __init__(self, desk: Desk, root: Path) -> None:
        self._desk = desk
        self.root = root
        write(root, {"kb/a.md": "# Exports\n\nOpen **Settings**.", "other/o.md": "Others."})
        write(root, {"kb/agents/limits.md": "Up to 50 euros without asking."})

    def sync(
        self,
        public: Sequence[str] = ("kb", "other"),
        internal: Sequence[str] = ("kb/agents",),
        *,
        allow_empty: bool = False,
    ) -> SyncReport:
        for path in self.root.rglob("*.*"):
            os.utime(path, (WRITTEN, WRITTEN))
        found = listing(
            [f"{self.root}/{each}" for each in public],
            [f"{self.root}/{each}" for each in internal],
            allow_empty=allow_empty,
            limits=replace(LIMITS, text_bytes=1000),
            opener=here,
        )
        desk = self._desk
        return sync_documents(
            desk.ledger, desk.name, [found], desk.embedder, desk.vectors, desk.root, desk.clock,
            allow_empty=allow_empty,
        )  # fmt: skip

    @property
    def pages(self) -> dict[str, str]:
        """What is searchable, by its collection."""
        with self._desk.ledger.read() as connection:
            known = versions.known_articles(connection, self._desk.name)
        return {one.article_id.removeprefix("file:"): one.collection for one in known}

    @property
    def told(self) -> dict[str, str]:
        """What an admin is told, by the path below the root."""
        with self._desk.ledger.read() as connection:
            found = sources.findings(connection, self._desk.name)
        return {each.item.removeprefix(f"{self.root}/"): each.text for each in found}


@pytest.fixture
def shelves(desk: Desk, tmp_path: Path) -> Shelves:
    return Shelves(desk, tmp_path / "files")


ALL = {"kb/a.md": PUBLIC, "other/o.md": PUBLIC, "kb/agents/limits.md": INTERNAL}


@pytest.mark.parametrize(
    "internal", ["kb/agnets", "kb/agents/*.pdf", "kbb/agents", "kb/agents/deeper/**", "."]
)
def test_a_typo_in_what_is_for_agents_alone_never_makes_it_public(
    shelves: Shelves, internal: str
) -> None:
    if internal == ".":  # above, and there is no text in it
        internal = "*.md"
    (error,) = shelves.sync(internal=[internal]).errors
    assert "KB_INTERNAL_FILES names" in str(error)
    assert "KB_FILES names" in str(error)
    assert "take it out of KB_INTERNAL_FILES" in str(error)
    assert shelves.pages == {}
    shelves.sync()
    (error,) = shelves.sync(internal=["kb/agents", internal]).errors
    assert shelves.pages == ALL


def test_a_folder_for_agents_that_is_empty_or_elsewhere_never_makes_it_public(
    shelves: Shelves,
) -> None:
    shelves.sync()
    (shelves.root / "kb/agents").rename(shelves.root / "kb/team")
    assert "is not there" in str(shelves.sync().errors[0])
    (shelves.root / "kb/agents").mkdir()  # an unmounted share
    assert "matches no file" in str(shelves.sync(allow_empty=True).errors[0])
    assert shelves.pages == ALL


def test_a_folder_for_agents_that_moved_below_a_public_one_never_makes_it_public(
    shelves: Shelves,
) -> None:
    write(shelves.root, {"apart/secrets/s.md": "A secret."})
    shelves.sync(internal=["kb/agents", "apart/secrets"])
    (shelves.root / "apart/secrets").rename(shelves.root / "kb/secrets")
    assert shelves.sync(internal=["kb/agents", "apart/secrets"]).errors
    assert shelves.pages["secrets/s.md"] == INTERNAL
    assert "kb/secrets/s.md" not in shelves.pages


def test_a_link_that_leads_out_of_a_folder_for_agents_is_for_agents_alone(shelves: Shelves) -> None:
    write(shelves.root, {"kb/deep/s.md": "A secret.", "kb/s2.md": "Another one."})
    (shelves.root / "kb/agents/deep").symlink_to("../deep")
    (shelves.root / "kb/agents/s2.md").symlink_to("../s2.md")
    (shelves.root / "kb/agents/up").symlink_to("..")
    shelves.sync()
    assert [shelves.pages[f"kb/{name}"] for name in ("deep/s.md", "a.md")] == [INTERNAL, PUBLIC]
    assert INTERNAL in {shelves.pages.get("kb/s2.md"), shelves.pages.get("kb/agents/s2.md")}
    assert list(shelves.pages.values()).count(PUBLIC) == 2


def test_what_moves_to_the_agents_leaves_the_public_at_once_though_a_folder_is_missing(
    shelves: Shelves,
) -> None:
    shelves.sync()
    (shelves.root / "other").rename(shelves.root / "gone")
    (shelves.root / "kb/a.md").rename(shelves.root / "kb/agents/a.md")
    (error,) = shelves.sync().errors  # a monitor must notice, though all the rest is brought in
    assert "other: Is not there" in str(error)
    assert shelves.pages == {
        "kb/agents/a.md": INTERNAL,
        "kb/agents/limits.md": INTERNAL,
        "other/o.md": PUBLIC,
    }
    assert shelves.told["other"].endswith("take it out of the settings. Its 1 page stays in use.")


def test_a_whole_folder_that_moves_to_the_agents_leaves_the_public_at_once(
    shelves: Shelves,
) -> None:
    shelves.sync()
    (shelves.root / "other").rename(shelves.root / "kb/agents/other")
    (error,) = shelves.sync().errors
    assert "customers do not see its pages" in str(error)
    assert [page for page, who in shelves.pages.items() if who == PUBLIC] == ["kb/a.md"]
    assert shelves.pages["kb/agents/other/o.md"] == INTERNAL
    assert "customers do not see its pages" in shelves.told["other"]


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("a.md", b"# Caf\xe9\n\nno letters\xff\x80 that anybody could tell"),
        ("a.md", b""),
        ("a.md", b"much " * 1000),
        ("a.pdf", pdf([["Now encrypted."]], password="secret")),
        ("a.pdf", pdf([["Half of it."]])[:300]),
    ],
    ids=["letters", "empty", "too large", "encrypted", "half"],
)
def test_a_file_that_cannot_be_read_any_more_keeps_its_last_version(
    shelves: Shelves, name: str, now: bytes
) -> None:
    write(shelves.root, {"kb/a.pdf": pdf([["Press the button to begin."]])})
    shelves.sync()
    write(shelves.root, {f"kb/{name}": now})
    report = shelves.sync()
    assert (report.removed, report.errors) == (0, [])
    assert shelves.pages[f"kb/{name}"] == PUBLIC
    assert shelves.told[f"kb/{name}"].endswith(f". {STAYS}")
    (shelves.root / f"kb/{name}").unlink()
    assert shelves.sync().removed == 1


def test_a_file_that_cannot_be_read_and_was_never_is_merely_told(shelves: Shelves) -> None:
    write(shelves.root, {"kb/b.pdf": "no PDF"})
    shelves.sync()
    assert shelves.pages == ALL
    assert "in use" not in shelves.told["kb/b.pdf"]


@pytest.mark.parametrize(
    "now",
    [
        b"---\nvisiblity: internal\n---\nText.",
        b"---\nvisibility: internl\n---\nText.",
        b"---\nvisibility: internal\n---\nno letters\xff\x80 that anybody could tell",
        b"---\nvisibility: draft\n---\n",
        "---\nAudience-Tags: gold\n---\n".encode("utf-16-le") + b"\xd8\xd8",
    ],
    ids=["misspelled", "wrong", "unreadable", "an empty draft", "half a letter"],
)
def test_where_it_is_in_doubt_who_may_read_a_page_its_public_version_goes(
    shelves: Shelves, now: bytes
) -> None:
    shelves.sync()
    write(shelves.root, {"kb/a.md": now})
    shelves.sync()
    assert shelves.pages.get("kb/a.md") != PUBLIC
    assert "kb/a.md" in shelves.told


def test_a_file_that_is_for_agents_now_and_cannot_be_read_leaves_the_public(
    shelves: Shelves,
) -> None:
    shelves.sync()
    write(shelves.root, {"kb/a.md": b"", "kb/agents/limits.md": b""})
    shelves.sync(internal=["kb/agents", "kb/a.md"])
    assert shelves.pages == {"other/o.md": PUBLIC, "kb/agents/limits.md": INTERNAL}


def test_a_folder_that_is_empty_now_keeps_its_pages_until_that_is_said_to_be_meant(
    shelves: Shelves,
) -> None:
    write(shelves.root, {"other/p.md": "More of it."})
    shelves.sync()
    shutil.rmtree(shelves.root / "other")
    (shelves.root / "other").mkdir()
    report = shelves.sync()
    assert report.removed == 0
    assert len(report.errors) == 1
    assert {"other/o.md", "other/p.md"} <= set(shelves.pages)
    assert "--allow-empty" in shelves.told["other"]
    assert shelves.told["other"].endswith("Its 2 pages stay in use.")
    assert shelves.sync(allow_empty=True).removed == 2


def test_a_pattern_that_finds_nothing_beside_one_that_does_keeps_no_deleted_page(
    shelves: Shelves,
) -> None:
    write(shelves.root, {"kb/b.txt": "Some text."})
    shelves.sync(["kb/*.md", "kb/*.txt"], [])
    (shelves.root / "kb/b.txt").unlink()
    assert shelves.sync(["kb/*.md", "kb/*.txt"], []).removed == 1


def test_a_file_that_was_named_itself_and_is_not_there_keeps_its_page(shelves: Shelves) -> None:
    shelves.sync(["kb/a.md", "other"], [])
    (shelves.root / "kb/a.md").unlink()
    shelves.sync(["kb/a.md", "other"], [])
    assert set(shelves.pages) == {"kb/a.md", "other/o.md"}
    shelves.sync(["other"], [])
    assert set(shelves.pages) == {"other/o.md"}


def test_a_folder_in_a_folder_that_is_missing_keeps_its_pages(shelves: Shelves) -> None:
    """It was named twice, and its pages bear the names that the folder above gave them."""
    write(shelves.root, {"kb/mount/m.md": "From a share."})
    shelves.sync(["kb", "kb/mount"])
    shutil.rmtree(shelves.root / "kb/mount")
    shelves.sync(["kb", "kb/mount"])
    assert "kb/mount/m.md" in shelves.pages


def test_what_is_said_of_a_page_names_its_file(shelves: Shelves) -> None:
    documents, _ = listed(shelves.root / "kb")
    nothing = replace(documents[0], title="", body="")
    (finding,) = prepare("zendesk", FILES, nothing).findings
    assert (finding.item, finding.code) == (f"{shelves.root}/kb/a.md", "empty")
