"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

ConfigurationOption = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", envvar="CONTROLPROOF_CONFIG")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
KeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key", help="A key to trust: its sha256: fingerprint, its C2SP verifier key, or a file with one. Repeatable."
    ),
]
SinceOption = Annotated[
    Path | None, typer.Option("--since", help="A checkpoint known from earlier, which these records must contain.")
]
TsaOption = Annotated[
    list[Path] | None,
    typer.Option("--tsa", help="A PEM file with the root certificate of a timestamp authority to trust. Repeatable."),
]
WitnessOption = Annotated[
    list[str] | None,
    typer.Option("--witness", help="A witness to trust: its C2SP verifier key, or a file with it. Repeatable."),
]
ControlOption = Annotated[
    list[str] | None,
    typer.Option("--control", help="A control (ACC-2) or a criterion (CC6.1, ISO42001:A.6.2.8, EUAIA:12). Repeatable."),
]

DEFAULT_CONFIGURATION = Path("controlproof.yaml")
