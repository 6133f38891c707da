"""What runs in a cluster, and what ran: workloads and their revisions."""

import copy

import pytest
from support.kubernetes import REDACTION, Answer, at, error, recorded

from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.kubernetes.template import read_template

DEPLOYMENTS = "/apis/apps/v1/deployments"
REPLICA_SETS = "/apis/apps/v1/replicasets"


def contents(snapshot):
    assert isinstance(snapshot, Snapshot)
    return {item.id: item.content().value for item in snapshot}


def deployment(instant, name):
    return next(d for d in recorded(instant)[DEPLOYMENTS]["items"] if d["metadata"]["name"] == name)


def test_a_deployment_is_told_with_what_it_runs_and_no_literal(read_cluster):
    chat = contents(read_cluster("kubernetes.workloads"))["deployment/inference/llm-chat"]
    assert chat["containers"][0] == {
        "args": ["--model", "/weights/llm-chat/3"],
        "command": [],
        "environment": [
            {"name": "MODEL", "value_digest": REDACTION.digest("s3://acme-models/llm-chat/3/")},
            {"from": {"key": "value", "kind": "Secret", "name": "weights-s3-credentials"}, "name": "AWS_SECRET"},
        ],
        "environment_from": [],
        "image": "registry.example.com/vllm@sha256:799b2e0c5492a9c44182729365160738edd194beb921fa978b5b4e1a1a439cd0",
        "init": False,
        "mounts": [{"path": "/weights", "read_only": False, "volume": "weights"}],
        "name": "main",
    }
    assert chat["volumes"] == [{"kind": "persistentVolumeClaim", "name": "weights", "source": "weights-cache"}]
    assert chat["models"] == [
        {"from": "environment MODEL of container main", "uri": "s3://acme-models/llm-chat/3/"},
        {"from": "--model of container main", "uri": "/weights/llm-chat/3"},
    ]
    assert (chat["kind"], chat["namespace"], chat["name"]) == ("Deployment", "inference", "llm-chat")
    assert (chat["replicas"], chat["service_account"], chat["generation"]) == (3, "llm-server", 4)
    assert chat["created"] == "2026-11-23T16:20:34Z"
    assert chat["selector"] == {"expressions": [], "labels": {"app": "llm-chat"}}
    assert chat["annotations"] == {"kubernetes.io/change-cause": REDACTION.digest("rollback to v3")}


def test_every_recorded_workload_is_an_item(read_cluster):
    found = contents(read_cluster("kubernetes.workloads"))
    assert len(found) == 44 + 1 + 3 + 3
    assert {workload["kind"] for workload in found.values()} == {"Deployment", "InferenceService", "Job", "StatefulSet"}


def test_what_changed_between_two_instants_is_what_was_rolled_out(kubernetes, read_cluster):
    def changed(before, after):
        kubernetes.instant = before
        old = contents(read_cluster("kubernetes.workloads"))
        kubernetes.instant = after
        new = contents(read_cluster("kubernetes.workloads"))
        assert old.keys() == new.keys()
        return {key for key in new if new[key] != old[key]}

    rolled = {
        "deployment/inference/llm-chat",
        "deployment/inference/embedder",
        "inferenceservice/inference/fraud-model",
    }
    assert changed("t0", "t1") == rolled
    assert changed("t1", "t2") == {"deployment/inference/llm-chat"}
    assert changed("t2", "t2") == set()


def test_a_rollback_gives_the_template_that_was_there_before(kubernetes, read_cluster):
    digests = {}
    for kubernetes.instant in ("t0", "t1", "t2"):
        found = contents(read_cluster("kubernetes.workloads"))["deployment/inference/llm-chat"]
        digests[kubernetes.instant] = found["template_digest"]
    assert digests["t0"] == digests["t2"] != digests["t1"]
    assert all(digest.startswith("hmac-sha256:") for digest in digests.values())


def test_a_literal_that_changes_is_seen_by_its_digest_alone(kubernetes, read_cluster):
    changed = copy.deepcopy(deployment("t2", "summarizer"))
    changed["metadata"]["name"] = "other"
    changed["spec"]["template"]["spec"]["containers"][0]["env"][2]["value"] = "another"
    kubernetes.plant(DEPLOYMENTS, changed)
    found = contents(read_cluster("kubernetes.workloads"))
    one, other = (
        found[f"deployment/inference/{name}"]["containers"][0]["environment"] for name in ("summarizer", "other")
    )
    assert one[:2] == other[:2]
    assert one[2]["value_digest"] != other[2]["value_digest"] == REDACTION.digest("another")


