"""Soak a connector and the app: thousands of tickets while everything goes wrong, then the verdict.

    python -m tests.chaos.soak --helpdesk zendesk
    python -m tests.chaos.soak --helpdesk all --tickets 2000 --share 0.1 --seed 1 --json

Each of the sandbox's faults happens with the share, to each call and delivery; and so often a
worker is killed, a job is lost or comes twice, the broker or the ledger is down when a webhook
comes in, and what processes share is forgotten. Agents and customers act meanwhile. Time is
virtual, so that waits take none; all else is real: HTTP on loopback, ledger, worker, pipeline.

The last line is the verdict as JSON. It ends with 0 only if every promise was kept; what was not
stands on standard error, with the ticket, and is played again alone by

    python -m tests.chaos.soak --helpdesk zendesk --seed 1 --only 1234
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from tqdm import tqdm

from connectors import KINDS
from connectors.types import Feature
from tests.chaos.judge import judge
from tests.chaos.verdict import Record, Verdict
from tests.chaos.world import World
from tests.connectors.contract.glue import Glue, capabilities

MEMORY = Path("/dev/shm")
SHOWN = 40  # violations; the verdict counts all


@dataclass(frozen=True, slots=True)
class Soaked:
    """What came of one helpdesk's soak; ``told`` is its part of the last line."""

    kind: str
    verdict: Verdict
    told: dict[str, Any]
    holds: bool


def soak(
    kind: str, folder: Path, *, tickets: int, share: float, seed: int, only: int | None = None
) -> Soaked:
    """Soak one helpdesk and judge it; what it keeps meanwhile lies in the folder."""
    started = time.monotonic()
    world = World(kind, folder, share=share, seed=seed)
    with (
        world.set_up(),
        tqdm(total=tickets, desc=kind, unit=" tickets", file=sys.stderr, disable=None) as bar,
    ):
        world.run(tickets, first=only or 1, progress=bar.update)
        record = world.record()
    return _soaked(world, record, tickets, seed, time.monotonic() - started)


def _soaked(world: World, record: Record, tickets: int, seed: int, seconds: float) -> Soaked:
    verdict = judge(record)
    injected = dict(sorted(world.chances.injected.items()))
    between = sum(count for kind, count in injected.items() if kind.endswith("_in_between"))
    told = {
        "tickets": tickets,
        **verdict.told,
        "faults_injected": injected,
        "agents_acted": sum(world.deeds.values()) + between,
        "deeds": dict(sorted(world.deeds.items())),
        "calls": world.calls,
        "virtual_hours": round(world.seconds / 3600, 1),
        "seconds": round(seconds, 1),
        "seed": seed,
    }
    holds = verdict.holds(
        conditional=capabilities(world.kind)[Feature.CONDITIONAL_WRITE].able,
        tags_at_once="tags_at_once" not in Glue.of(world.kind).cannot,
    )
    return Soaked(world.kind, verdict, told, holds and not world.stuck)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    asked = _parser().parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    kinds = sorted(KINDS) if asked.helpdesk == "all" else [asked.helpdesk]
    found = []
    for kind in kinds:
        with TemporaryDirectory(prefix="soak-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
            done = soak(
                kind,
                Path(folder),
                tickets=1 if asked.only else asked.tickets,
                share=asked.share,
                seed=asked.seed,
                only=asked.only,
            )
        found.append(done)
        _report(done, asked.seed, quiet=asked.json)
    told = {each.kind: each.told for each in found}
    print(json.dumps(told if asked.helpdesk == "all" else found[0].told))
    return 0 if all(each.holds for each in found) else 1


def _report(done: Soaked, seed: int, *, quiet: bool) -> None:
    last = ("tags_lost_unseen", "replies_shared")  # what no helpdesk without marks can help
    for each in sorted(done.verdict.violations, key=lambda each: each.kind in last)[:SHOWN]:
        where = f"{done.kind}, seed {seed}, ticket {each.ticket}"
        print(f"{where}: {each.kind}: {each.text}", file=sys.stderr)
    if len(done.verdict.violations) > SHOWN:
        print(f"... and {len(done.verdict.violations) - SHOWN} more", file=sys.stderr)
    if not quiet:
        for name, count in done.verdict.told.items():
            print(f"{name:32}{count}")
        print(f"{done.kind}: {'every promise was kept' if done.holds else 'PROMISES WERE BROKEN'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--helpdesk", choices=[*sorted(KINDS), "all"], required=True)
    parser.add_argument("--tickets", type=_positive, default=2000, help="how many (%(default)s)")
    parser.add_argument(
        "--share", type=_share, default=0.1, help="of each kind of fault (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of all chances (%(default)s)")
    parser.add_argument("--only", type=_positive, metavar="TICKET", help="play this ticket alone")
    parser.add_argument("--json", action="store_true", help="print the last line only")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 0.5:
        raise argparse.ArgumentTypeError("must be from 0 to 0.5")
    return share


if __name__ == "__main__":
    sys.exit(main())
