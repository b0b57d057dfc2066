"""``understudy doctor`` and what ``up`` tries first: sentences, exit codes, and never a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from app.as_json import to_json
from app.cli import doctor as command
from app.doctor import delivery, stores
from app.doctor.exam import HERE, Exam
from app.ledger import runs
from app.processes import free_port
from app.services import Services
from connectors.setup import Finding
from tests.app.cli.conftest import Understudy
from tests.app.fakes import MAYA, Desk

SECRET = "invented-client-secret"
QUICK = {"EMBEDDINGS": "nosuchmodel"}  # the built-in one is made ready anew for each test
AWAY = {"REDIS_URL": "redis://maya:invented-pass@127.0.0.1:1/0"}


def test_everything_is_tried_and_told_group_by_group(understudy: Understudy) -> None:
    result = understudy("doctor", **QUICK)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == HERE
    assert lines[1] == "  ok    settings: Nothing is wrong with them; ANSWER_MODE is draft."
    assert "zendesk" in lines
    assert any(line.startswith("  MEND  EMBEDDINGS: ") for line in lines)
    assert lines[-1].endswith(" to mend, 1 note.")
    assert result.stderr == ""
    assert SECRET not in result.output


def test_json_is_one_object_with_the_same_findings(understudy: Understudy) -> None:
    result = understudy("doctor", "--json", LLM_MODEL="nosuchmodel", EMBEDDINGS="nosuchmodel")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["ok"] is False
    found = {(one["where"], one["check"]): one for one in told["checks"]}
    assert found[HERE, "LLM_MODEL"]["state"] == "mend"
    assert "provider:model" in found[HERE, "LLM_MODEL"]["message"]
    assert found[HERE, "EMBEDDINGS"]["state"] == "mend"
    assert found[HERE, "settings"] == {
        "where": HERE,
        "check": "settings",
        "state": "ok",
        "message": "Nothing is wrong with them; ANSWER_MODE is draft.",
        "remedy": "",
    }
    assert {one["state"] for one in told["checks"]} <= {"ok", "note", "mend"}


def test_one_account_can_be_looked_at_alone(understudy: Understudy) -> None:
    result = understudy("doctor", "--helpdesk", "zendesk")
    assert result.stdout.splitlines()[0] == "zendesk"
    assert HERE not in result.stdout
    wrong = understudy("doctor", "--helpdesk", "freshdesk")
    assert wrong.exit_code == 2
    assert "--helpdesk: 'freshdesk' is not in HELPDESKS (zendesk)" in wrong.stderr


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([Finding("a", ok=True, message="Fine.")], 0),
        ([Finding("a", ok=True, message="Fine.", remedy="Better so.")], 0),
        ([Finding("a", ok=False, message="Bad.", remedy="Mend it.")], 1),
    ],
)
def test_notes_are_no_failure(
    understudy: Understudy, monkeypatch: pytest.MonkeyPatch, findings: list[Finding], code: int
) -> None:
    exams = [Exam(HERE, "a", lambda: findings)]
    monkeypatch.setattr(command, "exams", lambda *_: exams)
    result = understudy("doctor")
    assert result.exit_code == code
    assert json.loads(understudy("doctor", "--json").stdout)["ok"] is (code == 0)
    for finding in findings:
        assert finding.remedy in result.stdout


def test_a_bug_in_one_check_is_told_and_the_others_go_on(
    understudy: Understudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[Finding]:
        raise KeyError(SECRET)

    monkeypatch.setattr(stores, "vectors", broken)
    result = understudy("doctor", **QUICK)
    assert "  MEND  vector store: It could not be checked: KeyError" in result.stdout
    assert "EMBEDDINGS" in result.stdout
    assert SECRET not in result.output


def test_nothing_is_made_by_looking(understudy: Understudy, tmp_path: Path) -> None:
    understudy("doctor", "--helpdesk", "zendesk")
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_2_with_all_of_them(understudy: Understudy) -> None:
    result = understudy("doctor", WEB_PORT="eighty", HELPDESKS="Zendesk")
    assert result.exit_code == 2
    assert "  - HELPDESKS: 'Zendesk' has capital letters; write 'zendesk'" in result.stderr
    assert "  - WEB_PORT: " in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("args", [["doctor"], ["up"]])
def test_a_broker_that_is_away_is_a_sentence_and_no_trace(
    understudy: Understudy, args: list[str]
) -> None:
    result = up(understudy) if args == ["up"] else understudy(*args, **AWAY, **QUICK)
    assert result.exit_code == 1
    assert "The broker at 127.0.0.1:1 does not answer within 3 s." in result.output
    assert "REDIS_URL" in result.output
    assert "Traceback" not in result.output
    assert "invented-pass" not in result.output


def up(understudy: Understudy, **environ: str) -> Result:
    return understudy("up", WEB_PORT=str(free_port()), **{**AWAY, **environ})


def test_up_does_not_start_with_a_model_that_cannot_be_opened(understudy: Understudy) -> None:
    result = up(understudy, LLM_MODEL="nosuchmodel")
    assert result.exit_code == 2
    assert "  - LLM_MODEL=nosuchmodel names no model that LangChain knows" in result.stderr


@pytest.mark.parametrize(
    ("url", "variable"),
    [
        ("redis://:invented#pass@127.0.0.1:6379/0", "REDIS_URL"),
        ("http://maya:invented/pass@127.0.0.1:8000", "CHROMA_URL"),
    ],
)
def test_a_password_that_breaks_an_address_is_told_without_it(
    understudy: Understudy, url: str, variable: str
) -> None:
    result = understudy("doctor", **{variable: url})
    assert result.exit_code == 2
    assert f"  - {variable}: has no number as port; in a password write %23 for #" in result.stderr
    assert "invented" not in result.stderr


# Delivery


@pytest.fixture
def answering(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose customer answers with the code, a moment after it was sent."""
    desk.helpdesk.doubts = {"whatsapp": "It is not known."}
    services: list[Services] = [desk.services]
    monkeypatch.setattr(command, "services_for", lambda *_: services[0])
    monkeypatch.setattr(delivery, "new_code", lambda: "7K3QXW")

    def sleep(seconds: float) -> None:
        desk.clock.pass_by(seconds)
        for ticket_id in desk.helpdesk.tickets:
            desk.helpdesk.say(ticket_id, MAYA, "it says 7k3qxw")

    monkeypatch.setattr("time.sleep", sleep)
    return desk


