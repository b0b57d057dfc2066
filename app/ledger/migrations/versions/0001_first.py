"""The first shape of the ledger.

There is no way down from any revision: a ledger is an audit record, so going back means the
backup from before the upgrade.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the ledger to this revision."""
    _create_intake()
    _create_runs()
    _create_knowledge()
    _create_learning()


def _create_intake() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("delivery_key", sa.String(200), nullable=False),
        sa.Column("ticket_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("done_at", sa.Float()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("helpdesk", "delivery_key", name="uq_deliveries_helpdesk_delivery_key"),
    )
    op.create_index("ix_deliveries_state_due_at", "deliveries", ["state", "due_at"])
    op.create_table(
        "tickets",
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("ticket_id", sa.String(64), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.String(64)),
        sa.Column("seen_at", sa.Float()),
        sa.PrimaryKeyConstraint("helpdesk", "ticket_id", name="pk_tickets"),
    )
    op.create_table(
        "cursors",
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("stream", sa.String(16), nullable=False),
        sa.Column("cursor", sa.Text()),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("helpdesk", "stream", name="pk_cursors"),
    )


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("ticket_id", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("trigger", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("announced_at", sa.Float()),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text()),
        sa.Column("triage", sa.Text()),
        sa.Column("evidence", sa.Text()),
        sa.Column("decision", sa.Text()),
        sa.Column("revision", sa.String(120)),
        sa.Column("change", sa.Text()),
        sa.Column("receipt", sa.Text()),
        sa.Column("reasons", sa.Text()),
        sa.Column("timings", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint(
            "helpdesk",
            "ticket_id",
            "message_id",
            "trigger",
            name="uq_runs_helpdesk_ticket_id_message_id_trigger",
        ),
    )
    op.create_index("ix_runs_state_due_at", "runs", ["state", "due_at"])
    op.create_index("ix_runs_helpdesk_ticket_id", "runs", ["helpdesk", "ticket_id"])
    op.create_table(
        "receipts",
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("ticket_id", sa.String(64), nullable=False),
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("written_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_receipts_run_id"),
        sa.PrimaryKeyConstraint("helpdesk", "message_id", name="pk_receipts"),
    )
    op.create_index("ix_receipts_helpdesk_ticket_id", "receipts", ["helpdesk", "ticket_id"])


def _create_knowledge() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("article_id", sa.String(64), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("edited_at", sa.Float()),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("retired_at", sa.Float()),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
    )
    op.create_index("ix_articles_helpdesk_retired_at", "articles", ["helpdesk", "retired_at"])
    op.create_index("ix_articles_helpdesk_article_id", "articles", ["helpdesk", "article_id"])
    op.create_table(
        "passages",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("article_row", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_row"], ["articles.id"], name="fk_passages_article_row"),
        sa.PrimaryKeyConstraint("id", name="pk_passages"),
    )
    op.create_index("ix_passages_article_row", "passages", ["article_row"])
    op.create_table(
        "generations",
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("live_at", sa.Float()),
        sa.PrimaryKeyConstraint("helpdesk", "number", name="pk_generations"),
    )


def _create_learning() -> None:
    op.create_table(
        "signals",
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("kept_share", sa.Float(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_signals_run_id"),
        sa.PrimaryKeyConstraint("run_id", "message_id", name="pk_signals"),
    )
    op.create_table(
        "examples",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("ticket_id", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("indexed", sa.Boolean(), nullable=False),
        sa.Column("times_kept", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_examples"),
        sa.UniqueConstraint(
            "helpdesk",
            "ticket_id",
            "message_id",
            name="uq_examples_helpdesk_ticket_id_message_id",
        ),
    )
    op.create_index("ix_examples_helpdesk_indexed", "examples", ["helpdesk", "indexed"])
