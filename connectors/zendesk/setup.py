"""Setting up a Zendesk account, and taking that down again: what ``setup_plan`` says, done.

Works with a token of its own, which may create webhooks, triggers and macros, lives for minutes
and is neither shared nor kept. The token that answers tickets never has these scopes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.errors import AuthFailed, HelpdeskError, Rejected
from connectors.setup import Done, Step
from connectors.zendesk import admin
from connectors.zendesk import setup_plan as plan
from connectors.zendesk.setup_access import (
    Access,
    LogIn,
    explained,
    failure,
    no_access,
    open_access,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the settings say already."""

    secrets: Sequence[str] = ()
    account_id: str = ""


def set_up(log_in: LogIn, url: str, known: Known, *, dry_run: bool) -> Iterator[Step]:
    """Create what is not there: a webhook, triggers where the account needs them, macros."""
    try:
        access = open_access(log_in)
    except HelpdeskError as error:
        yield no_access(error)
        return
    yield from explained(access, SetUp(access, url, known, dry_run=dry_run).run())


class SetUp:
    """One run of setting up."""

    def __init__(self, access: Access, url: str, known: Known, *, dry_run: bool) -> None:
        self._access = access
        self._client = access.client
        self._url = url
        self._known = known
        self._dry = dry_run
        self._hooks: dict[str, admin.Webhook] = {}  # by id, as they are by now

    def run(self) -> Iterator[Step]:
        """See to everything; what fails does not keep the rest from being done."""
        yield from self._webhook()
        yield from self._articles()
        yield from self._macros()

    # The webhook

    def _webhook(self) -> Iterator[Step]:
        what = f"webhook {plan.NAME}"
        try:
            hooks = admin.webhooks(self._client)
        except HelpdeskError as error:
            yield self._failed(what, error, plan.webhook_by_hand(self._url), self._url)
            return
        self._hooks = {hook.id: hook for hook in hooks}
        theirs = plan.by_people(hooks, self._url)
        hook = plan.mine(hooks, self._url)
        former = plan.former(hooks, self._url)
        if hook is not None:
            yield self._old_webhook(what, hook)
            yield from self._triggers(hook, hooks)
        elif theirs is not None:
            yield self._kept(f"webhook {theirs.name}", theirs)
        elif not former:
            yield from self._new_webhook(what, hooks)
        elif used := [each for each in former if not self._is_dead(each)]:
            told = plan.in_use_elsewhere(used[0], self._url)
            yield Step(what, Done.FAILED, told, self._url)
        else:
            yield self._old_webhook(what, former[0])
            yield from self._triggers(former[0], hooks)

    def _is_dead(self, hook: admin.Webhook) -> bool:
        try:
            return plan.is_dead(admin.invocations(self._client, hook.id, 100))
        except HelpdeskError:
            return False  # nobody knows

    def _new_webhook(self, what: str, hooks: Sequence[admin.Webhook]) -> Iterator[Step]:
        by_hand = plan.webhook_by_hand(self._url)
        if self._access.refused:
            yield Step(what, Done.BY_HAND, by_hand, self._url)
        elif self._dry:
            yield Step(what, Done.WOULD_CREATE, f"Would lead to {self._url}.")
        else:
            try:
                hook = self._create()
            except HelpdeskError as error:
                yield self._failed(what, error, by_hand, self._url)
                return
            told = f"Leads to {self._url}, {plan.kind_of(hook.subscriptions or ())}."
            yield self._step(what, Done.CREATED, told, hook)
            yield from self._triggers(hook, hooks)

    def _create(self) -> admin.Webhook:
        """Create the webhook in the best kind that the account takes.

        Zendesk's pages disagree on whether tickets' events can be subscribed to, and a name that
        an account does not know spoils the whole list: so fewer are tried, then triggers.
        """
        for events in (plan.EVENTS, plan.CHATS, plan.TICKETS, plan.CORE):
            try:
                return self._create_with(events)
            except AuthFailed:
                break  # no right to events, or to webhooks at all: the next try tells
            except Rejected:
                continue
        return self._create_with((admin.CONDITIONAL,))

    def _create_with(self, subscriptions: Iterable[str], name: str = plan.NAME) -> admin.Webhook:
        body = plan.webhook_body(self._url, subscriptions, name)
        hook = admin.create_webhook(self._client, body)
        self._hooks[hook.id] = hook
        return hook

    def _articles(self) -> Iterator[Step]:
        """Have a webhook of its own told of articles, where the one for tickets is not.

        Triggers know of tickets only, and an account may take one kind of events and not the
        other. It is no failure where it takes neither: changed articles are listed.
        """
        leading = [each for each in self._hooks.values() if each.endpoint == self._url]
        told = plan.hears_of_articles(leading)
        if self._access.refused or told or not any(hook.active for hook in leading):
            return
        what = f"webhook {plan.ARTICLES_NAME}"
        old = [hook for hook in leading if hook.name == plan.ARTICLES_NAME]
        if old:
            yield self._old_webhook(what, old[0], plan.ARTICLES)
        elif self._dry:
            yield Step(what, Done.WOULD_CREATE, f"Would lead to {self._url}.")
        else:
            yield self._new_articles(what)

    def _new_articles(self, what: str) -> Step:
        try:
            hook = self._create_with(plan.ARTICLES, plan.ARTICLES_NAME)
        except HelpdeskError as error:
            told = f"{str(error).rstrip('.')}. Changed articles are found all the same, but later."
            return Step(what, Done.ABSENT, told)
        told = f"Leads to {self._url}, {plan.kind_of(hook.subscriptions or ())}."
        return self._step(what, Done.CREATED, told, hook)

    def _old_webhook(
        self, what: str, hook: admin.Webhook, events: Sequence[str] = plan.CORE
    ) -> Step:
        wanted = plan.mended(hook, self._url, events)
        if not wanted:
            return self._kept(what, hook)
        told = ", ".join(sorted(wanted))
        by_hand = plan.webhook_by_hand(self._url)
        if self._access.refused:
            return Step(f"{what} ({told})", Done.BY_HAND, by_hand, self._url)
        if self._dry:
            return Step(what, Done.WOULD_CHANGE, f"Would change: {told}.{plan.moved(wanted, hook)}")
        try:
            self._client.send("PATCH", f"webhooks/{admin.path_id(hook.id)}", {"webhook": wanted})
            self._hooks[hook.id] = after = admin.webhook(self._client, hook.id)
        except HelpdeskError as error:
            return self._failed(what, error, by_hand, self._url)
        if plan.mended(after, self._url, events):
            told = f"Zendesk took the change of {told} and did not keep it."
            return Step(what, Done.FAILED, f"{told} Do it by hand:\n{by_hand}", self._url)
        told = f"Changed: {told}.{plan.moved(wanted, hook)}"
        return self._step(what, Done.CHANGED, told, after)

    def _kept(self, what: str, hook: admin.Webhook) -> Step:
        kind = plan.kind_of(hook.subscriptions or ())
        return self._step(what, Done.KEPT, f"Leads to {self._url}, {kind}.", hook)

    def _step(self, what: str, done: Done, text: str, hook: admin.Webhook) -> Step:
        """Tell of a webhook that is there, and hand out what the settings do not have yet."""
        if self._dry:
            return Step(what, done, text)
        settings: dict[str, str] = {}
        try:
            secret = admin.signing_secret(self._client, hook.id)
        except HelpdeskError as error:
            secret = ""
            text = (
                f"{text} Its secret cannot be read ({error}): press Reveal secret on its page, and "
                "put it into ZENDESK_WEBHOOK_SECRET."
            )
            # Without any, every delivery would be refused.
            done = done if self._known.secrets else Done.FAILED
        if secret and secret not in self._known.secrets:
            settings["WEBHOOK_SECRET"] = secret
        account_id = "" if self._known.account_id else self._account_id(hook)
        if account_id:
            settings["ACCOUNT_ID"] = account_id
        return Step(what, done, text, settings=settings)

    def _account_id(self, hook: admin.Webhook) -> str:
        """Learn the account's number from what was last sent; no other answer names it."""
        try:
            return admin.account_id(self._client, hook.id)
        except HelpdeskError:
            return ""  # optional, and there may be nothing that was sent

    # Triggers and macros

    def _triggers(self, hook: admin.Webhook, hooks: Sequence[admin.Webhook]) -> Iterator[Step]:
        """See to the triggers that call a webhook; another installation's have the same names."""
        if not hook.called_by_triggers:
            return
        bot_id = self._access.user.id or ""
        wanted = [
            Wanted(
                each.title,
                each.body(hook.id, bot_id),
                partial(each.mended, webhook_id=hook.id, bot_id=bot_id),
                each.by_hand,
                each.payload,
            )
            for each in plan.TRIGGERS
        ]

        def ours() -> list[admin.Rule]:
            listed = admin.triggers(self._client)
            return [each for each in listed if not plan.others_call(each, hooks, [hook])]

        yield from self._rules("trigger", ours, wanted)

    def _macros(self) -> Iterator[Step]:
        wanted = [
            Wanted(each.title, each.body(), each.mended, each.by_hand, each.tag)
            for each in plan.MACROS
        ]
        yield from self._rules("macro", partial(admin.macros, self._client), wanted)

    def _rules(
        self, kind: str, read: Callable[[], Iterable[admin.Rule]], wanted: Sequence[Wanted]
    ) -> Iterator[Step]:
        try:
            there = [each for each in read() if not each.personal]
        except HelpdeskError as error:
            for rule in wanted:
                yield self._failed(f"{kind} {rule.title}", error, rule.by_hand, rule.paste)
            return
        for rule in wanted:
            found = [each for each in there if each.title == rule.title]
            # Where there are two, the one that works is not to get a twin.
            best = min(found, key=lambda each: bool(rule.mended(each)), default=None)
            yield self._rule(kind, rule, best)

    def _rule(self, kind: str, rule: Wanted, found: admin.Rule | None) -> Step:
        what = f"{kind} {rule.title}"
        body = rule.body if found is None else rule.mended(found)
        if not body:
            return Step(what, Done.KEPT)
        if self._access.refused:
            return Step(what, Done.BY_HAND, rule.by_hand, rule.paste)
        if self._dry:
            return Step(what, Done.WOULD_CREATE if found is None else Done.WOULD_CHANGE)
        try:
            if found is None:
                self._client.send("POST", f"{kind}s", {kind: body})
                return Step(what, Done.CREATED)
            self._client.send("PUT", f"{kind}s/{admin.path_id(found.id)}", {kind: body})
        except HelpdeskError as error:
            return self._failed(what, error, rule.by_hand, rule.paste)
        return Step(what, Done.CHANGED)

    def _failed(self, what: str, error: HelpdeskError, lines: str, paste: str) -> Step:
        return failure(what, error, self._access, f"Or do it by hand:\n{lines}", paste)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A trigger or macro that is to be there, and what a found one lacks of it."""

    title: str
    body: Mapping[str, Any]
    mended: Callable[[admin.Rule], Mapping[str, Any]]
    by_hand: str
    paste: str
