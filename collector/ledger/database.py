"""Opening the ledger's database: SQLite for one host, PostgreSQL for more, behind one engine."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Select,
    Table,
    create_engine,
    event,
    insert,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from collector.model.errors import ConfigurationError, LedgerBusyError, LedgerError

BUSY_SECONDS = 60
"""How long a writer waits for another one before it gives up."""
IDLE_WRITER_SECONDS = 10
"""How long PostgreSQL waits for the next word of a writer before it ends its session, and so undoes its append."""
NOTICES_A_DEAD_PEER: Mapping[str, int] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""libpq's parameters with which a connection whose network was cut fails, where it would hang for hours."""


def connect(database: str, *, create: bool = False, durable: bool = True) -> Engine:
    """Open the database behind a SQLAlchemy URL; an SQLite file is only made with `create`.

    Without `durable`, an SQLite file is written without waiting for the disk, and one connection is kept open. That is
    for what can be made again, such as a demo: what was acknowledged may be lost with the machine's power.

    Raises:
        ConfigurationError: the URL is of another kind, its driver is not installed, or no file is there.

    """
    try:
        url = make_url(database)
    except ArgumentError:
        raise ConfigurationError("the database is not a SQLAlchemy URL", "for example sqlite:///ledger.db") from None
    if url.drivername == "sqlite":
        return _sqlite(Path(url.database or ""), create=create, durable=durable)
    if url.drivername == "postgresql+psycopg":
        try:
            # No pool: a connection for each transaction costs milliseconds, and a database that was restarted
            # or failed over is simply connected to again.
            # With "format", rows are tuples, as they are to SQLite.
            return create_engine(url, poolclass=NullPool, paramstyle="format", connect_args=dict(NOTICES_A_DEAD_PEER))
        except (ImportError, NoSuchModuleError):
            raise ConfigurationError("PostgreSQL needs its driver", "pip install 'controlproof[postgres]'") from None
    raise ConfigurationError(
        f"a ledger cannot be kept in {url.drivername}", "use sqlite:///… or postgresql+psycopg://…"
    )


def _sqlite(path: Path, *, create: bool, durable: bool) -> Engine:
    if not create and not path.is_file():
        raise ConfigurationError(f"there is no ledger at {path}", "make one with: controlproof init")

    def open_file() -> sqlite3.Connection:
        # isolation_level=None: the transactions are ours (see _begin), not the driver's guesses.
        mode = "rwc" if create else "rw"
        return sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )

    engine = create_engine("sqlite://", creator=open_file, poolclass=NullPool if durable else QueuePool)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        if not durable:
            # The index of digests is written all over: the fewer of its pages are written twice, the better.
            connection.execute("PRAGMA cache_size=-65536")
            connection.execute("PRAGMA wal_autocheckpoint=10000")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def transaction(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    """Run one transaction: readers see one state of the ledger throughout, writers come one at a time.

    Raises:
        LedgerBusyError: another writer held the database for longer than `BUSY_SECONDS`.
        LedgerError: the database failed; nothing was written.

    """
    options: dict[str, Any] = {"writes": writes}
    if engine.dialect.name == "postgresql" and not writes:
        options["isolation_level"] = "REPEATABLE READ"
    try:
        with engine.connect().execution_options(**options) as connection, connection.begin():
            if writes and engine.dialect.name == "postgresql":
                # A writer that froze, or whose network was cut, would hold the ledger's head for hours, and have
                # all others wait for as long.
                connection.exec_driver_sql(
                    f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_WRITER_SECONDS}s';"
                    f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"
                )
            yield connection
    except OperationalError as error:
        if "locked" in str(error.orig) or "lock timeout" in str(error.orig):
            raise LedgerBusyError(
                f"another process held the ledger for more than {BUSY_SECONDS} s",
                "try again, or end that process",
            ) from None
        raise LedgerError(f"the ledger's database failed: {_first_line(error)}") from None
    except DBAPIError as error:
        raise LedgerError(f"the ledger's database failed: {_first_line(error)}") from None


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[object, ...]], *, on_conflict: str | None = None
) -> None:
    """Insert rows, each with all the columns of the table in order.

    To insert mappings, as SQLAlchemy's own statement does, takes twice as long, and this is most of an append.

    Args:
        connection: of a writing transaction.
        table: which.
        rows: as the driver takes them; SQLAlchemy does not convert them.
        on_conflict: what the database does with a row whose key is there already; without, it refuses all.

    """
    if rows:
        clause = f" ON CONFLICT {on_conflict}" if on_conflict else ""
        connection.exec_driver_sql(_insert(table, connection.dialect) + clause, list(rows))


def select_in(
    connection: Connection, query: Select[Any], key: ColumnElement[Any], values: Sequence[object]
) -> Iterable[Any]:
    """Select the rows in which a column has one of some values.

    SQLAlchemy's own way spells the values out anew each time, which takes as long as the database does.

    Args:
        connection: of a transaction.
        query: a constant; what is made of it is kept.
        key: the column.
        values: as the driver takes them; SQLAlchemy does not convert them.

    """
    return connection.exec_driver_sql(_select_in(query, key, len(values), connection.dialect), tuple(values))


@lru_cache(1024)
def _select_in(query: Select[Any], key: ColumnElement[Any], count: int, dialect: Dialect) -> str:
    spelled = query.where(key.in_([None] * count))
    return str(spelled.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}))


@lru_cache(64)
def _insert(table: Table, dialect: Dialect) -> str:
    return str(insert(table).compile(dialect=dialect))


def size_in_bytes(connection: Connection) -> int:
    """Give how much room the database takes: SQLite's pages, or PostgreSQL's files of this database."""
    if connection.dialect.name == "postgresql":
        query = "SELECT pg_database_size(current_database())"
    else:
        query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    return int(connection.exec_driver_sql(query).scalar_one())


def reclaim(engine: Engine) -> None:
    """Give the space of dropped rows back, so that what was dropped is not left in the file. PostgreSQL does so itself.

    Raises:
        LedgerError: the database failed; the ledger is as it was.

    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM")
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise LedgerError(f"the space of what was dropped was not given back: {error}") from None
    finally:
        connection.close()


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["no reason given"])[0]
