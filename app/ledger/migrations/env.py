"""What Alembic runs for every upgrade; ``app.ledger.migrate`` hands the open connection in.

For a new revision, see ``new_revision`` there: no ``alembic.ini`` is needed.
"""

from __future__ import annotations

from alembic import context

from app.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most of a table in place: batch mode copies it instead.
    render_as_batch=True,
    compare_type=True,
)

# The transaction is the caller's: all revisions or none, with the lock held until the commit.
context.run_migrations()
