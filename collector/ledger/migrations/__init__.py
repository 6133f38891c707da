"""The ledger's schema, version by version (alembic)."""

from pathlib import Path

from sqlalchemy import Connection

REVISION = "0002"
"""The schema that this version of the program reads and writes."""

OLDER = ("0001",)
"""Schemas that `migrate` brings up to date, which changes no record."""


def migrate(connection: Connection) -> None:
    """Bring the database behind an open transaction to `REVISION`."""
    # Every command opens a ledger and hardly any migrates one: this would be a fifth of the time it takes to start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, REVISION)
