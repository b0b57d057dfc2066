"""What belongs to a whole Zendesk account: who we are, its statuses, its ticket fields.

Looked up seldom and kept in the shared store, since a job's process lives for one ticket. What
our credentials may not read, or Zendesk tells as nonsense, is as good as not there: a ticket can be
answered without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from connectors.errors import AuthFailed, NotFound, Rejected, VendorBroken
from connectors.shared import Shared
from connectors.zendesk import wire
from connectors.zendesk.wire import Get, Pages

KEPT = 600.0  # seconds; so long a renamed status or a new field may go unnoticed
# What Zendesk calls its own statuses: a team that left a name alone has none of its own.
_STANDARD = frozenset({"new", "open", "pending", "on-hold", "solved", "closed"})
_ME = "me"

Value = TypeVar("Value")


class Field(BaseModel):
    """A ticket field: the title that agents see, and what its choices are called."""

    model_config = ConfigDict(frozen=True)

    title: str
    options: dict[str, str] = {}


_FIELDS = TypeAdapter(dict[str, Field])
_NAMES = TypeAdapter(dict[str, str])


class Directory:
    """Looks up what belongs to the account; ``login`` names the credentials."""

    def __init__(self, base_url: str, login: str, shared: Shared, get: Get, pages: Pages) -> None:
        # Who we are and what we may see belongs to the credentials, not only to the address.
        digest = hashlib.sha256(login.encode()).hexdigest()[:16]
        self._name = f"zendesk:{urlsplit(base_url).netloc}:{digest}"
        self._get = get
        self._pages = pages
        self._shared = shared

    def bot_id(self) -> str:
        """Tell which user we are; "" where Zendesk takes us for nobody."""
        return self._kept(_ME, _NAMES, self._me).get("id", "")

    def statuses(self) -> Mapping[str, str]:
        """Tell the team's own names of statuses, by their ids."""
        return self._kept("statuses", _NAMES, self._statuses)

    def fields(self) -> Mapping[str, Field]:
        """Tell the ticket fields, by their ids."""
        return self._kept("fields", _FIELDS, self._fields)

    def _me(self) -> dict[str, str]:
        # Without valid credentials this address answers 200 with an anonymous user.
        user = wire.read(wire.Me, self._get("users/me", None)).user
        return {"id": user.id} if user.id else {}

    def _statuses(self) -> dict[str, str]:
        listed = wire.read(wire.CustomStatuses, self._get("custom_statuses", None)).custom_statuses
        return {each.id: _own_name(each) for each in listed}

    def _fields(self) -> dict[str, Field]:
        found = {}
        for body in self._pages("ticket_fields", {}):
            for field in wire.read(wire.FieldsPage, body).ticket_fields:
                choices = field.custom_field_options or ()
                options = {each.value: each.name for each in choices if each.value and each.name}
                found[field.id] = Field(title=field.title or "", options=options)
        return found

    def _kept(self, what: str, kind: TypeAdapter[Value], read: Callable[[], Value]) -> Value:
        name = f"{self._name}:{what}"
        stored = self._shared.get(name)
        if stored is not None:
            try:
                return kind.validate_json(stored)
            except ValidationError:
                pass  # left by another version of ours
        try:
            found = read()
        except (AuthFailed, NotFound, Rejected):
            found = kind.validate_python({})
        except VendorBroken:
            if what == _ME:  # who we are decides what is written; names are for reading only
                raise
            found = kind.validate_python({})
        self._shared.put(name, kind.dump_json(found).decode(), KEPT)
        return found


def _own_name(status: wire.CustomStatus) -> str:
    label = (status.agent_label or "").strip()
    return "" if status.default and label.casefold() in _STANDARD else label
