"""A settings file is a person's: what they wrote stays, and what we write is read back exactly."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.env_file import (
    EnvFileRefused,
    line_of,
    require_writable,
    with_variables,
    write_variables,
)
from app.settings import read_environ
from tests.gates.source import ROOT

SECRET = "ZENDESK_WEBHOOK_SECRET"
AWKWARD = "a 'b' \"c\" #d\\n\ne\r\nf $g `h` \\"


def read(path: Path) -> dict[str, str]:
    return read_environ({}, path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@example(AWKWARD)
@example(" leading and trailing ")
@example("#no comment")
@example("ends with a backslash\\")
@example("\\'")
@example('\\"\\\\')
@example("a\rb\u2028c\x0bd\x85e")
def test_every_value_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, value: str
) -> None:
    path = tmp_path_factory.mktemp("e") / ".env"
    path.write_text("BEFORE='it''s'\n#MINE=\nAFTER=2 # a comment", encoding="utf-8")
    before = read(path)
    write_variables(path, {"MINE": value, "LAST": value})
    assert read(path) == {**before, "MINE": value, "LAST": value}
    write_variables(path, {"MINE": "other", "LAST": value})
    assert read(path) == {**before, "MINE": "other", "LAST": value}


@given(
    st.lists(
        st.sampled_from(
            [
                "# a word about it",
                "",
                "   ",
                "A=1",
                "A=2   # why two",
                "export A=3",
                "A",
                "A = 'b # c' # d",
                'A="x\ny"',
                "#A=",
                "# A=",
                "#A=old",
                "B='quoted \\' thing'",
                "B= # nothing",
                "'A'=5",
                "!! no assignment at all",
            ]
        ),
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_whatever_stands_in_a_file_only_the_variable_changes(
    lines: list[str], eol: str, ended: bool
) -> None:
    text = eol.join(lines) + (eol if ended and lines else "")
    new = with_variables(text, {"A": "the new one"})  # raises where anything else changes
    assert len(new.splitlines()) - len(text.splitlines()) in (0, 1, -1)  # -1: of two lines, one
    kept = [line for line in lines if "A" not in line]
    assert [line for line in new.splitlines() if line in kept and line.strip()] == [
        line for line in kept if line.strip()
    ]
    assert with_variables(new, {"A": "the new one"}) == new


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "A=new\n"),
        ("B=1", "B=1\nA=new\n"),
        ("B=1\r\n", "B=1\r\nA=new\r\n"),
        ("#A=\nB=1\n", "A=new\nB=1\n"),
        ("# About A\n# A=\n\nB=1\n", "# About A\nA=new\n\nB=1\n"),
        ("\n\n#A=\n", "\n\nA=new\n"),
        ("#A=something of mine\n", "#A=something of mine\nA=new\n"),
        ("# A=new is what I had\n", "# A=new is what I had\nA=new\n"),
        ("A=\n", "A=new\n"),
        ("A=old\nB=1\n", "A=new\nB=1\n"),
        ("A=old # why\n", "A=new # why\n"),
        ("A='old # one' # why\n", "A=new # why\n"),
        ("A= # why\n", "A=new # why\n"),
        ("export A = old\n", "export A=new\n"),
        ('A="two\nlines"\nB=1\n', "A=new\nB=1\n"),
        ("A=1\nB=1\nA=2\n", "A=1\nB=1\nA=new\n"),  # the last one is what counts
        ("A\nB=1\n", "A=new\nB=1\n"),
        ("#A=\nA=old\n", "#A=\nA=new\n"),
        ("AA=1\nXA=2\n", "AA=1\nXA=2\nA=new\n"),
        ("\ufeffA=old\n", "\ufeffA=new\n"),
        ("A='new' # as I like it\n", "A='new' # as I like it\n"),
    ],
)
def test_a_variable_is_changed_where_it_stands(text: str, wanted: str) -> None:
    assert with_variables(text, {"A": "new"}) == wanted


@pytest.mark.parametrize("text", ["B='no end\nA=old\n", 'A="\n', "B=1\nA='x\nC=1\n"])
def test_a_file_that_cannot_be_understood_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(text, encoding="utf-8")
    try:
        write_variables(path, {"A": "new"})
    except EnvFileRefused as error:
        assert "left alone" in str(error)  # noqa: PT017 - either it is refused, or nothing else changes
        assert path.read_text(encoding="utf-8") == text
    else:
        lost = set(text.splitlines()) - set(path.read_text(encoding="utf-8").splitlines())
        assert lost <= {"A=old", 'A="', "A='x"}


@pytest.mark.parametrize("lost", ["B=1", "  export B = 1", "B='x'"])
def test_a_line_that_a_forgotten_quote_has_swallowed_is_not_lost(lost: str) -> None:
    text = f'A="old\n{lost}\nC="\n'
    with pytest.raises(ValueError, match="a quote without its end"):
        with_variables(text, {"A": "new"})


def test_the_example_file_takes_a_secret_in_its_place(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    new = with_variables(text, {SECRET: "invented", "PUBLIC_URL": "https://bot.example.com"})
    changed = [
        (old, line)
        for old, line in zip(text.splitlines(), new.splitlines(), strict=True)
        if old != line
    ]
    assert changed == [
        (f"#{SECRET}=", f"{SECRET}=invented"),
        ("PUBLIC_URL=", "PUBLIC_URL=https://bot.example.com"),
    ]


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain-1_2./:@,+=~%", "A=plain-1_2./:@,+=~%"),
        ("", "A="),
        ("two words", "A='two words'"),
        ("$HOME", "A='$HOME'"),  # Docker would put something else in its place
        ("it's", "A='it\\'s'"),
        ("two\nlines", 'A="two\\nlines"'),
    ],
)
def test_quotes_only_where_they_are_needed(value: str, line: str) -> None:
    assert line_of("A", value) == line


def test_a_file_that_is_made_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write_variables(path, {SECRET: "invented"})
    assert (read(path), mode(path)) == ({SECRET: "invented"}, 0o600)
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]


def test_mode_and_owner_stay_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real.env"
    real.parent.mkdir()
    real.write_text("B=1\n", encoding="utf-8")
    real.chmod(0o640)
    before = real.stat()
    link = tmp_path / ".env"
    link.symlink_to(real)
    write_variables(link, {"A": "new"})
    after = real.stat()
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "B=1\nA=new\n"
    assert (mode(real), after.st_uid, after.st_gid) == (0o640, before.st_uid, before.st_gid)


def test_what_says_so_already_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A='new'\n", encoding="utf-8")
    before = path.stat()
    write_variables(path, {"A": "new"})
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_where_replacing_fails_the_old_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise OSError(16, "Device or resource busy")  # a file that is mounted into a container

    path = tmp_path / ".env"
    path.write_text("A=old\n", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", busy)
    with pytest.raises(EnvFileRefused, match=r"cannot be written \(Device or resource busy\)"):
        write_variables(path, {"A": "new"})
    assert path.read_text(encoding="utf-8") == "A=old\n"
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize("before", [None, "A=old\n"])
def test_what_somebody_else_saves_at_the_same_time_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    path = tmp_path / ".env"
    if before is not None:
        path.write_text(before, encoding="utf-8")
    really = os.fsync

    def meanwhile(file: int) -> None:
        really(file)
        path.write_text("MINE=1\n", encoding="utf-8")

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(EnvFileRefused, match="somebody else saved it"):
        write_variables(path, {"A": "new"})
    assert path.read_text(encoding="utf-8") == "MINE=1\n"
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (Path(os.devnull), "it is no file"),
        (Path(), "it is no file"),
        (Path("no-such-folder/.env"), "there is no folder"),
    ],
)
def test_a_place_that_takes_no_file_is_refused_first(path: Path, says: str) -> None:
    with pytest.raises(EnvFileRefused, match=says):
        require_writable(path)
    with pytest.raises(EnvFileRefused, match=says):
        write_variables(path, {"A": "new"})


def test_a_read_only_file_is_meant_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".env"
    path.write_text("A=old\n", encoding="utf-8")
    # The superuser may write everywhere, and tests may run as that one.
    monkeypatch.setattr(os, "access", lambda asked, _: asked != path)
    with pytest.raises(EnvFileRefused, match="read-only"):
        write_variables(path, {"A": "new"})
    assert path.read_text(encoding="utf-8") == "A=old\n"


@pytest.mark.parametrize("content", [b"A=\xff\n", b"\xff\xfeA\x00"])
def test_what_is_no_text_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ".env"
    path.write_bytes(content)
    with pytest.raises(EnvFileRefused, match="not UTF-8"):
        write_variables(path, {"A": "new"})
    assert path.read_bytes() == content
