"""What the probes of all helpdesks have in common: a read, or a secret, turned into a finding."""

from __future__ import annotations

from collections.abc import Callable

from connectors.errors import HelpdeskError
from connectors.setup import Finding

MOST_SKEW = 30.0  # seconds; answers are told in whole ones, and take a while to arrive


def reads(check: str, read: Callable[[], object], good: str, remedy: str) -> Finding:
    """Tell whether something can be read: ``good`` if so, else the error and the ``remedy``."""
    try:
        read()
    except HelpdeskError as error:
        return Finding(check, ok=False, message=str(error), remedy=remedy)
    return Finding(check, ok=True, message=good)


def clock(check: str, vendor: str, skew: float | None) -> Finding:
    """Tell whether our clock is the helpdesk's; ``skew`` is by how many seconds ours is ahead."""
    if skew is None:
        return Finding(check, ok=True, message=f"{vendor} does not tell the time.")
    ahead = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} {vendor}'s"
    if abs(skew) <= MOST_SKEW:
        return Finding(check, ok=True, message=f"Our clock agrees with {vendor}'s.")
    remedy = "Set this machine's clock by NTP (timedatectl set-ntp true): webhooks may be refused."
    return Finding(check, ok=False, message=f"Our clock is {ahead}.", remedy=remedy)


def secret_set(check: str, what: str, present: bool, remedy: str) -> Finding:
    """Tell whether webhooks can be verified at all; ``what`` is what the secret is called."""
    if present:
        return Finding(check, ok=True, message=f"A {what} is set.")
    message = f"No {what} is set, so every webhook is refused."
    return Finding(check, ok=False, message=message, remedy=remedy)
