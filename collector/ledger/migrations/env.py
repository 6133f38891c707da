"""Alembic's entry: it runs migrations on the connection that `migrate` hands over."""

from alembic import context

from collector.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
