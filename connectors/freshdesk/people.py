"""Who is who in a Freshdesk account: looked up seldom, and kept for a while.

A job's process lives for one ticket, so what belongs to the whole account (our own agent, agents,
groups, names of statuses) is kept in the shared store; customers stay in this process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.config import ConnectorConfig
from connectors.errors import AuthFailed, NotFound
from connectors.freshdesk import codes, customers, fields, mapping, ratings, wire
from connectors.records import path_number
from connectors.shared import PrivateStore, Shared
from connectors.types import Account, Person, Role

KEPT = 600.0  # seconds; so long a renamed agent or a new group may go unnoticed
CUSTOMERS_KEPT = 60.0  # within one look at a ticket
UNREADABLE = "unreadable"

Get = Callable[[str], Any]  # reads an address below /api/v2: an object
GetAll = Callable[[str], list[Any]]  # reads a listing to its end


class Directory:
    """Looks people, companies, groups and statuses up.

    A key's role may forbid any of them (403): then nothing is known of them, and what is written
    and read elsewhere goes on without. ``account`` names what is kept: who we are and what we may
    see belongs to a key, not only to an address.
    """

    def __init__(
        self,
        config: ConnectorConfig,
        account: str,
        *,
        get: Get,
        get_all: GetAll,
        shared: Shared,
        now: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._get = get
        self._get_all = get_all
        self._prefix = account
        self._shared = shared
        self._private = PrivateStore(lambda: now().timestamp())
        self.bot_id = ""  # once somebody asked for it

    def find_bot(self) -> str:
        """Tell the id of the agent whose key we use."""
        if not self.bot_id:
            self.bot_id = str(self._kept("me", lambda: self._agent("me").id))
        return self.bot_id

    def around(self, raw: wire.Ticket, user_ids: Iterable[str]) -> mapping.People:
        """Look up who wrote in, and which of the other users are agents."""
        requester_id = raw.requester_id or raw.requester.id or ""
        contact = self._contact(requester_id)
        agents = {}
        for user_id in sorted(set(user_ids) - {""}):
            agent = self._known_agent(user_id)
            if agent is not None:
                agents[user_id] = agent
        requester = customers.person_from_freshdesk(
            contact, raw.requester, requester_id, self._config
        )
        return mapping.People(requester, self.find_bot(), agents)

    def account_of(self, raw: wire.Ticket) -> Account | None:
        """Look up the company of a ticket, or else of who wrote in."""
        requester_id = raw.requester_id or raw.requester.id or ""
        company_id = raw.company_id or self._contact(requester_id).company_id
        if not company_id:
            return None
        body = self._customer(f"companies/{path_number(company_id, 'Freshdesk')}")
        if not body:
            return Account(company_id)
        return customers.account_from_freshdesk(wire.read(wire.Company, body), self._config)

    def group_name(self, group_id: str | None) -> str | None:
        """Find a group's name; ``None`` where it cannot be told."""
        return self._groups().get(group_id or "") or None

    def group_id(self, name: str) -> str | None:
        """Find a group's id by the name that an admin gave."""
        wanted = name.strip().casefold()
        named = {group.strip().casefold(): number for number, group in self._groups().items()}
        return named.get(wanted)

    def statuses(self) -> Mapping[int, str]:
        """Read the names of the statuses, custom ones among them."""
        return {int(code): str(name) for code, name in self._ticket_fields()["statuses"].items()}

    def labels(self) -> Mapping[str, str]:
        """Read what agents see above each field of a ticket, by the field's name."""
        return {str(name): str(label) for name, label in self._ticket_fields()["labels"].items()}

    def rating_scales(self) -> ratings.Scales:
        """Read what the surveys offer as an answer."""

        def read() -> dict[str, tuple[str, list[int]]]:
            try:
                return ratings.scales_of(wire.read_all(wire.Survey, self._get_all("surveys")))
            except NotFound:
                return {}

        kept = self._permitted("surveys", read) or {}
        return {survey: (str(question), codes) for survey, (question, codes) in kept.items()}

    def _ticket_fields(self) -> Mapping[str, Mapping[str, str]]:
        def read() -> dict[str, dict[str, str]]:
            found = wire.read_all(wire.TeamField, self._get_all("ticket_fields"))
            statuses = {str(code): name for code, name in codes.status_names(found).items()}
            return {"statuses": statuses, "labels": fields.labels_of(found)}

        return self._permitted("ticket_fields", read) or {"statuses": {}, "labels": {}}

    def _groups(self) -> Mapping[str, str]:
        def read() -> dict[str, str]:
            groups = wire.read_all(wire.Group, self._get_all("groups"))
            return {group.id: group.name for group in groups}

        kept = self._permitted("groups", read) or {}
        return {str(number): str(name) for number, name in kept.items()}

    def _contact(self, user_id: str) -> wire.Contact:
        if not user_id:
            return wire.Contact()
        found = self._customer(f"contacts/{path_number(user_id, 'Freshdesk')}")
        return wire.read(wire.Contact, found or {})

    def _customer(self, path: str) -> Any:
        def read() -> Any:
            try:
                return self._get(path)
            # A requester may be an agent, who is no contact; or the key may not see them.
            except (NotFound, AuthFailed):
                return None

        return _kept(self._private, f"{self._prefix}:{path}", CUSTOMERS_KEPT, read)

    def _known_agent(self, user_id: str) -> Person | None:
        def read() -> list[str] | None:
            try:
                agent = self._agent(path_number(user_id, "Freshdesk"))
            except NotFound:
                return None
            return [agent.contact.name, agent.contact.email]

        if self._shared.get(f"{self._prefix}:agents") == UNREADABLE:
            return None
        kept = self._permitted(f"agents:{user_id}", read, told="agents")
        match kept:
            case [str(name), str(email)]:
                return Person(user_id, name, email, Role.AGENT)
        return None

    def _agent(self, user_id: str) -> wire.Agent:
        return wire.read(wire.Agent, self._get(f"agents/{user_id}"))

    def _permitted(self, name: str, read: Callable[[], Any], told: str = "") -> Any:
        """Read something, ``None`` where the key may not; a refusal is kept, for it costs, too."""
        try:
            return self._kept(name, read)
        except AuthFailed:
            refused = f"{self._prefix}:{told or name}"
            value = UNREADABLE if told else json.dumps(None)
            self._shared.put(refused, value, KEPT)
            return None

    def _kept(self, name: str, read: Callable[[], Any]) -> Any:
        return _kept(self._shared, f"{self._prefix}:{name}", KEPT, read)


def _kept(store: Shared, name: str, seconds: float, read: Callable[[], Any]) -> Any:
    held = store.get(name)
    if held is not None:
        try:
            return json.loads(held)
        except (ValueError, RecursionError):
            pass  # left by another version of ours
    value = read()
    store.put(name, json.dumps(value), seconds)
    return value
