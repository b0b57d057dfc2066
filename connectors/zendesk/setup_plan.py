"""What a Zendesk account is to have for us, without effects: names, bodies, and words for people.

Everything that we create bears one of these names, and is found again by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connectors.types import EventKind
from connectors.zendesk.admin import CALLS, CONDITIONAL, Invocation, Rule, Webhook
from connectors.zendesk.wire import Action

NAME = "Understudy"
ARTICLES_NAME = f"{NAME}: articles"  # a webhook of its own, where ours is not told of articles
# What set-up needs beside reading; the names stand in Zendesk's description of OAuth tokens.
SCOPE = "read webhooks:write triggers:write macros:write"
LATEST = 5  # deliveries that tell whether anybody is there
_NOBODY = ("404", "410")  # what a host or a tunnel answers that is somebody else's by now
LIFETIME = 300  # seconds that a token for set-up lives, the least that Zendesk grants
SEND_TAG, BAD_TAG = "understudy_send", "understudy_bad"

_EVENT = "zen:event-type:ticket."
# Without these, customers and agents go unheard.
CORE = tuple(
    f"{_EVENT}{name}" for name in ("created", "comment_added", "status_changed", "tags_changed")
)
# The others end our interest in a ticket, or take words back of which no copy is to stay.
TICKETS = CORE + tuple(
    f"{_EVENT}{name}"
    for name in (
        "merged",
        "soft_deleted",
        "permanently_deleted",
        "undeleted",
        "marked_as_spam",
        "comment_redacted",
        "attachment_redacted_from_comment",
        "comment_made_private",
    )
)
# What a customer writes in a chat is no comment. Not every account has messaging.
CHATS = (*TICKETS, "zen:event-type:messaging_ticket.message_added")
# Not every account has a help centre. Of an edit nothing is told: it is found where it is listed.
ARTICLES = tuple(f"zen:event-type:article.{name}" for name in ("published", "unpublished"))
EVENTS = (*CHATS, *ARTICLES)


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro for agents that sets one tag."""

    title: str
    tag: str
    description: str

    def body(self) -> dict[str, Any]:
        """The macro as it is created, for all agents."""
        return {
            "title": self.title,
            "description": self.description,
            "active": True,
            "actions": [self.action],
            "restriction": None,
        }

    @property
    def action(self) -> dict[str, Any]:
        """Add the tag to those that a ticket has; ``set_tags`` would replace them."""
        return {"field": "current_tags", "value": self.tag}

    def mended(self, found: Rule) -> dict[str, Any]:
        """Tell what of a macro must change; what people added to it stays."""
        actions = [{"field": each.field, "value": each.value} for each in found.actions]
        tags = [str(each["value"]).split() for each in actions if each["field"] == "current_tags"]
        whole = any(self.tag in found_tags for found_tags in tags)
        if whole and found.active:
            return {}
        wanted = actions if whole else [*actions, self.action]
        return {"title": found.title, "active": True, "actions": wanted}

    @property
    def by_hand(self) -> str:
        """How an admin makes it."""
        return (
            "1. Open Admin Center > Workspaces > Agent tools > Macros and press Add macro.\n"
            f"2. Name: {self.title}. Available for: All agents.\n"
            "3. Add action > Add tags, and paste the tag.\n"
            "4. Press Create."
        )


