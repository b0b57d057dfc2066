"""What connectors send and what façades answer, against the vendors' own descriptions.

A tour of everything is always looked at, in every version of the API that a connector speaks;
where the suite ran before, in the same process, so is all that it sent, each shape once.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors import KINDS
from tests.connectors.contract.bench import Bench, build_bench
from tests.connectors.contract.glue import Glue
from tests.connectors.contract.tour import tour
from tests.connectors.contract.wire import Exchange, Wire, connected
from tests.connectors.described import Describes

pytestmark = pytest.mark.reference

VERSIONS = [(kind, name) for kind in sorted(KINDS) for name in Glue.of(kind).versions]


@pytest.fixture(scope="module", params=VERSIONS, ids=" ".join)
def toured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Bench, str]]:
    kind, version = request.param
    with connected(Wire()) as wire:
        variables = Glue.of(kind).versions[version]
        bench = build_bench(kind, tmp_path_factory.mktemp(kind), wire, variables)
        tour(bench)
    yield bench, version
    bench.sandbox.close()


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


def faults(description: Describes, exchanges: Iterable[Exchange]) -> dict[str, str]:
    """Everything that is not as described: place → what."""
    found = (fault for each in each_once(exchanges) for fault in description.faults(each))
    return dict(fault.partition(": ")[::2] for fault in found)


@pytest.fixture(scope="module")
def found(
    toured: tuple[Bench, str], recorded: Mapping[str, list[Exchange]], shared: Path
) -> dict[str, str]:
    bench, version = toured
    first = next(iter(bench.glue.versions))
    suite = recorded.get(bench.glue.kind, []) if version == first else []
    description = bench.glue.descriptions(shared / "contracts", version)
    return faults(description, [*bench.line.exchanges, *suite])


def test_what_is_sent_and_answered_is_as_the_vendor_describes_it(
    toured: tuple[Bench, str], found: dict[str, str]
) -> None:
    known = toured[0].glue.exceptions
    assert {place: why for place, why in found.items() if place not in known} == {}


def test_every_exception_has_its_reason_and_none_outlives_it(
    toured: tuple[Bench, str], found: dict[str, str]
) -> None:
    bench, version = toured
    assert all(len(reason) > 20 for reason in bench.glue.exceptions.values())
    if version == next(iter(bench.glue.versions)):
        assert bench.glue.exceptions.keys() <= found.keys()


def test_the_tour_comes_by_reads_and_writes(toured: tuple[Bench, str]) -> None:
    exchanges = toured[0].line.exchanges
    methods = {each.method for each in exchanges}
    assert "GET" in methods
    assert methods & {"PUT", "POST"}
    assert len(exchanges) > 15
    assert {each.status // 100 for each in exchanges} >= {2}
