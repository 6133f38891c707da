"""What all commands share: the two streams, progress bars, JSON, and the one place that prints errors."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from collector.model.errors import ControlproofError

_PIPED_WIDTH = 240
"""Columns, where no terminal says how many there are: wide enough that no table shortens its cells."""

out = Console(soft_wrap=True, highlight=False, emoji=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
"""Answers. Soft-wrapped, so that what is piped elsewhere keeps its lines."""

err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)
"""Progress, logs and errors."""

INTERRUPTED = 130
"""The exit code of a command ended by Ctrl-C, as shells report it."""


def printable(text: object) -> str:
    """Escape what does not print: evidence is chosen by strangers and may not steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))


def print_json(document: Any) -> None:
    """Print one JSON document, and nothing else, on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def print_error(error: ControlproofError) -> None:
    """Print what is wrong and how to mend it."""
    lines = "\n".join(printable(line) for line in error.message.split("\n"))
    err.print(f"error: {lines}", style="red", markup=False)
    if error.mend:
        err.print(f"  mend: {printable(error.mend)}", markup=False)


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr while a command works, on a terminal only; give a function that advances it."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(description, total=total)
        yield lambda count: bar.advance(task, count)


@contextmanager
def named_progress() -> Iterator[Callable[[str, int], None]]:
    """Show a bar for each thing that is counted; give a function of (thing, count since the last call)."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def advance(thing: str, count: int) -> None:
            if thing not in tasks:
                tasks[thing] = bar.add_task(thing, total=None)
            bar.advance(tasks[thing], count)

        yield advance


def set_up_logging() -> None:
    """Send warnings and errors of our own and of libraries to stderr."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
