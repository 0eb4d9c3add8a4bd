"""Run by Alembic. `voicebot.store.migrate` gives it a connection; a developer's `alembic -x url=…` a URL."""

from alembic import context
from sqlalchemy import Connection, create_engine

from voicebot.store import (  # noqa: F401 - the models fill the metadata
    calendar_days,
    case_models,
    desk_models,
    duty_models,
    models,
    tallies,
)
from voicebot.store.columns import Base


def run(connection: Connection) -> None:
    """Run the migrations in the transaction the connection is in."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=True,
        transactional_ddl=True,
        user_module_prefix="columns.",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(context.get_x_argument(as_dictionary=True)["url"]).begin() as own:
        run(own)
