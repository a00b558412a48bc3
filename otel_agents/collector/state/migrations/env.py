"""Runs migrations on the connection, and in the transaction, of whoever called Alembic."""

from __future__ import annotations

from alembic import context

from otel_agents.collector.state.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes tables by making them anew
)
context.run_migrations()