def test_a_delivery_is_proved(understudy: Understudy, answering: Desk) -> None:
    ticket_id = answering.helpdesk.open("Hello?", channel="whatsapp")
    result = understudy("doctor", "--verify-delivery", ticket_id, "--yes")
    assert result.exit_code == 0
    assert "answer it as the customer, by the same channel, with the code" in result.stderr
    assert "  ok    delivery: Replies by whatsapp arrive: the customer answered with the code." in (
        result.stdout
    )


def test_the_code_is_told_to_nobody_who_has_not_read_the_message(
    understudy: Understudy, answering: Desk
) -> None:
    ticket_id = answering.helpdesk.open("Hello?")
    result = understudy("doctor", "--verify-delivery", ticket_id, "--yes")
    assert "7K3QXW" not in result.output
    run = runs.listed(answering.services.ledger)[0]
    assert "7K3QXW" not in to_json(run), "nor is it kept"


def test_an_answer_that_does_not_come_is_1(understudy: Understudy, answering: Desk) -> None:
    ticket_id = answering.helpdesk.open("Hello?", channel="whatsapp", requester=MAYA)
    answering.helpdesk.say = lambda *_, **__: "1"  # type: ignore[method-assign]
    result = understudy(
        "doctor", "--verify-delivery", ticket_id, "--yes", "--json", "--wait", "10s"
    )
    assert result.exit_code == 1
    (check,) = json.loads(result.stdout)["checks"]
    assert check["state"] == "mend"
    assert "within 10 seconds" in check["message"]


def test_nothing_is_written_before_somebody_says_yes(
    understudy: Understudy, answering: Desk
) -> None:
    ticket_id = answering.helpdesk.open("Hello?", channel="whatsapp")
    result = understudy("doctor", "--verify-delivery", ticket_id)
    assert result.exit_code == 1
    assert f"One public reply with a code will be written on ticket {ticket_id}" in result.stderr
    assert answering.helpdesk.writes == []


@pytest.mark.parametrize("wait", ["soon", "0s", "-5m", "1.5h", "s", f"{9**400}h"])
def test_a_wait_that_is_none_is_2(understudy: Understudy, wait: str) -> None:
    result = understudy("doctor", "--verify-delivery", "1", "--yes", f"--wait={wait}")
    assert result.exit_code == 2
    assert "is no duration; write 90s, 10m or 1h" in result.stderr
