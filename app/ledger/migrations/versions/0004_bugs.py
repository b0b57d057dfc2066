"""Attempts that failed through a fault of our own are counted apart from those of others.

What an older version counted says nothing of whose fault it was: it begins at none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the ledger to this revision."""
    for table in ("deliveries", "runs"):
        op.add_column(table, sa.Column("bugs", sa.Integer(), nullable=False, server_default="0"))
