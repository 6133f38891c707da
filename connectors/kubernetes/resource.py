"""The kinds of objects that are listed: where they are, and what listing them needs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of object in one version.

    Attributes:
        group: of the API, empty for the core group; `version` is the one that is read.
        name: the plural in the path, such as `deployments`; `kind` is the object's, such as `Deployment`.
        extension: whether a cluster may do without it (custom resources, and newer parts of the API).
        page: how many objects a page holds at most, where they may be large.

    """

    group: str
    version: str
    name: str
    kind: str
    extension: bool = False
    page: int | None = None

    @property
    def root(self) -> str:
        """Give the path of its group and version, under which discovery lists its resources."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def path(self) -> str:
        """Give the path of the list over all namespaces."""
        return f"{self.root}/{self.name}"

    @property
    def permission(self) -> str:
        """Name what listing needs as `kubectl auth can-i` takes it: `list deployments.apps`."""
        return f"list {self.name}.{self.group}".rstrip(".")


_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"

NAMESPACES = Resource("", "v1", "namespaces", "Namespace")
SERVICES = Resource("", "v1", "services", "Service")
# One may hold a mebibyte.
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap", page=25)
SERVICE_ACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount")
PERSISTENT_VOLUMES = Resource("", "v1", "persistentvolumes", "PersistentVolume")
PERSISTENT_VOLUME_CLAIMS = Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
ROLES = Resource(_RBAC, "v1", "roles", "Role")
CLUSTER_ROLES = Resource(_RBAC, "v1", "clusterroles", "ClusterRole")
ROLE_BINDINGS = Resource(_RBAC, "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLE_BINDINGS = Resource(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
STATEFUL_SETS = Resource("apps", "v1", "statefulsets", "StatefulSet")
DAEMON_SETS = Resource("apps", "v1", "daemonsets", "DaemonSet")
REPLICA_SETS = Resource("apps", "v1", "replicasets", "ReplicaSet")
CONTROLLER_REVISIONS = Resource("apps", "v1", "controllerrevisions", "ControllerRevision")
JOBS = Resource("batch", "v1", "jobs", "Job")
CRON_JOBS = Resource("batch", "v1", "cronjobs", "CronJob")
ROLLOUTS = Resource("argoproj.io", "v1alpha1", "rollouts", "Rollout", extension=True)
INFERENCE_SERVICES = Resource("serving.kserve.io", "v1beta1", "inferenceservices", "InferenceService", extension=True)
NETWORK_POLICIES = Resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
SERVICE_ENTRIES = Resource("networking.istio.io", "v1", "serviceentries", "ServiceEntry", extension=True)
DISRUPTION_BUDGETS = Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")
AUTOSCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
ADMISSION_POLICIES = Resource(
    _ADMISSION, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", extension=True
)
ADMISSION_POLICY_BINDINGS = Resource(
    _ADMISSION, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", extension=True
)
VALIDATING_WEBHOOKS = Resource(_ADMISSION, "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration")
MUTATING_WEBHOOKS = Resource(_ADMISSION, "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration")
