"""Whether events reach us: the webhook, what it is told of, its secret, and its last deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from connectors.errors import HelpdeskError
from connectors.probing import looked
from connectors.setup import Finding
from connectors.signing import is_secret
from connectors.zendesk import admin
from connectors.zendesk import setup_plan as plan
from connectors.zendesk.client import Client
from connectors.zendesk.probe_user import Look

_WEBHOOK, _SECRET, _SENT = "zendesk webhook", "zendesk webhook's secret", "zendesk deliveries"
_ARTICLES = "zendesk article events"
_SET_UP = "Run understudy setup zendesk --save, or follow the README's section By hand."
_LATEST = 20  # deliveries that count
_AT_MOST = 3  # webhooks that lead to us and are looked at
# What Zendesk got for an answer, and what to do about it.
_ANSWERS = {
    401: "The secret is not the webhook's: copy it anew into ZENDESK_WEBHOOK_SECRET, and restart.",
    403: "Something before us refuses: a firewall, or a proxy's own password.",
    404: "The endpoint's path is not ours: it must end in /webhooks/ and the account's name.",
    409: "We could not store it: look into our log for the database.",
    413: "A proxy before us refuses large requests: allow some megabytes.",
    429: "A proxy before us limits requests: let Zendesk through.",
}
_UNREACHED = "Check that PUBLIC_URL can be reached from the internet, with a valid certificate."
_BROKEN = "Look into our log. Zendesk tries few failed deliveries again; the sweep finds the rest."


def arrival(look: Look) -> Iterator[Finding]:
    """Tell whether a webhook leads to us, and what became of what it sent."""
    url = look.expected.webhook_url
    if not url:
        message = "Where webhooks are to arrive is not set, so none was looked for."
        yield Finding(_WEBHOOK, ok=True, message=message, remedy="Set PUBLIC_URL.")
        return
    try:
        listed = admin.webhooks(look.client)
    except HelpdeskError as error:
        yield Finding(
            _WEBHOOK,
            ok=True,
            message=f"Webhooks cannot be looked at: {error}",
            remedy=f"Only admins see them. Look yourself whether an active one leads to {url}.",
        )
        return
    leading = [hook for hook in listed if hook.endpoint == url]
    active = [hook for hook in leading if hook.active][:_AT_MOST]
    # One that is told of articles alone says nothing about the one for tickets.
    hooks = [hook for hook in leading if hook.name != plan.ARTICLES_NAME]
    for_tickets = [hook for hook in active if hook in hooks]
    yield looked(_WEBHOOK, lambda: webhook(look.client, url, hooks, for_tickets), _SET_UP)
    if active:
        yield articles(active)
        yield looked(_SECRET, lambda: secret(look, active), _SET_UP, ok=True)
        yield looked(_SENT, lambda: deliveries(look.client, active), _SET_UP, ok=True)


def webhook(
    client: Client, url: str, hooks: Sequence[admin.Webhook], active: Sequence[admin.Webhook]
) -> Finding:
    """Tell whether an active webhook leads to us, and hears of all that it should."""
    if not active:
        told = f"The webhook for {url} is not active." if hooks else f"No webhook leads to {url}."
        return Finding(_WEBHOOK, ok=False, message=told, remedy=_SET_UP)
    best = min(active, key=lambda hook: (hook.called_by_triggers, len(plan.lacking(hook))))
    if best.called_by_triggers:
        return _triggers(client, best)
    named = f"The webhook {best.name or best.id} leads to us"
    missing = plan.lacking(best)
    if missing:
        events = ", ".join(plan.label(event) for event in missing)
        message = f"{named}, but is not told of: {events}."
        return Finding(_WEBHOOK, ok=False, message=message, remedy=_SET_UP)
    wished = ", ".join(plan.label(event) for event in plan.lacking(best, plan.TICKETS))
    remedy = f"Add these events to it: {wished}; until then the sweep notices." if wished else ""
    return Finding(_WEBHOOK, ok=True, message=f"{named} and is active.", remedy=remedy)


def articles(hooks: Sequence[admin.Webhook]) -> Finding:
    """Tell whether we are told of articles; what changed is found without, but later. Pure."""
    if plan.hears_of_articles(hooks):
        return Finding(_ARTICLES, ok=True, message="We are told which articles are published.")
    message = "We are not told of articles; changed ones are found by the sweep."
    remedy = (
        "If you have a help centre, run understudy setup zendesk --save: it adds a webhook for the "
        "article events Published and Unpublished."
    )
    return Finding(_ARTICLES, ok=True, message=message, remedy=remedy)


def _triggers(client: Client, hook: admin.Webhook) -> Finding:
    calling = [
        rule.title
        for rule in admin.triggers(client)
        if rule.active and rule.call_of(hook.id) is not None
    ]
    if not calling:
        message = f"The webhook {hook.name or hook.id} leads to us, but no trigger calls it."
        return Finding(_WEBHOOK, ok=False, message=message, remedy=_SET_UP)
    message = f"The webhook leads to us; {len(calling)} triggers call it."
    remedy = (
        "A webhook for ticket events would also tell of deletions, merges and redactions, "
        "which the sweep notices later."
    )
    return Finding(_WEBHOOK, ok=True, message=message, remedy=remedy)


def secret(look: Look, hooks: Sequence[admin.Webhook]) -> Finding:
    """Tell whether we can verify what is sent: each webhook has a secret of its own."""
    strange = [
        hook.name or hook.id
        for hook in hooks
        if not is_secret(admin.signing_secret(look.client, hook.id), look.secrets)
    ]
    if not strange:
        return Finding(_SECRET, ok=True, message="It is the one in ZENDESK_WEBHOOK_SECRET.")
    message = f"ZENDESK_WEBHOOK_SECRET has not the secret of: {', '.join(strange)}."
    remedy = "Run understudy setup zendesk --save, or press Reveal secret on the webhook's page."
    return Finding(_SECRET, ok=False, message=message, remedy=remedy)


def deliveries(client: Client, hooks: Sequence[admin.Webhook]) -> Finding:
    """Tell what became of the last deliveries; the newest trouble says what to do."""
    sent = [each for hook in hooks for each in admin.invocations(client, hook.id, 100)]
    sent.sort(key=lambda each: each.latest_completed_at or "", reverse=True)
    done = [each for each in sent if each.latest_completed_at][:_LATEST]
    if not done:
        message = "Nothing was sent in the last seven days."
        remedy = "Nothing to do if no ticket came in. Else open a ticket and look again."
        return Finding(_SENT, ok=True, message=message, remedy=remedy)
    failed = Counter(each.trouble for each in done if each.trouble)
    if not failed:
        return Finding(_SENT, ok=True, message=f"The last {len(done)} deliveries arrived.")
    counts = ", ".join(f"{count} times {what}" for what, count in failed.most_common())
    latest = next(each for each in done if each.trouble)
    message = f"Of the last {len(done)} deliveries {sum(failed.values())} failed: {counts}."
    # One slip among many is what the sweep is for; the newest one failing is how things stand.
    lasting = bool(done[0].trouble) or sum(failed.values()) * 5 > len(done)
    return Finding(_SENT, ok=not lasting, message=message, remedy=_advice(latest))


def _advice(sent: admin.Invocation) -> str:
    word = (sent.status or "").casefold()
    if "circuit" in word:
        return (
            "Zendesk has stopped sending for a while, since too much failed. "
            f"{_ANSWERS.get(sent.status_code or 0, _UNREACHED)}"
        )
    if sent.status_code is None:
        return _UNREACHED
    return _ANSWERS.get(sent.status_code, _BROKEN)
