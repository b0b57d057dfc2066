"""Signatures: what the helpers accept, and what they never accept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.signing import hmac_sha256_base64, is_secret, is_signed


def test_signature_equals_one_made_by_another_tool() -> None:
    # printf 'hello' | openssl dgst -sha256 -hmac 'c2VjcmV0==' -binary | base64
    signature = "/zE4/9lMxvj038lNwIW83ADQbZPL+NRTv2wsR2OCuIU="
    assert hmac_sha256_base64("c2VjcmV0==", b"hello") == signature


def test_any_of_several_secrets_will_do_while_one_is_being_replaced() -> None:
    signature = hmac_sha256_base64("old", b"body")
    assert is_signed(signature, b"body", ["new", "old"])
    assert not is_signed(signature, b"body", ["new", "newer"])


@pytest.mark.parametrize("secrets", [[], [""], ["  "], ["", " "]])
def test_an_empty_secret_verifies_nothing(secrets: list[str]) -> None:
    for secret in ["", " ", "  "]:
        assert not is_signed(hmac_sha256_base64(secret, b"body"), b"body", secrets)


@pytest.mark.parametrize("signature", ["", "é", "\ud800", "x" * 10_000, "\x00"])
def test_a_strange_signature_is_refused_without_an_error(signature: str) -> None:
    assert not is_signed(signature, b"body", ["secret"])


@given(st.binary(), st.binary(), st.text(min_size=1).filter(str.strip))
def test_a_signature_fits_its_own_message_only(one: bytes, other: bytes, secret: str) -> None:
    signature = hmac_sha256_base64(secret, one)
    assert is_signed(signature, one, [secret])
    assert is_signed(signature, other, [secret]) == (one == other)


def test_a_secret_sent_as_it_stands_is_known_whichever_of_several_it_is() -> None:
    assert is_secret("old", ["new", "old"])
    assert is_secret(" old ", ["old"])  # header values come with white space
    assert not is_secret("olde", ["new", "old"])
    assert not is_secret("new,old", ["new", "old"])


@pytest.mark.parametrize("secrets", [[], [""], ["  "], ["", " "]])
@pytest.mark.parametrize("given", ["", " ", "x"])
def test_an_empty_secret_is_nobodys(secrets: list[str], given: str) -> None:
    assert not is_secret(given, secrets)


@pytest.mark.parametrize("given", ["", "é", "\ud800", "x" * 10_000, "\x00"])
def test_a_strange_secret_is_refused_without_an_error(given: str) -> None:
    assert not is_secret(given, ["secret"])
