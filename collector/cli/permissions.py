"""`permissions`: the least privilege that reading needs, generated from what the connectors declare."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer
import yaml

from collector.cli import console
from connectors.registry import declared_permissions

_GITHUB = """\
The collector's token needs these repository permissions, and no others:

{table}
Make a fine-grained personal access token, or better the installation token of a GitHub App, with access to the
configured repositories alone, and no account permissions. Name the environment variable that holds it as token_variable
in the configuration. Without a token, public repositories can be read, 60 calls an hour."""

_MLFLOW = """\
The collector's user needs a role with these permissions on the MLflow server, and no others:

{table}
It must not be an administrator. Name it as user in the configuration, and the environment variable that holds its
password as token_variable; without a user, the variable's token is sent as a bearer token.

MLflow does not deny a list: it leaves out what a user may not read. The collector notices that and records a gap.
A server without authentication needs nothing, and lets anyone change what it holds."""


def _github_row(permission: str) -> str:
    name, _, level = permission.partition("=")
    return f"  {name.replace('_', ' ').capitalize():<15} {level}\n"


def _mlflow_row(permission: str) -> str:
    kind, _, level = permission.partition(":")
    return f"  {level}  {kind:<24}  *\n"


_WORDS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "github": (_GITHUB, _github_row),
    "mlflow": (_MLFLOW, _mlflow_row),
}
"""Of connectors whose permissions people grant by hand: what is said, and one row of its table."""


def permissions(
    connector: Annotated[str, typer.Argument(help="The connector: aws, gcp, github, kubernetes or mlflow.")] = "aws",
    with_inspection: Annotated[
        bool, typer.Option("--with-inspection", help="Also what looks at log events for personal data.")
    ] = False,
) -> None:
    """Print what the collector's identity needs, and no more: a policy, or where there is none, in words."""
    if connector in _WORDS:
        typer.echo(words(connector))
    elif connector in _AS_YAML:
        console.out.print(yaml.safe_dump(policy(connector), sort_keys=False), markup=False, highlight=False, end="")
    else:
        console.print_json(policy(connector, on_request=with_inspection))


def words(connector: str) -> str:
    """Say what a token or user needs whose permissions people grant by hand.

    Raises:
        ConfigurationError: the connector's SDK is not installed.

    """
    text, row = _WORDS[connector]
    return text.format(table="".join(map(row, sorted(declared_permissions(connector)))))


def policy(connector: str, *, on_request: bool = False) -> dict[str, Any]:
    """Give the connector's policy with exactly the declared permissions.

    Args:
        connector: its name.
        on_request: whether what is read only where the configuration asks for it is part of it.

    Raises:
        ConfigurationError: there is no such connector, or its SDK is not installed.

    """
    declared = declared_permissions(connector, on_request=on_request)
    return _FORMS[connector](declared)


def _iam_policy(declared: frozenset[str]) -> dict[str, Any]:
    statement = {
        "Action": sorted(declared),
        "Effect": "Allow",
        # Each of these actions reads settings of the whole account, or who changed them; none reads data, but for
        # logs:FilterLogEvents, which is only here when it is asked for.
        "Resource": "*",
        "Sid": "ControlproofReadsSettings",
    }
    return {"Statement": [statement], "Version": "2012-10-17"}


def _cluster_role(declared: frozenset[str]) -> dict[str, Any]:
    """Give a ClusterRole; a permission reads `list deployments.apps`."""
    resources: dict[tuple[str, str], list[str]] = {}
    for permission in sorted(declared):
        verb, _, of = permission.partition(" ")
        name, _, group = of.partition(".")
        resources.setdefault((group, verb), []).append(name)
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "controlproof-read-only"},
        "rules": [
            {"apiGroups": [group], "resources": names, "verbs": [verb]}
            for (group, verb), names in sorted(resources.items())
        ],
    }


def _custom_role(declared: frozenset[str]) -> dict[str, Any]:
    """Give a role as `gcloud iam roles create --file` takes it."""
    return {
        "title": "Controlproof read-only",
        "description": "Reads how models, endpoints, buckets, keys and logs are set up, who has access, hourly "
        "counts, and who changed what; no data.",
        "stage": "GA",
        "includedPermissions": sorted(declared),
    }


_FORMS: dict[str, Callable[[frozenset[str]], dict[str, Any]]] = {
    "aws": _iam_policy,
    "gcp": _custom_role,
    "kubernetes": _cluster_role,
}
_AS_YAML = ("gcp", "kubernetes")
