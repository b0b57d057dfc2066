"""Taking down what set-up created in a Zendesk account, and nothing that people made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from connectors.errors import HelpdeskError
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


def take_down(log_in: LogIn, url: str, *, dry_run: bool) -> Iterator[Step]:
    """Remove what ``set_up`` created, and say what only people can remove."""
    try:
        access = open_access(log_in)
    except HelpdeskError as error:
        yield no_access(error)
        return
    yield from explained(access, TakeDown(access, url, dry_run=dry_run).run())
    yield Step(
        "OAuth client",
        Done.BY_HAND,
        "1. Open Admin Center > Apps and integrations > APIs > OAuth clients.\n"
        "2. Delete the client that you made for Understudy; nothing of ours gets in any more.",
    )


class TakeDown:
    """One run of taking down."""

    def __init__(self, access: Access, url: str, *, dry_run: bool) -> None:
        self._access = access
        self._url = url
        self._dry = dry_run

    def run(self) -> Iterator[Step]:
        """Remove triggers first, since Zendesk keeps a webhook that they call."""
        what = f"webhook {plan.NAME}"
        try:
            hooks = admin.webhooks(self._access.client)
        except HelpdeskError as error:
            # Whose the triggers and macros are is told by the webhooks: all stays.
            for each in ("triggers", what, "macros"):
                yield self._failed(each, error)
            return
        names = (plan.NAME, plan.ARTICLES_NAME)
        ours = [hook for hook in hooks if hook.name in names and hook.endpoint == self._url]
        others = plan.elsewhere(hooks, self._url)

        def called() -> list[admin.Rule]:
            listed = admin.triggers(self._access.client)
            return [each for each in listed if not plan.others_call(each, hooks, ours)]

        yield from self._rules("trigger", called, plan.TRIGGERS)
        yield from self._webhooks(what, ours, others)
        yield from self._macros(others)

    def _webhooks(
        self, what: str, ours: Sequence[admin.Webhook], others: Sequence[admin.Webhook]
    ) -> Iterator[Step]:
        """Remove our webhooks for this address; another installation's lead elsewhere."""
        for hook in ours:
            yield self._remove(f"webhook {hook.name}", "webhooks", hook.id)
        if not ours:
            told = f"Left alone: one for {_places(others)}." if others else ""
            yield Step(what, Done.ABSENT, told)

    def _macros(self, others: Sequence[admin.Webhook]) -> Iterator[Step]:
        """Remove the macros, which all installations in an account share, with the last of them."""
        used = [hook for hook in others if hook.active]
        if used:
            yield Step("macros", Done.KEPT, f"Used by the installation at {_places(used)}, too.")
        else:
            yield from self._rules("macro", partial(admin.macros, self._access.client), plan.MACROS)

    def _rules(
        self,
        kind: str,
        read: Callable[[], Iterable[admin.Rule]],
        ours: Iterable[plan.Trigger | plan.Macro],
    ) -> Iterator[Step]:
        titles = {each.title for each in ours}
        try:
            found = [each for each in read() if each.title in titles and not each.personal]
        except HelpdeskError as error:
            yield self._failed(f"{kind}s", error)
            return
        for each in found:
            yield self._remove(f"{kind} {each.title}", f"{kind}s", each.id)
        if not found:
            yield Step(f"{kind}s", Done.ABSENT)

    def _remove(self, what: str, path: str, number: str) -> Step:
        if self._access.refused:
            return Step(what, Done.BY_HAND, f"Delete the {what} in Admin Center.")
        if self._dry:
            return Step(what, Done.WOULD_REMOVE)
        try:
            self._access.client.send("DELETE", f"{path}/{admin.path_id(number)}")
        except HelpdeskError as error:
            return self._failed(what, error)
        return Step(what, Done.REMOVED)

    def _failed(self, what: str, error: HelpdeskError) -> Step:
        return failure(what, error, self._access, "Or delete it in Admin Center.")


def _places(hooks: Iterable[admin.Webhook]) -> str:
    return ", ".join(hook.endpoint for hook in hooks)