MACROS = (
    Macro(
        f"{NAME}: send the draft",
        SEND_TAG,
        "Sends Understudy's newest draft on this ticket as it stands.",
    ),
    Macro(
        f"{NAME}: the draft is wrong",
        BAD_TAG,
        "Tells Understudy that its draft on this ticket is of no use.",
    ),
)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger that calls our webhook, where the account takes no subscription to events.

    It never runs for what the bot itself did, else each note of ours would announce itself.
    """

    title: str
    event: EventKind
    conditions: tuple[tuple[str, str, str], ...]
    words: str

    def body(self, webhook_id: str, bot_id: str) -> dict[str, Any]:
        """The trigger as it is created."""
        own = {"field": "role", "operator": "is_not", "value": bot_id}
        given = [dict(zip(_CONDITION, each, strict=True)) for each in self.conditions]
        return {
            "title": self.title,
            "active": True,
            "conditions": {"all": [*given, own], "any": []},
            "actions": [self._call(webhook_id)],
        }

    @property
    def payload(self) -> str:
        """What is sent: ids and fixed words only, since placeholders are filled in unquoted."""
        return json.dumps({"ticket_id": "{{ticket.id}}", "event": self.event.value})

    def _call(self, webhook_id: str) -> dict[str, Any]:
        return {"field": CALLS, "value": [webhook_id, self.payload]}

    def _is_call(self, action: Action, webhook_id: str) -> bool:
        """Tell whether an action calls our webhook, or one that we had before."""
        parts = action.value if action.field == CALLS and isinstance(action.value, list) else []
        return webhook_id in parts or self.payload in parts

    def mended(self, found: Rule, webhook_id: str, bot_id: str) -> dict[str, Any]:
        """Tell what of a trigger must change. What people tuned or added stays as it is."""
        if found.active and found.call_of(webhook_id) == self.payload:
            return {}
        # An update of actions clears the conditions, so both are sent (Update Ticket Trigger).
        wanted = self.body(webhook_id, bot_id)
        added = [
            {"field": each.field, "value": each.value}
            for each in found.actions
            if not self._is_call(each, webhook_id)
        ]
        return {
            **wanted,
            "conditions": found.conditions or wanted["conditions"],
            "actions": [*added, *wanted["actions"]],
        }

    @property
    def by_hand(self) -> str:
        """How an admin makes it."""
        return (
            "1. Open Admin Center > Objects and rules > Business rules > Triggers and press "
            "Create trigger.\n"
            f"2. Name: {self.title}.\n"
            f"3. Meet ALL of these conditions: {self.words}; and Current user | Is not | the "
            "bot's user.\n"
            f"4. Actions: Notify by > Active webhook > {NAME}. As JSON body, paste the text.\n"
            "5. Press Create trigger."
        )


_CONDITION = ("field", "operator", "value")
_CREATE, _CHANGE = ("update_type", "is", "Create"), ("update_type", "is", "Change")
_PUBLIC = ("comment_is_public", "is", "true")

TRIGGERS = (
    Trigger(
        f"{NAME}: a ticket is created",
        EventKind.CREATED,
        (_CREATE,),
        "Ticket | Is | Created",
    ),
    Trigger(
        f"{NAME}: the customer replies",
        EventKind.CUSTOMER_REPLIED,
        (_CHANGE, _PUBLIC, ("role", "is", "end_user")),
        "Ticket | Is | Updated; Comment | Is | Public; Current user | Is | (end user)",
    ),
    Trigger(
        f"{NAME}: an agent replies",
        EventKind.AGENT_REPLIED,
        (_CHANGE, _PUBLIC, ("role", "is", "agent")),
        "Ticket | Is | Updated; Comment | Is | Public; Current user | Is | (agent)",
    ),
    Trigger(
        f"{NAME}: an agent judges the draft",
        EventKind.CHANGED,
        (_CHANGE, ("current_tags", "includes", f"{SEND_TAG} {BAD_TAG}")),
        f"Ticket | Is | Updated; Tags | Contains at least one of | {SEND_TAG} {BAD_TAG}",
    ),
)


def webhook_body(url: str, subscriptions: Iterable[str], name: str = NAME) -> dict[str, Any]:
    """The webhook as it is created; each delivery is signed, so it needs no credentials."""
    return {
        "name": name,
        "description": "Tells Understudy what happens.",
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": list(subscriptions),
    }


def mine(hooks: Iterable[Webhook], url: str) -> Webhook | None:
    """Find the webhook that we created for this address, by our name."""
    ours = [hook for hook in hooks if hook.name == NAME and hook.endpoint == url]
    return min(ours, key=lambda hook: not hook.active, default=None)


def elsewhere(hooks: Iterable[Webhook], url: str) -> list[Webhook]:
    """List webhooks of our name that lead to other addresses: another installation's, or old."""
    return [hook for hook in hooks if hook.name == NAME and hook.endpoint != url]


def former(hooks: Iterable[Webhook], url: str) -> list[Webhook]:
    """List those that lead to the same path elsewhere: to this bot's last host, or to its twin."""
    path = urlsplit(url).path
    return [hook for hook in elsewhere(hooks, url) if urlsplit(hook.endpoint).path == path]


