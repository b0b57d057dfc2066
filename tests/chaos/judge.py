"""The judge of a soak: holds what the helpdesk's own record shows against what the ledger says.

Pure, and by no receipt: whether a note is there, a tag was lost or somebody acted in between is
read from the messages and audits of the sandbox. Of a receipt it is asked only what it reported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import unescape

from app.domain import Outcome, RunState
from app.ledger.runs import Run
from connectors.marks import mark_in_note
from connectors.sandbox.helpdesk import ended
from connectors.sandbox.records import Audit, Message, Ticket
from connectors.types import Change
from tests.chaos.verdict import Record, Verdict, Violation, Write

IN_DOUBT = "IT IS NOT KNOWN WHETHER THE REPLY"
NOT_SEEN = "could not be looked at again"
# Fields that the bot must not set over what somebody set after its reading.
FIELDS = ("status", "priority", "group_id", "assignee_id")
_NAMED = re.compile(r"\bq\d+x\d+\b")
_TAG = re.compile(r"<[^<>]*>")


def judge(record: Record) -> Verdict:
    """Count what was kept and what was not, ticket by ticket."""
    verdict = Verdict(unfinished=record.unfinished, given_up=record.given_up)
    runs: dict[int, list[Run]] = {}
    for run in record.runs:
        runs.setdefault(int(run.key.ticket_id), []).append(run)
    writes: dict[int, list[Write]] = {}
    for write in record.writes:
        writes.setdefault(write.ticket, []).append(write)
    for ticket in record.tickets:
        mine = runs.get(ticket.id, [])
        changes = {run.id: record.changes.get(run.id, run.change) for run in mine}
        case = Case(ticket, record.bot_id, mine, writes.get(ticket.id, []), changes, record.errors)
        for kind, text in case.faults():
            verdict.violations.append(Violation(ticket.id, kind, text))
            setattr(verdict, kind, getattr(verdict, kind) + 1)
        case.count(verdict)
    for number in runs.keys() - {ticket.id for ticket in record.tickets}:
        raise AssertionError(f"the ledger has runs of ticket {number}, which never was")
    return verdict


@dataclass
class Case:
    """One ticket with everything about it."""

    ticket: Ticket
    bot_id: int
    runs: Sequence[Run]
    writes: Sequence[Write]
    changes: Mapping[str, Change]
    errors: Mapping[str, str]

    def faults(self) -> Iterator[tuple[str, str]]:
        """Give what must not be: the count that it belongs to, and a sentence."""
        yield from self._messages()
        yield from self._unwritten()
        yield from self._unanswered()
        yield from self._tags()
        for run in self.runs:
            if run.state is RunState.FAILED and not self._in_doubt(run):
                yield "failed_runs", f"run {run.id}: {run.error}"
        for run in self._collided:
            if not _told(run):
                others = ", ".join(self._over(run))
                yield "collisions", f"run {run.id} wrote over what somebody did, untold: {others}"

    def count(self, verdict: Verdict) -> None:
        """Add what is no fault in itself."""
        verdict.notes += len(self._notes)
        verdict.replies += len(self._replies)
        verdict.silent += any(run.outcome is Outcome.SILENT for run in self.runs)
        verdict.replies_in_doubt += sum(self._in_doubt(run) for run in self.runs)
        told = sum(_told(run) for run in self._collided)
        verdict.collisions += told  # the others were counted as faults
        verdict.collisions_reported += told
        _, repaired, revived = self._tag_history
        verdict.tags_repaired += repaired
        verdict.tags_revived += revived

    # Messages

    @cached_property
    def _notes(self) -> list[Message]:
        return [each for each in self._ours if not each.public]

    @cached_property
    def _replies(self) -> list[Message]:
        return [each for each in self._ours if each.public]

    @property
    def _ours(self) -> list[Message]:
        return [each for each in self.ticket.messages if each.author_id == self.bot_id]

    def _messages(self) -> Iterator[tuple[str, str]]:
        """Look at what the bot wrote: each note by its mark, each reply by its words."""
        by_id = {run.id: run for run in self.runs}
        keys = Counter(_key(note) for note in self._notes)
        answered = Counter(by_id[key].key for key in keys if key in by_id)
        for key, count in keys.items():
            if key not in by_id:
                yield "notes_unknown", f"a note bears the mark {key}, which no run has"
            for _ in range(count - 1):
                yield "notes_doubled", f"two notes bear the mark {key}"
        for told, count in answered.items():
            for _ in range(count - 1):
                yield "notes_doubled", f"two notes answer the message {told.message_id}"
        meant = Counter(_words(each.reply) for each in self.changes.values() if each.reply)
        said = Counter(_words(reply.html) for reply in self._replies)
        for words, count in said.items():
            if words not in meant:
                yield "public_that_should_be_private", f"the bot said in public: {words[:200]}"
            for _ in range(count - max(meant[words], 1)):
                yield "replies_doubled", f"sent more often than decided: {words[:200]}"

    def _unwritten(self) -> Iterator[tuple[str, str]]:
        """Look for what the ledger says is written."""
        notes = {_key(note) for note in self._notes}
        said = [_words(reply.html) for reply in self._replies]
        marked = {_key(reply) for reply in self._replies} - {None}
        unclaimed = Counter(said)
        for run in self.runs:
            if run.state is not RunState.APPLIED:
                continue
            change = self.changes[run.id]
            if change.note is not None and run.id not in notes:
                yield "notes_lost", f"run {run.id} is applied, and its note is not there"
            if change.reply is not None:
                words = _words(change.reply)
                unclaimed[words] -= 1
                if words not in said or (marked and run.id not in marked):
                    yield "replies_lost", f"run {run.id} is applied, and its reply is not there"
                elif unclaimed[words] < 0:
                    yield "replies_shared", f"run {run.id} took another run's reply for its own"
            missing = change.tags - set(self.ticket.tags) - self._taken_away
            if missing and not (run.receipt and (run.receipt.fallbacks or run.receipt.collisions)):
                yield "tags_missing", f"run {run.id} is applied without its tags {sorted(missing)}"

    def _unanswered(self) -> Iterator[tuple[str, str]]:
        """Look whether a customer waits for whom nothing was done."""
        last = next((each for each in reversed(self.ticket.messages) if each.public), None)
        over = ended(self.ticket) or self.ticket.status == "solved"
        found = _NAMED.search(last.text) if last else None
        # What an agent quoted on merging is no customer's message.
        if over or last is None or found is None or last.author_id != self.ticket.requester_id:
            return
        mine = [run for run in self.runs if found[0] in run.question]
        done = {run.outcome for run in mine if run.state is RunState.APPLIED}
        said = {Outcome.DRAFT, Outcome.REPLY, Outcome.HANDOFF, Outcome.CLARIFIED, Outcome.SILENT}
        if done & said or any(self._in_doubt(run) for run in mine):
            return
        seen = [(run.id, run.state.value, run.outcome) for run in self.runs]
        yield "notes_lost", f"the customer waits for an answer to {found[0]}; runs: {seen}"

    # Tags

    @cached_property
    def _tag_history(self) -> tuple[frozenset[str], int, int]:
        """Follow the tags through all edits: lost at the end, put back, and brought back to life.

        Lost is what the bot took away of others' tags, or of its own without being told to.
        """
        wanted = {tag for each in self.changes.values() for tag in each.tags}
        lost: set[str] = set()
        gone: set[str] = set()  # taken away by people
        repaired = revived = 0
        for audit, gained, dropped in _retagged(self.ticket):
            if audit.author_id == self.bot_id:
                repaired += len(lost & gained)
                revived += len((gone & gained) - wanted)
                lost |= dropped - self._untagged
            else:
                gone |= dropped
            lost -= gained
            gone -= gained
        return frozenset(lost), repaired, revived

    @property
    def _untagged(self) -> set[str]:
        return {tag for each in self.changes.values() for tag in each.untag}

    @property
    def _taken_away(self) -> set[str]:
        """What people took away of tags, and the bot because it was told to."""
        return self._untagged | {
            tag
            for audit, _, dropped in _retagged(self.ticket)
            if audit.author_id != self.bot_id
            for tag in dropped
        }

    def _tags(self) -> Iterator[tuple[str, str]]:
        for tag in sorted(self._tag_history[0]):
            kind = "tags_lost_unseen" if tag in self._set_unseen else "tags_lost"
            yield kind, f"the bot took away the tag {tag}"

    @property
    def _set_unseen(self) -> set[str]:
        """What others set between our last look and our update, with no trace in any reading."""
        return {
            tag
            for write in self.writes
            for other in self._others(write)
            for audit, gained, _ in _retagged(self.ticket)
            if audit is other
            for tag in gained
        }

    # Collisions

    @cached_property
    def _collided(self) -> list[Run]:
        """List the runs of which a write went over what somebody did after its reading."""
        keys = {write.key for write in self.writes if self._between(write)}
        return [run for run in self.runs if run.id in keys]

    def _over(self, run: Run) -> list[str]:
        """Say what each write of a run went over."""
        return [
            f"{_edit(other)} before {_edit(ours)}"
            for write in self.writes
            if write.key == run.id
            for other, ours in self._between(write)
        ]

    def _between(self, write: Write) -> list[tuple[Audit, Audit]]:
        change = self.changes.get(write.key)
        if change is not None and change.note is change.reply is None:
            return []  # a tag alone talks over nobody
        ours = next(audit for audit in self.ticket.audits if audit.id == write.audit_id)
        return [(each, ours) for each in self._others(write) if self._matters(each, ours)]

    def _others(self, write: Write) -> list[Audit]:
        """List what others did between our last reading and this write."""
        audits = self.ticket.audits
        place = next(n for n, audit in enumerate(audits) if audit.id == write.audit_id)
        return [each for each in audits[write.seen : place] if each.author_id != self.bot_id]

    def _matters(self, other: Audit, ours: Audit) -> bool:
        """Tell whether somebody spoke, ended the ticket, or set a field that we then set."""
        fields = {change.field: change.value for change in other.changes}
        over = fields.get("status") in {"closed", "deleted"} or fields.keys() & {
            "merged_into",
            "spam",
        }
        over_written = {each.field for each in ours.changes} & fields.keys() & set(FIELDS)
        return other.message_id is not None or bool(over or over_written)

    def _in_doubt(self, run: Run) -> bool:
        return run.state is RunState.FAILED and IN_DOUBT in self.errors.get(run.id, "")


def _told(run: Run) -> bool:
    """Tell whether the ledger says that somebody acted while this run wrote, or may have."""
    if run.state is not RunState.APPLIED or run.receipt is None:
        return bool(run.error or run.reasons)
    blind = any(NOT_SEEN in fallback for fallback in run.receipt.fallbacks)
    return bool(run.receipt.collisions) or blind


def _edit(audit: Audit) -> str:
    fields = [change.field for change in audit.changes]
    return "+".join([*["message"] * (audit.message_id is not None), *fields])


def _key(message: Message) -> str | None:
    own = [value for value in message.metadata.values() if re.fullmatch("[0-9a-f]{16}", str(value))]
    return own[0] if own else mark_in_note(message.text)


def _retagged(ticket: Ticket) -> Iterator[tuple[Audit, set[str], set[str]]]:
    for audit in ticket.audits:
        for change in audit.changes:
            if change.field == "tags":
                before, after = _set(change.previous), _set(change.value)
                yield audit, after - before, before - after


def _set(tags: Collection[str] | None) -> set[str]:
    return set(tags or ())


def _words(html: str | None) -> str:
    return " ".join(re.findall(r"\w+", unescape(_TAG.sub(" ", html or "")))).casefold()
