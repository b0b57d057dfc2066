"""The bench that every connector is tried on: a sandbox of its kind, a clock, and a wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from flask.testing import FlaskClient

from connectors.base import Connector
from connectors.errors import HelpdeskError, Misconfigured
from connectors.sandbox.app import Sandbox, build, facade_of
from connectors.sandbox.couriers import Answer as Received
from connectors.shared import PrivateStore, Shared
from connectors.types import Change, Event, Page, Receipt, Ticket, WebhookRequest
from tests.connectors.contract.glue import Glue, sandbox_of
from tests.connectors.contract.wire import Line, Wire, connected
from tests.connectors.sandbox.conftest import Clock, Sent

KEY = "0123456789abcdef"
HOOK = "http://127.0.0.1:9/webhooks/"
MAYA = {
    "name": "Maya Lindqvist",
    "email": "maya@example.com",
    "organization": {
        "name": "Nordlicht",
        "plan": "business",
        "tags": ["vip", "nordics"],
        "customer_since": "2023-04-01",
    },
}
Result = TypeVar("Result")
MOST_PAGES = 60  # more of them is a listing without end


@dataclass
class Bench:
    """One helpdesk account with everything around it."""

    glue: Glue
    account_key: str
    url: str
    environ: Mapping[str, str]  # the connector's variables
    clock: Clock
    sandbox: Sandbox
    line: Line
    client: FlaskClient
    shared: PrivateStore  # what all processes of this account share
    sent: list[Sent] = field(default_factory=list)

    def connector(self, shared: Shared | None = None) -> Connector:
        """Build a fresh connector, as a new process would."""
        return self.glue.connector(
            self.account_key, self.environ, self.clock, shared or self.shared
        )

    def misled(self, **changes: str | None) -> Connector:
        """Build a connector with other settings; ``None`` takes a variable away.

        It shares no store, lest it profit from what the right settings have got.
        """
        named = {f"{self.prefix}{name}": value for name, value in changes.items()}
        environ = {k: v for k, v in {**self.environ, **named}.items() if v is not None}
        return self.glue.connector(self.account_key, environ, self.clock, self.store(self.clock))

    @staticmethod
    def store(clock: Clock) -> PrivateStore:
        return PrivateStore(lambda: clock().timestamp())

    @property
    def prefix(self) -> str:
        return self.account_key.upper().replace("-", "_") + "_"

    @property
    def secrets(self) -> dict[str, str]:
        """The variables that nobody may read in an error."""
        ends = ("SECRET", "TOKEN", "KEY", "PASSWORD")
        return {name: value for name, value in self.environ.items() if name.endswith(ends)}

    # What people do

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.open(f"/sandbox{path}", method=method, json=body)
        assert answer.status_code < 300, answer.text
        return answer.get_json()

    def open(self, text: str = "How do I export?", **extra: Any) -> int:
        """A customer writes in; gives the sandbox's number."""
        body = {"subject": "Export", "text": text, "requester": MAYA, **extra}
        if "html" in extra:
            del body["text"]
        return int(self.control("POST", "/tickets", body)["id"])

    def opened(self, text: str = "How do I export?", **extra: Any) -> tuple[int, str]:
        """A customer writes in; gives the sandbox's number and the id that the webhook names."""
        self.drain()
        number = self.open(text, **extra)
        return number, self.announced_id()

    def announced_id(self) -> str:
        [*_, event] = self.events()
        return event.ticket_id

    def say(self, number: int, who: str, text: str, **extra: Any) -> int:
        body = {"as": who, "text": text, **extra}
        return int(self.control("POST", f"/tickets/{number}/messages", body)["id"])

    def tag(self, number: int, *add: str, remove: tuple[str, ...] = ()) -> None:
        body = {"add": list(add), "remove": list(remove)}
        self.control("POST", f"/tickets/{number}/tags", body)

    def status(self, number: int, status: str) -> None:
        self.control("POST", f"/tickets/{number}/status", {"status": status})

    def truth(self, number: int) -> dict[str, Any]:
        """The ticket as it is, whatever any vendor's API says of it."""
        return dict(self.control("GET", f"/tickets/{number}"))

    def said(self, number: int, text: str, *, public: bool) -> int:
        """Count the messages that hold a text."""
        found = self.truth(number)["messages"]
        return sum(text in each["text"] and each["public"] is public for each in found)

    # What the helpdesk sends

    def drain(self) -> list[WebhookRequest]:
        """Send what is due, as requests that reached us."""
        before = len(self.sent)
        self.sandbox.couriers.deliver_due()
        return [self.request(sent) for sent in self.sent[before:]]

    def request(self, sent: Sent) -> WebhookRequest:
        headers = {name.lower(): value for name, value in sent.headers.items()}
        return WebhookRequest("POST", headers, sent.body, self.clock())

    def events(self) -> list[Event]:
        """Verify and parse what is due."""
        connector, found = self.connector(), []
        for request in self.drain():
            connector.verify(request)
            found += connector.parse(request)
        return found


