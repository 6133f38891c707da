"""The ledger's schema, version by version (alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

REVISION = "0002"
"""The schema that this version of the program reads and writes."""

OLDER = ("0001",)
"""Schemas that `migrate` brings up to date, which changes no record."""


def migrate(connection: Connection) -> None:
    """Bring the database behind an open transaction to `REVISION`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, REVISION)
