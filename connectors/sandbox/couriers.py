"""The webhook sender: an outbox in the store, and a thread that empties it as the vendor would."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import requests

from connectors.sandbox.facade import Announcement, Facade
from connectors.sandbox.faults import Call, Faults
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Attempt, Delivery, DeliveryState, Happening, PageTurned

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one attempt: a status, or the reason why there is none."""

    status: int | None
    retry_after: float | None = None
    error: str = ""


Post = Callable[[str, bytes, Mapping[str, str]], Answer]


def poster(seconds: float) -> Post:
    """Make a sender that waits so long; redirects are not followed and no proxy is asked."""

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.post(
                    url, data=body, headers=headers, timeout=seconds, allow_redirects=False
                )
            except requests.RequestException as error:
                return Answer(None, error=type(error).__name__)
        wait = answer.headers.get("Retry-After", "")
        return Answer(answer.status_code, float(wait) if wait.isdigit() else None)

    return post


class Couriers:
    """Keeps what is announced in the store, together with the change itself, and delivers it.

    ``pace`` stretches the vendor's waits between attempts; small values make tests quick.
    """

    def __init__(
        self,
        desk: Helpdesk,
        facade: Facade,
        faults: Faults,
        url: str,
        *,
        send: Post,
        pace: float = 1.0,
    ) -> None:
        self._desk, self._facade, self._faults = desk, facade, faults
        self._url, self._send, self._pace = url, send, pace
        self._wake = threading.Condition()
        waiting = [each for each in self.deliveries() if each.state == "waiting"]
        self._waiting = {each.id for each in waiting}
        self._held = {each.id for each in waiting if each.held}
        self._flying: set[int] = set()
        self._news = self._stopped = False
        self._thread: threading.Thread | None = None
        desk.listener = self.announce
        desk.library.reader = self.announce_pages

    def deliveries(self) -> list[Delivery]:
        """Everything that was to be delivered so far, with its attempts."""
        return self._desk.store.all(Delivery)

    def announce(self, happenings: Sequence[Happening]) -> None:
        """Put webhooks into the outbox; called inside the transaction of the change itself."""
        self._send_all(self._facade.announce(happenings, self._desk))

    def announce_pages(self, turned: Sequence[PageTurned]) -> None:
        """Put what is announced of articles into the outbox, in the same way."""
        self._send_all(self._facade.announce_pages(turned, self._desk))

    def _send_all(self, announcements: Sequence[Announcement]) -> None:
        for announcement in announcements:
            if announcement.url or self._url:
                self._announce(announcement)
            else:
                self._keep(announcement, "never_sent")

    def greet(self) -> None:
        """Send what the vendor sends before anything has happened, if it does."""
        greeting = self._facade.greeting() if self._url else None
        if greeting is not None:
            self._keep(greeting)

    def _announce(self, announcement: Announcement) -> None:
        call = Call(ticket=announcement.ticket_id, event=announcement.kind)
        if self._faults.take({"lost_delivery"}, call):
            self._keep(announcement, "never_sent", fault="lost_delivery")
            return
        late = self._faults.take({"late_delivery"}, call)
        held = self._faults.take({"disordered_delivery"}, call)
        met = [fault for fault in (late, held) if fault is not None]
        self._keep(
            announcement,
            wait=max((fault.seconds for fault in met), default=0.0),
            held=held is not None,
            fault=", ".join(fault.kind for fault in met),
        )
        if self._faults.take({"duplicate_delivery"}, call):
            self._keep(announcement, fault="duplicate_delivery")

    def _keep(
        self,
        announcement: Announcement,
        state: DeliveryState = "waiting",
        *,
        wait: float = 0.0,
        held: bool = False,
        fault: str = "",
    ) -> None:
        now = self._desk.now()
        delivery = Delivery(
            id=self._desk.store.next("delivery"),
            invocation=announcement.invocation,
            event=announcement.event,
            kind=announcement.kind,
            ticket_id=announcement.ticket_id,
            body=announcement.body,
            created_at=now,
            due_at=now + timedelta(seconds=wait),
            state=state,
            held=held,
            fault=fault,
            url=announcement.url,
        )
        self._desk.store.put(delivery)
        if state == "waiting":
            with self._wake:
                self._waiting.add(delivery.id)
                if held:
                    self._held.add(delivery.id)
                self._news = True
                self._wake.notify_all()

    def attempt(self, number: int) -> Delivery | None:
        """Try one delivery once and note what came of it."""
        delivery = self._desk.store.get(Delivery, number)
        if delivery is None or delivery.state != "waiting":
            self._done(number)
            return delivery
        at = self._desk.now()
        headers = self._facade.headers(delivery, at)
        answer = self._send(delivery.url or self._url, delivery.body.encode(), headers)
        attempts = (*delivery.attempts, Attempt(at, answer.status, answer.error))
        delivery = replace(delivery, attempts=attempts, held=False)
        wait = self._facade.again(attempts, answer.retry_after)
        if answer.status is not None and 200 <= answer.status < 300:
            delivery = replace(delivery, state="delivered")
        elif wait is None:
            delivery = replace(delivery, state="gave_up")
        else:
            due = self._desk.now() + timedelta(seconds=wait * self._pace)
            delivery = replace(delivery, due_at=due)
        self._desk.store.put(delivery)
        if delivery.state != "waiting":
            self._done(number)
        self._let_follow(delivery)
        return delivery

    def _let_follow(self, overtaker: Delivery) -> None:
        """What was held until it was overtaken is due now."""
        with self._wake:
            numbers = [number for number in self._held if number < overtaker.id]
        for number in numbers:
            with self._desk.store.transaction():
                held = self._desk.store.get(Delivery, number)
                if held is not None and held.held and _overtakes(overtaker, held):
                    self._desk.store.put(replace(held, held=False, due_at=self._desk.now()))

    def _done(self, number: int) -> None:
        with self._wake:
            self._waiting.discard(number)
            self._held.discard(number)

    def deliver_due(self) -> float | None:
        """Try whatever is due, one after the other; tells the seconds until the next is."""
        for number in self._due():
            self.attempt(number)
        return self._until_next()

    def _due(self) -> list[int]:
        with self._wake:
            numbers = sorted(self._waiting - self._flying)
        now = self._desk.now()
        found = [self._desk.store.get(Delivery, number) for number in numbers]
        missing = [number for number, each in zip(numbers, found, strict=True) if each is None]
        for number in missing:  # its change was undone
            self._done(number)
        return [each.id for each in found if each is not None and each.due_at <= now]

    def _until_next(self) -> float | None:
        with self._wake:
            numbers = self._waiting - self._flying
        found = [self._desk.store.get(Delivery, number) for number in numbers]
        waits = [(each.due_at - self._desk.now()).total_seconds() for each in found if each]
        return max(min(waits), 0.0) if waits else None

    # The thread

    def start(self) -> None:
        """Deliver in the background from now on, the vendor's greeting first."""
        self.greet()
        self._thread = threading.Thread(target=self._run, name="couriers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Start no further attempt; what is left is delivered when the sandbox runs again."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=1.0)

    def _run(self) -> None:
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="courier")
        while not self._stopped:
            with self._wake:
                self._news = False
            for number in self._due():
                with self._wake:
                    self._flying.add(number)
                pool.submit(self._fly, number)
            wait = self._until_next()
            with self._wake:
                if not (self._news or self._stopped):  # else something came while we looked
                    self._wake.wait(wait)
        pool.shutdown(wait=False, cancel_futures=True)

    def _fly(self, number: int) -> None:
        try:
            self.attempt(number)
        finally:
            with self._wake:
                self._flying.discard(number)
                self._news = True
                self._wake.notify_all()


def _overtakes(later: Delivery, earlier: Delivery) -> bool:
    # A copy of itself does not bring anything out of order.
    return later.ticket_id == earlier.ticket_id and later.event != earlier.event
