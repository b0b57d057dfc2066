"""What the probes of all helpdesks have in common: a read, or a secret, turned into a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from connectors.errors import HelpdeskError
from connectors.setup import Finding

MOST_SKEW = 30.0  # seconds; answers are told in whole ones, and take a while to arrive


def reads(
    check: str, read: Callable[[], object], good: str, remedy: str, *, ok: bool = False
) -> Finding:
    """Tell whether something can be read: ``good`` if so, else the error and the ``remedy``.

    ``ok`` is for what we can do without.
    """

    def look() -> Finding:
        read()
        return Finding(check, ok=True, message=good)

    return looked(check, look, remedy, ok=ok)


def looked(check: str, look: Callable[[], Finding], remedy: str, *, ok: bool = False) -> Finding:
    """Look at something; what cannot be looked at is a finding itself, with this ``remedy``.

    ``ok`` is for what we can do without, or what may be well although we cannot see it.
    """
    try:
        return look()
    except HelpdeskError as error:
        return Finding(check, ok=ok, message=str(error), remedy=remedy)


def named(check: str, what: str, there: Iterable[str], wanted: Iterable[str]) -> Finding:
    """Tell whether the groups (``what``, in the plural) that rules name are there, by name."""
    known = {name.strip().casefold() for name in there}
    missing = sorted(name for name in wanted if name.strip().casefold() not in known)
    if not missing:
        return Finding(check, ok=True, message=f"All {what} that rules name are there.")
    listed = ", ".join(missing)
    remedy = "Create them, or name others in the rules; until then handoffs stay where they are."
    return Finding(check, ok=False, message=f"There are no {what} named {listed}.", remedy=remedy)


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
