"""The calls to Intercom: reading a conversation or a ticket, and what names stand for.

Plain requests on our session: the vendor's Python client pins no API version, retries either
nothing or writes, too, and has no webhooks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from requests import PreparedRequest, Response
from requests.auth import AuthBase

from connectors.bodies import read_json
from connectors.config import ConnectorConfig
from connectors.errors import AuthFailed, NotFound
from connectors.http import HelpdeskSession, utc_now
from connectors.intercom import answers, mapping, wire
from connectors.intercom.names import Names
from connectors.intercom.people import People
from connectors.records import path_number
from connectors.types import Ticket

VENDOR = "Intercom"
NEWEST = "2.16"  # what a call asks for that the version of the settings may not know

_SAFE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
# API host -> the region it is for, as /me tells it.
HOSTS = {
    "https://api.intercom.io": "US",
    "https://api.eu.intercom.io": "EU",
    "https://api.au.intercom.io": "AU",
}


class Bearer(AuthBase):
    """An access token; those of private apps do not expire."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the token into a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Client:
    """Calls to one workspace. Not thread-safe.

    ``limit`` is what the last answer told of the rate limit: how many calls there are in ten
    seconds, and how many of them were left.
    """

    def __init__(
        self,
        session: HelpdeskSession,
        config: ConnectorConfig,
        *,
        app_id: str = "",
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.base_url = config.url
        self.config = config
        self.sleep = sleep
        self.now = now
        self.limit: tuple[str, str] | None = None
        self._session = session
        self._app_id = app_id
        self._teams = Names(self._list_teams, now)
        self._tags = Names(self._list_tags, now)

    @property
    def skew(self) -> float | None:
        """By how many seconds our clock is ahead of Intercom's, as far as it told."""
        return self._session.skew

    def ticket(self, ticket_id: str) -> Ticket:
        """Read a conversation, or a ticket, with its messages and who it is with."""
        raw = self.thread(ticket_id)
        people = self._people(raw)
        workspace = self._app_id or (people.contact.workspace_id if people.contact else None)
        return self._mapped(raw, people, self._address(raw.id, workspace or ""))

    def again(self, ticket: Ticket) -> Ticket:
        """Read anew what may have changed on a ticket, without who it is with."""
        path = f"{mapping.path_of(ticket)}/{path_number(ticket.id, VENDOR)}"
        return self._mapped(wire.read(wire.Thread, self.get(path)), People(), "")

    def mapped(self, raw: wire.Thread) -> Ticket:
        """Turn an answer to a write into ours; asks for nothing, so it cannot fail."""
        return mapping.ticket_from_intercom(raw, People(), {}, self.config)

    def thread(self, ticket_id: str) -> wire.Thread:
        """Read the record of a conversation or ticket."""
        # Both kinds have their ids from one sequence, and a conversation that was turned into a
        # ticket keeps its id: what can be read as a conversation is one. No `display_as`: plain
        # text would lose lists and what is emphasised.
        number = path_number(ticket_id, VENDOR)
        try:
            body = self.get(f"conversations/{number}")
        except NotFound as gone:
            try:
                body = self.get(f"tickets/{number}")
            except AuthFailed:  # a plan without tickets, or not our right
                raise gone from None
        return wire.read(wire.Thread, body)

    def team_id(self, name: str) -> str | None:
        """Find a team's id by the name that an admin gave."""
        return self._teams.id_of(name)

    def known_tag(self, name: str) -> str | None:
        """Find a tag's id by its name, where there is such a tag."""
        return self._tags.id_of(name)

    def tag_id(self, name: str) -> str:
        """Find a tag's id by its name, and make the tag where there is none yet."""
        found = self._tags.id_of(name)
        if found is None:
            tag = wire.read(wire.Tag, self.post("tags", {"name": name}))
            found = self._tags.add(name, tag.id)
        return found

    def forget_tag(self, name: str) -> None:
        """Take a tag for one that is not there any more."""
        self._tags.drop(name)

    def state_id(self, ticket_id: str, category: str) -> str | None:
        """Find the state of a category that a ticket of this type can be moved to."""
        ticket = wire.read(wire.Thread, self.get(f"tickets/{path_number(ticket_id, VENDOR)}"))
        kind = ticket.ticket_type.id if ticket.ticket_type else None
        states = wire.read(answers.States, self.get("ticket_states")).data or ()
        fitting = (state.id for state in states if state.is_for(kind, category))
        return next(fitting, None)

    def get(
        self, path: str, params: Mapping[str, str | int] | None = None, version: str = ""
    ) -> dict[str, Any]:
        """Read one address; ``version`` is another one of the API's than that of the settings."""
        headers = {"Intercom-Version": version} if version else None
        return self._read(self._session.get(self._url(path), params=params, headers=headers))

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post to one address; not repeated by itself."""
        return self._read(self._session.post(self._url(path), json=body))

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Put to one address; not repeated by itself."""
        return self._read(self._session.put(self._url(path), json=body))

    def delete(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Delete at one address; not repeated by itself."""
        return self._read(self._session.delete(self._url(path), json=body))

    def _url(self, path: str) -> str:
        return f"{self.base_url}/{path}"

    def _read(self, answer: Response) -> dict[str, Any]:
        total = answer.headers.get("X-RateLimit-Limit", "")
        if total:
            self.limit = (total, answer.headers.get("X-RateLimit-Remaining", "?"))
        return read_json(answer, VENDOR)

    def _mapped(self, raw: wire.Thread, people: People, address: str) -> Ticket:
        team = raw.team_assignee_id
        teams = {}
        with suppress(AuthFailed):  # not our right: the probe tells
            teams = {team: self._teams.name_of(team)} if team else {}
        return mapping.ticket_from_intercom(raw, people, teams, self.config, address)

    def _people(self, raw: wire.Thread) -> People:
        if raw.contact_id is None or not _SAFE.fullmatch(raw.contact_id):
            return People()
        path = f"contacts/{raw.contact_id}"
        # Deleted, merged into another, or not ours to read (the probe tells): the conversation
        # itself says enough to answer it.
        try:
            contact = wire.read(wire.Contact, self.get(path))
        except (NotFound, AuthFailed):
            return People()
        # A contact's own lists hold pointers without names, and of those ten at most.
        companies: tuple[wire.Company, ...] = ()
        if contact.companies and contact.companies.any and raw.company is None:
            with suppress(NotFound, AuthFailed):
                companies = wire.read(wire.Companies, self.get(f"{path}/companies")).listed
        tags: frozenset[str] = frozenset()
        if contact.tags and contact.tags.any:
            with suppress(NotFound, AuthFailed):
                tags = wire.read(wire.Tags, self.get(f"{path}/tags")).names
        return People(contact, tags, companies, self._proved(raw, contact))

    def _proved(self, raw: wire.Thread, contact: wire.Contact) -> bool:
        """Tell whether the contact has proved to be who they say.

        A user of the team's own product who writes by its Messenger has signed in there, and
        nobody else can be taken for them where the workspace uses identity verification. Anybody
        can write a mail, and a lead has proved nothing.
        """
        user = contact.role == "user" and contact.external_id is not None
        return user and mapping.channel_of(raw) == "chat" and self._identities_are_verified()

    def _identities_are_verified(self) -> bool:
        # Asked for each time: it can be switched off while we run, and then proves nothing.
        with suppress(NotFound, AuthFailed):
            me = wire.read(answers.Admin, self.get("me"))
            return bool(me.app and me.app.identity_verification)
        return False

    @property
    def app(self) -> str:
        """Where agents work: app.intercom.com, app.eu.intercom.com or app.au.intercom.com."""
        if self.base_url not in HOSTS:
            return self.base_url
        return self.base_url.replace("://api.", "://app.").removesuffix(".io") + ".com"

    def _address(self, ticket_id: str, workspace: str) -> str:
        if not _SAFE.fullmatch(workspace):
            return ""
        return f"{self.app}/a/inbox/{workspace}/inbox/shared/all/conversation/{ticket_id}"

    def _list_teams(self) -> list[tuple[str, str]]:
        teams = wire.read(answers.Teams, self.get("teams")).teams
        return [(team.id, team.name or "") for team in teams]

    def _list_tags(self) -> list[tuple[str, str]]:
        tags = wire.read(wire.Tags, self.get("tags"))
        return [(tag.id, tag.name or "") for tag in tags.data or tags.tags or ()]
