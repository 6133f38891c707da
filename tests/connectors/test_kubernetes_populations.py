"""What each population tells of the recorded cluster."""

import json

import pytest
from support.kubernetes import INSTANTS, RECORDINGS, Answer, at, recorded

from collector.model.snapshot import Snapshot
from connectors.kubernetes.source import POPULATIONS as ALL

COUNTS = {
    "kubernetes.roles": 81 + 16,
    "kubernetes.bindings": 57 + 30,
    "kubernetes.service_accounts": 22,
    "kubernetes.workloads": 51,
    "kubernetes.revisions": 0,
    "kubernetes.network_policies": 3,
    "kubernetes.namespaces": 11,
    "kubernetes.volume_claims": 4,
    "kubernetes.admission_policies": 2,
    "kubernetes.disruption_budgets": 1,
    "kubernetes.autoscalers": 1,
    "kubernetes.services": 3,
    "kubernetes.model_apis": 1,
}

POPULATIONS = tuple(each for each in ALL if each.name != "kubernetes.audit")
"""What is asked of the API server; the audit log is a file."""


@pytest.fixture
def contents(read_cluster):
    """Reads a population and gives its contents by id."""

    def read_contents(population):
        snapshot = read_cluster(population)
        assert isinstance(snapshot, Snapshot)
        return {item.id: item.content().value for item in snapshot}

    return read_contents


@pytest.mark.parametrize("population", POPULATIONS, ids=lambda population: population.name)
def test_every_recorded_object_is_an_item(contents, population):
    assert len(contents(population.name)) == COUNTS[population.name]


def volatile(value):
    """The recorded ids and versions of objects, which differ between equal clusters."""
    if isinstance(value, dict):
        return {found for key in ("uid", "resourceVersion") if (found := value.get(key))} | volatile(
            list(value.values())
        )
    return set().union(*map(volatile, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("instant", INSTANTS)
def test_no_volatile_metadata_is_in_any_item(kubernetes, read_cluster, instant):
    kubernetes.instant = instant
    ids = {found for found in volatile(list(recorded(instant).values())) if len(found) == 36}
    assert len(ids) > 200
    for population in POPULATIONS:
        for item in read_cluster(population.name):
            text = item.body.decode()
            assert not any(
                name in text for name in ('"managedFields":', '"resourceVersion":', '"status":', '"uid":')
            ), item.id
            assert not {found for found in ids if found in text}, item.id


def test_a_role_tells_its_rules_and_what_it_is_aggregated_from(contents):
    roles = contents("kubernetes.roles")
    assert roles["clusterrole/ml-aggregate"] == {
        "aggregated_from": [{"expressions": [], "labels": {"aggregate-to-ml": "true"}}],
        "kind": "ClusterRole",
        "labels": {},
        "name": "ml-aggregate",
        "namespace": None,
        "rules": [],
    }
    assert roles["clusterrole/system:discovery"]["rules"][0]["verbs"] == ["get"]
    assert "/apis/*" in roles["clusterrole/system:discovery"]["rules"][0]["non_resource_urls"]
    namespaced = [role for key, role in roles.items() if key.startswith("role/")]
    assert all(role["namespace"] and role["aggregated_from"] is None for role in namespaced)
    assert any(rule["resource_names"] for role in namespaced for rule in role["rules"])


def test_a_binding_tells_role_and_subjects(contents):
    binding = contents("kubernetes.bindings")["clusterrolebinding/cluster-admin"]
    assert binding == {
        "kind": "ClusterRoleBinding",
        "name": "cluster-admin",
        "namespace": None,
        "role": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "Group", "name": "system:masters", "namespace": None}],
    }


def test_the_binding_that_came_last_is_the_only_change(kubernetes, contents):
    kubernetes.instant = "t1"
    before = contents("kubernetes.bindings")
    kubernetes.instant = "t2"
    after = contents("kubernetes.bindings")
    (new,) = after.keys() - before.keys()
    assert [subject["name"] for subject in after[new]["subjects"]] == ["contractor-2"]
    assert all(after[key] == before[key] for key in before)


