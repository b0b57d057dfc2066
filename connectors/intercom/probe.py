"""What an Intercom set-up lacks: a few reads, each turned into a finding for the admin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from connectors.errors import HelpdeskError, NotFound
from connectors.intercom import answers, feed, recent, wire
from connectors.intercom.client import HOSTS, NEWEST, VENDOR, Client
from connectors.intercom.help_centre import public_articles
from connectors.intercom.messages import is_operator
from connectors.intercom.settings import IntercomConfig
from connectors.intercom.setup import attributes
from connectors.intercom.setup_plan import remedy_of
from connectors.probing import clock, looked, reads, secret_set
from connectors.setup import Expected, Finding

_PERMISSIONS = "(Developer Hub > your app > Authentication)"
MOST_PAGES = 40  # of the help centre: 2,000 articles


def findings(client: Client, config: IntercomConfig, expected: Expected) -> Iterator[Finding]:
    """Try everything; where the token is refused, that is the one finding."""
    me = _workspace(client, config)
    if isinstance(me, Finding):
        yield me
        return
    yield _account(client, config, me)
    yield _app_id(config, me)
    yield _teammate(client, config.admin_id)
    yield from _rights(client)
    yield from recent.findings(client, config.admin_id, expected)
    yield _help_centre(client)
    yield from _for_agents(client)
    if expected.groups:
        yield _groups(client, expected.groups)
    if _named(config):
        yield _attributes(client, config)
    yield secret_set(
        "intercom client secret",
        "client secret",
        bool(config.secrets),
        "Copy it from the Developer Hub > your app > Basic information into "
        "INTERCOM_CLIENT_SECRET.",
    )
    yield _limit(client)
    yield clock("intercom clock", VENDOR, client.skew)


def _workspace(client: Client, config: IntercomConfig) -> answers.Admin | Finding:
    try:
        return wire.read(answers.Admin, client.get("me"))
    except HelpdeskError as error:
        message = f"{error} (API {config.version} at {client.base_url})"
        return Finding("intercom workspace", ok=False, message=message, remedy=remedy_of(error))


def _account(client: Client, config: IntercomConfig, me: answers.Admin) -> Finding:
    """Tell which workspace the token is for, and whether address and workspace fit it."""
    check, app = "intercom workspace", me.app or answers.App()
    region = (app.region or "").upper()
    name, code = app.name or "?", app.id_code or "?"
    message = f"Workspace {name} ({code}, {region or '?'}), API {config.version}."
    if config.app_id and app.id_code and config.app_id != app.id_code:
        remedy = f"Set INTERCOM_APP_ID to {app.id_code}: every webhook is refused as it is."
        return Finding(check, ok=False, message=message, remedy=remedy)
    host = next((url for url, place in HOSTS.items() if place == region), None)
    if host and client.base_url in HOSTS and client.base_url != host:
        remedy = f"Set INTERCOM_URL to {host}, where this workspace is kept."
        return Finding(check, ok=False, message=message, remedy=remedy)
    return Finding(check, ok=True, message=message)


def _app_id(config: IntercomConfig, me: answers.Admin) -> Finding:
    """Tell whether webhooks of other workspaces that have the app are refused."""
    check, code = "intercom app id", me.app.id_code if me.app else None
    if config.app_id:
        return Finding(check, ok=True, message="Webhooks of other workspaces are refused.")
    message = "Webhooks of any workspace that has the app are taken."
    remedy = f"Set INTERCOM_APP_ID to {code}." if code else "Set INTERCOM_APP_ID."
    return Finding(check, ok=True, message=message, remedy=remedy)


def _teammate(client: Client, admin_id: str) -> Finding:
    """Tell from whom notes and replies will come, and whether mails of theirs are sent."""
    check = "intercom teammate"
    remedy = "Set INTERCOM_ADMIN_ID to the number of a teammate with an inbox seat."
    try:
        admin = wire.read(answers.Admin, client.get(f"admins/{admin_id}"))
    except NotFound:
        message = f"The workspace has no teammate {admin_id}."
        return Finding(check, ok=False, message=message, remedy=remedy)
    except HelpdeskError as error:
        remedy = f"Let the app read admins {_PERMISSIONS}."
        return Finding(check, ok=False, message=str(error), remedy=remedy)
    who = f"The bot writes as {admin.name or admin_id}."
    if admin.type not in (None, "admin") or is_operator(admin.email):
        # Stored as a comment of a bot, it is never sent: Intercom's description of replies.
        who += " That is Intercom's own bot: what it replies to a mail is not sent to the customer."
        return Finding(check, ok=False, message=who, remedy=remedy)
    if admin.has_inbox_seat is False:
        who += " That teammate has no inbox seat."
        return Finding(check, ok=False, message=who, remedy=remedy)
    return Finding(check, ok=True, message=who)


def _rights(client: Client) -> Iterator[Finding]:
    """Try what can be tried without writing; Write permissions show when something is written."""
    for kind, what, remedy in (
        (
            "conversations",
            "change feed",
            "Let the app read conversations; until then nothing can be answered, a lost webhook is "
            "not noticed and nothing is learned from what agents send",
        ),
        ("tickets", "tickets", "If your team uses tickets, let the app read and write them"),
    ):
        yield reads(
            f"intercom {what}",
            partial(_search, client, kind),
            f"Changed {kind} can be searched.",
            f"{remedy} {_PERMISSIONS}.",
        )
    for path, remedy in (
        ("tags", "Let the app read and write tags; until then the bot tags nothing"),
        ("teams", "Let the app read admins; until then nothing is handed over to a team"),
    ):
        yield reads(
            f"intercom {path}",
            partial(client.get, path),
            f"The {path} can be read.",
            f"{remedy} {_PERMISSIONS}.",
        )


def _search(client: Client, kind: str) -> object:
    start = int((client.now() - timedelta(minutes=2)).timestamp())
    asked = feed.query("updated_at", start, None, 1)
    return wire.read(answers.Found, client.post(f"{kind}/search", asked))


def _help_centre(client: Client) -> Finding:
    """Tell whether articles can be read, and how many of them anybody may read."""
    check = "intercom help centre"
    try:
        count, silent, whole = public_articles(client, MOST_PAGES)
    except HelpdeskError as error:
        remedy = f"Let the app read and list articles {_PERMISSIONS}; until then answers come from "
        return Finding(check, ok=False, message=str(error), remedy=f"{remedy}other sources only.")
    number = f"{count}" if whole else f"more than {count}"
    message = f"The help centre can be read: {number} public articles."
    remedy = "" if count else "Publish articles, or answers come from other sources only."
    if silent:
        message += f" {silent} more do not say who may read them, and answer nobody."
        remedy = "Choose an audience for them in the Help Center, Everyone for example."
    return Finding(check, ok=True, message=message, remedy=remedy)


def _for_agents(client: Client) -> Iterator[Finding]:
    """Tell whether internal articles and macros can be read; all else works without them."""
    for path, what, remedy in (
        ("internal_articles", "internal articles", "Let the app read and list articles"),
        ("macros", "macros", "Let the app read conversations"),
    ):
        check = f"intercom {what}"
        good = Finding(check, ok=True, message=f"The {what} can be read.")

        def look(path: str = path, good: Finding = good) -> Finding:
            client.get(path, version=NEWEST)
            return good

        yield looked(check, look, f"{remedy} {_PERMISSIONS}; without, all else works.", ok=True)


def _groups(client: Client, names: frozenset[str]) -> Finding:
    """Tell whether the teams that rules hand tickets over to are there."""
    check = "intercom teams of your rules"
    try:
        missing = sorted(name for name in names if client.team_id(name) is None)
    except HelpdeskError as error:
        remedy = f"Let the app read admins {_PERMISSIONS}."
        return Finding(check, ok=False, message=str(error), remedy=remedy)
    if not missing:
        return Finding(check, ok=True, message="All of them are there.")
    message = f"The workspace has no team called {', '.join(missing)}."
    remedy = "Make it in Settings > Teams, or write its name in your rules as it stands there."
    return Finding(check, ok=False, message=message, remedy=remedy)


def _named(config: IntercomConfig) -> dict[str, str]:
    """List the attributes that settings name, each with its variable."""
    named = dict.fromkeys(config.shown_fields, "INTERCOM_TICKET_FIELDS")
    single = {"INTERCOM_PLAN_FIELD": config.plan_field, "INTERCOM_PAGE_FIELD": config.page_field}
    return {**named, **{name: variable for variable, name in single.items() if name}}


def _attributes(client: Client, config: IntercomConfig) -> Finding:
    """Tell whether the attributes that settings name are there."""
    check = "intercom attributes of your settings"
    try:
        known = {
            name
            for one in attributes(client, "contact", "company", "conversation")
            for name in one.names
        }
        known |= _of_tickets(client)
    except HelpdeskError as error:
        remedy = f"Let the app read users and companies {_PERMISSIONS}, or compare the names."
        return Finding(check, ok=False, message=str(error), remedy=remedy)
    missing = [
        f"{name} ({variable})"
        for name, variable in _named(config).items()
        if name.casefold() not in known
    ]
    if not missing:
        return Finding(check, ok=True, message="All of them are there.")
    message = f"The workspace has no attribute called {', '.join(missing)}."
    remedy = (
        "Write its name as it stands in Settings > Data, or make it: understudy setup intercom can."
    )
    return Finding(check, ok=False, message=message, remedy=remedy)


def _of_tickets(client: Client) -> set[str]:
    try:
        types = wire.read(answers.TicketTypes, client.get("ticket_types")).data or ()
    except HelpdeskError:  # a plan without tickets, or not our right
        return set()
    return {name for kind in types for one in kind.attributes for name in one.names}


def _limit(client: Client) -> Finding:
    """Tell how many calls there are, as the last answer told it."""
    check = "intercom rate limit"
    if client.limit is None:
        return Finding(check, ok=True, message=f"{VENDOR} tells no rate limit.")
    total, left = client.limit
    share = f"{client.config.headroom:.0%}"
    message = f"{total} calls in ten seconds, {left} of them left; {share} are left to others."
    return Finding(check, ok=True, message=message)
