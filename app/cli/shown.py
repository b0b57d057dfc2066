"""What was thought about a message, as lines for a person to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain import (
    Asker,
    Clarify,
    Decision,
    Draft,
    FileExcerpt,
    HandOff,
    Handoff,
    Hit,
    SaveDraft,
    Send,
    Skip,
)


def lines_of_decision(decision: Decision) -> list[str]:
    """Say what was decided, with all the words that it comes to."""
    match decision:
        case Send(draft) | SaveDraft(draft):
            return _draft(draft)
        case Clarify(question):
            return ["It would ask:", "", *question.splitlines()]
        case HandOff(handoff):
            return _handoff(handoff)
        case Skip(silent=silent):
            return ["It says nothing, and tags that." if silent else "It writes nothing."]


def lines_of_asker(asker: Asker) -> list[str]:
    """Say what is known of who asks beside their words: it decides between like articles."""
    known = {
        "on the page": asker.page,
        "on the plan": asker.plan,
        "in the language": asker.language,
        "with": ", ".join(sorted(asker.words)),
    }
    told = [f"{how} {what}" for how, what in known.items() if what]
    return [f"Asked {'; '.join(told)}"] if told else []


def lines_of_hits(hits: Iterable[Hit]) -> list[str]:
    """List what was found: score, similarity, title."""
    return [f"{hit.score:6.2f}  {hit.similarity:5.2f}  {hit.passage.title}" for hit in hits]


def lines_of_files(files: Iterable[FileExcerpt]) -> list[str]:
    """List what the customer's files say."""
    return [f"Read in {file.name}: {line}" for file in files for line in file.lines]


def _draft(draft: Draft) -> list[str]:
    return [
        *draft.text.splitlines(),
        "",
        f"Confidence {draft.confidence:.2f} (not calibrated)",
        *(f"From {citation.title} {citation.url}".rstrip() for citation in draft.citations),
        *(f"Not covered: {part}" for part in draft.not_covered),
    ]


def _handoff(handoff: Handoff) -> list[str]:
    lines = [f"Wants {handoff.summary}", f"Why a person: {handoff.reason.text}"]
    lines += _if_any("Already tried", handoff.tried)
    lines += _if_any("Group", [handoff.group] if handoff.group else [])
    lines += _if_any("Priority", [handoff.priority.value] if handoff.priority else [])
    lines.append(f"Next {handoff.next_step}")
    if handoff.draft is not None:
        lines += ["", "It would have answered:", "", *_draft(handoff.draft)]
    return lines


def _if_any(name: str, values: Sequence[str]) -> list[str]:
    return [f"{name}: {'; '.join(values)}"] if values else []
