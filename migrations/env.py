"""Alembic's entry: runs on the connection that `ledger.core.migrate` hands over."""

from alembic import context

from ledger.core.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    transactional_ddl=True,  # SQLite can; Alembic assumes that it cannot.
)
with context.begin_transaction():
    context.run_migrations()
