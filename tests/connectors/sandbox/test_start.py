"""Credentials and arguments: what a sandbox is started with."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from pathlib import Path

import pytest

from connectors import KINDS, connect
from connectors.errors import BadSignature
from connectors.sandbox.__main__ import _parser, main
from connectors.sandbox.app import build
from connectors.sandbox.store import held
from connectors.types import WebhookRequest
from connectors.zendesk.sandbox import facade, sandbox_environ
from connectors.zendesk.webhook import TEST_SECRET
from tests.connectors.sandbox.conftest import AnyMaker


def test_a_second_account_has_variables_of_its_own() -> None:
    told = sandbox_environ("zendesk-eu", "http://127.0.0.1:8070/", {"SANDBOX_CLIENT_ID": "mine"})
    assert told["ZENDESK_EU_URL"] == "http://127.0.0.1:8070"
    assert told["ZENDESK_EU_CLIENT_ID"] == "mine"
    assert set(told) == {
        f"ZENDESK_EU_{name}" for name in ("URL", "CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_SECRET")
    }


def test_the_usual_webhook_secret_is_not_the_one_that_connectors_refuse() -> None:
    told = sandbox_environ("zendesk", "http://127.0.0.1:8070")
    assert told["ZENDESK_WEBHOOK_SECRET"] not in {"", TEST_SECRET}


def test_a_folder_has_one_sandbox_of_a_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with held(tmp_path, "zendesk"):
        assert main(["--port", "0", "--data", str(tmp_path)]) == 2
        with held(tmp_path, "other"), held(tmp_path / "two", "zendesk"):
            pass
    assert capsys.readouterr().err == (
        f"Another zendesk sandbox keeps its state in {tmp_path}; "
        "choose another folder with --data.\n"
    )
    with held(tmp_path, "zendesk"):
        pass


def test_two_accounts_of_a_kind_know_nothing_of_each_other(
    make_sandbox: AnyMaker, tmp_path: Path
) -> None:
    other = {"SANDBOX_WEBHOOK_SECRET": "another", "SANDBOX_CLIENT_SECRET": "s3"}
    one = make_sandbox("zendesk", data=tmp_path / "one")
    two = make_sandbox("zendesk", other, data=tmp_path / "two")
    assert (one.open_ticket(subject="One"), two.open_ticket(subject="Two")) == (1, 1)
    assert [world.told(1)["subject"] for world in (one, two)] == ["One", "Two"]
    told = sandbox_environ("zendesk-eu", "http://127.0.0.1:1", other)
    connector = connect("zendesk-eu", told)
    for world, right in ((two, True), (one, False)):
        (sent,) = world.deliver()
        headers = {name.lower(): value for name, value in sent.headers.items()}
        request = WebhookRequest("POST", headers, sent.body, world.clock())
        with nullcontext() if right else pytest.raises(BadSignature):
            connector.verify(request)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_sandbox(make_sandbox: AnyMaker, kind: str) -> None:
    world = make_sandbox(kind)
    number = world.open_ticket()
    assert world.control("GET", "/health")["helpdesk"] == kind
    assert world.told(number)["requester"]["organization"]["plan"] == "business"
    assert set(world.variables(f"{kind}-eu")) == {
        name.replace(kind.upper(), f"{kind.upper()}_EU", 1) for name in world.variables()
    }


def test_help_shows_an_example_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert ",".join(sorted(KINDS)) in shown
    example = shown.partition("for example:")[2].partition("and beside")[0]
    asked = _parser().parse_args(shlex.split(example.replace("\\\n", " "))[3:])
    assert (asked.helpdesk, asked.port) == ("zendesk", 8070)


@pytest.mark.parametrize(("secret", "status"), [("s3", 201), ("sandbox-client-secret", 401)])
def test_other_credentials(tmp_path: Path, secret: str, status: int) -> None:
    sandbox = build("zendesk", facade({"SANDBOX_CLIENT_SECRET": "s3"}), tmp_path, "")
    wanted = {
        "grant_type": "client_credentials",
        "client_id": "understudy-sandbox",
        "client_secret": secret,
    }
    answer = sandbox.app.test_client().post("/oauth/tokens", json=wanted)
    sandbox.close()
    assert answer.status_code == status


@pytest.mark.parametrize("line", ["ZENDESK_URL=x", "just words"])
def test_a_file_of_secrets_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    file = tmp_path / "secrets"
    file.write_text(f"# ours\n{line}\n", encoding="utf-8")
    assert main(["--data", str(tmp_path), "--secrets", str(file)]) == 2
    assert capsys.readouterr().err.endswith("must be like SANDBOX_CLIENT_SECRET=value.\n")


def test_without_an_address_webhooks_are_recorded_and_not_sent(tmp_path: Path) -> None:
    sandbox = build("zendesk", facade({}), tmp_path, "")
    client = sandbox.app.test_client()
    body = {"subject": "S", "text": "T", "requester": {"email": "maya@example.com"}}
    assert client.post("/sandbox/tickets", json=body).status_code == 201
    assert sandbox.couriers.deliver_due() is None
    (told,) = client.get("/sandbox/deliveries").get_json()["deliveries"]
    sandbox.close()
    assert (told["state"], told["attempts"]) == ("never_sent", [])
