"""``understudy try``: what would the bot do, and why? Nothing is written anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from app.as_json import to_json
from app.cli import example
from app.cli.common import one_helpdesk, said_plainly, searching, services_for
from app.cli.shown import lines_of_asker, lines_of_decision, lines_of_files, lines_of_hits
from app.domain import Outcome, Skip, is_ours
from app.how_far import delivery_doubt, mode_for
from app.ledger import runs
from app.ledger.run_states import Plan
from app.look import Stopwatch, look
from app.pipeline.asker import asker_of
from app.pipeline.turns import answers_given, message_to_answer
from app.services import Services
from connectors.errors import Misconfigured, NotFound, Rejected
from connectors.types import Message, Person, Status, Ticket


@click.command(
    name="try",
    epilog=example('understudy try "How do I export my data?"', "understudy try --ticket 4812"),
)
@click.argument("question", required=False)
@click.option("--ticket", "ticket_id", help="Look at this ticket of the helpdesk instead.")
@click.option("--helpdesk", help="Which of HELPDESKS, if there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole plan as JSON.")
@click.pass_obj
def command(
    env_file: Path,
    question: str | None,
    ticket_id: str | None,
    helpdesk: str | None,
    *,
    as_json: bool,
) -> None:
    """Show what the bot would do with a question or a ticket, and why. Writes nothing."""
    if (question is None) == (ticket_id is None):
        raise click.UsageError("Give either a question in quotes or --ticket ID, not both.")
    with said_plainly(), searching(services_for(env_file)) as services:
        key = one_helpdesk(services, helpdesk)
        if ticket_id is not None:
            ticket = _ticket_of(services, key, ticket_id)
            doubt = delivery_doubt(services, key, ticket)
        else:
            ticket = _ticket_from_text(question or "", services)
            doubt = ""  # it came by no channel
        plan = _look(services, key, ticket, doubt)
        click.echo(to_json(plan) if as_json else _page(plan, ticket))


def _ticket_of(services: Services, helpdesk: str, ticket_id: str) -> Ticket:
    try:
        return services.connector(helpdesk).ticket(ticket_id)
    except NotFound:
        said = f"{helpdesk} shows the bot no ticket {ticket_id}; give its id, as in its address"
        raise NotFound(said) from None


def _look(services: Services, helpdesk: str, ticket: Ticket, doubt: str) -> Plan:
    receipts = frozenset(runs.receipt_ids(services.ledger, helpdesk, ticket.id))

    def ours(message: Message) -> bool:
        return is_ours(message, receipts)

    message = message_to_answer(ticket, ours)
    if message is None:
        raise Rejected(
            "Nobody waits for an answer on this ticket: the last word is not a customer's"
        )
    mode, held = mode_for(services, helpdesk, ticket, doubt)
    plan = look(
        services,
        helpdesk,
        ticket,
        message,
        mode=mode,
        doubt=doubt,
        replies_so_far=answers_given(ticket, ours),
        watch=Stopwatch(),
    )
    return replace(plan, reasons=(*plan.reasons, *held))


def _ticket_from_text(text: str, services: Services) -> Ticket:
    if not text.strip():
        raise Misconfigured(["QUESTION: is empty; write what a customer would ask"])
    now = datetime.fromtimestamp(services.clock(), UTC)
    customer = Person(id="customer", name="")
    return Ticket(
        id="try",
        subject="",
        status=Status.NEW,
        revision="",
        requester=customer,
        messages=(Message(id="1", author=customer, public=True, text=text, created_at=now),),
        channel="web",
        created_at=now,
        updated_at=now,
    )


def _page(plan: Plan, ticket: Ticket) -> str:
    lines = [f"Would: {plan.outcome.value}", *(f"  because {r.text}" for r in plan.reasons)]
    lines += lines_of_asker(asker_of(ticket, plan.triage.language))
    if not isinstance(plan.decision, Skip):
        lines += ["", *lines_of_decision(plan.decision)]
    if plan.triage.files:
        lines += ["", *lines_of_files(plan.triage.files)]
    if plan.evidence:
        lines += ["", "Found (score, similarity):"]
    elif plan.outcome is Outcome.SILENT:
        lines += ["", "Nothing found; is the knowledge synced (understudy kb sync)?"]
    lines += [f"  {line}" for line in lines_of_hits(plan.evidence)]
    lines += ["", "  ".join(f"{name} {ms:.0f} ms" for name, ms in plan.timings.items())]
    return "\n".join(lines)
