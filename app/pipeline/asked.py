"""An agent asks by a tag that a draft goes out as it stands: what that comes to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain import Clarify, Decision, Reason, RunKey, RunState, SaveDraft, Send, Skip, Trigger
from app.pipeline.decide import MAY_ASK
from app.pipeline.render import SEND_TAG, not_sent_note, render
from app.pipeline.turns import message_to_answer
from connectors.types import Change, Feature, Message, Role, Status, Ticket

# On the run of a draft: the tag stood there first, so it cannot have meant this draft.
STOOD_BEFORE = Reason(
    "send_tag_stood", f"The tag {SEND_TAG} stood here before the draft did: please send it yourself"
)
_ASKED = Reason("asked", f"an agent asked for it by the tag {SEND_TAG}")
_MAY_ASK = Reason(MAY_ASK, "an agent asked for it")
# Why nothing goes out; an agent reads these.
_ANSWERED = Reason("answered_meanwhile", "Somebody has answered the customer already")
_WROTE_SINCE = Reason("superseded", "The customer has written since the draft was made")
_NO_DRAFT = Reason("no_draft", "There is no draft for what the customer wrote last")
_FOR_A_PERSON = Reason("handed_over", "There is no draft to send, since this needs a person")
_UNSURE = Reason(
    "unsure", "Nobody can tell whether it went out: look at it before you send it again"
)
# Our reply is there for everybody to read: nothing to say, only a tag to take off.
_SENT = Reason("sent", "We have answered the customer already")
_TAKEN_BACK = Reason("taken_back", f"The tag {SEND_TAG} was taken off before anything was sent")
_TAKEN_BACK_ONCE = Reason(
    "taken_back_once", "The tag was taken off once before: please send it yourself"
)
_NEWER = Reason("newer_draft", "A newer draft stands there")
_UNREAD = Reason(
    "unread",
    f"A newer draft had only just taken the place of an older one: read it, and tag {SEND_TAG} "
    "again if it is right",
)
# Who tags sooner after a draft took another's place has not read it, in seconds.
_READING = 10.0
# A run that ended for one of these owes nobody a word.
_SETTLED = frozenset({"sent", "taken_back", "closed", "shadow"})


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run on the same ticket, as far as a request depends on it."""

    key: RunKey
    state: RunState
    decision: Decision | None = None
    note_id: str | None = None
    unsure: bool = False
    reasons: tuple[Reason, ...] = ()
    error: str = ""
    changed_at: float = 0.0  # seconds since the epoch; once it is applied, when that was

    @property
    def asked(self) -> bool:
        """Whether it is itself a request's."""
        return self.key.trigger is Trigger.SEND


@dataclass(frozen=True, slots=True)
class Request:
    """What an agent's request comes to now.

    ``about`` makes its run unique: the note that goes out, or what stands in its way. ``answers``
    is the customer's message. The decision is ``Skip`` where nothing goes out.
    """

    about: str
    answers: str | None
    decision: Send | Clarify | Skip


def new_request(
    ticket: Ticket, earlier: Sequence[Earlier], ours: Callable[[Message], bool], asked_at: float
) -> Request | None:
    """Find the request that waits: the tag is there, or an earlier one ended without a word.

    ``earlier`` are the ticket's runs, newest first. The tag itself may be gone: a connector that
    needs several calls takes it off before the reply, which may then be refused. Without the tag
    nothing is sent.
    """
    if SEND_TAG in ticket.tags:
        return request_to_send(ticket, earlier, ours, asked_at)
    last = next((run for run in earlier if run.asked), None)
    if last is None or not _owes_a_word(last):
        return None
    # No tag, so none that was set too soon.
    request = request_to_send(ticket, earlier, ours, math.inf)
    return request if request and isinstance(request.decision, Skip) else None


def request_to_send(
    ticket: Ticket, earlier: Sequence[Earlier], ours: Callable[[Message], bool], asked_at: float
) -> Request | None:
    """Say what a request comes to now; ``None`` where nothing can be written.

    Only the draft for the customer's newest message goes out, once, while nobody has answered.
    What a handoff would have said is not offered, so it does not go out either. ``asked_at`` is
    when we were told of the request, in seconds since the epoch: never earlier than the tag.
    """
    newest = _newest_public(ticket, ours)
    if newest is None or not ticket.writable:
        return None
    waiting = message_to_answer(ticket, ours)
    if waiting is None:
        return Request(newest.id, None, Skip((_SENT if ours(newest) else _ANSWERED,)))
    made = [run for run in earlier if run.state is RunState.APPLIED and not run.asked]
    latest = next((run for run in made if run.key.message_id == waiting.id), None)
    offered = _offered(latest)
    if latest is None or latest.note_id is None or offered is None:
        return Request(newest.id, None, Skip((_why_none(latest, made),)))
    against = _against(latest, waiting.id, earlier) or _unread(latest, made, asked_at)
    if against is not None:
        # Not under the draft's id: a request for it may have a run of that name already.
        return Request(f"{latest.note_id}-not-sent", None, Skip((against,)))
    return Request(latest.note_id, waiting.id, offered)


