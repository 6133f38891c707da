"""The published policy is enough, and no action in it is spare: proven by a server that enforces it."""

import hashlib
import http.client
import json
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.aws import ACTIONS, account, client
from support.logs import OPERATIONS as LOG_OPERATIONS
from support.logs import one_of_each as logs_of_each
from support.proxy import proxy
from support.serving import one_of_each

from collector.cli.permissions import policy
from collector.demo.estate import ACCOUNT, REGION
from collector.demo.server import moto_server
from collector.model import instant
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.aws import events
from connectors.aws.source import POPULATIONS
from connectors.registry import connect

ROLE = f"arn:aws:iam::{ACCOUNT}:role/it"
IMAGE = "registry.example.com/llm:1"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}

OPERATIONS = {action: operation for operation, action in ACTIONS.items()}
READ = [population for population in POPULATIONS if not population.on_request]
DECLARED = [(population, action) for population in READ for action in population.permissions]

ASKED_BY_ANOTHER_NAME = {
    # The server does not know these sub-resources of a bucket, and asks for the right to list objects.
    "s3:GetBucketPublicAccessBlock": "s3:ListBucket",
    "s3:GetBucketOwnershipControls": "s3:ListBucket",
    "s3:GetEncryptionConfiguration": "s3:ListBucket",
    "s3:GetBucketObjectLockConfiguration": "s3:ListBucket",
    # The server takes the operation's name for the action's.
    "s3:GetAccountPublicAccessBlock": "s3:GetPublicAccessBlock",
    # The server takes the name that calls are signed for.
    "cloudwatch:DescribeAlarms": "monitoring:DescribeAlarms",
    "cloudwatch:GetMetricData": "monitoring:GetMetricData",
    "cloudwatch:ListMetrics": "monitoring:ListMetrics",
}
"""Actions that the server does not know: what it asks for in their place. Their names rest on AWS's reference."""


SERVICES = {"": "bedrock", "LookupEvents": "cloudtrail", **dict.fromkeys(LOG_OPERATIONS, "logs")}
"""Whose operation it is, of those that a double answers."""


@pytest.fixture(scope="module")
def grant():
    """An enforcing server, and a way to give the collector's user exactly some actions there."""
    with moto_server() as url, proxy(url) as signing, pytest.MonkeyPatch.context() as patch:
        seed(url)
        administrator = user(url, "administrator")
        collector = user(url, "collector")
        attach = client_of(administrator, url).put_user_policy
        attach(UserName="administrator", PolicyName="it", PolicyDocument=allowing(["*"]))
        enforce(url)
        patch.setenv("AWS_ACCESS_KEY_ID", collector["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", collector["SecretAccessKey"])
        patch.setattr(events, "SECONDS_BETWEEN_CALLS", 0)
        doubles = (one_of_each(), logs_of_each())
        signing.rules += [decided_by_the_server(signing, collector, double) for double in doubles]
        signing.rules.append(sign_again(signing, collector))
        source = connect(account(signing.url, log_groups=("/it",)), clock=instant.now, progress=lambda *_: None)

        def give(actions):
            attach(UserName="collector", PolicyName="it", PolicyDocument=allowing(actions))
            return source

        yield give


def user(url, name):
    iam = client(url, "iam")
    iam.create_user(UserName=name)
    return iam.create_access_key(UserName=name)["AccessKey"]


def client_of(key, url):
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"])
    return session.client("iam", region_name=REGION, endpoint_url=url)


def allowing(actions):
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}]}
    )


