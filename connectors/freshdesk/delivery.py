"""Whether a reply of ours is known to reach the customer, without effects.

``POST /tickets/{id}/reply`` is e-mail: its parameters are senders and addressees (the API page).
It answers 201 on tickets of every channel, and nothing in its answer tells whether somebody has
got it. For calls, forums, social media and chats no source says that it goes out there: so there
is a doubt, and no proof of the contrary.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.freshdesk import codes
from connectors.types import Ticket

# What is answered by e-mail: mails, the portal's form, and the feedback widget's.
BY_MAIL = frozenset({codes.CHANNELS[1], codes.CHANNELS[2], codes.CHANNELS[9]})
_WHY: Mapping[str, str] = {
    codes.CHANNELS[3]: "the customer called, and nobody knows whether they read their mail",
    codes.CHANNELS[codes.WEB_CHAT]: "Freshdesk's API is not known to pass a reply on into a chat",
    codes.CHANNELS[14]: "it is an internal task of a chat: there is no customer to answer",
    "": "Freshdesk does not say how the customer wrote in",
}


def doubt(ticket: Ticket) -> str:
    """Say in a sentence why a reply may not reach this ticket's customer; "" where it will."""
    if ticket.channel not in BY_MAIL:
        unknown = f"Freshdesk's API is not known to pass a reply on to {ticket.channel}"
        return f"The reply may not arrive: {_WHY.get(ticket.channel, unknown)}."
    if not ticket.requester.email:
        return "The reply may not arrive: Freshdesk knows no e-mail address of the customer."
    return ""
