"""Configuration of an account: read from variables, checked all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from errno import EINVAL
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from connectors.errors import Misconfigured

NO_SECRET = SecretStr("")
# RQ job ids allow letters, digits, "_" and "-"; Chroma names 3 to 63 of them: hence this grammar.
ACCOUNT_KEY = re.compile(r"[a-z][a-z0-9]{1,19}(-[a-z0-9]{1,12}){0,2}")


class ConnectorConfig(BaseModel):
    """What every connector is configured by; each kind adds its own variables."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    headroom: float = Field(default=0.1, ge=0.0, le=0.9)
    vip_tag: str = "vip"
    plan_field: str = ""
    page_field: str = ""
    ticket_fields: str = ""

    def with_vip(self, tags: Iterable[str]) -> frozenset[str]:
        """Add the tag ``vip`` where the tag is among these that this team calls important."""
        given = frozenset(tags)
        named = self.vip_tag.casefold() in {tag.casefold() for tag in given}
        return given | {"vip"} if named else given

    @property
    def shown_fields(self) -> tuple[str, ...]:
        """Which fields of a ticket agents are told of in a handoff."""
        return tuple(name.strip() for name in self.ticket_fields.split(",") if name.strip())

    @classmethod
    def faults_together(cls, values: Mapping[str, str]) -> Iterable[str]:
        """Find what is wrong with several variables together; ``values`` are as they were given.

        Not a pydantic validator of the whole: that one is silent while any single field is wrong.
        """
        return ()

    @field_validator("url")
    @classmethod
    def _https_or_loopback(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(value)):
            raise ValueError("must start with https:// (plain http only on loopback)")
        if not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be an address without a path: nothing after the host's name")
        return value.rstrip("/")


Config = TypeVar("Config", bound=ConnectorConfig)


def several(secrets: SecretStr) -> tuple[str, ...]:
    """Split secrets that are all valid at once, so that one can be replaced."""
    return tuple(secrets.get_secret_value().replace(",", " ").split())


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine and nothing else."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def variable_prefix(account_key: str) -> str:
    """Name the prefix of an account's variables: ``zendesk-eu`` has ``ZENDESK_EU_``."""
    return account_key.upper().replace("-", "_") + "_"


def in_words_of(account_key: str, text: str) -> str:
    """Write what a connector says for one of several accounts of its kind.

    Connectors speak of ``ZENDESK_URL`` and ``understudy setup zendesk``, and mean
    ``ZENDESK_EU_URL`` and ``zendesk-eu`` where that is the account.
    """
    kind = account_key.partition("-")[0]
    if account_key == kind:
        return text
    plain, own = variable_prefix(kind), variable_prefix(account_key)
    named = re.sub(rf"\b{plain}(?!{own.removeprefix(plain)})(?=[A-Z])", own, text)
    return re.sub(rf"\bunderstudy setup {kind}(?![\w-])", f"understudy setup {account_key}", named)


def read_config(model: type[Config], account_key: str, environ: Mapping[str, str]) -> Config:
    """Read one account's settings from the environment; ``NAME_FILE`` names a file that holds it.

    Raises ``Misconfigured`` with all faults at once, each naming its variable; never a secret.
    """
    prefix = variable_prefix(account_key)
    values, faults = read_variables(model.model_fields, environ, prefix)
    config = None
    try:
        config = model(**values)
    except ValidationError as error:
        faults += [_fault(prefix, item["loc"], item["msg"]) for item in error.errors()]
    faults += [_fault(prefix, (), fault) for fault in model.faults_together(values)]
    if faults or config is None:
        raise Misconfigured(faults)
    return config


def read_variables(
    fields: Iterable[str], environ: Mapping[str, str], prefix: str = ""
) -> tuple[dict[str, str], list[str]]:
    """Read the variable of each field; returns what is set, and a fault for each bad file."""
    values: dict[str, str] = {}
    faults: list[str] = []
    for field in fields:
        variable = prefix + field.upper()
        try:
            value = read_variable(variable, environ)
        except OSError as error:
            faults.append(f"{variable}_FILE: cannot be read ({error.strerror})")
            continue
        if value:
            values[field] = value
    return values, faults


def read_variable(name: str, environ: Mapping[str, str]) -> str:
    """Read ``NAME``, or the file that ``NAME_FILE`` points to; "" where neither is set.

    Raises ``OSError`` where there is no such file of text, with the reason in ``strerror``.
    """
    path = environ.get(f"{name}_FILE", "")
    if not path:
        return environ.get(name, "").strip()
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise OSError(EINVAL, "not UTF-8 text") from None
    except (ValueError, RuntimeError) as error:  # a NUL in the path; ~ of an unknown user
        raise OSError(EINVAL, str(error)) from None


def _fault(prefix: str, location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    name = prefix + "_".join(str(part).upper() for part in location) if location else prefix + "*"
    if message == "Field required":
        message = "is missing"
    return f"{name}: {message}"
