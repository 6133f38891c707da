"""Where a file lies in git: the commit that last changed it, who made that, and whether the file was changed since."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from collector.model.canonical import Json

_PATIENCE = 10
"""Seconds for one question to git."""
_MOST = 10_000
"""Bytes of an answer that are looked at."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit that last changed a file.

    Attributes:
        commit: its id.
        author: name and address as the commit states them, which anyone can set; `committed` is its time likewise.
        dirty: whether the file differs from what is committed.

    """

    commit: str
    author: str
    committed: str
    dirty: bool

    def to_json(self) -> dict[str, Json]:
        """Give the commit as it is attested."""
        return {"author": self.author, "commit": self.commit, "committed": self.committed, "dirty": self.dirty}


def commit_of(path: Path) -> Commit | None:
    """Ask git for the last commit of a file; None where there is no git, no repository, or no commit of it."""
    logged = _git(path, "log", "-1", "--format=%H%x00%an <%ae>%x00%cI")
    status = _git(path, "status", "--porcelain")
    if not logged or status is None:
        return None
    parts = logged.strip().split("\0")
    if len(parts) != 3 or not all(part.isprintable() for part in parts):
        return None
    return Commit(parts[0], parts[1], parts[2], bool(status.strip()))


def _git(path: Path, *question: str) -> str | None:
    """Give git's answer about one file; None when there is none. Nothing of a repository's own is run."""
    program = shutil.which("git")
    if program is None:
        return None
    settings = ["-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "core.hooksPath=/dev/null"]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the file stands behind --
            [program, *settings, *question, "--", path.name],
            cwd=path.absolute().parent,
            env=environment,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout[:_MOST].decode("utf-8", "replace") if done.returncode == 0 else None
