"""The ledger: head, records, checkpoints, objects, and the triggers that keep them append-only.

Records are indexed by subject, which the database itself takes from the header, so the index cannot say another thing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SIZE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_REFUSED = (
    ("records", ("UPDATE", "DELETE")),
    ("checkpoints", ("UPDATE", "DELETE")),
    ("objects", ("UPDATE",)),
)


def upgrade() -> None:
    """Create the tables and their triggers."""
    op.create_table(
        "head",
        sa.Column(
            "id",
            sa.Integer,
            sa.CheckConstraint("id = 1", name="one_head"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("size", _SIZE, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("configuration", sa.Text, nullable=True),
    )
    op.create_table(
        "records",
        sa.Column("seq", _SIZE, primary_key=True, autoincrement=False),
        sa.Column("header", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", _SIZE, primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "objects",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        _refuse_on_postgresql()
        _index_on_postgresql()
    else:
        _refuse_on_sqlite()
        _index_on_sqlite()


def _index_on_sqlite() -> None:
    """Index what `collector.ledger.schema.HeaderSubject` spells."""
    op.execute(
        "CREATE INDEX records_subject ON records (CASE WHEN json_valid(CAST(header AS TEXT)) "
        "THEN json_extract(CAST(header AS TEXT), '$.subject') END)"
    )


def _index_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION header_subject(header bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE AS "
        "$$ BEGIN RETURN convert_from(header, 'UTF8')::json->>'subject'; "
        # A header that is no JSON is for verification to report; here it has no subject.
        "EXCEPTION WHEN others THEN RETURN NULL; END $$"
    )
    op.execute('CREATE INDEX records_subject ON records (header_subject(header) COLLATE "C", seq)')


def _refuse_on_sqlite() -> None:
    for table, verbs in _REFUSED:
        for verb in verbs:
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are append-only: {verb} refused'); END"
            )


def _refuse_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% are append-only: % refused', TG_TABLE_NAME, TG_OP; END $$"
    )
    for table, verbs in _REFUSED:
        # TRUNCATE deletes without firing DELETE triggers, and exists on PostgreSQL only.
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE {' OR '.join((*verbs, 'TRUNCATE'))} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
