"""What can go wrong with a helpdesk: who is at fault, and whether trying again helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType


class HelpdeskError(Exception):
    """Base of all connector errors; its message is one sentence for the audit record.

    ``permanent`` errors are never retried; ``retry_after`` is in seconds, where the vendor said.
    ``unsure`` ones leave open whether a write took effect; after the others it has not.
    ``refused`` are the fields that the helpdesk would not take, each with its reason, where it
    told; a reason is for people, and may be in their language.
    """

    permanent = True
    unsure = False
    refused: Mapping[str, str] = MappingProxyType({})

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BadSignature(HelpdeskError):
    """The webhook was not signed with our secret, or is too old."""


class BadPayload(HelpdeskError):
    """The webhook cannot be read. ``ticket_id`` is what could still be recovered from it."""

    def __init__(self, message: str, *, ticket_id: str | None = None) -> None:
        super().__init__(message)
        self.ticket_id = ticket_id


class AuthFailed(HelpdeskError):
    """Our credentials were refused, or lack a permission."""


class Forbidden(AuthFailed):
    """Our credentials are known, and may not do this: perhaps nothing, perhaps this alone."""


class NotFound(HelpdeskError):
    """The ticket is not there (any more)."""


class Rejected(HelpdeskError):
    """The helpdesk understood and refuses: a closed ticket, a required field, a wrong value."""


class Unsupported(HelpdeskError):
    """This helpdesk cannot do that; see ``Connector.supports``."""


class Conflict(HelpdeskError):
    """Somebody changed the ticket since it was read: read again, decide again."""

    permanent = False


class RateLimited(HelpdeskError):
    """Too many calls; wait ``retry_after`` seconds."""

    permanent = False


class Unreachable(HelpdeskError):
    """No answer in time. A write may have taken effect all the same."""

    permanent = False
    unsure = True


class VendorBroken(HelpdeskError):
    """The helpdesk answered 5xx or nonsense. A write may have taken effect all the same."""

    permanent = False
    unsure = True


def note_exposed(
    vendor: str,
    ticket_id: str,
    note_id: str,
    *,
    public: bool,
    remedy: str = "make {} an internal note",
) -> Rejected:
    """Say that customers may read our note, and what an admin must do: loud, it is the worst.

    ``public`` is whether the helpdesk says so, or only does not say that the note is internal;
    ``remedy`` what one can do about it in this helpdesk.
    """
    found = (
        f"THE NOTE {note_id} ON TICKET {ticket_id} CAME OUT PUBLIC: THE CUSTOMER CAN READ IT. "
        f"Open the ticket in {vendor} at once and {remedy.format('that comment')}"
        if public
        else f"THE NOTE {note_id} ON TICKET {ticket_id} IS NOT CONFIRMED TO BE INTERNAL. Open "
        f"the ticket in {vendor} at once and, if that comment is public, {remedy.format('it')}"
    )
    return Rejected(
        f"{found}; tell the team, for the customer may have had it by mail already; and stop the "
        "bot until you know which app, trigger or setting makes its notes public"
    )


class Misconfigured(ValueError):
    """Settings are missing or wrong; ``faults`` has a sentence for each, with its variable."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
