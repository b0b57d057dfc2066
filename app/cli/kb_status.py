"""``understudy kb status``: what is searchable, how old it is, and what to do about the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.cli import example
from app.cli.common import one_helpdesk, said_plainly, services_for
from app.doctor.exam import span
from app.domain import Collection
from app.ledger import knowledge, sources
from app.pipeline.language import language_in
from app.services import Services

_MOST_SHOWN = 20  # findings of one helpdesk; --json has all of them
_HOW = {
    "webhook": "told by webhook",
    "changes": "asked for changes",
    "crawl": "read again and again",
    "files": "read again and again",
}


@click.command(
    short_help="How old the knowledge is, and what is wrong with it.",
    epilog=example("understudy kb status", "understudy kb status --json"),
)
@click.option("--helpdesk", help="Which of HELPDESKS; all of them by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a helpdesk.")
@click.pass_obj
def status(env_file: Path, helpdesk: str | None, *, as_json: bool) -> None:
    """Tell what is searchable, how each source tells of changes, and how old it is.

    Findings say what could not be used and what to do. Exits with 1 where a source failed.
    """
    with said_plainly():
        services = services_for(env_file)
        keys = (one_helpdesk(services, helpdesk),) if helpdesk else services.settings.helpdesks
        found = [_status(services, key) for key in keys]
    for one in found:
        click.echo(json.dumps(one) if as_json else "\n".join(_lines(one)))
    if any(each["state"] != sources.OK for one in found for each in one["sources"]):
        raise SystemExit(1)


def _status(services: Services, helpdesk: str) -> dict[str, Any]:
    now = services.clock()
    with services.ledger.read() as connection:
        live = knowledge.live_generation(connection, helpdesk)
        states = sources.states(connection, helpdesk)
        counts = sources.counts(connection, helpdesk)
        findings = sources.findings(connection, helpdesk)
        languages = {language_in(each) for each in knowledge.locales(connection, helpdesk)} - {""}
    return {
        "helpdesk": helpdesk,
        "generation": live.number if live else None,
        "live_at": _time(live.live_at if live else None),
        "articles": live.articles if live else 0,
        "passages": live.passages if live else 0,
        "languages": sorted(each for each in languages if each),
        "sources": [
            {
                "source": name,
                "how": state.how,
                "state": state.state,
                "error": state.error,
                "checked_at": _time(state.checked_at),
                "checked_s": round(now - state.checked_at, 1),
                "whole_at": _time(state.whole_at),
                "told_at": _time(state.told_at),
                "age_s": None if state.told_at is None else round(now - state.told_at, 1),
                **{
                    each.value: {
                        "articles": count.articles if count else 0,
                        "passages": count.passages if count else 0,
                    }
                    for each in Collection
                    for count in [counts.get((name, each.value))]
                },
            }
            for name, state in states.items()
        ],
        "findings": [
            {"source": each.source, "item": each.item, "code": each.code, "text": each.text}
            for each in findings
        ],
    }


def _lines(found: dict[str, Any]) -> Iterator[str]:
    if found["generation"] is None:
        yield f"{found['helpdesk']}: nothing is searchable yet; run understudy kb sync"
    else:
        languages = f", in {', '.join(found['languages'])}" if found["languages"] else ""
        yield (
            f"{found['helpdesk']}: {found['articles']} articles, {found['passages']} passages"
            f"{languages}; generation {found['generation']}"
        )
    for each in found["sources"]:
        yield f"  {each['source']}: {_state(each)}"
        public, internal = each["public"], each["internal"]
        inside = f", {internal['articles']} more for agents alone" if internal["articles"] else ""
        yield (
            f"    {public['articles']} articles, {public['passages']} passages{inside}; "
            f"{_HOW.get(each['how'], each['how'])}"
        )
    if found["findings"]:
        yield "  To look at:"
    for each in found["findings"][:_MOST_SHOWN]:
        yield f"    {each['source']} {each['item']}: {each['text']}"
    if len(found["findings"]) > _MOST_SHOWN:
        yield f"    and {len(found['findings']) - _MOST_SHOWN} more: understudy kb status --json"


def _state(source: dict[str, Any]) -> str:
    known = "never read to its end"
    if source["age_s"] is not None:
        known = f"known as it was {span(source['age_s'])} ago"
    if source["state"] == sources.OK:
        return known
    failed = f"FAILED {span(source['checked_s'])} ago: {source['error'].rstrip('.')}."
    if source["age_s"] is None:
        return failed
    return f"{failed} What it had before is still found ({known})."


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
