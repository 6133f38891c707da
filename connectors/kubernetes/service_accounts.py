"""`kubernetes.service_accounts`: the identities of workloads, and the cloud identities that they stand for.

Source: Kubernetes API reference, ServiceAccount v1; IAM roles for service accounts (EKS); Workload Identity (GKE).
"""

from collections.abc import Iterator

from collector.model.canonical import Json
from connectors.base import Draft, Population
from connectors.kubernetes.metadata import Object, annotations_of, item_id, name_of, namespace_of
from connectors.kubernetes.resource import SERVICE_ACCOUNTS
from connectors.kubernetes.session import KubernetesSession

_CLOUD_ROLES = ("eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account")


def service_accounts(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every service account."""
    return cluster.list(SERVICE_ACCOUNTS, _service_account)


def _service_account(value: Object) -> Draft:
    annotations = annotations_of(value)
    content: dict[str, Json] = {
        # None means that nobody decided: then the token is mounted, unless the pod says otherwise.
        "automount": value.get("automountServiceAccountToken"),
        "cloud_role": next((annotations[name] for name in _CLOUD_ROLES if name in annotations), None),
        "name": name_of(value),
        "namespace": namespace_of(value),
    }
    return Draft(item_id(value, "ServiceAccount"), content)


SERVICE_ACCOUNTS_POPULATION = Population(
    "kubernetes.service_accounts", (SERVICE_ACCOUNTS.permission,), service_accounts
)
