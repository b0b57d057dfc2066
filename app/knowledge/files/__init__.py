"""Files of the team as knowledge: folders and globs of Markdown, HTML, text, PDF and Word.

``places`` finds them, ``readers`` read one each, in a child process (``isolated``) that can neither
hang nor eat up the machine, ``remembered`` spares those that did not change, and ``describe`` turns
what was read into documents.
"""

from __future__ import annotations

from app.knowledge.files.records import LIMITS, Limits
from app.knowledge.files.remembered import remembering
from app.knowledge.files.source import listing

__all__ = ["LIMITS", "Limits", "listing", "remembering"]
