"""A bench of each kind for the whole run, and everything that went over its wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from connectors import KINDS
from connectors.base import Connector
from tests.connectors.contract.bench import Bench, build_bench
from tests.connectors.contract.wire import Exchange, Wire, connected

Benches = Callable[..., Bench]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Look last at what went over the wires, when all of it has."""
    items.sort(key=lambda item: item.path.name == "test_described.py")


@pytest.fixture(scope="session")
def recorded() -> dict[str, list[Exchange]]:
    """Everything that was sent and answered so far, by kind."""
    return {}


@pytest.fixture(scope="session", params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def wire() -> Wire:
    return Wire()


@pytest.fixture
def plugged(wire: Wire) -> Iterator[Wire]:
    """The wire, for the time of one test."""
    wire.timeouts.clear()
    with connected(wire):
        yield wire
    # A call without a time-out hangs a worker for ever.
    assert all(timeout and all(timeout) for timeout in wire.timeouts)


@pytest.fixture(scope="session")
def session_bench(
    kind: str,
    wire: Wire,
    tmp_path_factory: pytest.TempPathFactory,
    recorded: dict[str, list[Exchange]],
) -> Iterator[Bench]:
    bench = build_bench(kind, tmp_path_factory.mktemp(kind), wire)
    recorded[kind] = bench.line.exchanges
    yield bench
    bench.sandbox.close()


@pytest.fixture
def bench(session_bench: Bench, plugged: Wire) -> Bench:
    """A helpdesk in which other tests have left tickets, and nothing else."""
    session_bench.line.begin()
    session_bench.sandbox.faults.clear()
    session_bench.clock.slept.clear()
    session_bench.shared = Bench.store(session_bench.clock)
    session_bench.drain()
    session_bench.sent.clear()
    return session_bench


@pytest.fixture
def connector(bench: Bench) -> Connector:
    return bench.connector()


@pytest.fixture
def fresh(kind: str, tmp_path_factory: pytest.TempPathFactory, plugged: Wire) -> Iterator[Benches]:
    """Build further helpdesks of this kind, empty ones."""
    made: list[Bench] = []

    def make(variables: Mapping[str, str] | None = None, suffix: str = "") -> Bench:
        port, folder = 8072 + len(made), tmp_path_factory.mktemp(kind)
        bench = build_bench(kind, folder, plugged, variables, suffix=suffix, port=port)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.sandbox.close()
