"""What is configured by variables: whose they are, and how they are called."""

from __future__ import annotations

import pytest

from connectors.config import in_words_of


@pytest.mark.parametrize(
    ("account", "given", "told"),
    [
        ("zendesk", "Set ZENDESK_URL.", "Set ZENDESK_URL."),
        ("zendesk-eu", "Set ZENDESK_URL.", "Set ZENDESK_EU_URL."),
        ("zendesk-eu", "ZENDESK_CLIENT_ID, ZENDESK_EU_URL", "ZENDESK_EU_CLIENT_ID, ZENDESK_EU_URL"),
        ("zendesk-eu-2", "<ZENDESK_EU_2_URL>", "<ZENDESK_EU_2_URL>"),
        ("zendesk-eu", "Zendesk says ZENDESK_", "Zendesk says ZENDESK_"),
        ("zendesk-eu", "FRESHDESK_URL", "FRESHDESK_URL"),
        ("zendesk", "Run understudy setup zendesk.", "Run understudy setup zendesk."),
        ("zendesk-eu", "Run understudy setup zendesk.", "Run understudy setup zendesk-eu."),
        ("zendesk-eu", "understudy setup zendesk-eu", "understudy setup zendesk-eu"),
    ],
)
def test_what_is_said_names_variables_and_commands_of_its_own_account(
    account: str, given: str, told: str
) -> None:
    assert in_words_of(account, given) == told
