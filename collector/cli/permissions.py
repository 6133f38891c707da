"""`permissions`: the least privilege that reading needs, generated from what the connectors declare."""

from typing import Annotated, Any

import typer

from collector.cli import console
from connectors.registry import declared_permissions

_MLFLOW = """\
The collector's user needs a role with these permissions on the MLflow server, and no others:

{table}
It must not be an administrator. Name it as user in the configuration, and the environment variable that holds its
password as token_variable; without a user, the variable's token is sent as a bearer token.

MLflow does not deny a list: it leaves out what a user may not read. The collector notices that and records a gap.
A server without authentication needs nothing, and lets anyone change what it holds."""


def permissions(
    connector: Annotated[str, typer.Argument(help="The connector: aws or mlflow.")] = "aws",
) -> None:
    """Print what the collector's role or user needs, and no more: a policy, or where there is none, in words."""
    if connector == "mlflow":
        typer.echo(words(connector))
    else:
        console.print_json(policy(connector))


def words(connector: str) -> str:
    """Say what the user of an MLflow server needs, whose permissions are set through its interface.

    Raises:
        ConfigurationError: the connector's SDK is not installed.

    """
    needs = (permission.split(":") for permission in sorted(declared_permissions(connector)))
    table = "".join(f"  {level}  {kind:<16}  *\n" for kind, level in needs)
    return _MLFLOW.format(table=table)


def policy(connector: str) -> dict[str, Any]:
    """Give an IAM policy with exactly the declared actions.

    Raises:
        ConfigurationError: there is no such connector, or its SDK is not installed.

    """
    statement = {
        "Action": sorted(declared_permissions(connector)),
        "Effect": "Allow",
        # Each of these actions reads settings of the whole account; none reads data.
        "Resource": "*",
        "Sid": "ControlproofReadsSettings",
    }
    return {"Statement": [statement], "Version": "2012-10-17"}
