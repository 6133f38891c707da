"""`permissions`: the least privilege that reading needs, generated from what the connectors declare."""

from typing import Annotated, Any

import typer

from collector.cli import console
from collector.model.errors import ConfigurationError
from connectors.registry import declared_permissions


def permissions(
    connector: Annotated[str, typer.Argument(help="The connector: aws.")] = "aws",
) -> None:
    """Print the policy that the collector's role needs, and no more."""
    console.print_json(policy(connector))


def policy(connector: str) -> dict[str, Any]:
    """Give an IAM policy with exactly the declared actions.

    Raises:
        ConfigurationError: there is no such connector.

    """
    declared = declared_permissions()
    if connector not in declared:
        raise ConfigurationError(f"there is no connector {connector!r}", f"connectors: {', '.join(sorted(declared))}")
    statement = {
        "Action": sorted(declared[connector]),
        "Effect": "Allow",
        # Each of these actions reads settings of the whole account; none reads data.
        "Resource": "*",
        "Sid": "ControlproofReadsSettings",
    }
    return {"Statement": [statement], "Version": "2012-10-17"}
