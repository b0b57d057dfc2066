"""Measure how long a customer's ticket waits for its note, and where the time goes.

``python -m tests.benchmarks.webhook_to_note --tickets 40``

Runs everything on this machine, on a sandbox helpdesk: tickets one after the other (latency), then
all at once (throughput). The time begins when the webhook is taken in and ends when the receipt of
the note is in the ledger. "settling" is the connector's wait until a ticket's stamp, which counts
in seconds, can guard a write; "queue" lasts until the worker's first call. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.demo.score import percentile
from app.ledger import runs
from app.ledger.runs import Run
from tests.journeys.stage import HELPDESK, QUESTIONS, House, opened, until

STEPS = ("triage", "embed", "search", "compose", "decide")
PARTS = ("queue", "settling", "reading", *STEPS, "writing", "overhead")
PATIENCE = 300.0


def main() -> None:
    """Run both plays and print what they took."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "stage") as house:
        _settled(house, [_write_in(house, 0)])  # the first of all is no measure
        alone, alone_seconds = _one_by_one(house, options.tickets)
        crowd, crowd_seconds = _all_at_once(house, options.tickets)
        result = {
            "tickets": options.tickets,
            "one_by_one": _summary(house, alone, alone_seconds),
            "all_at_once": _summary(house, crowd, crowd_seconds),
        }
    if not options.json:
        _table(result)
    print(json.dumps(result))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--tickets", type=int, default=40, help="in each of the two plays")
    parser.add_argument("--json", action="store_true", help="print the JSON line only")
    return parser.parse_args()


def _write_in(house: House, number: int) -> str:
    return house.write_in(QUESTIONS[number % len(QUESTIONS)])


def _one_by_one(house: House, tickets: int) -> tuple[list[str], float]:
    begun = time.monotonic()
    written = []
    for number in range(tickets):
        written.append(_write_in(house, number))
        _settled(house, written[-1:])
    return written, time.monotonic() - begun


def _all_at_once(house: House, tickets: int) -> tuple[list[str], float]:
    begun = time.monotonic()
    written = [_write_in(house, number) for number in range(tickets)]
    _settled(house, written)
    return written, time.monotonic() - begun


def _settled(house: House, tickets: Sequence[str]) -> None:
    def done() -> bool:
        house.supervisor.tend()
        return set(tickets) <= runs.at_rest(house.services.ledger, HELPDESK)

    until(done, PATIENCE, "all tickets at rest")


def _summary(house: House, tickets: Sequence[str], seconds: float) -> dict[str, Any]:
    written = runs.written_at(house.services.ledger, HELPDESK)
    calls = _calls(house)
    parts = [
        _parts(run, written[run.id], calls.get(ticket_id, ()))
        for ticket_id in tickets
        for run in house.runs(ticket_id)
        if run.id in written
    ]
    totals = [sum(each.values()) for each in parts]
    return {
        "notes": len(parts),
        "p50_s": percentile(totals, 50),
        "p95_s": percentile(totals, 95),
        "tickets_a_minute": round(60 * len(tickets) / seconds, 1),
        "mean_ms": {
            name: round(1000 * statistics.fmean(each[name] for each in parts), 1) for name in PARTS
        },
    }


def _calls(house: House) -> Mapping[str, Sequence[tuple[float, bool]]]:
    """When each ticket was asked for, up to its first update, and whether for its comments."""
    found: dict[str, list[tuple[float, bool]]] = {}
    updated: set[str] = set()
    for call in house.control("GET", "/calls")["calls"]:
        path = call["path"].partition("?")[0]
        ticket_id = path.removeprefix("/api/v2/tickets/").partition("/")[0].removesuffix(".json")
        if call["method"] == "PUT":
            updated.add(ticket_id)
        if call["method"] == "GET" and ticket_id not in updated:
            at = datetime.fromisoformat(call["at"]).timestamp()
            found.setdefault(ticket_id, []).append((at, path.endswith("/comments")))
    return found


def _parts(run: Run, written_at: float, calls: Sequence[tuple[float, bool]]) -> dict[str, float]:
    """Cut the time of one run up; the parts add up to the whole."""
    announced_at = run.announced_at or run.created_at
    timings = {name: spent / 1000 for name, spent in (run.timings or {}).items()}
    # Asked for twice without its comments in between: the first answer was too fresh.
    settling = sum(
        later - earlier
        for (earlier, comments), (later, again) in pairwise(calls)
        if not comments and not again
    )
    queue = calls[0][0] - announced_at if calls else 0.0
    parts = {name: timings.get(name, 0.0) for name in STEPS} | {
        "queue": queue,
        "settling": settling,
        "reading": timings.get("read ticket", 0.0) - settling,
        "writing": timings.get("write ticket", 0.0),
    }
    return parts | {"overhead": written_at - announced_at - sum(parts.values())}


def _table(result: Mapping[str, Any]) -> None:
    plays = ("one_by_one", "all_at_once")
    print(f"{result['tickets']} tickets".ljust(26) + "".join(name.rjust(14) for name in plays))
    for name in ("p50_s", "p95_s", "tickets_a_minute"):
        print(name.ljust(26) + "".join(f"{result[play][name]:14.2f}" for play in plays))
    for name in PARTS:
        row = "".join(f"{result[play]['mean_ms'][name]:14.1f}" for play in plays)
        print(f"  {name}, mean ms".ljust(26) + row)


if __name__ == "__main__":
    main()
