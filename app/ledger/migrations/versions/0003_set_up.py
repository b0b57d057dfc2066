"""What setting up learns: channels on which delivery was verified, baselines; ratings' scores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the ledger to this revision."""
    op.add_column("signals", sa.Column("score", sa.Float()))
    op.create_table(
        "verified_channels",
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("channel", sa.String(48), nullable=False),
        sa.Column("ticket_id", sa.String(64), nullable=False),
        sa.Column("verified_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("helpdesk", "channel", name="pk_verified_channels"),
    )
    op.create_table(
        "baselines",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("helpdesk", sa.String(48), nullable=False),
        sa.Column("taken_at", sa.Float(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_baselines"),
    )
    op.create_index("ix_baselines_helpdesk_taken_at", "baselines", ["helpdesk", "taken_at"])