def render_request(
    request: Request, ticket: Ticket, supports: frozenset[Feature], now: datetime
) -> Change:
    """Write what a request comes to: the reply that was offered, or a note that says why not."""
    untag = frozenset({SEND_TAG})
    if isinstance(request.decision, Skip):
        told = [reason for reason in request.decision.reasons if reason != _SENT]
        return Change(note=not_sent_note(told) if told else None, untag=untag)
    change = render(request.decision, ticket, supports, now)
    tags = change.tags | {"understudy_reply"}
    return replace(change, tags=tags, untag=untag, answers=request.answers)


def leaving_solved(change: Change, ticket: Ticket) -> Change:
    """Leave a ticket solved that a person solved: they want the reply sent, and be done with it."""
    return replace(change, status=None) if ticket.status is Status.SOLVED else change


def reason_to_drop(
    key: RunKey, request: Request | None, ticket: Ticket, *, begun: bool
) -> Reason | None:
    """Tell why the run of a request must not be written any more, if so.

    ``begun``: there was an attempt to write, which may have taken the tag off itself.
    """
    if request is None:
        return Reason("closed", f"The ticket is {ticket.status.value} and takes no more notes")
    if request.about != key.message_id:
        return request.decision.reasons[-1] if isinstance(request.decision, Skip) else _NEWER
    if not begun and SEND_TAG not in ticket.tags and not isinstance(request.decision, Skip):
        return _TAKEN_BACK
    return None


def _owes_a_word(run: Earlier) -> bool:
    if run.state is RunState.FAILED:
        return not isinstance(run.decision, Skip)  # a note that could not be written stays so
    ended = [reason.code for reason in run.reasons[-1:]]
    return run.state is RunState.SKIPPED and not _SETTLED.issuperset(ended)


def _newest_public(ticket: Ticket, ours: Callable[[Message], bool]) -> Message | None:
    public = (message for message in reversed(ticket.messages) if message.public)
    people = (Role.CUSTOMER, Role.AGENT)
    return next((one for one in public if ours(one) or one.author.role in people), None)


def _offered(run: Earlier | None) -> Send | Clarify | None:
    """Say as a decision to send what the note of a run offered."""
    match run.decision if run else None:
        case SaveDraft(draft, reasons):
            return Send(draft, (*reasons, _ASKED))
        case Clarify(question, reasons):
            return Clarify(question, (*reasons, _MAY_ASK))
        case _:
            return None


def _why_none(latest: Earlier | None, made: Sequence[Earlier]) -> Reason:
    if latest is not None:
        handed_over = latest.decision is not None and latest.decision.kind == "handoff"
        return _FOR_A_PERSON if handed_over else _NO_DRAFT
    return _WROTE_SINCE if any(_offered(run) for run in made) else _NO_DRAFT


def _against(draft: Earlier, waiting: str, earlier: Sequence[Earlier]) -> Reason | None:
    """Say why a draft that is still wanted cannot go out by a tag."""
    asked = {run.key.message_id: run for run in earlier if run.asked}
    tried = asked.get(draft.note_id or "")
    if tried is not None and tried.state is RunState.APPLIED:
        return _SENT  # though the reading does not show it
    if tried is not None and tried.state in (RunState.FAILED, RunState.SKIPPED):
        if _TAKEN_BACK.code in [reason.code for reason in tried.reasons[-1:]]:
            return _TAKEN_BACK_ONCE  # a request for one draft has one run
        why = f" ({tried.error.rstrip('.')})" if tried.error else ""
        refused = Reason("refused", f"It could not be sent{why}: please send it yourself")
        return _UNSURE if tried.unsure else refused
    # Asked for before there was a draft, which could not be said yet; some helpdesks even set
    # tags by the customer's own words.
    early = asked.get(waiting)
    stood = STOOD_BEFORE in draft.reasons
    return STOOD_BEFORE if stood or (early and early.state is not RunState.APPLIED) else None


def _unread(draft: Earlier, made: Sequence[Earlier], asked_at: float) -> Reason | None:
    """Say so where a tag can only have meant the draft before this one.

    Each draft's note takes the tag off, so it was set after that; perhaps on a page which does not
    show the newer draft yet.
    """
    another = any(run.note_id not in (None, draft.note_id) and _offered(run) for run in made)
    return _UNREAD if another and asked_at < draft.changed_at + _READING else None
