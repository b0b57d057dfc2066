"""A run remembers whether an attempt to write may have taken effect.

Until now every second attempt was taken for such a one. A ledger from before keeps that: what was
being written when it was upgraded counts as unsure.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the ledger to this revision."""
    op.add_column(
        "runs", sa.Column("unsure", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE runs SET unsure = (1 = 1) WHERE state = 'applying'")
