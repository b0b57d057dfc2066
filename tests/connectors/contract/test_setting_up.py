"""Setting up: what is tried, what is created and removed, and that looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from connectors.base import Connector
from connectors.errors import BadSignature
from connectors.setup import Done, Expected, Step
from tests.connectors.contract.bench import HOOK, Bench
from tests.connectors.contract.conftest import Benches

WOULD = {Done.WOULD_CREATE, Done.WOULD_CHANGE, Done.KEPT, Done.BY_HAND}
READS = ("/search", "/oauth/tokens")  # calls that are posted and write nothing


def done(steps: Iterable[Step]) -> set[Done]:
    return {step.done for step in steps}


def hook(bench: Bench) -> str:
    return f"https://bot.example.com/webhooks/{bench.account_key}"


def written(bench: Bench, before: int) -> list[str]:
    """The calls that may have changed something."""
    return [
        f"{each.method} {each.path}"
        for each in bench.line.exchanges[before:]
        if each.method not in ("GET", "HEAD") and not each.path.endswith(READS)
    ]


def test_a_ping_of_ours_passes_and_announces_nothing(bench: Bench, connector: Connector) -> None:
    ping = connector.ping(bench.clock())
    connector.verify(ping)
    assert connector.parse(ping) == []


def test_a_ping_is_refused_where_another_secret_is_set(bench: Bench, connector: Connector) -> None:
    other = bench.misled(**{bench.glue.secret: "quite-another-secret-of-32-letters"})
    with pytest.raises(BadSignature):
        connector.verify(other.ping(bench.clock()))


def test_without_a_secret_nothing_is_signed(bench: Bench) -> None:
    with pytest.raises(BadSignature):
        bench.misled(**{bench.glue.secret: None}).ping(bench.clock())


def test_a_probe_of_what_is_well_set_up_finds_nothing_to_mend(fresh: Benches) -> None:
    bench = fresh()
    list(bench.connector().set_up(HOOK + bench.glue.kind))
    before = len(bench.line.exchanges)
    expected = Expected(HOOK + bench.glue.kind, groups=frozenset({"Billing"}))
    findings = bench.connector().probe(expected)
    assert [finding for finding in findings if not finding.ok] == []
    assert len(findings) > 5
    assert written(bench, before) == []


def test_a_group_that_rules_name_and_nobody_made_is_found(bench: Bench) -> None:
    expected = Expected(groups=frozenset({"Billing", "Nowhere"}))
    wrong = [one for one in bench.connector().probe(expected) if not one.ok]
    told = [one for one in wrong if "Nowhere" in one.message]
    assert len(told) == 1
    assert "Billing" not in told[0].message
    assert told[0].remedy


def test_refused_credentials_are_one_finding_and_nothing_else_is_tried(bench: Bench) -> None:
    used = set(bench.secrets) - {f"{bench.prefix}{bench.glue.secret}"}
    if bench.glue.secret_calls:
        used |= {f"{bench.prefix}{bench.glue.secret}"}
    wrong = {name.removeprefix(bench.prefix): "invented-and-wrong" for name in used}
    connector = bench.misled(**wrong)
    before = len(bench.line.exchanges)
    findings = connector.probe(Expected(groups=frozenset({"Billing"})))
    bad = [finding for finding in findings if not finding.ok]
    assert len(bad) == 1
    assert bad[0].remedy
    assert len(bench.line.exchanges) - before <= 3
    assert all(value not in str(findings) for value in bench.secrets.values())


def test_a_dry_run_writes_nothing_and_says_what_would_happen(fresh: Benches) -> None:
    bench = fresh()
    before = len(bench.line.exchanges)
    steps = list(bench.connector().set_up(hook(bench), dry_run=True))
    assert steps
    assert done(steps) <= WOULD
    assert written(bench, before) == []


def test_setting_up_twice_creates_once(fresh: Benches) -> None:
    bench = fresh()
    first = list(bench.connector().set_up(hook(bench)))
    assert first
    assert done(first) <= {Done.CREATED, Done.KEPT, Done.BY_HAND}
    before = len(bench.line.exchanges)
    again = list(bench.connector().set_up(hook(bench)))
    assert done(again) <= {Done.KEPT, Done.BY_HAND}
    assert written(bench, before) == []


def test_what_is_left_to_people_is_said_word_for_word(fresh: Benches) -> None:
    bench = fresh()
    by_hand = [s for s in bench.connector().set_up(hook(bench)) if s.done is Done.BY_HAND]
    assert all(step.what and step.text for step in by_hand)
    if by_hand:
        assert any(hook(bench) in step.paste + step.text for step in by_hand)


def test_a_dry_removal_removes_nothing_and_a_removal_only_what_was_set_up(fresh: Benches) -> None:
    bench = fresh()
    list(bench.connector().set_up(hook(bench)))
    before = len(bench.line.exchanges)
    dry = list(bench.connector().take_down(hook(bench), dry_run=True))
    assert done(dry) <= {Done.WOULD_REMOVE, Done.ABSENT, Done.BY_HAND, Done.KEPT}
    assert written(bench, before) == []
    removed = list(bench.connector().take_down(hook(bench)))
    assert done(removed) <= {Done.REMOVED, Done.ABSENT, Done.BY_HAND, Done.KEPT}
    gone = list(bench.connector().take_down(hook(bench)))
    assert done(gone) <= {Done.ABSENT, Done.BY_HAND, Done.KEPT}


def test_settings_that_a_step_hands_out_are_named_without_the_account(fresh: Benches) -> None:
    bench = fresh()
    handed = {
        name: value
        for step in bench.connector().set_up(hook(bench))
        for name, value in step.settings.items()
    }
    assert all(value and not name.startswith(bench.prefix) for name, value in handed.items())
    assert all(value not in repr(handed.keys()) for value in handed.values())
