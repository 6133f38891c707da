"""The commands, and the one place where errors become text and exit codes."""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

import collector
from collector.cli import console
from collector.model.errors import ControlproofError

COMMANDS = (
    "init",
    "doctor",
    "collect",
    "daemon",
    "status",
    "coverage",
    "controls",
    "review",
    "attest",
    "show",
    "verify",
    "export",
    "replay",
    "sample",
    "key",
    "anchor",
    "cosign",
    "prune",
    "permissions",
    "demo",
)
"""In the order of the help. Each is the function of that name in the module of that name."""


def _version(value: bool) -> None:
    if value:
        typer.echo(f"controlproof {collector.__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Take the options that come before a command."""


def application(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """Give the program with some of its commands: only these are imported."""
    app = typer.Typer(
        name="controlproof",
        help="Provable SOC 2 Type 2 evidence about AI systems. Exit codes: 0 pass, 1 deviations, 2 usage or "
        "configuration, 3 inconclusive, 4 integrity.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        callback=_root,
    )
    for name in names:
        command = getattr(import_module(f"collector.cli.{name}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code."""
    console.set_up_logging()
    given = sys.argv[1:] if arguments is None else arguments
    # The other commands are seconds of imports, needed only to list them.
    named = given[:1] if given and given[0] in COMMANDS else COMMANDS
    try:
        application(named)(given)
    except ControlproofError as error:
        console.print_error(error)
        sys.exit(error.exit)
    except KeyboardInterrupt:
        console.err.print("interrupted")
        sys.exit(console.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output, such as `head`, is gone; that is its right.
        sys.stderr.close()
        sys.exit(0)


def collect_main() -> None:
    """Run `collect ...` as `controlproof collect ...`."""
    main(["collect", *sys.argv[1:]])


if __name__ == "__main__":
    main()
