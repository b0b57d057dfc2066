"""``understudy setup``: says what happens, loses nothing, shows no secret to a log."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from connectors.errors import Unreachable
from tests.app.cli.conftest import ZENDESK
from tests.app.cli.setup.conftest import (
    CREDENTIALS,
    HOOK,
    SECRET,
    URL,
    VARIABLE,
    SetUpDesk,
    Terminal,
    done_of,
    everything,
    unfolded,
)

# Setting up


def test_it_says_each_step_and_what_is_left_to_do(setup: Terminal, helpdesk: SetUpDesk) -> None:
    helpdesk.paste = '{"ticket_id": "{{ticket.id}}"}'
    result = setup("zendesk", "--url", URL)
    assert result.exit_code == 0, result.output
    assert helpdesk.called[0] == f"set_up {HOOK}"
    lines = result.stdout.splitlines()
    assert lines[0] == f"zendesk at http://127.0.0.1:1: webhooks go to {HOOK}"
    assert f"  created       webhook: Leads to {HOOK}." in lines
    assert '{"ticket_id": "{{ticket.id}}"}' in lines
    assert "Done: 2 created, 2 by hand" in lines
    assert [line for line in lines if line.startswith("  - ")] == ["  - rule", "  - settings file"]
    assert lines[-1] == "Next: understudy doctor"


def test_what_it_learns_is_saved_where_it_belongs(setup: Terminal) -> None:
    result = setup("zendesk", "--url", f"{URL}/", "--save")
    assert result.exit_code == 0, result.output
    assert setup.env_file.read_text(encoding="utf-8") == (
        f"{CREDENTIALS}{VARIABLE}={SECRET}\nPUBLIC_URL={URL}\n"
    )
    assert SECRET not in result.output


def test_a_second_run_finds_all_of_it_kept(setup: Terminal, helpdesk: SetUpDesk) -> None:
    setup("zendesk", "--url", URL, "--save")
    before = setup.env_file.read_bytes()
    for more in ([], ["--save"]):
        found = setup.json("zendesk", *more)
        assert done_of(found) == dict.fromkeys(["webhook", "settings file", "baseline"], "kept")
    assert setup.env_file.read_bytes() == before
    assert len(setup.kept) == 1
    assert helpdesk.called.count("history") == 1


def test_an_old_secret_stays_valid_beside_a_new_one(setup: Terminal) -> None:
    text = CREDENTIALS + f"{VARIABLE}=older-secret\n"
    setup.env_file.write_text(text, encoding="utf-8")
    setup("zendesk", "--url", URL, "--save")
    assert setup.settings[VARIABLE] == f"{SECRET},older-secret"


def test_an_address_that_differs_is_replaced_only_by_leave(setup: Terminal) -> None:
    text = CREDENTIALS + "PUBLIC_URL=https://old.example.com\n"
    setup.env_file.write_text(text, encoding="utf-8")
    result = setup("zendesk", "--url", URL, "--save")
    assert "has another PUBLIC_URL, which was left as it is" in unfolded(result.stdout)
    assert setup.settings["PUBLIC_URL"] == "https://old.example.com"
    setup("zendesk", "--url", URL, "--save", "--yes")
    assert setup.settings["PUBLIC_URL"] == URL


def test_an_account_that_is_in_no_list_yet_is_added(setup: Terminal) -> None:
    text = CREDENTIALS.replace("HELPDESKS=zendesk\n", "HELPDESKS=\n")
    setup.env_file.write_text(text, encoding="utf-8")
    setup("zendesk", "--url", URL, "--save")
    assert setup.settings["HELPDESKS"] == "zendesk"


def test_what_another_account_lacks_is_not_in_the_way(setup: Terminal) -> None:
    text = CREDENTIALS.replace("HELPDESKS=zendesk\n", "HELPDESKS=zendesk,freshdesk\n")
    setup.env_file.write_text(text, encoding="utf-8")
    assert setup("zendesk", "--url", URL, "--save").exit_code == 0
    assert setup.settings["HELPDESKS"] == "zendesk,freshdesk"


def test_a_secret_in_a_file_of_its_own_is_for_the_admin_to_write(
    setup: Terminal, tmp_path: Path
) -> None:
    text = f"{CREDENTIALS}{VARIABLE}_FILE={tmp_path / 'secret'}\nPUBLIC_URL={URL}\n"
    setup.env_file.write_text(text, encoding="utf-8")
    (tmp_path / "secret").write_text("older-secret", encoding="utf-8")
    result = setup("zendesk", "--save", "--show-secrets")
    said = f"{VARIABLE}_FILE names the file that holds it: write it there."
    assert said in unfolded(result.stdout)
    assert f"{VARIABLE}={SECRET},older-secret" in result.stdout.splitlines()
    assert setup.env_file.read_text(encoding="utf-8") == text
    assert (tmp_path / "secret").read_text(encoding="utf-8") == "older-secret"


def test_a_second_account_is_told_of_its_own_variables(
    setup: Terminal, helpdesk: SetUpDesk
) -> None:
    text = CREDENTIALS.replace("ZENDESK_", "ZENDESK_EU_").replace("=zendesk\n", "=zendesk-eu\n")
    setup.env_file.write_text(text, encoding="utf-8")
    helpdesk.paste, helpdesk.by_hand = "word for word: ZENDESK_URL", "It belongs into ZENDESK_URL."
    step = next(
        step
        for step in setup.json("zendesk-eu", "--url", URL, "--no-baseline")["steps"]
        if step["what"] == "rule"
    )
    assert (step["text"], step["paste"]) == ("It belongs into ZENDESK_EU_URL.", helpdesk.paste)


# Secrets


def test_no_secret_is_shown_where_no_terminal_is(setup: Terminal, helpdesk: SetUpDesk) -> None:
    helpdesk.paste = f"X-Understudy-Secret: {SECRET}"
    result = setup("zendesk", "--url", URL)
    assert SECRET not in result.output
    assert f"X-Understudy-Secret: <{VARIABLE}>" in result.stdout
    assert "<NAME> stands for a secret" in result.stdout
    assert SECRET not in json.dumps(setup.json("zendesk", "--url", URL))


def test_a_secret_that_is_set_already_is_not_shown_either(
    setup: Terminal, helpdesk: SetUpDesk
) -> None:
    helpdesk.secret, helpdesk.paste = "", "X-Understudy-Secret: set-by-hand-1"
    setup.env_file.write_text(f"{CREDENTIALS}{VARIABLE}=set-by-hand-1,x\n", encoding="utf-8")
    result = setup("zendesk", "--url", URL)
    assert "set-by-hand-1" not in result.output


def test_a_secret_is_shown_to_who_asks_for_it(setup: Terminal) -> None:
    result = setup("zendesk", "--url", URL, "--show-secrets")
    assert f"{VARIABLE}={SECRET}" in result.stdout.splitlines()
    steps = setup.json("zendesk", "--url", URL, "--show-secrets")["steps"]
    assert any(f"{VARIABLE}={SECRET}" in step["paste"] for step in steps)


def test_a_secret_is_shown_on_a_terminal(setup: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.setup.command.shows_secrets", lambda: True)
    assert f"{VARIABLE}={SECRET}" in setup("zendesk", "--url", URL).stdout.splitlines()


# A dry run


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    setup: Terminal, helpdesk: SetUpDesk, tmp_path: Path
) -> None:
    shutil.rmtree(setup.data)
    before = everything(tmp_path)
    result = setup("zendesk", "--url", URL, "--save", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "would create  webhook" in result.stdout
    assert f"PUBLIC_URL would be written into {setup.env_file}" in unfolded(result.stdout)
    assert "would create  baseline" in result.stdout
    assert "Nothing was changed." in result.stdout
    assert everything(tmp_path) == before
    assert not setup.data.exists()
    assert helpdesk.called == [f"set_up {HOOK} dry"]
    assert setup.json("zendesk", "--url", URL, "--dry-run")["dry_run"] is True


# What goes wrong


def test_a_step_that_fails_is_1_and_what_was_learned_is_kept(
    setup: Terminal, helpdesk: SetUpDesk
) -> None:
    helpdesk.broken = Unreachable("Zendesk cannot be reached")
    result = setup("zendesk", "--url", URL, "--save")
    assert result.exit_code == 1
    assert "FAILED        helpdesk: Zendesk cannot be reached" in result.stdout
    assert "Mend what failed and run this again" in result.stdout
    assert setup.settings[VARIABLE] == SECRET
    found = setup.json("zendesk")
    assert (found["failed"], done_of(found)["webhook"]) == (1, "kept")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["zendesk"], "--url: say where the helpdesk reaches the web process, or set PUBLIC_URL"),
        (["zendesk", "--url", "http://bot.example.com"], "--url: must be like https://"),
        (["zendesk", "--url", "https://me:pw@bot.example.com"], "--url: must be an address"),
        (["zendesk", "--url", "ftp://127.0.0.1"], "--url: must be like https://"),
        (["zendesk-eu", "--url", URL], "HELPDESKS: has no zendesk-eu (zendesk); add it there"),
        (["nosuchdesk", "--url", URL], "HELPDESKS: 'nosuchdesk' is not a helpdesk"),
        (["zendesk", "--remove", "--save"], "--remove goes with neither --save nor"),
        (["zendesk", "--remove", "--json"], "say --yes"),
        (["zendesk", "--baseline-only", "--dry-run"], "--baseline-only goes with none of"),
        ([], "Missing argument 'HELPDESK'"),
    ],
)
def test_wrong_arguments_are_2_and_touch_nothing(
    setup: Terminal, helpdesk: SetUpDesk, args: list[str], says: str
) -> None:
    result = setup(*args)
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert helpdesk.called == []


def test_a_settings_file_that_is_not_there_is_told_beside_what_is_missing(
    setup: Terminal, helpdesk: SetUpDesk, tmp_path: Path
) -> None:
    setup.env_file = tmp_path / "mistyped.env"
    result = setup("zendesk", "--url", URL)
    assert result.exit_code == 2
    assert "mistyped.env: is not there; copy .env.example to it" in result.stderr
    assert "ZENDESK_URL: is missing" in result.stderr
    result = setup("zendesk", "--url", "ftp://127.0.0.1", **ZENDESK)
    assert "is not there" not in result.stderr
    assert helpdesk.called == []


def test_a_settings_file_that_is_no_text_is_a_sentence(
    setup: Terminal, helpdesk: SetUpDesk
) -> None:
    setup.env_file.write_bytes(b"A=\xff\n")
    result = setup("zendesk", "--url", URL, "--save")
    assert (result.exit_code, helpdesk.called) == (2, [])
    assert "cannot be read (not UTF-8 text)" in result.stderr


def test_a_loopback_address_may_be_plain(setup: Terminal, helpdesk: SetUpDesk) -> None:
    assert setup("zendesk", "--url", "http://127.0.0.1:8000").exit_code == 0
    assert helpdesk.called[0] == "set_up http://127.0.0.1:8000/webhooks/zendesk"


def test_a_file_that_cannot_be_written_is_said_before_anything_happens(
    setup: Terminal, helpdesk: SetUpDesk, tmp_path: Path
) -> None:
    setup.env_file = tmp_path / "no-such-folder" / ".env"
    result = setup("zendesk", "--url", URL, "--save", **ZENDESK)
    assert result.exit_code == 2
    assert "--save: " in result.stderr
    assert "without --save the lines to paste are printed" in result.stderr
    assert helpdesk.called == []


def test_a_file_that_is_there_no_more_gets_its_lines_told(
    setup: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "replace", _busy)
    result = setup("zendesk", "--url", URL, "--save", "--show-secrets")
    assert result.exit_code == 1
    assert "cannot be written (Device or resource busy)" in unfolded(result.stdout)
    assert f"{VARIABLE}={SECRET}" in result.stdout.splitlines()


def _busy(*_: object) -> None:
    raise OSError(16, "Device or resource busy")
