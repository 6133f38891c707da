"""The leading place on PostgreSQL: a session's advisory lock in the database that the ledger is in.

The lock lives exactly as long as its session. The server ends the session when the process ends, when the database
stops, and when nothing was heard of it for the length of the lease (`idle_session_timeout`), as after a cut of the
network. The leader asks something several times within a lease; it counts itself as leading for one lease from the
moment it asked the last question that was answered, and so never longer than the server does.

An append of a leader that froze may hold the ledger's head without an end: the server counts nobody as idle who falls
silent in the middle of a batch of statements, as the rows of an insert are sent. So each append says by a lock of its
transaction which collector it is of, and who begins to lead ends the sessions of those that its predecessors left.
Such an append is undone whole.

Source: PostgreSQL documentation, "Advisory Locks", "Client Connection Defaults", "The System Views: pg_locks",
"Server Signaling Functions", "Pipeline Mode".
"""

import logging
import socket
from collections.abc import Callable
from hashlib import sha256
from select import select
from threading import Event, Lock, Thread
from time import monotonic

import psycopg
from psycopg import pq
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from collector.daemon.leadership import LostError
from collector.ledger.database import NOTICES_A_DEAD_PEER

_log = logging.getLogger(__name__)

_HOLDERS = (
    "FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32 | objid::bigint) = "
)
_LEADS = text(f"SELECT 1 {_HOLDERS} :key AND pid = :pid")
_APPENDS = text("SELECT pg_advisory_xact_lock_shared(:key)")
_BEATS = 4
"""Questions within a lease."""


class AdvisoryLeadership:
    """One replica's view of the leading place of a collector."""

    def __init__(self, database: str, collector: str, lease: float) -> None:
        """Take a SQLAlchemy URL, the collector's name, and the lease in seconds."""
        self._conninfo = make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
        self._collector = collector
        self._lease = lease
        self._key = _key(f"controlproof daemon {collector}")
        self._appending = _key(f"controlproof append {collector}")
        self._session: psycopg.Connection | None = None
        self._pid = 0
        self._answered = 0.0
        self._tell: Callable[[], None] = lambda: None
        self._lost = Event()
        self._lock = Lock()

    def lead(self, stop: Event) -> bool:
        """Wait until this replica holds the lock."""
        while not stop.is_set():
            self.release()
            try:
                if self._try(stop):
                    return True
            except psycopg.Error as error:
                _log.warning("the database cannot be reached to see who leads: %s", _first_line(error))
            stop.wait(self._lease / _BEATS)
        return False

    def _try(self, stop: Event) -> bool:
        """Ask for the lock as long as the session lives; True with the lock."""
        session = psycopg.connect(
            self._conninfo,
            autocommit=True,
            application_name=f"controlproof {self._collector} on {socket.gethostname()}"[:63],
            **NOTICES_A_DEAD_PEER,  # type: ignore[arg-type] # libpq's parameters, by name
        )
        session.execute(f"SET idle_session_timeout = {int(self._lease * 1000)}")
        self._pid = session.info.backend_pid
        standing_by = False
        while not stop.is_set():
            asked = monotonic()
            answer = _ask(session.pgconn, f"SELECT pg_try_advisory_lock({self._key})", self._lease / 2)
            if answer == b"t":
                self._end_former_appends(session)
                self._begin(session, asked)
                return True
            if answer is None:
                break
            if not standing_by:
                _log.info("another replica of %s leads; standing by", self._collector)
            standing_by = True
            stop.wait(self._lease / _BEATS)
        session.close()
        return False

    def _end_former_appends(self, session: psycopg.Connection) -> None:
        """End what former leaders were appending: their clients may be silent for ever."""
        query = f"SELECT count(pg_terminate_backend(pid)) {_HOLDERS} {self._appending}"
        ended = _ask(session.pgconn, query, self._lease / 2)
        if ended is None:
            _log.warning("it is not known whether a former leader of %s is still appending", self._collector)
        elif ended != b"0":
            _log.warning("a former leader of %s was still appending: its append was ended", self._collector)

    def _begin(self, session: psycopg.Connection, asked: float) -> None:
        with self._lock:
            self._session, self._answered, self._lost = session, asked, Event()
        Thread(target=self._beat, args=(session, self._lost), name="leadership", daemon=True).start()

    def _beat(self, session: psycopg.Connection, lost: Event) -> None:
        """Ask something several times within a lease until nothing is answered or the place was given up."""
        while not lost.wait(self._lease / _BEATS):
            asked = monotonic()
            if _ask(session.pgconn, "SELECT true", self._lease / 2) is None:
                _log.warning("the database does not answer on the session that holds the lock of %s", self._collector)
                lost.set()
                self._tell()
                return
            self._answered = asked

    def held(self) -> bool:
        """Tell whether the lock is held for sure at this moment."""
        return self._session is not None and not self._lost.is_set() and monotonic() - self._answered < self._lease

    def on_loss(self, tell: Callable[[], None]) -> None:
        """Have `tell` called when the session is lost."""
        self._tell = tell

    def fence(self, connection: Connection) -> None:
        """Ask the database itself, within the append's transaction, whether this session still holds the lock.

        In this order: whoever leads later than that finds the append.
        """
        connection.execute(_APPENDS, {"key": self._appending})
        if not self.held() or connection.execute(_LEADS, {"key": self._key, "pid": self._pid}).first() is None:
            raise LostError("this replica does not lead any more")

    def release(self) -> None:
        """Give the lock up, by ending its session."""
        with self._lock:
            session, self._session = self._session, None
            self._lost.set()
        if session is not None:
            session.close()


def _key(name: str) -> int:
    """Give the key of an advisory lock."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


def _ask(connection: pq.abc.PGconn, query: str, patience: float) -> bytes | None:
    """Give the server's answer of one value, None if there is none in so many seconds: a cut gives no error."""
    try:
        connection.send_query(query.encode())
        end = monotonic() + patience
        while connection.flush() or connection.is_busy():
            ready, _, _ = select([connection.socket], [], [], max(0.0, end - monotonic()))
            if not ready:
                return None
            connection.consume_input()
        answer = None
        while (result := connection.get_result()) is not None:
            answer = result.get_value(0, 0) if result.status == pq.ExecStatus.TUPLES_OK else None
    except (psycopg.Error, OSError, ValueError):
        return None
    return answer


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
