"""Runs commands as a user does, in this process: no interpreter is started for each."""

import contextlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from collector.cli.main import main

PROGRAMS = {"controlproof": (), "collect": ("collect",)}
"""What each program begins its arguments with."""


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def runner(folder: Path) -> Callable[..., Done]:
    def run(*arguments: object, program: str = "controlproof") -> Done:
        out, err, code = io.StringIO(), io.StringIO(), 0
        before = Path.cwd()
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main([*PROGRAMS[program], *map(str, arguments)])
        except SystemExit as exit_:
            code = exit_.code or 0
        finally:
            os.chdir(before)
        return Done(int(code), out.getvalue(), err.getvalue())

    return run
