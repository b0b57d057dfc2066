"""Refused credentials: said once and loudly; then the account is left alone, but for a try a while.

Who is refused stands in the store that all processes share, so that a thousand waiting tickets
neither call the helpdesk nor fill the log. It may be forgotten at any time: then the next call is
refused, and says so again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.as_json import from_json, to_json
from app.ledger import deliveries, run_states
from app.logs import get_logger
from app.services import Services
from connectors.config import variable_prefix
from connectors.errors import AuthFailed, Forbidden, Misconfigured
from connectors.shared import Shared

# How long a refused account is left alone, in seconds: then one job tries again.
REST = 600.0
# What nobody has confirmed for so long is forgotten, in seconds.
_KEPT = 7 * 86_400.0
_LOCK_SECONDS = 2.0
# Stands in the ledger at what waits, and finds it again when the wait is over.
WAITING = "The credentials are refused: waiting until they are accepted"

Refused = (AuthFailed, Misconfigured)

log = get_logger()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a helpdesk refused, in its own ``sentence``; times are seconds since the epoch.

    Until ``until`` nobody calls; 0 says that only what ``about`` names was refused so far.
    ``writing`` says that reading may be allowed all the same.
    """

    sentence: str
    since: float
    until: float
    about: str
    writing: bool = False


def refusal(shared: Shared, helpdesk: str) -> Refusal | None:
    """Tell what an account refuses at present, as far as anybody remembers."""
    found = shared.get(_name(helpdesk))
    try:
        return from_json(Refusal, found) if found else None
    except ValueError:
        return None  # left by another version of ours


def seconds_to_wait(services: Services, helpdesk: str, *, writing: bool = False) -> float:
    """Tell for how many seconds nobody is to call an account.

    When they are over, the first who asks is told 0 and tries; the others wait for what it finds.
    Where writing was refused, who only reads goes on by then and leaves the try to who writes:
    reading would prove nothing, and use it up.
    """
    found = refusal(services.shared, helpdesk)
    if found is None or not found.until:
        return 0.0
    if found.writing and not writing:
        return _left(found, services.clock())
    with services.shared.lock(_name(helpdesk), _LOCK_SECONDS):
        found = refusal(services.shared, helpdesk)
        now = services.clock()
        if found is None or not found.until:
            return 0.0
        left = _left(found, now)
        if not left:
            _keep(services.shared, helpdesk, replace(found, until=now + REST))
        return left


def note_refused(
    services: Services,
    helpdesk: str,
    about: str,
    error: Exception,
    *,
    writing: bool = False,
    again: bool = False,
) -> float:
    """Remember that an account refused us; tells for how many seconds to leave it alone.

    What is merely forbidden may be so for one ticket alone: only when a second one (``about``)
    is forbidden, with nothing allowed in between, the account as a whole is left alone. A ticket
    that failed before (``again``) tells nothing new: two of them are no reason to leave all
    others alone, time after time.
    """
    shared, now = services.shared, services.clock()
    with shared.lock(_name(helpdesk), _LOCK_SECONDS):
        before = refusal(shared, helpdesk)
        alone = isinstance(error, Forbidden) and (
            before is None or (not before.until and (again or before.about == about))
        )
        found = Refusal(
            sentence=str(error),
            since=before.since if before else now,
            until=0.0 if alone else now + REST,
            about=before.about if before and alone else about,
            writing=writing,
        )
        _keep(shared, helpdesk, found)
    # One ticket that is forbidden for itself is no matter of credentials: who works on it says so.
    if found.until and not (before and before.until):
        log.error(
            "credentials refused",
            helpdesk=helpdesk,
            error=found.sentence,
            remedy=remedy(helpdesk),
        )
    return 0.0 if alone else REST


def note_accepted(services: Services, helpdesk: str, *, wrote: bool = False) -> None:
    """Remember that an account let us in, and let go on what waited for that."""
    found = refusal(services.shared, helpdesk)
    if found is None or (found.writing and not wrote):
        return
    _forget(services, helpdesk, found)
    if found.until:
        log.info("credentials accepted again", helpdesk=helpdesk, refused_since=found.since)


def try_again(services: Services) -> None:
    """Forget all refusals: whoever starts us anew may have changed the credentials."""
    for helpdesk in services.settings.helpdesks:
        found = refusal(services.shared, helpdesk)
        if found is not None:
            _forget(services, helpdesk, found)


def remedy(helpdesk: str) -> str:
    """Say what a person has to do about it."""
    return (
        f"Mend the variables that begin with {variable_prefix(helpdesk)} or the permissions of "
        f"their user, start Understudy again, and see understudy doctor --helpdesk {helpdesk}. "
        "Nothing is lost meanwhile."
    )


def _left(found: Refusal, now: float) -> float:
    # A clock that was set back does not leave an account alone for longer.
    return found.until - now if 0 < found.until - now <= REST else 0.0


def _forget(services: Services, helpdesk: str, found: Refusal) -> None:
    services.shared.drop(_name(helpdesk), to_json(found))
    if found.until:
        now = services.clock()
        deliveries.hasten(services.ledger, helpdesk, WAITING, now)
        run_states.hasten(services.ledger, helpdesk, WAITING, now)


def _keep(shared: Shared, helpdesk: str, found: Refusal) -> None:
    shared.put(_name(helpdesk), to_json(found), _KEPT)


def _name(helpdesk: str) -> str:
    return f"refused:{helpdesk}"
