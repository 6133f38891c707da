"""Anchors: timestamps, cosignatures and copies of checkpoints, append-only like what they vouch for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SIZE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the table and its triggers."""
    op.create_table(
        "anchors",
        sa.Column("id", _SIZE, primary_key=True, autoincrement=True),
        sa.Column("size", _SIZE, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        # The function is that of 0001.
        op.execute(
            "CREATE TRIGGER anchors_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON anchors "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER anchors_no_{verb.lower()} BEFORE {verb} ON anchors "
            f"BEGIN SELECT RAISE(ABORT, 'anchors are append-only: {verb} refused'); END"
        )