def test_a_service_account_tells_its_cloud_role(kubernetes, contents):
    metadata = {"namespace": "it", "name": "google", "annotations": {"iam.gke.io/gcp-service-account": "x@y.iam"}}
    kubernetes.plant("/api/v1/serviceaccounts", {"metadata": metadata, "automountServiceAccountToken": False})
    accounts = contents("kubernetes.service_accounts")
    assert accounts["serviceaccount/inference/llm-server"] == {
        "automount": None,
        "cloud_role": "arn:aws:iam::111122223333:role/inference-llm-server",
        "name": "llm-server",
        "namespace": "inference",
    }
    google = accounts["serviceaccount/it/google"]
    assert (google["cloud_role"], google["automount"]) == ("x@y.iam", False)
    assert accounts["serviceaccount/default/default"]["cloud_role"] is None


def test_namespaces_are_asked_for_by_metadata_alone(kubernetes, contents):
    found = contents("kubernetes.namespaces")
    assert found["namespace/tenant-acme"]["labels"]["kubernetes.io/metadata.name"] == "tenant-acme"
    (request,) = [request for request in kubernetes.requests if request.path == "/api/v1/namespaces"]
    assert "as=PartialObjectMetadataList" in request.accept


def test_a_list_that_the_server_writes_as_null_is_empty(kubernetes, contents):
    body = (RECORDINGS / "replicasets-limit5.json").read_bytes()
    assert json.loads(body)["items"] is None
    kubernetes.rules.append(at("/api/v1/namespaces", Answer(200, body)))
    assert contents("kubernetes.namespaces") == {}


def test_network_policies_tell_nothing_allowed_from_everything_allowed(kubernetes, contents):
    peer = {"namespaceSelector": {"matchExpressions": [{"key": "tenant", "operator": "In", "values": ["acme"]}]}}
    block = {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}
    spec = {
        "podSelector": {"matchLabels": {"app": "x"}},
        "policyTypes": ["Egress"],
        "egress": [{"to": [peer, block], "ports": [{"port": 443, "protocol": "TCP", "endPort": 444}]}],
    }
    kubernetes.plant(
        "/apis/networking.k8s.io/v1/networkpolicies", {"metadata": {"name": "narrow", "namespace": "it"}, "spec": spec}
    )
    found = contents("kubernetes.network_policies")
    denied = found["networkpolicy/tenant-acme/default-deny"]
    assert (denied["ingress"], denied["egress"], denied["policy_types"]) == ([], [], ["Ingress", "Egress"])
    assert found["networkpolicy/tenant-initech/allow-all"]["ingress"] == [{"peers": [], "ports": []}]
    everything = {"expressions": [], "labels": {}}
    assert denied["pod_selector"] == everything
    (rule,) = found["networkpolicy/it/narrow"]["egress"]
    assert rule["peers"] == [
        {
            "ip_block": None,
            "namespace_selector": {
                "expressions": [{"key": "tenant", "operator": "In", "values": ["acme"]}],
                "labels": {},
            },
            "pod_selector": None,
        },
        {
            "ip_block": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]},
            "namespace_selector": None,
            "pod_selector": None,
        },
    ]
    assert rule["ports"] == [{"end_port": 444, "port": 443, "protocol": "TCP"}]


def test_two_claims_of_one_volume_can_be_told(contents):
    claims = contents("kubernetes.volume_claims")
    shared = {key for key, claim in claims.items() if claim["volume_name"] == "pv-shared"}
    assert shared == {"persistentvolumeclaim/tenant-acme/acme-train", "persistentvolumeclaim/training/scratch"}
    assert claims["persistentvolumeclaim/inference/weights-cache"]["volume"] == {
        "access_modes": ["ReadWriteMany"],
        "capacity": "2Ti",
        "csi": {"driver": "efs.csi.aws.com", "handle": "fs-0123::pv-weights-cache"},
        "reclaim_policy": "Retain",
        "storage_class": None,
    }
    assert claims["persistentvolumeclaim/inference/weights-cache"]["requested"] == "500Gi"


