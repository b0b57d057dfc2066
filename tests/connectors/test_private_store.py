"""The store of a connector that was given none: what a shared one promises, in one process."""

from __future__ import annotations

import threading

from connectors.shared import PrivateStore, Shared


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_keeps_what_every_shared_store_promises() -> None:
    store: Shared = PrivateStore()
    assert store.get("a") is None
    store.put("a", "1", 60)
    assert store.get("a") == "1"
    store.put("a", "2", 60)
    assert store.get("a") == "2"


def test_what_has_expired_is_gone() -> None:
    clock = Clock()
    store = PrivateStore(clock)
    store.put("a", "1", 60)
    clock.now = 59.9
    assert store.get("a") == "1"
    clock.now = 60
    assert store.get("a") is None


def test_only_the_value_that_was_meant_is_dropped() -> None:
    store = PrivateStore()
    store.put("a", "newer", 60)
    store.drop("a", "older")
    assert store.get("a") == "newer"
    store.drop("a", "newer")
    assert store.get("a") is None
    store.drop("a", "newer")


def test_one_at_a_time_and_nobody_waits_for_ever() -> None:
    store = PrivateStore()
    entered: list[str] = []

    def enter(seconds: float) -> None:
        with store.lock("a", seconds):
            entered.append("other")

    with store.lock("a", 5), store.lock("b", 5):
        impatient = threading.Thread(target=enter, args=(0.05,))
        impatient.start()
        impatient.join(5)
        assert entered == ["other"]
        patient = threading.Thread(target=enter, args=(5,))
        patient.start()
        patient.join(0.1)
        assert patient.is_alive()
        entered.append("this")
    patient.join(5)
    assert entered == ["other", "this", "other"]
