"""The ledger's tables, on SQLite and on PostgreSQL alike.

`head` has one row, the only one that is ever updated. Records, checkpoints and anchors are append-only: triggers
refuse UPDATE and DELETE on both databases (see migrations/).
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

metadata = MetaData()

# SQLite only makes a column its rowid, which costs no second index, when it is spelled INTEGER.
_Size = BigInteger().with_variant(Integer, "sqlite")

head = Table(
    "head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_head"), primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("size", _Size, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("time", Text, nullable=False),
    Column("configuration", Text, nullable=True),
)

records = Table(
    "records",
    metadata,
    Column("seq", _Size, primary_key=True, autoincrement=False),
    Column("header", LargeBinary, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", _Size, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
)

objects = Table(
    "objects",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

# What vouches for a checkpoint from outside: made after it, so it cannot be a record under it.
anchors = Table(
    "anchors",
    metadata,
    Column("id", _Size, primary_key=True, autoincrement=True),
    Column("size", _Size, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("time", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

# Of alembic, which makes and keeps it.
version = Table("alembic_version", MetaData(), Column("version_num", Text, nullable=False))

APPEND_ONLY = ("records", "checkpoints", "anchors")
"""Tables on which UPDATE and DELETE are refused. On `objects` only UPDATE is: retention may drop bodies."""


class HeaderSubject(FunctionElement[str]):
    """The subject that a record's header states, spelled as the index on records has it."""

    type = Text()
    name = "header_subject"
    inherit_cache = True


@compiles(HeaderSubject, "sqlite")
def _subject_on_sqlite(element: HeaderSubject, compiler: SQLCompiler, **_: object) -> str:
    text = "CAST(records.header AS TEXT)"
    return f"CASE WHEN json_valid({text}) THEN json_extract({text}, '$.subject') END"


@compiles(HeaderSubject, "postgresql")
def _subject_on_postgresql(element: HeaderSubject, compiler: SQLCompiler, **_: object) -> str:
    return 'header_subject(records.header) COLLATE "C"'
