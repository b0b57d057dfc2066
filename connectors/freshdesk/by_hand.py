"""What an admin types into Freshdesk, line by line: rules that call us, and agents' buttons.

Rules can be written by API (``POST /api/v2/automations/{type}/rules``), but nobody has recorded
the JSON of the action *Trigger webhook*: two public programs that send one differ in it. So rules
are made by hand, once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from connectors.freshdesk.webhook import SECRET_HEADER
from connectors.types import OWN_TAG, EventKind

CREATION, UPDATES = 1, 4  # types of automation rules in the API
HEADER = "-".join(part.capitalize() for part in SECRET_HEADER.split("-"))
_PERFORMER = (
    'Under "When an action is performed by" choose Agent and pick all your agents but the bot\'s. '
    "Where one cannot leave one out, take any agent: what the bot wrote itself is known again."
)


@dataclass(frozen=True, slots=True)
class Rule:
    """An automation rule: on which list it stands, and when it runs."""

    name: str
    kind: int
    event: EventKind
    when: tuple[str, ...]

    @property
    def what(self) -> str:
        """What a step calls it."""
        return f"automation rule {self.name}"

    @property
    def content(self) -> str:
        """The webhook's body: ids and fixed words only, for Freshdesk fills in without quoting."""
        return json.dumps({"ticket_id": "{{ticket.id}}", "event": str(self.event)})

    def text(self, webhook_url: str, secret: str) -> str:
        """Say how to make it."""
        tab = "Ticket creation" if self.kind == CREATION else "Ticket updates"
        lines = [
            f'In Freshdesk: Admin > Workflows > Automations > tab "{tab}" > New rule. '
            f'Name it "{self.name}".',
            *self.when,
            'Under "Perform these actions" choose Trigger webhook. Request type: POST. '
            f"URL: {webhook_url}",
            f'Choose "Add custom headers" and write: {HEADER}: {secret}',
            "Encoding: JSON. Content: Advanced. Paste as content, word for word: " + self.content,
            "Preview and save, and see that the rule is switched on.",
        ]
        return numbered(lines)


RULES = (
    Rule(
        "Understudy: new tickets",
        CREATION,
        EventKind.CREATED,
        (
            "Leave the conditions empty; where Freshdesk demands one: Status is not Closed.",
            'Where the list of rules says "execute first matching rule", choose "execute all '
            'matching rules" there: otherwise this rule, or others of yours, would not run.',
        ),
    ),
    Rule(
        "Understudy: customers' replies",
        UPDATES,
        EventKind.CUSTOMER_REPLIED,
        (
            'Under "When an action is performed by" choose Requester, and nobody else: the bot '
            "would hear itself.",
            'Under "Involves any of these events" choose: Reply is sent. No conditions.',
        ),
    ),
    Rule(
        "Understudy: agents' replies",
        UPDATES,
        EventKind.AGENT_REPLIED,
        (
            _PERFORMER,
            'Under "Involves any of these events" choose: Reply is sent; Note is added, of the '
            "type Public. No conditions.",
        ),
    ),
    Rule(
        "Understudy: what agents set",
        UPDATES,
        EventKind.CHANGED,
        (
            _PERFORMER,
            'Under "Involves any of these events" choose: Status is changed; and, where your '
            f"Freshdesk offers it, Tag is added ({OWN_TAG}send, {OWN_TAG}bad). Without it, the "
            "next sweep finds a tag, within a minute or two. No conditions.",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Button:
    """A scenario automation: what an agent presses instead of typing a tag."""

    name: str
    tag: str
    does: str

    @property
    def what(self) -> str:
        """What a step calls it."""
        return f"scenario automation {self.name}"

    @property
    def text(self) -> str:
        """Say how to make it."""
        lines = [
            "In Freshdesk: Admin > Agent Productivity > Scenario Automations > New scenario. "
            f'Name it "{self.name}".',
            f"Action: Add tags, and as tag: {self.tag}",
            "Available for: all agents. Save.",
            f"An agent who runs it on a ticket {self.does}. To type the tag does the same.",
        ]
        return numbered(lines)


BUTTONS = (
    Button("Understudy: send the draft", f"{OWN_TAG}send", "sends the bot's draft as it stands"),
    Button(
        "Understudy: the draft is wrong",
        f"{OWN_TAG}bad",
        "tells the bot that its draft was wrong",
    ),
)


def numbered(lines: list[str]) -> str:
    """Write down steps to be done one after the other."""
    return "\n".join(f"{place}. {line}" for place, line in enumerate(lines, start=1))