def test_an_inference_service_tells_what_its_logger_logs_and_nothing_that_may_be_secret(kubernetes, read_cluster):
    metadata = {"namespace": "it", "creationTimestamp": "2026-11-23T16:20:34Z"}
    loggers = {
        "all": {"url": "http://me:password@collector.it/v1?token=password"},
        "requests": {"mode": "request", "url": "http://collector.it"},
        "broken": {"mode": "response", "url": "http://[password"},
        "none": None,
    }
    kubernetes.plant(
        "/apis/serving.kserve.io/v1beta1/inferenceservices",
        *(
            {"metadata": {"name": name, **metadata}, "spec": {"predictor": {"model": {}, "logger": logger}}}
            for name, logger in loggers.items()
        ),
    )
    snapshot = read_cluster("kubernetes.workloads")
    assert b"password" not in b"".join(item.body for item in snapshot)
    found = {name: contents(snapshot)[f"inferenceservice/it/{name}"]["logger"] for name in loggers}
    assert found == {
        "all": {"host": "collector.it", "mode": "all"},
        "requests": {"host": "collector.it", "mode": "request"},
        "broken": {"host": None, "mode": "response"},
        "none": None,
    }


def test_an_inference_service_tells_its_model_by_address_format_and_version(kubernetes, read_cluster):
    served = {
        "modelFormat": {"name": "onnx", "version": "1"},
        "storageUri": "pvc://weights-cache/x",
        "env": [{"name": "X", "value": "y"}],
    }
    worker = {"workerSpec": {"containers": [{"name": "worker", "image": "registry.example.com/w:1"}]}}
    metadata = {"namespace": "it", "creationTimestamp": "2026-11-23T16:20:34Z"}
    kubernetes.plant(
        "/apis/serving.kserve.io/v1beta1/inferenceservices",
        {"metadata": {"name": "new", **metadata}, "spec": {"predictor": {"model": served, **worker}}},
        {"metadata": {"name": "old", **metadata}, "spec": {"predictor": {"sklearn": {"storageUri": "s3://b/x"}}}},
        {"metadata": {"name": "bad", **metadata}, "spec": {"predictor": {"sklearn": {"storageUri": "s3://me:pw@b/x"}}}},
    )
    found = contents(read_cluster("kubernetes.workloads"))
    vision = found["inferenceservice/inference/vision"]
    assert vision["model"] == {"format": "sklearn", "uri": "gs://other-bucket/vision/2/", "version": None}
    assert vision["models"] == [{"from": "storageUri of predictor", "uri": "gs://other-bucket/vision/2/"}]
    assert (vision["replicas"], vision["service_account"], vision["selector"]) == (2, "llm-server", None)
    assert [(c["name"], c["image"]) for c in vision["containers"]] == [
        ("t", "registry.example.com/t:1"),
        ("kserve-container", None),
    ]
    new = found["inferenceservice/it/new"]
    assert new["model"] == {"format": "onnx", "uri": "pvc://weights-cache/x", "version": "1"}
    assert [container["name"] for container in new["containers"]] == ["worker", "kserve-container"]
    assert found["inferenceservice/it/old"]["model"] == {"format": "sklearn", "uri": "s3://b/x", "version": None}
    assert found["inferenceservice/it/bad"]["model"]["uri"] == REDACTION.digest("s3://me:pw@b/x")
    assert found["inferenceservice/it/bad"]["models"] == []


def test_a_job_of_a_cron_job_is_left_to_it_and_a_jobs_own_ids_are_left_out(kubernetes, read_cluster):
    job = copy.deepcopy(recorded("t2")["/apis/batch/v1/jobs"]["items"][0])
    job["metadata"] |= {"name": "nightly-1", "ownerReferences": [{"kind": "CronJob", "name": "nightly"}]}
    kubernetes.plant("/apis/batch/v1/jobs", job)
    cron = {"metadata": {**job["metadata"], "name": "nightly"}, "spec": {"jobTemplate": {"spec": job["spec"]}}}
    kubernetes.plant("/apis/batch/v1/cronjobs", cron)
    found = contents(read_cluster("kubernetes.workloads"))
    assert "job/tenant-acme/nightly-1" not in found
    assert found["cronjob/tenant-acme/nightly"]["containers"][0]["name"] == "ft"
    own = found["job/tenant-acme/finetune-1"]
    assert own["selector"] == {"expressions": [], "labels": {}}
    assert own["models"][1] == {"from": "--out of container ft", "uri": "s3://acme-models/ft/1/"}


