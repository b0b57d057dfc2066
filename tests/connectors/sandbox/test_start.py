"""Credentials and arguments: what a sandbox is started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.sandbox.__main__ import main
from connectors.sandbox.app import build
from connectors.zendesk.sandbox import facade, sandbox_environ
from connectors.zendesk.webhook import TEST_SECRET


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
