"""Where Alembic enters: it migrates on the connection, and in the transaction, that it is handed."""

from alembic import context

from study.store.migrate import VERSION_TABLE
from study.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
