"""What each kind hands in to be tried: a module ``tests/connectors/<kind>/contract.py``.

It says how to build the connector with a clock, how to sign a body, and which promises this kind
cannot keep, each with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from connectors import KINDS
from connectors.base import Connector
from connectors.shared import Shared
from connectors.types import Capability, Feature
from tests.connectors.described import Describes
from tests.connectors.sandbox.conftest import Clock

CASES = (
    "created",
    "replied",
    "agent_replied",
    "own_message",
    "ignored",
    "badly_signed",
    "rate_limited",
    "conflicting",
    "truncated",
    "other_account",
)
TESTS = Path(__file__).resolve().parents[1]

Build = Callable[[str, Mapping[str, str], Clock, Shared], Connector]
Sign = Callable[[bytes, Mapping[str, str], Clock], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Glue:
    """One kind's part.

    ``secret`` is the variable, without its prefix, that webhooks are verified with; ``environ``
    are the variables of the account that the fixtures speak of, ``other`` what makes a second
    sandbox another account (``SANDBOX_`` variables). ``cannot`` names what this kind
    cannot promise and why; ``quiet`` what its vendor does not announce. ``exceptions`` are places
    where the vendor's description is wrong, or says less than is known, with the evidence.
    """

    kind: str
    connector: Build
    sign: Sign
    secret: str
    environ: Mapping[str, str]
    descriptions: Callable[[Path, str], Describes]
    secret_calls: bool = False  # the same secret is a credential for the API, too
    crowd: int = 230  # so many changed tickets fill more than a page of the change feed
    other: Mapping[str, str] = field(default_factory=dict)
    # Versions of the vendor's API, the usual one first, each with its façade's variables.
    versions: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"": {}})
    cannot: Mapping[str, str] = field(default_factory=dict)
    quiet: Mapping[str, str] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(kind: str) -> Glue:
        """Find a kind's part."""
        glue: Glue = import_module(f"tests.connectors.{kind}.contract").GLUE
        return glue

    def webhooks_only(self, prefix: str) -> set[str]:
        """The variables that are of no use for calling the API."""
        return set() if self.secret_calls else {f"{prefix}{self.secret}"}

    @property
    def fixtures(self) -> Path:
        return TESTS / self.kind / "fixtures" / "contract"

    def case(self, name: str) -> dict[str, Any]:
        """Read a fixture."""
        text = (self.fixtures / f"{name}.json").read_text(encoding="utf-8")
        return dict(json.loads(text))


@cache
def sandbox_of(kind: str) -> Any:
    """The module of a kind's façade."""
    return import_module(f"{KINDS[kind]}.sandbox")


def capabilities(kind: str) -> Mapping[Feature, Capability]:
    """What a kind says of itself."""
    found: Mapping[Feature, Capability] = import_module(KINDS[kind]).CAPABILITIES
    return found


def lacks(kind: str) -> list[str]:
    """Say in one sentence each what a kind lacks to be tried."""
    folder = TESTS / kind
    if not (folder / "contract.py").is_file():
        return [f"{kind} has no tests/connectors/{kind}/contract.py that says how to build it."]
    missing = [name for name in CASES if not (Glue.of(kind).fixtures / f"{name}.json").is_file()]
    where = f"tests/connectors/{kind}/fixtures/contract"
    return [f"{kind} has no fixture {where}/{name}.json." for name in missing]