def test_a_claim_whose_volume_is_not_there_says_so(kubernetes, contents):
    metadata = {"name": "lost", "namespace": "it"}
    kubernetes.plant("/api/v1/persistentvolumeclaims", {"metadata": metadata, "spec": {"volumeName": "gone"}})
    lost = contents("kubernetes.volume_claims")["persistentvolumeclaim/it/lost"]
    assert (lost["volume_name"], lost["volume"]) == ("gone", None)


def test_admission_policies_tell_what_they_check_and_whether_they_refuse(kubernetes, contents):
    webhook = {
        "name": "sign.example.com",
        "clientConfig": {"url": "https://me:CANARY@hooks.example.com"},
        "rules": [{"apiGroups": [""], "operations": ["CREATE"], "resources": ["pods"], "scope": "Namespaced"}],
        "failurePolicy": "Ignore",
        "namespaceSelector": {},
    }
    for kind in ("validating", "mutating"):
        path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations"
        kubernetes.plant(path, {"metadata": {"name": "hooks"}, "webhooks": [webhook]})
    found = contents("kubernetes.admission_policies")
    policy = found["validatingadmissionpolicy/images-by-digest"]
    assert policy["validations"] == ["object.spec.template.spec.containers.all(c, c.image.contains('@sha256:'))"]
    assert policy["failure_policy"] == "Fail"
    assert policy["rules"][0]["resources"] == ["deployments"]
    binding = found["validatingadmissionpolicybinding/images-by-digest-mlops"]
    assert (binding["policy"], binding["actions"]) == ("images-by-digest", ["Audit"])
    assert binding["namespace_selector"]["labels"] == {"kubernetes.io/metadata.name": "mlops"}
    for kind in ("validating", "mutating"):
        (hook,) = found[f"{kind}webhookconfiguration/hooks"]["webhooks"]
        assert (hook["failure_policy"], hook["rules"][0]["resources"]) == ("Ignore", ["pods"])
        assert "CANARY" not in str(hook)


def test_availability_is_told_by_budget_and_autoscaler(contents):
    budget = contents("kubernetes.disruption_budgets")["poddisruptionbudget/inference/llm-chat"]
    assert (budget["min_available"], budget["max_unavailable"]) == (2, None)
    assert budget["selector"] == {"expressions": [], "labels": {"app": "llm-chat"}}
    scaler = contents("kubernetes.autoscalers")["horizontalpodautoscaler/inference/llm-chat"]
    assert (scaler["target"], scaler["min"], scaler["max"]) == ({"kind": "Deployment", "name": "llm-chat"}, 2, 8)


def test_what_leads_out_of_the_cluster_is_told(kubernetes, contents):
    services = contents("kubernetes.services")
    mistral = services["service/inference/mistral"]
    assert (mistral["type"], mistral["external_name"]) == ("ExternalName", "api.mistral.ai")
    entry = services["serviceentry/inference/cohere"]
    assert (entry["type"], entry["hosts"]) == ("MESH_EXTERNAL", ["api.cohere.com"])
    kubernetes.removed_groups.add("networking.istio.io")
    assert contents("kubernetes.services").keys() == services.keys() - {"serviceentry/inference/cohere"}


def test_secrets_are_never_asked_for_config_maps_by_one_population_alone_and_nothing_is_written(
    kubernetes, read_cluster
):
    for population in POPULATIONS:
        read_cluster(population.name)
        for permission in population.permissions:
            verb, _, resource = permission.partition(" ")
            assert verb == "list"
            assert not resource.startswith(("secrets", "pods", "*"))
            assert resource != "configmaps" or population.name == "kubernetes.model_apis"
    assert len(kubernetes.requests) > len(POPULATIONS)
    for request in kubernetes.requests:
        assert "secrets" not in request.path.split("/")
        # The one request with a body asks as whom the server sees us; it changes nothing.
        assert request.method == "GET" or request.path.endswith("/selfsubjectreviews")


@pytest.mark.parametrize("population", POPULATIONS, ids=lambda population: population.name)
def test_exactly_the_declared_permissions_are_used(read_cluster, population):
    called = {operation.name for operation in read_cluster(population.name).provenance.operations}
    assert called - {"create selfsubjectreviews.authentication.k8s.io"} == set(population.permissions)