def enforce(url):
    """Check every call from now on."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("POST", "/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
        assert connection.getresponse().status == 200
    finally:
        connection.close()


def sign_again(state, key):
    """Sign a GET of Bedrock as the server checks it: it takes the query for a body unless a digest of one is signed."""

    def rule(request):
        if not request.path.startswith(("/agents/", "/custom-models", "/logging/", "/model-customization-jobs")):
            return None
        return forward_signed(state, key, "bedrock", request)

    return rule


def decided_by_the_server(state, key, double):
    """Let the server decide whether a call is allowed; if it is, the double answers what the server cannot."""

    def rule(request):
        answer = double.answer(request)
        if answer is None:
            return None
        service = SERVICES.get(request.operation, "sagemaker")
        decided = forward_signed(state, key, service, request)
        return decided if decided.status == 403 else answer

    return rule


def forward_signed(state, key, service, request):
    target = f"{request.path}?{urlencode(request.query, doseq=True)}".rstrip("?")
    headers = {"X-Amz-Content-SHA256": hashlib.sha256(request.body).hexdigest()}
    if request.operation:
        headers |= {"X-Amz-Target": f"it.{request.operation}", "Content-Type": "application/x-amz-json-1.1"}
    signed = AWSRequest(request.method, f"{state.upstream.geturl()}{target}", headers=headers, data=request.body)
    SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), service, REGION).add_auth(signed)
    return state.forward(request, target, {"Host": state.upstream.netloc, **dict(signed.headers.items())})


def seed(url):
    """One member of each population, so that every call about a member is made."""
    client(url, "s3").create_bucket(Bucket="acme-it", CreateBucketConfiguration={"LocationConstraint": REGION})
    client(url, "kms").create_key()
    client(url, "organizations").create_organization(FeatureSet="ALL")
    client(url, "cloudtrail").create_trail(Name="main", S3BucketName="acme-it")
    seed_logs(client(url, "logs"), client(url, "cloudwatch"))
    seed_bedrock(client(url, "bedrock"))
    client(url, "bedrock-agent").create_agent(agentName="agent", agentResourceRoleArn=ROLE)
    seed_sagemaker(client(url, "sagemaker"))
    seed_watching(client(url, "cloudwatch"), client(url, "application-autoscaling"))


def seed_logs(logs, cloudwatch):
    logs.create_log_group(logGroupName="/it")
    logs.put_resource_policy(policyName="it", policyDocument=allowing(["logs:PutLogEvents"]))
    model = [{"Name": "ModelId", "Value": "it"}]
    metric = {"MetricName": "Invocations", "Dimensions": model, "Value": 1}
    cloudwatch.put_metric_data(Namespace="AWS/Bedrock", MetricData=[metric])


def seed_bedrock(bedrock):
    to = {"bucketName": "acme-it"}
    bedrock.put_model_invocation_logging_configuration(loggingConfig={"s3Config": to, "textDataDeliveryEnabled": True})
    bedrock.create_model_customization_job(
        jobName="job",
        customModelName="model",
        roleArn=ROLE,
        baseModelIdentifier="amazon.titan-text-lite-v1",
        trainingDataConfig={"s3Uri": "s3://it/data"},
        outputDataConfig={"s3Uri": "s3://it/"},
        hyperParameters={},
    )


def seed_sagemaker(sagemaker):
    sagemaker.create_model_package_group(ModelPackageGroupName="group")
    sagemaker.create_model_package(ModelPackageGroupName="group")
    sagemaker.create_model(ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    variant = {"ModelName": "model", "VariantName": "it", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="config", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="config")
    sagemaker.create_training_job(
        TrainingJobName="training",
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        OutputDataConfig={"S3OutputPath": "s3://it/"},
        ResourceConfig=CLUSTER,
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    sagemaker.create_processing_job(
        ProcessingJobName="processing",
        ProcessingResources={"ClusterConfig": CLUSTER},
        AppSpecification={"ImageUri": IMAGE},
        RoleArn=ROLE,
    )


def seed_watching(cloudwatch, scaling):
    cloudwatch.put_metric_alarm(
        AlarmName="alarm",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    scaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/endpoint/variant/it",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=1,
        MaxCapacity=2,
    )


def published():
    (statement,) = policy("aws")["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
    return set(statement["Action"])


def enough():
    """The published actions, and what the server asks for in place of those that it does not know."""
    return published() | set(ASKED_BY_ANOTHER_NAME.values())


def operation_of(action):
    return OPERATIONS.get(action, action)


@pytest.mark.parametrize("population", READ, ids=lambda p: p.name)
def test_under_the_published_policy_everything_is_read_and_each_action_is_used(grant, population):
    snapshot = grant(enough()).read(population.name)
    assert isinstance(snapshot, Snapshot)
    assert len(snapshot.items) >= 1
    called = {operation.name for operation in snapshot.provenance.operations if operation.calls}
    assert called == {operation_of(action) for action in population.permissions}


@pytest.mark.parametrize(("population", "action"), DECLARED, ids=lambda value: getattr(value, "name", value))
def test_without_one_action_there_is_a_gap_that_names_it(grant, population, action):
    asked = ASKED_BY_ANOTHER_NAME.get(action, action)
    alike = [each for each in population.permissions if ASKED_BY_ANOTHER_NAME.get(each, each) == asked]
    gap = grant(enough() - {asked}).read(population.name)
    assert isinstance(gap, Gap)
    assert {failure.failure_class for failure in gap.failures} == {FailureClass.DENIED}
    assert {failure.operation for failure in gap.failures} == set(map(operation_of, alike))


def test_without_any_action_every_population_is_a_gap_and_none_is_empty(grant):
    source = grant(["ec2:DescribeRegions"])
    for population in READ:
        gap = source.read(population.name)
        assert isinstance(gap, Gap)
        assert gap.failure_class is FailureClass.DENIED
        assert gap.partial is None
