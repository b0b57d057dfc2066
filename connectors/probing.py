"""What the probes of all helpdesks have in common: a read, or a secret, turned into a finding."""

from __future__ import annotations

from collections.abc import Callable

from connectors.errors import HelpdeskError
from connectors.setup import Finding


def reads(check: str, read: Callable[[], object], good: str, remedy: str) -> Finding:
    """Tell whether something can be read: ``good`` if so, else the error and the ``remedy``."""
    try:
        read()
    except HelpdeskError as error:
        return Finding(check, ok=False, message=str(error), remedy=remedy)
    return Finding(check, ok=True, message=good)


def secret_set(check: str, what: str, present: bool, remedy: str) -> Finding:
    """Tell whether webhooks can be verified at all; ``what`` is what the secret is called."""
    if present:
        return Finding(check, ok=True, message=f"A {what} is set.")
    message = f"No {what} is set, so every webhook is refused."
    return Finding(check, ok=False, message=message, remedy=remedy)
