"""Knowledge has several sources, two collections, and facts about who may read what.

What an older version stored came from the help centre and was open to everybody.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the ledger to this revision."""
    for name, size, default in (("source", 16, "articles"), ("collection", 16, "public")):
        column = sa.Column(name, sa.String(size), nullable=False, server_default=default)
        op.add_column("articles", column)
    op.add_column("articles", sa.Column("facts", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("articles", sa.Column("live_at", sa.Float()))
    op.execute("UPDATE articles SET live_at = seen_at")
    # Built by an older version, one collection for each generation: the next sync makes all anew.
    op.add_column(
        "articles", sa.Column("indexed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    store = sa.Column("store", sa.Integer(), nullable=False, server_default="0")
    op.add_column("generations", store)
    op.add_column("examples", sa.Column("article_id", sa.String(64)))
    op.add_column("examples", sa.Column("cites", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "knowledge_sources",
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("how", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.Float(), nullable=False),
        sa.Column("whole_at", sa.Float()),
        sa.Column("told_at", sa.Float()),
        sa.PrimaryKeyConstraint("helpdesk", "source", name="pk_knowledge_sources"),
    )
    op.create_table(
        "knowledge_findings",
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("item", sa.String(400), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("found_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("helpdesk", "source", "item", "code", name="pk_knowledge_findings"),
    )
