"""Logging in to set up a Zendesk account, and what is said where Zendesk refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from connectors.errors import AuthFailed, HelpdeskError
from connectors.setup import Done, Step
from connectors.zendesk import admin
from connectors.zendesk import setup_plan as plan
from connectors.zendesk.client import Client

LogIn = Callable[[str, int], Client]  # a client whose token has this scope and lifetime


@dataclass(frozen=True, slots=True)
class Access:
    """A client to set up with; ``refused`` says why it may not create anything, else ""."""

    client: Client
    user: admin.Me
    refused: str = ""

    @property
    def who(self) -> str:
        """The user that the credentials act as, by name."""
        return self.user.name or f"user {self.user.id}"


def open_access(log_in: LogIn) -> Access:
    """Log in with the scopes of set-up; where the client may not have them, for reading only."""
    client = log_in(plan.SCOPE, plan.LIFETIME)
    try:
        return Access(client, admin.meet(client).user)
    except AuthFailed as error:
        reader = log_in("read", plan.LIFETIME)
        return Access(reader, admin.meet(reader).user, refused=str(error))


def explained(access: Access, steps: Iterable[Step]) -> Iterator[Step]:
    """Say why something is left to people, before the first thing that is."""
    said = not access.refused
    for step in steps:
        if not said and step.done is Done.BY_HAND:
            yield _left_to_people(access)
            said = True
        yield step


def _left_to_people(access: Access) -> Step:
    told = f"{access.refused.rstrip('.')}. What is missing is listed here to be done by hand."
    return Step("scopes", Done.BY_HAND, f"{told} {plan.how_to_allow(access.who)}")


def no_access(error: HelpdeskError) -> Step:
    """Say that we could not even log in."""
    remedy = "Check the address, and the OAuth client's identifier and secret."
    return Step("credentials", Done.FAILED, f"{_sentence(error)} {remedy}")


def failure(what: str, error: HelpdeskError, access: Access, lines: str, paste: str = "") -> Step:
    """Say what could not be done, why, and what to do instead (``lines``)."""
    allow = f" {plan.how_to_allow(access.who)}" if isinstance(error, AuthFailed) else ""
    again = " It may have taken effect: run it again to see." if error.unsure else ""
    return Step(what, Done.FAILED, f"{_sentence(error)}{again}{allow} {lines}", paste)


def _sentence(error: HelpdeskError) -> str:
    return f"{str(error).rstrip('.')}."