@dataclass
class Told:
    """What came of applying a change as often as it takes."""

    ticket_id: str
    receipt: Receipt | None
    errors: list[HelpdeskError]


def persist(bench: Bench, ticket: Ticket, change: Change, key: str = KEY) -> Told:
    """Apply a change as the worker does: read again and try again after errors that pass."""
    errors: list[HelpdeskError] = []
    again = False
    for _ in range(6):
        connector = bench.connector()
        try:
            if errors:
                ticket = connector.ticket(ticket.id)
            receipt = connector.apply(ticket, change, key, again=again)
            return Told(ticket.id, receipt, errors)
        except HelpdeskError as error:
            errors.append(error)
            if error.permanent:
                return Told(ticket.id, None, errors)
            again = again or error.unsure
            bench.clock.sleep(max(error.retry_after or 0, 5))
    raise AssertionError(f"not done after six attempts: {errors}")


def outcome(act: Callable[[], Result]) -> Result | HelpdeskError | Misconfigured:
    """Do something; gives what it gives, or the error that it is allowed to raise."""
    try:
        return act()
    except (HelpdeskError, Misconfigured) as error:
        return error


def pages(listing: Iterator[Page[Any]]) -> list[Page[Any]]:
    """Read a listing to its end, if it has one."""
    found = list(islice(listing, MOST_PAGES + 1))
    assert len(found) <= MOST_PAGES, "the listing does not end"
    return found


def build_bench(
    kind: str,
    data: Path,
    wire: Wire,
    variables: Mapping[str, str] | None = None,
    *,
    suffix: str = "",
    port: int = 8071,
) -> Bench:
    """Build a helpdesk of a kind; ``variables`` are its façade's, without ``SANDBOX_``."""
    clock, sent = Clock(), list[Sent]()

    def send(url: str, body: bytes, headers: Mapping[str, str]) -> Received:
        sent.append(Sent(url, body, headers))
        return Received(200)

    data.mkdir(parents=True, exist_ok=True)
    own = {f"SANDBOX_{name}": value for name, value in (variables or {}).items()}
    facade = facade_of(kind, own)
    made = build(kind, facade, data, HOOK + kind, now=clock, sleep=clock.sleep, send=send)
    line = Line(made.app, facade, clock)
    clock.meanwhile = line.land
    url = f"http://127.0.0.1:{port}"
    wire.lines[f"127.0.0.1:{port}"] = line
    key = kind + suffix
    environ = sandbox_of(kind).sandbox_environ(key, url, own)
    return Bench(
        glue=Glue.of(kind),
        account_key=key,
        url=url,
        environ=environ,
        clock=clock,
        sandbox=made,
        line=line,
        client=made.app.test_client(),
        shared=Bench.store(clock),
        sent=sent,
    )


@contextmanager
def accounts(kind: str, folder: Path) -> Iterator[Callable[..., Bench]]:
    """Build accounts of a kind on a wire of their own, each in the place of the one before.

    What is given are its façade's variables, without ``SANDBOX_``.
    """
    made: list[Bench] = []

    def build(**variables: str) -> Bench:
        made.append(build_bench(kind, folder / str(len(made)), wire, variables))
        return made[-1]

    wire = Wire()
    with connected(wire):
        yield build
    for bench in made:
        bench.sandbox.close()


def later(bench: Bench, **time: float) -> None:
    """Let time pass without anybody sleeping through it."""
    bench.clock.now += timedelta(**time)
