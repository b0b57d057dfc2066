"""Tell messages that name a trouble from those that only say there is one."""

from __future__ import annotations

import re

# English; elsewhere nothing is called vague, and such a message gets silence instead.
_TROUBLE = re.compile(
    r"(?:does|do|is|wo|ca|did)n'?t|not|work(?:s|ing)?|broken|problems?|issues?|errors?|bug|help|"
    r"stuck|fail(?:s|ed|ing|ure)?|wrong|trouble|stopped|crash(?:es|ed)?"
)
_EMPTY = re.compile(
    r"hi|hello|hey|dear|there|team|please|pl[sz]|thanks?|thx|you|u|i(?:'?m|'ve)?|am|we|me|my|it(?:'?s)?|this|"
    r"that|the|an?|is|are|was|be|been|does|do|did|to|of|for|with|on|in|at|and|but|so|still|again|"
    r"any(?:more|one|thing)?|some(?:one|body|thing)?|nothing|every(?:thing)?|all|can|could|would|"
    r"will|ha(?:ve|s|d|ving)|got|get(?:s|ting)?|keeps?|just|really|very|now|today|suddenly|what|"
    r"why|how|when|urgent|asap|needs?|want|since|here|fix|your|apps?|(?:web)?site|page|product|"
    r"system|service|software|things?"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")  # noqa: RUF001


def asks_nothing_specific(question: str) -> bool:
    """Tell whether a message says that something is wrong but not what ("it doesn't work")."""
    words = [word.replace("’", "'") for word in _WORD.findall(question.casefold())]  # noqa: RUF001
    if len(words) > 20 or re.search(r"\d", question):
        return False
    named = [word for word in words if not _TROUBLE.fullmatch(word) and not _EMPTY.fullmatch(word)]
    return not named and any(_TROUBLE.fullmatch(word) for word in words)
