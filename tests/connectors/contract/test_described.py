"""What connectors send and what façades answer, against the vendors' own descriptions.

A tour of everything is always looked at; where the whole suite ran before, in the same process,
so is all that it sent, each shape once.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.contract.bench import Bench
from tests.connectors.contract.conftest import Benches
from tests.connectors.contract.tour import tour
from tests.connectors.contract.wire import Exchange

pytestmark = pytest.mark.reference


@pytest.fixture
def toured(fresh: Benches) -> Bench:
    bench = fresh()
    tour(bench)
    return bench


def shape(value: Any) -> Hashable:
    """Tell what a value is made of, so that a thousand alike are looked at once."""
    if isinstance(value, dict):
        return frozenset((key, shape(each)) for key, each in value.items())
    if isinstance(value, list):
        return frozenset(shape(each) for each in value)
    return type(value).__name__


def shape_of(raw: bytes) -> Hashable:
    try:
        return shape(json.loads(raw))
    except ValueError:
        return bool(raw)


def each_once(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    seen: set[Hashable] = set()
    for each in exchanges:
        words = tuple(part for part in each.path.split("/") if not part.isdigit())
        asked = (each.method, words, tuple(name for name, _ in each.query))
        told = (*asked, shape_of(each.body), each.status, shape_of(each.answer_body))
        if told not in seen:
            seen.add(told)
            yield each


def faults(bench: Bench, contracts: Path, exchanges: Iterable[Exchange]) -> dict[str, str]:
    """Everything that is not as described: place → what."""
    description = bench.glue.descriptions(contracts)
    found = (fault for each in each_once(exchanges) for fault in description.faults(each))
    return dict(fault.partition(": ")[::2] for fault in found)


def test_what_is_sent_and_answered_is_as_the_vendor_describes_it(
    toured: Bench, recorded: dict[str, list[Exchange]], shared: Path
) -> None:
    everything = [*toured.line.exchanges, *recorded.get(toured.glue.kind, [])]
    found = faults(toured, shared / "contracts", everything)
    unexplained = {
        place: why for place, why in found.items() if place not in toured.glue.exceptions
    }
    assert unexplained == {}


def test_no_exception_outlives_its_reason(
    toured: Bench, recorded: dict[str, list[Exchange]], shared: Path
) -> None:
    everything = [*toured.line.exchanges, *recorded.get(toured.glue.kind, [])]
    found = faults(toured, shared / "contracts", everything)
    assert toured.glue.exceptions.keys() <= found.keys()
    assert all(len(reason) > 20 for reason in toured.glue.exceptions.values())


def test_the_tour_comes_by_reads_writes_and_refusals(toured: Bench) -> None:
    methods = {each.method for each in toured.line.exchanges}
    assert "GET" in methods
    assert methods & {"PUT", "POST"}
    assert len(toured.line.exchanges) > 15
