"""Settings: read from the environment and a ``.env`` file, checked all at once.

Every field is documented in ``.env.example``; a test keeps the two equal. Settings of a helpdesk
belong to its connector and are read by ``connectors.connect`` from the same environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.domain import Mode
from app.pipeline.policy import load_policy
from connectors import connect, kind_of
from connectors.config import is_loopback, read_variables
from connectors.errors import Misconfigured

# Unix socket paths end at 107 bytes (sockaddr_un); a longer data folder needs another place.
LONGEST_SOCKET_PATH = 107


class HomeUnknown(ValueError):
    """A path begins with ``~`` and a user whom this machine does not know."""


class Settings(BaseSettings):
    """What an operator configures. Built by ``load_settings``; frozen."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    helpdesks: Annotated[tuple[str, ...], NoDecode] = ()
    data_dir: Path = Path(".data")
    redis_url: str = ""
    database_url: str = ""
    chroma_url: str = ""
    embeddings: str = "minilm"
    llm_model: str = ""
    answer_mode: Mode = Mode.DRAFT
    policy_file: Path | None = None
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = ""
    web_workers: int = Field(default=2, ge=1, le=64)
    ticket_workers: int = Field(default=1, ge=1, le=32)
    quiet_seconds: float = Field(default=8.0, ge=0, le=600)
    # Looking again for what an attempt may have written takes a connector up to ten.
    job_seconds: int = Field(default=90, ge=15, le=3600)
    # Gateways give a request up after a minute at most.
    landing_seconds: float = Field(default=60.0, ge=0, le=600)
    sweep_seconds: float = Field(default=60.0, ge=1, le=86400)
    kb_files: Annotated[tuple[str, ...], NoDecode] = ()
    kb_internal_files: Annotated[tuple[str, ...], NoDecode] = ()
    kb_canned: Literal["answer", "off"] = "answer"
    kb_sync_seconds: float = Field(default=900.0, ge=5, le=86400)
    kb_changes_seconds: float = Field(default=30.0, ge=5, le=3600)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"

    @field_validator("helpdesks", "kb_files", "kb_internal_files", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return split_list(value) if isinstance(value, str) else value

    @field_validator("helpdesks")
    @classmethod
    def _known_and_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("names an account twice")
        prefixes = {key.upper().replace("-", "_") for key in value}
        if len(prefixes) != len(value):
            raise ValueError("has accounts whose variables would have the same names")
        return value

    @field_validator("policy_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("policy_file")
    @classmethod
    def _expanded(cls, value: Path | None) -> Path | None:
        return None if value is None else _expand(value)

    @field_validator("kb_files", "kb_internal_files")
    @classmethod
    def _paths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # Whether they are there is no fault: a share may be mounted later, and is asked for then.
        # A / at the end says something in a glob.
        return tuple(f"{_expand(Path(p)).absolute()}{'/' * p.endswith('/')}" for p in value)

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return _expand(value).absolute()

    @field_validator("redis_url")
    @classmethod
    def _broker(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must be like redis://host:6379/0, rediss://... or unix:///path")
        _require_port_number(value)
        return value

    @field_validator("chroma_url")
    @classmethod
    def _vector_store(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must be like http://host:8000")
        _require_port_number(value)
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, value: str) -> str:
        parts = urlsplit(value)
        loopback = parts.scheme == "http" and is_loopback(value)
        if value and not (loopback or (parts.hostname and parts.scheme == "https")):
            raise ValueError("must be like https://bot.example.com (plain http only on loopback)")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("must be an address without a query and without a password")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        # The driver is named because SQLAlchemy's default for postgresql:// is another one.
        if value and not value.startswith(("postgresql+psycopg://", "sqlite:///")):
            raise ValueError("must be like postgresql+psycopg://user:password@host/name")
        if value.startswith("postgresql") and find_spec("psycopg") is None:
            raise ValueError(
                "needs the package psycopg: run .venv/bin/python -m pip install 'psycopg[binary]'"
            )
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from ``load_settings`` alone: it has merged the environment already."""
        return (init_settings,)

    @property
    def ledger_url(self) -> str:
        """The database: ``DATABASE_URL``, or SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'ledger.db'}"

    @property
    def lexical_dir(self) -> Path:
        """Where the lexical indexes of this host lie."""
        return self.data_dir / "lexical"

    @property
    def cache_dir(self) -> Path:
        """What can be made again at any time: the model's graph, what was read from files."""
        return self.data_dir / "cache"


def read_environ(environ: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    """Merge a ``.env`` file under the environment: what is set outside wins.

    Raises ``Misconfigured`` where the file is there and cannot be read.
    """
    found: Mapping[str, str | None] = {}
    try:
        if env_file is not None and env_file.is_file():
            found = dotenv_values(env_file, interpolate=False)
    except UnicodeError:
        raise Misconfigured([f"{env_file}: cannot be read (not UTF-8 text)"]) from None
    except OSError as error:
        raise Misconfigured([f"{env_file}: cannot be read ({error.strerror})"]) from None
    return {**{name: value for name, value in found.items() if value is not None}, **environ}


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check all settings, those of the helpdesks too.

    Raises ``Misconfigured`` with every fault at once, each naming its variable.
    """
    values, faults = read_variables(Settings.model_fields, environ)
    settings = None
    try:
        # The values come as text from the environment; pydantic makes the types.
        settings = Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        faults += [_fault(dict(item)) for item in error.errors()]
    keys = split_list(values.get("helpdesks", ""))
    faults += _policy_faults(values.get("policy_file", ""))
    faults += _helpdesk_faults(keys, values.get("answer_mode", ""), environ)
    if faults or settings is None:
        raise Misconfigured(faults)
    return settings


def make_data_dir(settings: Settings) -> None:
    """Make the data folder, readable by its owner only; raises ``Misconfigured``."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        writable = os.access(settings.data_dir, os.W_OK | os.X_OK)
    except OSError as error:
        raise Misconfigured(
            [f"DATA_DIR: {settings.data_dir} cannot be made ({error.strerror})"]
        ) from None
    if not writable:
        raise Misconfigured([f"DATA_DIR: {settings.data_dir} cannot be written to"])


def _policy_faults(path: str) -> list[str]:
    try:
        load_policy(_expand(Path(path)) if path else None)
    except HomeUnknown:
        return []  # said by the field itself
    except ValueError as error:
        return [f"POLICY_FILE: {error}"]
    return []


def _require_port_number(url: str) -> None:
    try:
        _ = urlsplit(url).port
    except ValueError:
        # Python's own words would quote what may be a part of the password.
        raise ValueError(
            "has no number as port; in a password write %23 for #, %2F for /, %3A for : and %40 "
            "for @"
        ) from None


def _expand(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise HomeUnknown("begins with ~ and a user whose home folder is not known") from None


def split_list(value: str) -> tuple[str, ...]:
    """Split what is separated by commas; blanks and empty parts do not count."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _helpdesk_faults(keys: Iterable[str], mode: str, environ: Mapping[str, str]) -> list[str]:
    faults: list[str] = []
    urls: list[str] = []
    for key in dict.fromkeys(keys):
        try:
            kind_of(key)
            urls.append(connect(key, environ).url)
        except Misconfigured as error:
            faults += error.faults
    if mode == Mode.SEND and not all(is_loopback(url) for url in urls):
        faults.append(
            "ANSWER_MODE: send is not allowed on a real helpdesk yet, since nothing has proved "
            "that answers may go out unread; use draft or shadow"
        )
    return faults


def _fault(error: Mapping[str, Any]) -> str:
    name = str(error["loc"][0]).upper() if error["loc"] else "settings"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {message[:1].lower()}{message[1:]}"
