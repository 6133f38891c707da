"""`permissions`: the least privilege that reading needs, generated from what the connectors declare."""

from typing import Annotated, Any

import typer

from collector.cli import console
from connectors.registry import declared_permissions


def permissions(
    connector: Annotated[str, typer.Argument(help="The connector: aws.")] = "aws",
) -> None:
    """Print the policy that the collector's role needs, and no more."""
    console.print_json(policy(connector))


def policy(connector: str) -> dict[str, Any]:
    """Give an IAM policy with exactly the declared actions.

    Raises:
        ConfigurationError: there is no such connector, or its SDK is not installed.

    """
    statement = {
        "Action": sorted(declared_permissions(connector)),
        "Effect": "Allow",
        # Each of these actions reads settings of the whole account, or who changed them; none reads data.
        "Resource": "*",
        "Sid": "ControlproofReadsSettings",
    }
    return {"Statement": [statement], "Version": "2012-10-17"}
