"""The command line says what is wrong in sentences, and its exit codes can be relied on."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click import ClickException
from click.testing import CliRunner
from redis.exceptions import RedisError

from app import worker
from app.cli import COMMANDS, main
from app.cli.common import environ_of_children, said_plainly
from app.domain import Signal, SignalKind
from app.ledger import lessons, runs
from app.llm import ModelFailed
from connectors import KINDS
from tests.app.cli.conftest import ZENDESK, Understudy
from tests.app.fakes import HELPDESK, Desk

QUESTION = "How do I export all projects?"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_listed_and_explains_itself(understudy: Understudy, name: str) -> None:
    listing = understudy("--help")
    (line,) = [line for line in listing.output.splitlines() if line.split()[:1] == [name]]
    assert len(line.split()) > 3
    result = understudy(name, "-h")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: understudy {name}")


def test_it_tells_its_version(understudy: Understudy) -> None:
    assert understudy("--version").output.startswith("understudy, version ")


# Exit codes


@pytest.mark.parametrize(
    "args",
    [
        ["nosuchcommand"],
        ["try"],
        ["try", QUESTION, "--ticket", "1"],
        ["runs", "list", "--limit", "0"],
        ["runs", "show"],
        ["run", "worker"],
        ["run", "worker", "--queue", "nosuchqueue"],
        ["demo", "--articles", __file__],
        ["demo", "--port", "0"],
        ["demo", "--port", "65534", "--helpdesk", "all"],
        ["demo", "--helpdesk", "zendesk,,freshdesk"],
        ["demo", "--keep", "--exit-when-done"],
    ],
)
def test_a_wrong_call_is_2_and_says_how_it_is_called(
    understudy: Understudy, args: list[str]
) -> None:
    result = understudy(*args)
    assert result.exit_code == 2
    assert "Usage: understudy" in result.stderr
    assert result.stdout == ""


def test_a_helpdesk_that_nobody_knows_is_answered_with_those_there_are(
    understudy: Understudy,
) -> None:
    result = understudy("demo", "--helpdesk", "zendesk, bogus")
    assert result.exit_code == 2
    assert "'bogus' is not a helpdesk; write one of zendesk, freshdesk, intercom" in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["runs", "list"],
        ["runs", "show", "aa"],
        ["kb", "sync"],
        ["kb", "search", "x"],
        ["try", "x"],
        ["up"],
        ["doctor"],
        ["run", "web"],
        ["run", "worker", "--queue", "tickets"],
        ["run", "scheduler"],
    ],
)
def test_wrong_settings_are_2_with_the_whole_list(
    understudy: Understudy, tmp_path: Path, args: list[str]
) -> None:
    result = understudy(*args, WEB_PORT="eighty", ANSWER_MODE="autopilot", ZENDESK_URL="")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0] == "These settings are wrong; nothing was started:"
    assert lines[-1] == "What each may be stands in .env.example."
    named = [line.removeprefix("  - ").partition(":")[0] for line in lines[1:-1]]
    assert sorted(named) == ["ANSWER_MODE", "WEB_PORT", "ZENDESK_URL"]
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == [], "nothing was made"


@pytest.mark.parametrize(
    "args", [["up"], ["doctor"], ["kb", "sync"], ["try", "x"], ["kb", "search", "x"]]
)
def test_a_command_that_needs_a_helpdesk_says_so(understudy: Understudy, args: list[str]) -> None:
    result = understudy(*args, HELPDESKS="")
    assert result.exit_code == 2
    assert "HELPDESKS: is empty; name at least one, for example zendesk" in result.stderr


def test_who_has_no_settings_file_yet_is_told_where_to_get_one(
    understudy: Understudy, tmp_path: Path
) -> None:
    result = understudy("--env-file", str(tmp_path / ".env"), "doctor", HELPDESKS="")
    assert "(.env is not there: copy .env.example to it)" in result.stderr
    assert "is not there" not in understudy("doctor", HELPDESKS="").stderr


def test_one_process_needs_to_know_where_the_stores_are(understudy: Understudy) -> None:
    result = understudy("run", "worker", "--queue", "tickets")
    assert result.exit_code == 2
    for name in ("REDIS_URL", "CHROMA_URL"):
        assert f"  - {name}: is empty, and no supervisor runs in DATA_DIR" in result.stderr


def test_a_port_in_use_is_a_wrong_setting(understudy: Understudy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        for args in (["up"], ["demo", "--port", port]):
            result = understudy(*args, WEB_PORT=port)
            assert result.exit_code == 2
            assert f"127.0.0.1:{port} cannot be listened on" in result.stderr


def test_a_folder_that_is_no_demo_is_left_alone(understudy: Understudy, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("")
    result = understudy("demo", "--data", str(tmp_path))
    assert result.exit_code == 2
    assert "holds something that is no demo" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_ledger_that_is_damaged_is_1_and_a_sentence(
    understudy: Understudy, tmp_path: Path
) -> None:
    (tmp_path / "ledger.db").write_bytes(b"something else entirely " * 400)
    result = understudy("runs", "list")
    assert result.exit_code == 1
    assert result.stderr == "Error: The ledger cannot be used: file is not a database\n"


def test_a_file_of_articles_that_cannot_be_read_is_1_with_its_line(
    understudy: Understudy, tmp_path: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": 1}\n')
    result = understudy("demo", "--articles", str(file), "--tickets", str(file))
    assert result.exit_code == 1
    assert result.stderr == f"Error: {file}, line 1: title: Field required.\n"
    article, none = tmp_path / "articles.jsonl", tmp_path / "none.jsonl"
    article.write_text('{"id": 1, "title": "T", "body": "B"}\n')
    none.write_text("\n")
    result = understudy("demo", "--articles", str(article), "--tickets", str(none))
    assert result.exit_code == 1
    assert result.stderr == f"Error: {none}: has no question in it.\n"


def test_ctrl_c_is_130(understudy: Understudy, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "listed", stopped)
    result = understudy("runs", "list")
    assert (result.exit_code, result.stderr) == (130, "\nStopped.\n")


# The record


@pytest.fixture
def drafted(desk: Desk) -> Desk:
    """A desk on which one question got a draft and another got silence."""
    for question in (QUESTION, "Which wine goes with fish, in your opinion?"):
        worker.handle(desk.services, desk.announce(desk.helpdesk.open(question)))
        desk.clock.pass_by(60)
    return desk


def test_an_empty_record_is_empty_and_0(understudy: Understudy) -> None:
    result = understudy("runs", "list", HELPDESKS="")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("No runs in ")
    assert understudy("runs", "list", "--json", HELPDESKS="").output == ""


def test_runs_are_listed_newest_first(understudy: Understudy, drafted: Desk) -> None:
    result = understudy("runs", "list")
    assert result.exit_code == 0
    newest, oldest = result.stdout.splitlines()
    assert "silent" in newest
    assert "draft" in oldest
    assert oldest.startswith("2027-01-15T08:00:00+00:00  ")
    assert f"{HELPDESK} #" in oldest
    assert understudy("runs", "list", "--limit", "1").stdout.splitlines() == [newest]


def test_a_listing_in_json_has_one_object_a_line(understudy: Understudy, drafted: Desk) -> None:
    found = runs.listed(drafted.services.ledger)[1]
    result = understudy("runs", "list", "--json", "--ticket", found.key.ticket_id)
    assert json.loads(result.stdout) == {
        "id": found.id,
        "helpdesk": HELPDESK,
        "ticket": found.key.ticket_id,
        "message": found.key.message_id,
        "trigger": "event",
        "state": "applied",
        "outcome": "draft",
        "created_at": "2027-01-15T08:00:00+00:00",
        "reasons": [reason.code for reason in found.reasons],
        "error": None,
    }
    assert understudy("runs", "list", "--helpdesk", "zendesk-eu").stdout == ""


def test_a_run_tells_what_was_asked_found_decided_and_written(
    understudy: Understudy, drafted: Desk
) -> None:
    found = runs.listed(drafted.services.ledger)[1]
    result = understudy("runs", "show", found.id)
    assert result.exit_code == 0
    for heading in ("Asked", "Found", "Why", "Decided", "Written", "Time"):
        assert f"\n{heading}\n" in result.stdout
    for content in (QUESTION, "Export all projects", "https://help.example/export"):
        assert content in result.stdout
    assert "{" not in result.stdout  # a program asks for --json
    shown = json.loads(understudy("runs", "show", found.id, "--json").stdout)
    assert shown["id"] == found.id
    assert shown["decision"]["kind"] == "draft"
    assert shown["receipt"]["note_id"] == found.receipt.note_id if found.receipt else False


def test_a_run_tells_what_people_made_of_it(understudy: Understudy, drafted: Desk) -> None:
    ledger = drafted.services.ledger
    run = runs.listed(ledger)[1]
    for signal in (
        Signal(run.id, SignalKind.EDITED, "9001", "Tom Berg", 0.84),
        Signal(run.id, SignalKind.RATED, "r7", "", 0.0, score=0.25),
        Signal(run.id, SignalKind.DISCARDED, "understudy_bad", "", 0.0),
    ):
        assert lessons.keep(ledger, signal, None, rests_on=(), now=1.0)
    said = understudy("runs", "show", run.id).stdout
    assert "\nWhat came of it\n" in said
    assert "  edited by Tom Berg: 84% of its words in message 9001\n" in said
    assert "  rated 0.25 of 1 by the customer (r7)\n" in said
    assert "  called wrong by the tag understudy_bad\n" in said
    shown = json.loads(understudy("runs", "show", run.id, "--json").stdout)
    assert {one["kind"]: one["score"] for one in shown["signals"]} == {
        "edited": None,
        "rated": 0.25,
        "discarded": None,
    }


@pytest.mark.parametrize("begin", ["ffff", "0"])
def test_an_id_that_names_no_single_run_is_1(
    understudy: Understudy, drafted: Desk, begin: str
) -> None:
    result = understudy("runs", "show", begin)
    assert result.exit_code == 1
    assert f"No single run begins with '{begin}'" in result.stderr


def test_the_demo_speaks_for_every_kind_there_is(understudy: Understudy) -> None:
    result = understudy("demo", "--help")
    assert all(kind in result.output for kind in KINDS)


def test_a_fault_of_ours_is_a_sentence_and_any_other_a_trace() -> None:
    with pytest.raises(ClickException, match="needs langchain-openai"), said_plainly():
        raise ModelFailed("LLM_MODEL needs langchain-openai", permanent=True)
    with pytest.raises(ClickException, match="The broker cannot be used: gone"), said_plainly():
        raise RedisError("gone")
    with pytest.raises(KeyError), said_plainly():
        raise KeyError("a bug")


@pytest.mark.usefixtures("understudy")
def test_the_processes_of_up_read_the_same_file_as_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env_file = tmp_path / "acme.env"
    lines = {**ZENDESK, "DATA_DIR": str(tmp_path)}
    env_file.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    result = CliRunner().invoke(main, ["run", "scheduler"], env=environ_of_children(env_file))
    assert "HELPDESKS" not in result.stderr
    assert "REDIS_URL: is empty" in result.stderr
    assert result.exit_code == 2
