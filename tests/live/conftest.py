"""Accounts that are tried for real, their tickets, and what they answered to open questions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from connectors import kind_of
from connectors.config import read_variable, variable_prefix
from tests.live.checks import TEXT, Live, account_keys, missing, open_account

FINDINGS: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests here, and no others, reach the hosts that were named."""
    named = os.environ.get("UNDERSTUDY_LIVE", "").replace(",", " ").split()
    urls = [read_variable(f"{variable_prefix(key)}URL", os.environ) for key in named]
    hosts = [host for url in urls if (host := urlsplit(url).hostname)]
    for item in items:
        if "live" in item.path.parts and hosts:
            item.add_marker(pytest.mark.allow_hosts([*hosts, "127.0.0.1"]))


@pytest.fixture
def live(request: pytest.FixtureRequest) -> Iterator[Live]:
    """A ticket that a customer has just opened; it is deleted afterwards, whatever happens."""
    kind = str(request.module.KIND)
    lacks = missing(os.environ)
    keys = account_keys(kind, os.environ)
    if lacks or not keys:
        pytest.skip(f"no live account: {lacks or f'UNDERSTUDY_LIVE names no {kind}'}")
    connector, desk = open_account(keys[0], os.environ)
    ticket_id = desk.open(TEXT)
    found = Live(kind_of(keys[0]), connector, desk, ticket_id)
    yield found
    FINDINGS.extend(found.findings)
    desk.delete(ticket_id)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was learned."""
    if FINDINGS:
        terminalreporter.section("what the accounts answered")
        for finding in dict.fromkeys(FINDINGS):
            terminalreporter.write_line(finding)
