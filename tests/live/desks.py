"""What a test does at a helpdesk beside the connector: by the vendor's API, and read raw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from connectors.config import read_variable, variable_prefix

CUSTOMER = ("Understudy Live Test", "understudy-live-test@example.com")
SUBJECT = "Understudy live test, to be deleted"


class NotAllowed(AssertionError):
    """The vendor's API refused what a test did; its words, without ours."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message, as the vendor's own answer shows it."""

    text: str
    public: bool


class LiveDesk(Protocol):
    """A helpdesk account under test."""

    def identity(self) -> str:
        """What an operator must repeat before anything is written."""

    def open(self, text: str) -> str:
        """A customer writes in; gives the ticket's id."""

    def said(self, ticket_id: str) -> list[Said]:
        """Read all messages."""

    def tags(self, ticket_id: str) -> set[str]:
        """Read the tags."""

    def tag(self, ticket_id: str, tag: str) -> None:
        """Set one tag more, as a teammate would."""

    def delete(self, ticket_id: str) -> None:
        """Delete the ticket."""


class Raw:
    """Calls of one account, with nothing between us and the vendor."""

    def __init__(self, account_key: str, environ: Mapping[str, str]) -> None:
        self._prefix, self._environ = variable_prefix(account_key), environ
        self.url = self.variable("URL").rstrip("/")
        self.session = requests.Session()

    def variable(self, name: str) -> str:
        """Read one of the account's variables."""
        return read_variable(self._prefix + name, self._environ)

    def identity(self) -> str:
        """The account's host."""
        return urlsplit(self.url).hostname or ""

    def call(self, method: str, path: str, body: Any = None, *, may: tuple[int, ...] = ()) -> Any:
        """Make a call; gives the answer's JSON, and for a status in ``may`` the answer itself."""
        answer = self.session.request(method, f"{self.url}{path}", json=body, timeout=(10, 30))
        if answer.status_code in may:
            return answer
        if not answer.ok:
            raise NotAllowed(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else {}


class ZendeskDesk(Raw):
    """Zendesk, with the credentials that the connector has."""

    def __init__(self, account_key: str, environ: Mapping[str, str]) -> None:
        super().__init__(account_key, environ)
        if self.variable("EMAIL"):
            name = f"{self.variable('EMAIL')}/token"
            self.session.auth = (name, self.variable("API_TOKEN"))
            return
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.variable("CLIENT_ID"),
            "client_secret": self.variable("CLIENT_SECRET"),
            "scope": "read write",
        }
        token = self.call("POST", "/oauth/tokens", asked)["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def open(self, text: str) -> str:
        name, email = CUSTOMER
        ticket = {
            "subject": SUBJECT,
            "comment": {"body": text},
            "requester": {"name": name, "email": email},
        }
        return str(self.call("POST", "/api/v2/tickets", {"ticket": ticket})["ticket"]["id"])

    def said(self, ticket_id: str) -> list[Said]:
        comments = self.call("GET", f"/api/v2/tickets/{ticket_id}/comments")["comments"]
        return [Said(each["plain_body"], each["public"]) for each in comments]

    def tags(self, ticket_id: str) -> set[str]:
        return set(self.call("GET", f"/api/v2/tickets/{ticket_id}/tags")["tags"])

    def tag(self, ticket_id: str, tag: str) -> None:
        self.call("PUT", f"/api/v2/tickets/{ticket_id}/tags", {"tags": [tag]})

    def delete(self, ticket_id: str) -> None:
        self.call("DELETE", f"/api/v2/tickets/{ticket_id}")


class FreshdeskDesk(Raw):
    """Freshdesk, with the bot's key."""

    def __init__(self, account_key: str, environ: Mapping[str, str]) -> None:
        super().__init__(account_key, environ)
        self.session.auth = (self.variable("API_KEY"), "X")

    def open(self, text: str) -> str:
        name, email = CUSTOMER
        ticket = {
            "subject": SUBJECT,
            "description": f"<p>{text}</p>",
            "name": name,
            "email": email,
            "status": 2,
            "priority": 1,
            "source": 2,
        }
        return str(self.call("POST", "/api/v2/tickets", ticket)["id"])

    def said(self, ticket_id: str) -> list[Said]:
        found = self.call("GET", f"/api/v2/tickets/{ticket_id}/conversations")
        return [Said(each["body_text"], not each["private"]) for each in found]

    def tags(self, ticket_id: str) -> set[str]:
        return set(self.call("GET", f"/api/v2/tickets/{ticket_id}")["tags"])

    def tag(self, ticket_id: str, tag: str) -> None:
        self.set_tags(ticket_id, [*self.tags(ticket_id), tag])

    def set_tags(self, ticket_id: str, tags: list[str]) -> None:
        """Put tags, whatever that comes to."""
        self.call("PUT", f"/api/v2/tickets/{ticket_id}", {"tags": tags})

    def delete(self, ticket_id: str) -> None:
        self.call("DELETE", f"/api/v2/tickets/{ticket_id}")


class IntercomDesk(Raw):
    """Intercom, with the app's token."""

    def __init__(self, account_key: str, environ: Mapping[str, str]) -> None:
        super().__init__(account_key, environ)
        self.session.headers["Authorization"] = f"Bearer {self.variable('ACCESS_TOKEN')}"
        self.session.headers["Intercom-Version"] = self.variable("VERSION") or "2.15"

    def identity(self) -> str:
        return str(self.call("GET", "/me")["app"]["id_code"])

    def open(self, text: str) -> str:
        body = {"from": {"type": "user", "id": self._contact()}, "body": text}
        return str(self.call("POST", "/conversations", body)["conversation_id"])

    def _contact(self) -> str:
        name, email = CUSTOMER
        asked = {"role": "user", "email": email, "name": name}
        made = self.call("POST", "/contacts", asked, may=(200, 409))
        if made.status_code == 200:
            return str(made.json()["id"])
        query = {"query": {"field": "email", "operator": "=", "value": email}}
        return str(self.call("POST", "/contacts/search", query)["data"][0]["id"])

    def said(self, ticket_id: str) -> list[Said]:
        found = self.call("GET", f"/conversations/{ticket_id}?display_as=plaintext")
        parts = found["conversation_parts"]["conversation_parts"]
        return [
            Said(found["source"]["body"] or "", True),
            *(Said(each["body"], each["part_type"] != "note") for each in parts if each["body"]),
        ]

    def tags(self, ticket_id: str) -> set[str]:
        found = self.call("GET", f"/conversations/{ticket_id}")["tags"]["tags"]
        return {each["name"] for each in found}

    def tag(self, ticket_id: str, tag: str) -> None:
        made = self.call("POST", "/tags", {"name": tag})
        asked = {"id": made["id"], "admin_id": self.variable("ADMIN_ID")}
        self.call("POST", f"/conversations/{ticket_id}/tags", asked)

    def delete(self, ticket_id: str) -> None:
        self.call("DELETE", f"/conversations/{ticket_id}")


DESKS: Mapping[str, type[ZendeskDesk | FreshdeskDesk | IntercomDesk]] = {
    "zendesk": ZendeskDesk,
    "freshdesk": FreshdeskDesk,
    "intercom": IntercomDesk,
}
