"""What goes wrong is named rightly, waits as long as it should, and gives no secret away."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from connectors.base import Connector
from connectors.errors import (
    AuthFailed,
    HelpdeskError,
    Misconfigured,
    RateLimited,
    VendorBroken,
)
from connectors.setup import Finding
from tests.connectors.contract.bench import KEY, Bench, later, outcome, pages
from tests.connectors.contract.conftest import Benches
from tests.connectors.contract.test_once import CHANGES, ask
from tests.connectors.contract.wire import MISHAPS, PAGE, Answer, Mishap, Wire

Reading = Callable[[Connector], Any]
READINGS: dict[str, Reading] = {
    "ticket": lambda c: c.ticket("1"),
    "changed": lambda c: pages(c.changed(pages(c.changed(None))[0].cursor)),
    "articles": lambda c: pages(c.articles(None)),
}
WRONG = "not-the-right-credential-0123456789"


def wrong(bench: Bench, name: str) -> Connector:
    """A connector whose credential of this name is wrong."""
    return bench.misled(**{name.removeprefix(bench.prefix): WRONG})


def credentials(bench: Bench) -> list[str]:
    """The variables that the API asks for, not the webhooks alone."""
    return [name for name in bench.secrets if name not in bench.glue.webhooks_only(bench.prefix)]


@pytest.mark.parametrize("what", READINGS)
def test_a_refused_credential_is_auth_failed(bench: Bench, what: str) -> None:
    assert credentials(bench)
    for name in credentials(bench):
        with pytest.raises(AuthFailed) as caught:
            READINGS[what](wrong(bench, name))
        assert caught.value.permanent
        assert not caught.value.unsure


def test_a_refused_credential_writes_nothing(bench: Bench) -> None:
    number, ticket = ask(bench)
    for name in credentials(bench):
        with pytest.raises(AuthFailed):
            wrong(bench, name).apply(ticket, CHANGES["all"], KEY)
    assert bench.truth(number)["messages_count"] == 1


@pytest.mark.parametrize("what", READINGS)
@pytest.mark.parametrize("seconds", [30, 900])
def test_too_many_calls_is_rate_limited_for_as_long_as_the_vendor_says(
    bench: Bench, what: str, seconds: int
) -> None:
    connector = bench.connector()
    READINGS[what](connector) if what != "ticket" else connector.ticket(bench.opened()[1])
    bench.line.reads = [Mishap(arrives=False, answer=bench.line.refusal(429, seconds))]
    slept = len(bench.clock.slept)
    with pytest.raises(RateLimited) as caught:
        READINGS[what](connector)
    assert caught.value.retry_after == pytest.approx(seconds, abs=1)
    assert not caught.value.permanent
    assert not caught.value.unsure
    assert max(bench.clock.slept[slept:], default=0) < 15, "a worker must not sleep that long"


def test_a_short_wait_is_waited_out_when_reading(bench: Bench, connector: Connector) -> None:
    _, ticket_id = bench.opened()
    connector.ticket(ticket_id)
    bench.line.reads = [Mishap(arrives=False, answer=bench.line.refusal(429, 3))]
    assert connector.ticket(ticket_id).id == ticket_id
    assert any(3 <= slept <= 4 for slept in bench.clock.slept)


@pytest.mark.parametrize("what", READINGS)
def test_a_broken_helpdesk_is_vendor_broken(bench: Bench, what: str) -> None:
    connector = bench.connector()
    connector.ticket(bench.opened()[1])
    for answer in (bench.line.refusal(500), PAGE):
        bench.line.begin()
        bench.line.reads = [Mishap(arrives=False, answer=answer)] * 12
        with pytest.raises(VendorBroken) as caught:
            READINGS[what](connector)
        assert not caught.value.permanent


@pytest.mark.parametrize("what", READINGS)
def test_nonsense_in_an_answer_is_vendor_broken_and_nothing_else(bench: Bench, what: str) -> None:
    connector = bench.connector()
    # The first ticket of the bench may be deleted by now.
    one = partial(connector.ticket, bench.opened()[1])
    reading = one if what == "ticket" else partial(READINGS[what], connector)
    reading()
    for nonsense in (b"null", b"[]", b"{}", b'"x"', b"7", b'{"a": [' * 50):
        answer = Answer(200, {"Content-Type": "application/json"}, nonsense)
        bench.line.begin()
        bench.line.reads = [Mishap(answer=answer)] * 3
        found = outcome(reading)
        if isinstance(found, HelpdeskError):
            assert isinstance(found, VendorBroken), nonsense
        bench.line.begin()


def told(error: BaseException, *others: object) -> str:
    """Everything that a log could show of an error."""
    shown = "".join(traceback.format_exception(error, limit=0))
    return "\n".join([str(error), repr(error), shown, repr(error.__dict__), *map(repr, others)])


def secrets_of(bench: Bench) -> set[str]:
    """Credentials of the settings, and every token that was sent over the wire."""
    sent = [each.headers.get("Authorization", "") for each in bench.line.exchanges]
    return {*bench.secrets.values(), *(each.partition(" ")[2] for each in sent if each), WRONG}


@pytest.mark.parametrize("mishap", MISHAPS)
def test_no_secret_stands_in_an_error(bench: Bench, mishap: str) -> None:
    number, ticket = ask(bench)
    connector = bench.connector()
    bench.line.begin({0: MISHAPS[mishap](bench.line)})
    with pytest.raises(HelpdeskError) as caught:
        connector.apply(ticket, CHANGES["note"], KEY)
    held = [value for value in vars(connector).values() if not callable(value)]
    text = told(caught.value, connector, *held)
    assert [secret for secret in secrets_of(bench) if secret and secret in text] == []
    assert "\n" not in str(caught.value)
    assert bench.truth(number)


def test_no_secret_stands_in_a_refusal_or_a_finding(bench: Bench) -> None:
    for name in bench.secrets:
        connector = wrong(bench, name)
        text = repr(connector.probe()) + repr(connector)
        refused = outcome(partial(connector.ticket, "1"))
        if isinstance(refused, HelpdeskError):
            text += told(refused)
        assert [secret for secret in secrets_of(bench) if secret and secret in text] == []


def test_no_secret_stands_in_a_fault_of_the_settings(bench: Bench) -> None:
    for name in bench.secrets:
        changes = {name.removeprefix(bench.prefix): None, "URL": "ftp://nowhere"}
        with pytest.raises(Misconfigured) as caught:
            bench.misled(**changes)
        text = told(caught.value)
        assert [secret for secret in bench.secrets.values() if secret in text] == []


# The probe


def wrongs(findings: list[Finding]) -> list[str]:
    return [finding.check for finding in findings if not finding.ok]


def test_a_good_set_up_has_nothing_wrong_and_probing_changes_nothing(bench: Bench) -> None:
    bench.control("PUT", "/articles", [{"id": "a", "title": "A", "body": "<p>x</p>"}])
    number, _ = ask(bench)
    before = bench.truth(number)
    bench.line.begin()
    findings = bench.connector().probe()
    assert wrongs(findings) == []
    assert findings
    assert all(finding.check and finding.message for finding in findings)
    assert bench.line.writes == []
    assert bench.truth(number) == before
    assert bench.drain() == []


def test_a_wrong_credential_is_found_and_what_to_do_is_said(bench: Bench) -> None:
    for name in credentials(bench):
        findings = [finding for finding in wrong(bench, name).probe() if not finding.ok]
        assert findings
        assert all(finding.remedy for finding in findings)


def test_a_missing_credential_is_said_before_anything_is_sent(bench: Bench, wire: Wire) -> None:
    for name in credentials(bench):
        with pytest.raises(Misconfigured) as caught:
            bench.misled(**{name.removeprefix(bench.prefix): None})
        assert name.removeprefix(bench.prefix) in str(caught.value)
    assert wire.timeouts == []


def test_a_missing_webhook_secret_is_found_or_refused(bench: Bench) -> None:
    found = outcome(lambda: bench.misled(**{bench.glue.secret: None}).probe())
    if isinstance(found, Misconfigured):
        assert bench.glue.secret in str(found)
    else:
        assert isinstance(found, list)
        assert wrongs(found)


def test_a_helpdesk_that_is_away_is_a_finding_and_no_error(bench: Bench) -> None:
    connector = bench.connector()
    bench.line.reads = [Mishap(arrives=False, answer="dropped")] * 60
    assert wrongs(connector.probe())


def test_accounts_that_share_a_store_use_their_own_credentials(
    bench: Bench, fresh: Benches
) -> None:
    other = fresh(bench.glue.other, suffix="-eu")
    shared = Bench.store(bench.clock)
    _, mine = bench.opened("Mine")
    _, theirs = other.opened("Theirs")
    later(other, seconds=30)
    for _ in range(2):
        assert bench.connector(shared).ticket(mine).messages[0].text == "Mine"
        assert other.connector(shared).ticket(theirs).messages[0].text == "Theirs"