def test_volumes_name_their_sources(read_cluster, kubernetes):
    given = copy.deepcopy(deployment("t2", "llm-chat"))
    given["metadata"]["name"] = "volumes"
    given["spec"]["template"]["spec"]["volumes"] = [
        {"name": "a", "secret": {"secretName": "s"}},
        {"name": "b", "configMap": {"name": "c"}},
        {"name": "c", "csi": {"driver": "d", "volumeAttributes": {"x": "y"}}},
        {"name": "d", "hostPath": {"path": "/mnt"}},
        {"name": "e", "image": {"reference": "registry.example.com/m:1"}},
        {"name": "f", "emptyDir": {}},
        {"name": "g", "projected": {"sources": [{"secret": {"name": "s"}}, {"serviceAccountToken": {"path": "t"}}]}},
    ]
    given["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}}]
    kubernetes.plant("/apis/apps/v1/statefulsets", given)
    volumes = contents(read_cluster("kubernetes.workloads"))["statefulset/inference/volumes"]["volumes"]
    assert [(volume["name"], volume["kind"], volume["source"]) for volume in volumes] == [
        ("a", "secret", "s"), ("b", "configMap", "c"), ("c", "csi", "d"), ("d", "hostPath", "/mnt"),
        ("e", "image", "registry.example.com/m:1"), ("f", "emptyDir", None), ("g", "secret", "s"),
        ("g", "serviceAccountToken", None), ("data", "volumeClaimTemplate", "data-volumes-"),
    ]  # fmt: skip


def test_environments_name_where_they_come_from():
    container = {
        "name": "main",
        "env": [
            {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
            {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "C"},
        ],
        "envFrom": [{"secretRef": {"name": "s"}, "prefix": "P_"}, {"configMapRef": {"name": "c"}}],
    }
    (read,) = read_template({"spec": {"containers": [container]}}, REDACTION).containers
    assert read["environment"] == [
        {"from": {"key": "k", "kind": "ConfigMap", "name": "c"}, "name": "A"},
        {"from": {"key": "metadata.name", "kind": "fieldRef", "name": None}, "name": "B"},
        {"name": "C", "value_digest": REDACTION.digest("")},
    ]
    assert read["environment_from"] == [
        {"kind": "Secret", "name": "s", "prefix": "P_"},
        {"kind": "ConfigMap", "name": "c", "prefix": ""},
    ]


GROUPS = {"serving.kserve.io": "inferenceservices", "argoproj.io": "rollouts"}


@pytest.mark.parametrize("group", GROUPS)
def test_an_extension_that_the_cluster_does_not_have_has_no_objects(kubernetes, read_cluster, group):
    kubernetes.removed_groups.add(group)
    snapshot = read_cluster("kubernetes.workloads")
    assert isinstance(snapshot, Snapshot)
    assert {operation.name for operation in snapshot.provenance.operations} >= {"get /apis"}


def not_found(path):

    return at(path, Answer(404, error("404-missing-group.txt")))


@pytest.mark.parametrize("group", GROUPS)
def test_an_extension_that_is_not_found_although_it_is_served_is_a_gap(kubernetes, read_cluster, group):
    version = {"serving.kserve.io": "v1beta1", "argoproj.io": "v1alpha1"}[group]
    kubernetes.rules.append(not_found(f"/apis/{group}/{version}/{GROUPS[group]}"))
    gap = read_cluster("kubernetes.workloads")
    assert isinstance(gap, Gap)
    assert (gap.failure_class, gap.failures[0].operation) == (FailureClass.MALFORMED, f"list {GROUPS[group]}.{group}")


def test_a_group_that_is_served_without_the_resource_has_no_objects_of_it(kubernetes, read_cluster):

    kubernetes.rules += [
        not_found("/apis/argoproj.io/v1alpha1/rollouts"),
        at("/apis/argoproj.io/v1alpha1", Answer(200, b'{"kind":"APIResourceList","resources":[{"name":"workflows"}]}')),
    ]
    assert isinstance(read_cluster("kubernetes.workloads"), Snapshot)


@pytest.mark.parametrize("path", ["/apis", "/apis/argoproj.io/v1alpha1"])
def test_discovery_that_does_not_answer_never_means_that_there_is_none(kubernetes, read_cluster, path):

    for body in (b"{}", b"[]", b"<html>"):
        kubernetes.rules[:] = [not_found("/apis/argoproj.io/v1alpha1/rollouts"), at(path, Answer(200, body))]
        assert read_cluster("kubernetes.workloads").failure_class is FailureClass.MALFORMED
    kubernetes.rules[:] = [not_found("/apis/argoproj.io/v1alpha1/rollouts"), at(path, Answer(503, b""))]
    assert read_cluster("kubernetes.workloads").failure_class is FailureClass.UNREACHABLE


def test_what_every_cluster_has_is_never_taken_for_absent(kubernetes, read_cluster):
    kubernetes.removed_groups.add("apps")
    assert isinstance(read_cluster("kubernetes.workloads"), Gap)


def replica_set(instant, name, revision, history=None):
    """The replica set that a deployment's controller makes of a template, as the controller documents it."""
    owner = deployment(instant, name)
    template = copy.deepcopy(owner["spec"]["template"])
    template["metadata"] |= {"creationTimestamp": None}
    template["metadata"]["labels"] = {**template["metadata"]["labels"], "pod-template-hash": f"h{revision}"}
    annotations = {"deployment.kubernetes.io/revision": str(revision), "deployment.kubernetes.io/desired-replicas": "3"}
    if history:
        annotations["deployment.kubernetes.io/revision-history"] = history
    metadata = {
        "name": f"{name}-h{revision}",
        "namespace": owner["metadata"]["namespace"],
        "creationTimestamp": "2026-11-23T16:20:40Z",
        "annotations": {**owner["metadata"].get("annotations", {}), **annotations},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "controller": True}],
    }
    return {"metadata": metadata, "spec": {"template": template}}


