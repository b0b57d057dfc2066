"""The ledger's tables. A change here needs a migration beside it.

Times are seconds since the epoch (float, UTC): SQLite has no time type and sorts text by luck.
Records are JSON text, written by ``app.as_json``.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

# Names for constraints, so that migrations can address them on every database.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A webhook that was verified, before its 2xx; the row is what makes the 2xx honest.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("helpdesk", String(48), nullable=False),
    Column("delivery_key", String(200), nullable=False),
    Column("ticket_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),  # received | done | quarantined | failed
    Column("received_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),  # not before; moves on when an attempt fails
    Column("done_at", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("body", LargeBinary),
    Column("bugs", Integer, nullable=False, server_default="0"),  # attempts that we failed
    UniqueConstraint("helpdesk", "delivery_key"),
    Index(None, "state", "due_at"),
)

# One row a ticket: its lock, and the count that caps the bot's replies.
tickets = Table(
    "tickets",
    metadata,
    Column("helpdesk", String(48), primary_key=True),
    Column("ticket_id", String(64), primary_key=True),
    Column("lease_until", Float, nullable=False, default=0.0),
    Column("fence", Integer, nullable=False, default=0),
    Column("requester_id", String(64)),
    Column("seen_at", Float),  # the ticket's own time of change when we last read it
)

# One look at one customer message, end to end: the audit record.
runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("helpdesk", String(48), nullable=False),
    Column("ticket_id", String(64), nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("outcome", String(16)),
    Column("due_at", Float, nullable=False),  # end of the quiet period
    Column("announced_at", Float),  # when the webhook (or sweep) told us
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("question", Text),
    Column("triage", Text),
    Column("evidence", Text),  # the hits, as found
    Column("decision", Text),
    Column("revision", String(120)),  # of the ticket that the decision was made on
    Column("change", Text),
    Column("receipt", Text),
    Column("reasons", Text),
    Column("timings", Text),  # milliseconds by step
    Column("error", Text),
    # Whether an attempt to write may have taken effect.
    Column("unsure", Boolean, nullable=False, server_default=false()),
    # Attempts that failed through a fault of our own, deaths of a worker among them.
    Column("bugs", Integer, nullable=False, server_default="0"),
    UniqueConstraint("helpdesk", "ticket_id", "message_id", "trigger"),
    Index(None, "state", "due_at"),
    Index(None, "helpdesk", "ticket_id"),
)

# Remote ids of what we wrote: with the marks, the rule whose message is whose.
receipts = Table(
    "receipts",
    metadata,
    Column("helpdesk", String(48), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("ticket_id", String(64), nullable=False),
    Column("run_id", String(32), ForeignKey("runs.id"), nullable=False),
    Column("kind", String(16), nullable=False),  # note | reply
    Column("written_at", Float, nullable=False),
    Index(None, "helpdesk", "ticket_id"),
)

# Where a listing stands, saved in one transaction with what it produced.
cursors = Table(
    "cursors",
    metadata,
    Column("helpdesk", String(48), primary_key=True),
    Column("stream", String(16), primary_key=True),  # tickets
    Column("cursor", Text),
    Column("updated_at", Float, nullable=False),
)

# Every version of every article that was ever searchable, and those that a sync prepares. What is
# searchable has ``retired_at`` null.
articles = Table(
    "articles",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("helpdesk", String(48), nullable=False),
    Column("article_id", String(64), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("edited_at", Float),
    Column("seen_at", Float, nullable=False),  # when a listing had this version first
    Column("retired_at", Float),
    Column("source", String(16), nullable=False, server_default="articles"),  # or canned, files
    Column("collection", String(16), nullable=False, server_default="public"),  # or internal
    Column("facts", Text, nullable=False, server_default="{}"),  # who may read it, what it is about
    Column("live_at", Float),  # when it became searchable; null: prepared by a sync, never shown
    Column("indexed", Boolean, nullable=False, server_default=false()),  # has vectors in Chroma
    Index(None, "helpdesk", "retired_at"),
    Index(None, "helpdesk", "article_id"),
)

# The pieces of an article version. Kept as long as a run may cite them.
passages = Table(
    "passages",
    metadata,
    Column("id", String(40), primary_key=True),  # hash of article version and position
    Column("article_row", Integer, ForeignKey("articles.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("heading", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index(None, "article_row"),
)

# The pointer by which vectors and the lexical index switch together.
generations = Table(
    "generations",
    metadata,
    Column("helpdesk", String(48), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(16), nullable=False),  # building | live | retired
    Column("articles", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("live_at", Float),
    # Number of the generation whose vectors it shares; its own after a rebuild.
    Column("store", Integer, nullable=False, server_default="0"),
)

# Where knowledge comes from, and when it was last heard of.
knowledge_sources = Table(
    "knowledge_sources",
    metadata,
    Column("helpdesk", String(48), primary_key=True),
    Column("source", String(16), primary_key=True),  # articles | canned | files
    Column("how", String(16), nullable=False),  # webhook | changes | crawl | files
    Column("state", String(16), nullable=False),  # ok | failed
    Column("error", Text, nullable=False),  # why the last listing broke off
    Column("checked_at", Float, nullable=False),  # the last try
    Column("whole_at", Float),  # when all of it was last read, to the end
    Column("told_at", Float),  # until when its changes are known, and searchable
)

# What an admin should know of single pages of a source.
knowledge_findings = Table(
    "knowledge_findings",
    metadata,
    Column("helpdesk", String(48), primary_key=True),
    Column("source", String(16), primary_key=True),
    Column("item", String(400), primary_key=True),  # an article's id, a file's path
    Column("code", String(32), primary_key=True),
    Column("text", Text, nullable=False),
    Column("found_at", Float, nullable=False),
)

# What an agent did with what we wrote.
signals = Table(
    "signals",
    metadata,
    Column("run_id", String(32), ForeignKey("runs.id"), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("agent", Text, nullable=False),
    Column("kept_share", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("score", Float),  # of a rating, from 0 (worst) to 1 (best)
)

# Questions with the answers that agents stood behind.
examples = Table(
    "examples",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("helpdesk", String(48), nullable=False),
    Column("ticket_id", String(64), nullable=False),
    Column("message_id", String(64), nullable=False),  # the agent's reply
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("state", String(16), nullable=False),  # candidate | retired
    Column("indexed", Boolean, nullable=False, default=False),
    Column("times_kept", Integer, nullable=False, default=0),
    Column("created_at", Float, nullable=False),
    Column("article_id", String(64), nullable=True),  # the article that answers the question
    Column("cites", Text, nullable=False, server_default="[]"),  # articles that it may quote
    UniqueConstraint("helpdesk", "ticket_id", "message_id"),
    Index(None, "helpdesk", "indexed"),
)

# Channels on which a reply of ours was seen to reach a customer, though there was doubt.
verified_channels = Table(
    "verified_channels",
    metadata,
    Column("helpdesk", String(48), primary_key=True),
    Column("channel", String(48), primary_key=True),
    Column("ticket_id", String(64), nullable=False),
    Column("verified_at", Float, nullable=False),
)

# What the helpdesk's figures were on a day: what later ones are compared with.
baselines = Table(
    "baselines",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("helpdesk", String(48), nullable=False),
    Column("taken_at", Float, nullable=False),
    Column("since", Float, nullable=False),
    Column("figures", Text, nullable=False),
    Index(None, "helpdesk", "taken_at"),
)
