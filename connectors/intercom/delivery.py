"""Whether a reply will reach the customer, by the channel alone. Pure.

Intercom stores some replies without sending them, and says so nowhere in its answer: what a bot
replies to a mail (developers.intercom.com, reply to a conversation). Whether a channel delivers
what an app writes in a teammate's name has to be seen once by a person.
"""

from __future__ import annotations

from connectors.types import Ticket

_SURE = frozenset({"chat", "web"})  # the Messenger shows what stands in the conversation
_NAMES = {
    "email": "mail",
    "whatsapp": "WhatsApp",
    "sms": "SMS",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "messaging": "Instagram",
    "twitter": "X (Twitter)",
    "phone_call": "phone",
    "phone_switch": "phone",
}


def delivery_doubt(ticket: Ticket) -> str:
    """Say why a reply may not reach the customer; "" for the Messenger."""
    if ticket.channel in _SURE:
        return ""
    if ticket.channel == "email":
        return (
            "Intercom stores replies of bots to mails without sending them, and whether it sends "
            "this bot's has to be seen once, in a mailbox of your own"
        )
    named = _NAMES.get(ticket.channel) or ticket.channel or "an unnamed channel"
    return (
        f"this came in by {named}, and Intercom does not say whether it passes on there what an "
        "app writes: that has to be seen once, with a message of your own"
    )