def is_dead(sent: Iterable[Invocation]) -> bool:
    """Tell by what was sent to a webhook, newest first, that nobody is there any more.

    Who refuses a delivery, or cannot store it, is there. What Zendesk held back proves nothing.
    """
    latest = [each for each in sent if each.latest_completed_at and not each.held_back][:LATEST]
    return bool(latest) and all(each.unreached or each.trouble in _NOBODY for each in latest)


def moved(wanted: Mapping[str, Any], hook: Webhook) -> str:
    """Say from where a webhook is moved, if it is."""
    if "endpoint" not in wanted:
        return ""
    return f" It led to {hook.endpoint}, which took none of its last deliveries."


def in_use_elsewhere(hook: Webhook, url: str) -> str:
    """Say why a webhook is not moved to this address, and how people move it."""
    return (
        f"THE WEBHOOK {NAME} LEADS TO {hook.endpoint}: another installation seems to work there, "
        "and would hear of nothing any more, so it stays as it is. If the bot has moved from "
        "there:\n"
        f"1. Open Admin Center > Apps and integrations > Webhooks > {NAME} and press Edit.\n"
        f"2. Endpoint URL: {url}\n"
        "3. Press Update, and run this again.\n"
        "If both are to work in this account, rename that webhook, and run this again."
    )


def others_call(rule: Rule, hooks: Iterable[Webhook], mine: Iterable[Webhook]) -> bool:
    """Tell whether a trigger calls a webhook that is there and not ours: then it is not ours."""
    ours = {hook.id for hook in mine}
    called = {hook.id for hook in hooks if rule.call_of(hook.id) is not None}
    return bool(called) and not called & ours


def by_people(hooks: Iterable[Webhook], url: str) -> Webhook | None:
    """Find a webhook under another name that does all that ours would."""
    for hook in hooks:
        theirs = hook.name != NAME and hook.endpoint == url
        if theirs and not hook.called_by_triggers and not mended(hook, url):
            return hook
    return None


def mended(hook: Webhook, url: str, events: Iterable[str] = CORE) -> dict[str, Any]:
    """Tell what of a webhook must change; events that people added stay."""
    wanted: dict[str, Any] = {}
    if hook.endpoint != url:
        wanted["endpoint"] = url
    if not hook.active:
        wanted["status"] = "active"
    if missing := lacking(hook, events):
        wanted["subscriptions"] = [*(hook.subscriptions or ()), *missing]
    return wanted


def lacking(hook: Webhook, events: Iterable[str] = CORE) -> tuple[str, ...]:
    """List the events that a webhook should be told of and is not."""
    if hook.called_by_triggers:
        return ()
    return tuple(event for event in events if event not in (hook.subscriptions or ()))


def kind_of(subscriptions: Iterable[str]) -> str:
    """Say in words what calls a webhook."""
    if CONDITIONAL in subscriptions:
        return "called by triggers"
    return "told of articles" if set(subscriptions) <= set(ARTICLES) else "told of ticket events"


def hears_of_articles(hooks: Iterable[Webhook]) -> bool:
    """Tell whether an active one of these webhooks is told of articles."""
    return any(hook.active and set(ARTICLES) <= set(hook.subscriptions or ()) for hook in hooks)


def webhook_by_hand(url: str) -> str:
    """How an admin makes the webhook; ``url`` is what is to be pasted."""
    events = ", ".join(label(event) for event in EVENTS)
    return (
        "1. Open Admin Center > Apps and integrations > Webhooks and press Create webhook.\n"
        f"2. Choose Zendesk events and, below Ticket, Messaging and Article, these: {events}. "
        "Press Next.\n"
        f"3. Name: {NAME}. Endpoint URL: {url}\n"
        "   Request method: POST. Request format: JSON. Authentication: None.\n"
        "4. Press Create webhook, open it, press Reveal secret, and copy the secret into "
        "ZENDESK_WEBHOOK_SECRET."
    )


def label(event: str) -> str:
    """Say an event as Admin Center does: ``ticket.comment_added`` is "Comment added"."""
    return event.rpartition(".")[2].replace("_", " ").capitalize()


def how_to_allow(user: str) -> str:
    """Say what lets set-up do all of it by itself; ``user`` is whom the credentials act as."""
    scopes = ", ".join(SCOPE.split())
    return (
        f"To let set-up do it, make {user} an admin and let the OAuth client ask for the scopes "
        f"{scopes} (Admin Center > Apps and integrations > APIs > OAuth clients > the client > "
        "Allowed scopes), run it again, and take the scopes away afterwards."
    )
