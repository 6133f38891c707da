"""The configuration: parsed once, frozen, validated, with errors that name file, line and mend."""

from collector.config.load import load
from collector.config.model import (
    AwsAccount,
    Configuration,
    Daemon,
    GcpProject,
    GithubRepository,
    KubernetesCluster,
    Ledger,
    MlflowServer,
    Settings,
    address_of,
)
from collector.config.template import template

__all__ = [
    "AwsAccount",
    "Configuration",
    "Daemon",
    "GcpProject",
    "GithubRepository",
    "KubernetesCluster",
    "Ledger",
    "MlflowServer",
    "Settings",
    "address_of",
    "load",
    "template",
]
