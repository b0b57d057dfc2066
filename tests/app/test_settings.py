"""All that is wrong with the settings is said at once, by name, and never gives a secret away."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain import Mode
from app.services import open_services
from app.settings import Settings, load_settings, make_data_dir, read_environ
from connectors import KINDS
from connectors.errors import Misconfigured

SECRET = "hunter2-invented"
ZENDESK = {
    "HELPDESKS": "zendesk",
    "ZENDESK_URL": "https://acme.zendesk.com",
    "ZENDESK_CLIENT_ID": "understudy",
    "ZENDESK_CLIENT_SECRET": SECRET,
    "ZENDESK_WEBHOOK_SECRET": SECRET,
}
LOCAL = {**ZENDESK, "ZENDESK_URL": "http://127.0.0.1:8070"}


def faults(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(Misconfigured) as caught:
        load_settings(environ)
    return caught.value.faults


def only_fault(environ: dict[str, str]) -> str:
    (fault,) = faults(environ)
    return fault


def test_nothing_need_be_set() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert settings.answer_mode is Mode.DRAFT
    assert settings.ledger_url == f"sqlite:///{Path('.data').absolute() / 'ledger.db'}"


def test_what_is_empty_counts_as_not_set() -> None:
    assert load_settings(dict.fromkeys(map(str.upper, Settings.model_fields), "")) == Settings()


def test_every_fault_is_named_at_once() -> None:
    found = faults(
        {
            "HELPDESKS": "zendesk,nosuchdesk",
            "ANSWER_MODE": "autopilot",
            "WEB_PORT": "eighty",
            "QUIET_SECONDS": "-1",
            "LOG_LEVEL": "chatty",
            "POLICY_FILE": "no-such-policy.toml",
            "ZENDESK_URL": "http://acme.zendesk.com",
        }
    )
    named = [fault.partition(":")[0] for fault in found]
    assert sorted(named) == [
        "ANSWER_MODE",
        "HELPDESKS",
        "LOG_LEVEL",
        "POLICY_FILE",
        "QUIET_SECONDS",
        "WEB_PORT",
        "ZENDESK_*",
        "ZENDESK_URL",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("ANSWER_MODE", "on", "'shadow', 'draft' or 'send'"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("LOG_FORMAT", "xml", "'auto', 'json' or 'text'"),
        ("WEB_PORT", "0", "greater than or equal to 1"),
        ("WEB_PORT", "65536", "less than or equal to 65535"),
        ("WEB_WORKERS", "two", "integer"),
        ("QUIET_SECONDS", "601", "less than or equal to 600"),
        ("JOB_SECONDS", "14", "greater than or equal to 15"),
        ("SWEEP_SECONDS", "nan", "less than or equal to 86400"),
        ("KB_SYNC_SECONDS", "0", "greater than or equal to 5"),
        ("REDIS_URL", "localhost:6379", "redis://host:6379/0"),
        ("CHROMA_URL", "localhost:8000", "http://host:8000"),
        ("DATABASE_URL", "postgresql://u@host/name", "postgresql+psycopg://"),
        ("DATA_DIR", "~nobody-of-this-name/x", "home folder is not known"),
        ("POLICY_FILE", "~nobody-of-this-name/x", "home folder is not known"),
        ("KB_FILES", "~nobody-of-this-name/x", "home folder is not known"),
        ("HELPDESKS", "zendesk,zendesk", "names an account twice"),
    ],
)
def test_a_fault_says_what_is_allowed(variable: str, value: str, says: str) -> None:
    fault = only_fault({**ZENDESK, variable: value})
    assert fault.startswith(f"{variable}: ")
    assert says in fault


@pytest.mark.parametrize(
    "variable", ["DATABASE_URL", "REDIS_URL", "CHROMA_URL", "ZENDESK_URL", "ZENDESK_ACCOUNT_ID"]
)
def test_a_fault_never_shows_a_value(variable: str) -> None:
    environ = {**ZENDESK, variable: f"gopher://maya:{SECRET}@host", "WEB_PORT": SECRET}
    with pytest.raises(Misconfigured) as caught:
        load_settings(environ)
    assert SECRET not in str(caught.value)
    assert any(fault.startswith(variable) for fault in caught.value.faults)


def test_folders_of_knowledge_are_absolute_and_need_not_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "maya"))
    settings = load_settings({"KB_FILES": " ~/kb , docs/**/*.md,x/", "KB_INTERNAL_FILES": "/a"})
    assert settings.kb_files == (
        f"{tmp_path}/maya/kb",
        f"{tmp_path}/docs/**/*.md",
        f"{tmp_path}/x/",
    )
    assert settings.kb_internal_files == ("/a",)


# Which helpdesks


BAD_KEYS = """
nosuchdesk zendesk_eu zendesk- zendesk--eu NoSuchDesk -zendesk zendesk/eu zendesk.eu
zendesk-a-b-c zendesk-abcdefghijklm
"""


@pytest.mark.parametrize("key", BAD_KEYS.split())
def test_an_account_key_is_a_known_kind_with_a_plain_suffix(key: str) -> None:
    fault = only_fault({"HELPDESKS": key})
    assert fault.startswith(f"HELPDESKS: {key!r} is not a helpdesk; write one of ")
    assert all(kind in fault for kind in KINDS)


@pytest.mark.parametrize("key", ["Zendesk", "ZENDESK", "zendesk-EU"])
def test_capital_letters_are_told_with_what_to_write_instead(key: str) -> None:
    fault = only_fault({"HELPDESKS": key})
    assert fault == f"HELPDESKS: {key!r} has capital letters; write {key.lower()!r}"


def test_a_second_account_has_its_own_variables() -> None:
    environ = {**ZENDESK, "HELPDESKS": " zendesk , zendesk-eu "}
    missing = faults(environ)
    assert missing
    assert all(fault.startswith("ZENDESK_EU_") for fault in missing)
    second = {
        name.replace("ZENDESK_", "ZENDESK_EU_"): value
        for name, value in ZENDESK.items()
        if name != "HELPDESKS"
    }
    assert load_settings({**environ, **second}).helpdesks == ("zendesk", "zendesk-eu")


def test_what_a_helpdesk_lacks_is_named() -> None:
    address, login = faults({"HELPDESKS": "zendesk"})
    assert address == "ZENDESK_URL: is missing"
    assert "CLIENT_ID and CLIENT_SECRET" in login
    (fault,) = faults({**ZENDESK, "ZENDESK_CLIENT_SECRET": ""})
    assert fault.startswith("ZENDESK_")
    assert "CLIENT_ID and CLIENT_SECRET" in fault


@pytest.mark.parametrize("url", ["http://acme.zendesk.com", "http://192.0.2.7", "ftp://127.0.0.1"])
def test_a_helpdesk_is_spoken_to_over_https(url: str) -> None:
    fault = only_fault({**ZENDESK, "ZENDESK_URL": url})
    assert fault.startswith("ZENDESK_URL: must start with https://")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8070", "http://localhost:1", "https://a.example"]
)
def test_plain_http_is_for_this_machine_alone(url: str) -> None:
    assert load_settings({**ZENDESK, "ZENDESK_URL": url}).helpdesks == ("zendesk",)


def test_sending_is_refused_on_a_real_helpdesk_and_says_why() -> None:
    fault = only_fault({**ZENDESK, "ANSWER_MODE": "send"})
    assert fault == (
        "ANSWER_MODE: send is not allowed on a real helpdesk yet, since nothing has proved "
        "that answers may go out unread; use draft or shadow"
    )
    assert load_settings({**LOCAL, "ANSWER_MODE": "send"}).answer_mode is Mode.SEND
    assert load_settings({**ZENDESK, "ANSWER_MODE": "shadow"}).answer_mode is Mode.SHADOW


def test_one_real_helpdesk_among_sandboxes_is_enough_to_refuse() -> None:
    second = {name.replace("ZENDESK_", "ZENDESK_EU_"): value for name, value in ZENDESK.items()}
    environ = {**second, **LOCAL, "HELPDESKS": "zendesk,zendesk-eu", "ANSWER_MODE": "send"}
    assert only_fault(environ).startswith("ANSWER_MODE: send is not allowed")


# Files


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("redis://host:6379/0\n")
    environ = {"REDIS_URL_FILE": str(file), "REDIS_URL": "redis://another"}
    assert load_settings(environ).redis_url == "redis://host:6379/0"


@pytest.mark.parametrize(
    ("content", "says"), [(None, "No such file"), (b"\xff\xfe\x00", "not UTF-8 text")]
)
@pytest.mark.parametrize("variable", ["REDIS_URL", "ZENDESK_WEBHOOK_SECRET"])
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, variable: str, content: bytes | None, says: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    fault = only_fault({**ZENDESK, f"{variable}_FILE": str(file)})
    assert fault.startswith(f"{variable}_FILE: cannot be read")
    assert says in fault


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("WEB_PORT=9000\nLOG_LEVEL='debug'\nLLM_MODEL=a${HOME}b\nBARE\n")
    merged = read_environ({"WEB_PORT": "9001", "PATH": "/bin"}, file)
    assert merged == {
        "WEB_PORT": "9001",
        "LOG_LEVEL": "debug",
        "LLM_MODEL": "a${HOME}b",  # a $ in a secret is a $
        "PATH": "/bin",
    }
    assert read_environ({"A": "1"}, tmp_path / "nowhere") == {"A": "1"}


def test_a_settings_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"A=\xff\n")
    with pytest.raises(Misconfigured, match=r"cannot be read \(not UTF-8"):
        read_environ({}, file)


def test_a_settings_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)  # the superuser may read everything
    with pytest.raises(Misconfigured, match=r"cannot be read \(Permission"):
        read_environ({}, tmp_path / ".env")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules = [", "is not valid TOML"),
        ("[limits]\nmax_replies_per_ticket = -1", "must be a whole number"),
        ('[[rules]]\ncode = "mine"\ntext = "t"\npatterns = ["("]', "is no pattern"),
        ("colour = 1", "unknown field 'colour'"),
    ],
)
def test_a_policy_that_cannot_be_used_is_a_wrong_setting(
    tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    fault = only_fault({"POLICY_FILE": str(file)})
    assert fault.startswith(f"POLICY_FILE: {file}: ")
    assert says in fault


def test_a_policy_in_the_home_folder_is_the_one_that_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "policy.toml").write_text("[limits]\nmax_replies_per_ticket = 1\n")
    services = open_services(None, {"POLICY_FILE": "~/policy.toml", "DATA_DIR": "~/data"})
    assert services.policy.max_replies_per_ticket == 1
    assert services.settings.data_dir == tmp_path / "data"


# The data folder


def test_the_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    services = open_services(None, {"DATA_DIR": str(tmp_path / "a" / "b")})
    assert services.settings.data_dir.stat().st_mode & 0o077 == 0


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(data_dir=tmp_path / "file" / "data")
    with pytest.raises(Misconfigured, match=r"DATA_DIR: .* cannot be made"):
        make_data_dir(settings)


def test_a_data_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write anywhere, so the answer of the system is set, not the folder's mode.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(Misconfigured, match=r"DATA_DIR: .* cannot be written to"):
        make_data_dir(Settings(data_dir=tmp_path))


# Whatever is set

VARIABLES = [
    *(name.upper() for name in Settings.model_fields),
    *(name for name in ZENDESK if name != "HELPDESKS"),
    *("ZENDESK_EMAIL", "ZENDESK_API_TOKEN", "ZENDESK_ACCOUNT_ID", "ZENDESK_EU_URL"),
]
NAMES = st.sampled_from([name + end for name in VARIABLES for end in ("", "_FILE")])
ODD = ["~nobody-of-this-name", "\0", "http://[", "https://[::1", "zendesk,zendesk-eu", "send"]
VALUES = st.text(max_size=12) | st.sampled_from([*ODD, *ZENDESK.values(), "/dev/null", "1e999"])


@given(environ=st.dictionaries(NAMES, VALUES), complete=st.booleans())
@example(environ={"DATA_DIR": "~nobody-of-this-name/x"}, complete=False)
@example(environ={"POLICY_FILE": "\0"}, complete=False)
@example(environ={"ZENDESK_URL_FILE": "\0"}, complete=True)
@example(environ={"ZENDESK_URL_FILE": "~nobody-of-this-name"}, complete=True)
def test_nothing_that_may_be_set_breaks_more_than_itself(
    environ: dict[str, str], complete: bool
) -> None:
    with suppress(Misconfigured):
        assert load_settings({**ZENDESK, **environ} if complete else environ)


def test_postgres_without_its_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.settings.find_spec", lambda _name: None)
    with pytest.raises(Misconfigured, match="needs the package psycopg"):
        load_settings({"DATABASE_URL": "postgresql+psycopg://u:p@host/name"})
    assert load_settings({"DATABASE_URL": ""}).database_url == ""
