"""The store: what is written together is kept together, and read back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.sandbox.records import Group
from connectors.sandbox.store import Store

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "zendesk.sqlite3")
    yield made
    made.close()


def test_what_was_undone_is_not_read(store: Store) -> None:
    store.put(Group(1, "Support", AT))
    with suppress(RuntimeError), store.transaction():
        store.put(Group(1, "Renamed", AT))
        store.put(Group(2, "New", AT))
        assert [group.name for group in store.all(Group)] == ["Renamed", "New"]
        raise RuntimeError
    assert store.get(Group, 1) == Group(1, "Support", AT)
    assert store.get(Group, 2) is None
    assert [group.name for group in store.all(Group)] == ["Support"]


def test_all_are_listed_by_id_whatever_happened_since_they_were_listed_last(store: Store) -> None:
    store.put(Group(2, "Billing", AT))
    assert [group.id for group in store.all(Group)] == [2]
    store.put(Group(1, "Support", AT))
    store.put(Group(3, "Technical", AT))
    store.put(Group(2, "Renamed", AT))
    store.remove(Group, 3)
    store.all(Group).clear()
    assert [(group.id, group.name) for group in store.all(Group)] == [
        (1, "Support"),
        (2, "Renamed"),
    ]


def test_another_process_reads_what_this_one_wrote(store: Store, tmp_path: Path) -> None:
    store.put(Group(1, "Support", AT))
    store.put(Group(2, "Billing", AT))
    store.remove(Group, 2)
    again = Store(tmp_path / "zendesk.sqlite3")
    assert again.all(Group) == store.all(Group) == [Group(1, "Support", AT)]
    store.put(Group(1, "Renamed", AT))
    assert again.get(Group, 1) == Group(1, "Renamed", AT)
    assert again.all(Group) == [Group(1, "Renamed", AT)]
    again.close()


def test_numbers_count_on_unless_their_transaction_was_undone(store: Store) -> None:
    assert [store.next("ticket"), store.next("ticket"), store.next("id", 100)] == [1, 2, 100]
    with suppress(RuntimeError), store.transaction():
        assert store.next("ticket") == 3
        raise RuntimeError
    assert store.next("ticket") == 3
