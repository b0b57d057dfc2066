"""Baselines: a helpdesk's figures as they were on a day. None is ever overwritten."""

from __future__ import annotations

from sqlalchemy import insert, select

from app.as_json import from_json, to_json
from app.insight.baseline import Baseline
from app.ledger.store import Ledger
from app.ledger.tables import baselines


def keep(ledger: Ledger, helpdesk: str, baseline: Baseline) -> None:
    """Keep figures beside those that were taken earlier."""
    with ledger.write() as connection:
        connection.execute(
            insert(baselines).values(
                helpdesk=helpdesk,
                taken_at=baseline.until.timestamp(),
                since=baseline.since.timestamp(),
                figures=to_json(baseline),
            )
        )


def listed(ledger: Ledger, helpdesk: str) -> list[Baseline]:
    """List a helpdesk's baselines, oldest first; the first one is from before the bot."""
    query = (
        select(baselines.c.figures)
        .where(baselines.c.helpdesk == helpdesk)
        .order_by(baselines.c.taken_at, baselines.c.id)
    )
    with ledger.read() as connection:
        return [from_json(Baseline, text) for text in connection.scalars(query)]
