"""Where variables go, and that nothing a person wrote is lost and no secret shown unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from app.cli.setup.settings import (
    Place,
    Setting,
    account_secrets,
    by_hand,
    in_place,
    save,
    secrets_in,
    sort_out,
    veiled,
    would_save,
)
from app.settings import read_environ
from connectors.setup import Done

SECRET = "ZENDESK_WEBHOOK_SECRET"
URL = "https://bot.example.com"


def one(
    value: str, in_file: dict[str, str], outside: dict[str, str], name: str = SECRET
) -> Setting:
    (found,) = sort_out({name: value}, in_file, outside, ".env")
    return found


@pytest.mark.parametrize(
    ("in_file", "outside", "place", "value"),
    [
        ({}, {}, Place.MISSING, "new"),
        ({SECRET: ""}, {}, Place.MISSING, "new"),
        ({SECRET: "new"}, {}, Place.THERE, "new"),
        ({SECRET: "old"}, {}, Place.MISSING, "new,old"),
        ({SECRET: "old, older"}, {}, Place.MISSING, "new,old, older"),
        ({SECRET: "old,new"}, {}, Place.THERE, "old,new"),
        ({}, {SECRET: "new"}, Place.THERE, "new"),
        ({}, {SECRET: "old"}, Place.ELSEWHERE, "new,old"),
        ({SECRET: "new"}, {SECRET: ""}, Place.ELSEWHERE, "new"),  # what is empty outside wins too
        ({SECRET: "new"}, {SECRET: "old"}, Place.ELSEWHERE, "new,old"),
        ({f"{SECRET}_FILE": "no-such-file"}, {}, Place.ELSEWHERE, "new"),
        ({SECRET: "new"}, {f"{SECRET}_FILE": "no-such-file"}, Place.ELSEWHERE, "new"),
    ],
)
def test_a_webhook_secret_is_put_beside_the_old_one(
    in_file: dict[str, str], outside: dict[str, str], place: Place, value: str
) -> None:
    found = one("new", in_file, outside)
    assert (found.place, found.value) == (place, value)
    assert bool(found.why) == (place is Place.ELSEWHERE)


def test_a_secret_in_a_file_of_its_own_is_looked_up_there(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("new\n", encoding="utf-8")
    assert one("new", {f"{SECRET}_FILE": str(path)}, {}).place is Place.THERE
    found = one("newer", {f"{SECRET}_FILE": str(path)}, {})
    assert (found.place, found.value) == (Place.ELSEWHERE, "newer,new")
    assert found.why == f"{SECRET}_FILE names the file that holds it: write it there."


def test_any_other_variable_that_says_something_else_is_a_question() -> None:
    found = one(URL, {"PUBLIC_URL": "https://old.example.com"}, {}, "PUBLIC_URL")
    assert (found.place, found.value) == (Place.DIFFERENT, URL)
    for same in (URL, f"{URL}/"):
        assert one(URL, {"PUBLIC_URL": same}, {}, "PUBLIC_URL").place is Place.THERE


def saved(
    path: Path, settings: list[Setting], may_replace: Callable[[str], bool] = lambda _: False
) -> list[tuple[Done, str]]:
    return [(step.done, step.text) for step in save(settings, path, may_replace)]


def test_saving_writes_what_is_missing_and_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"#{SECRET}=\nPUBLIC_URL=https://old.example.com\n", encoding="utf-8")
    settings = sort_out({SECRET: "new", "PUBLIC_URL": URL}, read_environ({}, path), {}, ".env")
    assert saved(path, settings) == [
        (Done.CHANGED, f"{SECRET} written into {path}."),
        (Done.BY_HAND, f"{path} has another PUBLIC_URL, which was left as it is; "
                       "change it yourself."),
    ]  # fmt: skip
    assert path.read_text(encoding="utf-8") == (
        f"{SECRET}=new\nPUBLIC_URL=https://old.example.com\n"
    )
    assert saved(path, settings[1:], "PUBLIC_URL".__eq__) == [
        (Done.CHANGED, f"PUBLIC_URL written into {path}.")
    ]
    assert read_environ({}, path) == {SECRET: "new", "PUBLIC_URL": URL}


def test_who_breaks_off_at_a_question_loses_no_secret(tmp_path: Path) -> None:
    def broken_off(_: str) -> bool:
        raise click.Abort

    path = tmp_path / ".env"
    settings = [Setting("PUBLIC_URL", URL, Place.DIFFERENT), Setting(SECRET, "new", Place.MISSING)]
    with pytest.raises(click.Abort):
        saved(path, settings, broken_off)
    assert read_environ({}, path) == {SECRET: "new"}


def test_saving_twice_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    for secret in ("first", "second", "second"):
        settings = sort_out({SECRET: secret}, read_environ({}, path), {}, ".env")
        saved(path, settings)
    assert read_environ({}, path) == {SECRET: "second,first"}
    assert saved(path, sort_out({SECRET: "first"}, read_environ({}, path), {}, ".env")) == []


def test_where_saving_fails_the_lines_are_handed_over(tmp_path: Path) -> None:
    path = tmp_path / "gone" / ".env"
    (step,) = save([Setting(SECRET, "new", Place.MISSING)], path, lambda _: True)
    assert step.done is Done.FAILED
    assert "cannot be written: there is no folder" in step.text
    assert step.paste == f"{SECRET}=new"


def test_what_is_elsewhere_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    settings = [Setting(SECRET, "new", Place.ELSEWHERE, "It is elsewhere.")]
    assert saved(path, settings) == []
    assert list(by_hand(settings, path)) == list(would_save(settings, path)) == []
    (step,) = in_place(settings, path)
    assert (step.done, step.text, step.paste) == (Done.BY_HAND, "It is elsewhere.", f"{SECRET}=new")
    assert not path.exists()


def test_without_saving_it_is_said_what_belongs_there(tmp_path: Path) -> None:
    settings = [
        Setting(SECRET, "new", Place.MISSING),
        Setting("HELPDESKS", "zendesk", Place.MISSING),
        Setting("PUBLIC_URL", URL, Place.DIFFERENT),
    ]
    first, second = by_hand(settings, tmp_path / ".env")
    assert first.paste == f"{SECRET}=new\nHELPDESKS=zendesk"
    assert second.paste == f"PUBLIC_URL={URL}"
    planned, asked = would_save(settings, tmp_path / ".env")
    assert planned.done is Done.WOULD_CREATE
    assert planned.text.startswith(f"{SECRET}, HELPDESKS would be written")
    assert (asked.what, asked.done) == ("PUBLIC_URL", Done.WOULD_CHANGE)


def test_secrets_are_found_by_name_and_in_files(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("in-a-file-of-its-own\n", encoding="utf-8")
    environ = {
        "ZENDESK_URL": "https://acme.zendesk.com",
        "ZENDESK_WEBHOOK_SECRET": "newest-secret,older-secret",
        "ZENDESK_API_TOKEN_FILE": str(path),
        "ZENDESK_CLIENT_SECRET_FILE": "no-such-file",
        "FRESHDESK_API_KEY": "of-another-account",
    }
    assert account_secrets("zendesk", environ) == {
        "newest-secret,older-secret": SECRET,
        "newest-secret": SECRET,
        "older-secret": SECRET,
        "in-a-file-of-its-own": "ZENDESK_API_TOKEN",
    }


def test_a_veil_shows_names_instead_of_values() -> None:
    secrets = secrets_in(SECRET, "abcdef,abcdefgh") | secrets_in("PUBLIC_URL", URL)
    assert veiled(f"{URL}: abcdefgh, abcdef; abcdef,abcdefgh", secrets) == (
        f"{URL}: <{SECRET}>, <{SECRET}>; <{SECRET}>"
    )
    assert veiled("abc", secrets_in(SECRET, "abc")) == "abc"  # would be found in any word
