"""Zendesk's placeholders, which it replaces by data of the ticket in what agents write. Pure.

Such as ``{{ticket.requester.email}}`` and ``{{dc.footer}}`` (support.zendesk.com 4408886858138).
What a customer wrote, and we quote, must not become one: an unseen character between the braces
makes it none. Whether comments that come through the API are filled in, too, is told nowhere.
"""

from __future__ import annotations

import re

_UNSEEN = "\u2060"  # word joiner: nothing is seen, and nothing is broken there
_OPENS = re.compile(r"\{(?=[{%])")
_BROKEN = re.compile(rf"\{{{_UNSEEN}(?=[{{%])")


def broken(html: str) -> str:
    """Make sure that nothing in a text is replaced when Zendesk shows it."""
    return _OPENS.sub("{" + _UNSEEN, html)


def whole(text: str) -> str:
    """Read a text as it was before ``broken``, whoever copied it since."""
    return _BROKEN.sub("{", text)