def test_a_revision_has_the_digest_of_the_workload_that_it_is_of(kubernetes, read_cluster):
    kubernetes.plant(REPLICA_SETS, replica_set("t1", "llm-chat", 3), replica_set("t2", "llm-chat", 4, "1"))
    found = contents(read_cluster("kubernetes.revisions"))
    now = contents(read_cluster("kubernetes.workloads"))["deployment/inference/llm-chat"]
    current = found["revision/deployment/inference/llm-chat/llm-chat-h4"]
    earlier = found["revision/deployment/inference/llm-chat/llm-chat-h3"]
    assert current["template_digest"] == now["template_digest"] != earlier["template_digest"]
    assert (current["workload"], current["revision"]) == ("deployment/inference/llm-chat", 4)
    assert (current["earlier_revisions"], earlier["earlier_revisions"]) == ([1], [])
    assert current["images"] == [container["image"] for container in now["containers"]]
    assert current["models"] == now["models"] != earlier["models"]
    assert current["change_cause"] == REDACTION.digest("rollback to v3")


def test_the_revision_of_a_stateful_set_is_read_from_its_patch(kubernetes, read_cluster):
    owner = recorded("t2")["/apis/apps/v1/statefulsets"]["items"][0]
    patch = {"spec": {"template": {"$patch": "replace", **owner["spec"]["template"]}}}
    metadata = {
        "name": "vector-db-1",
        "namespace": "inference",
        "creationTimestamp": "2026-11-23T16:20:40Z",
        "ownerReferences": [{"kind": "StatefulSet", "name": "vector-db", "controller": True}],
    }
    foreign = {
        **metadata,
        "name": "x",
        "ownerReferences": [{"kind": "LeaderWorkerSet", "name": "x", "controller": True}],
    }
    kubernetes.plant(
        "/apis/apps/v1/controllerrevisions",
        {"metadata": metadata, "data": patch, "revision": 1},
        {"metadata": foreign, "data": {"other": "form"}, "revision": 1},
    )
    (found,) = contents(read_cluster("kubernetes.revisions")).values()
    workload = contents(read_cluster("kubernetes.workloads"))["statefulset/inference/vector-db"]
    assert (found["workload"], found["revision"]) == ("statefulset/inference/vector-db", 1)
    assert found["template_digest"] == workload["template_digest"]


def test_a_replica_set_that_nothing_owns_is_no_revision(kubernetes, read_cluster):
    alone = replica_set("t2", "llm-chat", 1)
    del alone["metadata"]["ownerReferences"]
    kubernetes.plant(REPLICA_SETS, alone)
    assert contents(read_cluster("kubernetes.revisions")) == {}
