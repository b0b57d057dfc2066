"""The words of setting up: what a probe finds, and what is created, removed or left to an admin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a probe of the set-up found: what it is and, if it is wrong, what to do.

    Where all is well but will not stay so, or could be better, there is a remedy all the same.
    """

    check: str
    ok: bool
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an installation relies on at its helpdesk; a probe looks whether it is there.

    ``webhook_url`` is where webhooks are to arrive ("" where it is not known), ``groups`` are the
    names that an admin's rules hand tickets over to, ``sends`` whether replies go out unread.
    """

    webhook_url: str = ""
    groups: frozenset[str] = frozenset()
    sends: bool = False


NOTHING_EXPECTED = Expected()


class Done(StrEnum):
    """What became of one step of a set-up; the ``WOULD_`` ones are those of a dry run."""

    KEPT = "kept"  # was there already, just so
    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"
    ABSENT = "absent"  # not there: was to be removed, or cannot be had and is not needed
    WOULD_CREATE = "would create"
    WOULD_CHANGE = "would change"
    WOULD_REMOVE = "would remove"
    BY_HAND = "by hand"  # no API for it: ``text`` says what to do, ``paste`` what to paste
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of setting up a helpdesk, or of taking that down again.

    ``what`` names the thing ("webhook", "macro Understudy: send the draft"), ``text`` says in a
    sentence or in numbered lines what happened or what to do. ``paste`` is for the clipboard, word
    for word. ``settings`` are variables without their account's prefix, like ``WEBHOOK_SECRET``,
    with values that belong into the settings file; they may be secret.
    """

    what: str
    done: Done
    text: str = ""
    paste: str = ""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
