"""What is read of SageMaker: where weights come from, where they lie, and what serves them."""

import json

import pytest
from support.aws import client
from support.proxy import Answer, json_error, one_by_one, operation

from collector.demo.estate import ACCOUNT, REGION
from collector.model.snapshot import FailureClass, Gap, Snapshot

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/training"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
IMAGE = "registry.example.com/llm:1"
SECRET = "a-token-in-an-environment"
POPULATIONS = ("model_packages", "models", "endpoints", "training_jobs", "processing_jobs")
DENIED = json_error(400, "AccessDeniedException")
NOON = 1_780_000_000
SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 2}
AT_NOON = "2026-05-28T20:26:40.000000Z"
COMPLETED = {"ModelPackageStatus": "Completed", "CreationTime": NOON}


@pytest.fixture(scope="module")
def estate(blank):
    sagemaker = client(blank, "sagemaker")
    seed_packages(sagemaker)
    seed_models(sagemaker)
    seed_endpoints(sagemaker)
    seed_jobs(sagemaker)
    return blank


def seed_packages(sagemaker):
    container = {"Image": IMAGE, "ImageDigest": "sha256:00", "ModelDataUrl": "s3://acme-weights/llm.tar.gz"}
    inference = {"Containers": [container], "SupportedContentTypes": ["x"], "SupportedResponseMIMETypes": ["x"]}
    sagemaker.create_model_package_group(ModelPackageGroupName="llm")
    sagemaker.create_model_package_group(ModelPackageGroupName="empty")
    for status in ("Approved", "PendingManualApproval"):
        sagemaker.create_model_package(
            ModelPackageGroupName="llm", ModelApprovalStatus=status, InferenceSpecification=inference
        )
    sagemaker.create_model_package(ModelPackageName="alone", InferenceSpecification=inference)


def seed_models(sagemaker):
    container = {"Image": IMAGE, "ModelDataUrl": "s3://acme-weights/llm.tar.gz", "Environment": {"TOKEN": SECRET}}
    sagemaker.create_model(
        ModelName="served",
        ExecutionRoleArn=ROLE,
        PrimaryContainer=container,
        VpcConfig={"Subnets": ["subnet-b", "subnet-a"], "SecurityGroupIds": ["sg-1"]},
    )
    sagemaker.create_model(ModelName="pipeline", ExecutionRoleArn=ROLE, Containers=[container, container])


def seed_endpoints(sagemaker):
    variant = {"InitialInstanceCount": 2, "InstanceType": "ml.m5.large", "ModelName": "served", "VariantName": "main"}
    capture = {
        "CaptureOptions": [{"CaptureMode": "Input"}],
        "DestinationS3Uri": "s3://acme-captures/",
        "EnableCapture": True,
        "InitialSamplingPercentage": 50,
        "KmsKeyId": KEY,
    }
    sagemaker.create_endpoint_config(
        EndpointConfigName="watched", ProductionVariants=[variant], DataCaptureConfig=capture, KmsKeyId=KEY
    )
    sagemaker.create_endpoint_config(EndpointConfigName="plain", ProductionVariants=[variant])
    for name in ("watched", "plain"):
        sagemaker.create_endpoint(EndpointName=f"{name}-endpoint", EndpointConfigName=name)


def seed_jobs(sagemaker):
    channels = [
        {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/{name}"}}}
        for name in ("validation", "train")
    ]
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1, "VolumeKmsKeyId": KEY}
    sagemaker.create_training_job(
        TrainingJobName="train-llm",
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        InputDataConfig=channels,
        OutputDataConfig={"S3OutputPath": "s3://acme-weights/", "KmsKeyId": KEY},
        ResourceConfig=cluster,
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        CheckpointConfig={"S3Uri": "s3://checkpoints/"},
        HyperParameters={"token": SECRET},
        Environment={"TOKEN": SECRET},
    )
    local = {"LocalPath": "/opt/ml/processing/it", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    upload = {"S3Uri": "s3://clean/", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}
    sagemaker.create_processing_job(
        ProcessingJobName="clean-data",
        ProcessingResources={"ClusterConfig": cluster},
        AppSpecification={"ImageUri": IMAGE},
        RoleArn=ROLE,
        ProcessingInputs=[{"InputName": "raw", "S3Input": {"S3Uri": "s3://raw/", **local}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "clean", "S3Output": upload}], "KmsKeyId": KEY},
        Environment={"TOKEN": SECRET},
    )


def answered(name, change, when=lambda _: True):
    """Answers one operation with a JSON document."""
    body = json.dumps(change).encode()
    return operation(name, Answer(200, body, {"Content-Type": "application/x-amz-json-1.1"}), when)


def content(snapshot, item):
    return snapshot.get(item).content().value


def test_every_version_of_every_group_and_what_has_no_group_is_a_model_package(read):
    snapshot = read("sagemaker.model_packages")
    assert [item.id for item in snapshot] == [
        f"{ARN}:model-package/alone",
        f"{ARN}:model-package/llm/1",
        f"{ARN}:model-package/llm/2",
    ]
    version = content(snapshot, f"{ARN}:model-package/llm/1")
    assert (version["type"], version["group"], version["version"]) == ("model_package", "llm", 1)
    assert (version["approval"], version["status"], version["life_cycle_stage"]) == ("Approved", "Completed", None)
    assert version["containers"] == [
        {
            "additional_model_data": [],
            "image": IMAGE,
            "image_digest": "sha256:00",
            "model_data": "s3://acme-weights/llm.tar.gz",
            "model_data_source": None,
        }
    ]
    assert content(snapshot, f"{ARN}:model-package/llm/2")["approval"] == "PendingManualApproval"
    assert content(snapshot, f"{ARN}:model-package/alone")["group"] is None


def test_a_package_tells_who_made_it_its_stage_and_the_source_of_its_weights(aws, read):
    profile = f"{ARN}:user-profile/d-1/scientist"
    source = {"S3DataSource": {"S3Uri": "s3://acme-weights/x/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
    aws.rules.append(
        answered(
            "DescribeModelPackage",
            {
                "ModelPackageStatus": "Completed",
                "CreationTime": NOON,
                "LastModifiedTime": NOON + 60,
                "ApprovalDescription": SECRET,
                "CreatedBy": {"UserProfileArn": profile},
                "LastModifiedBy": {"UserProfileArn": profile},
                "ModelLifeCycle": {"Stage": "Production", "StageStatus": "Approved"},
                "InferenceSpecification": {"Containers": [{"AdditionalS3DataSource": {"S3Uri": "s3://more/"}}]},
                "AdditionalInferenceSpecifications": [{"Name": "more", "Containers": [{"ModelDataSource": source}]}],
            },
        )
    )
    package = content(read("sagemaker.model_packages"), f"{ARN}:model-package/alone")
    assert (package["created_by"], package["last_modified_by"]) == (profile, profile)
    assert package["life_cycle_stage"] == "Production"
    assert (package["created"], package["last_modified"]) == (AT_NOON, "2026-05-28T20:27:40.000000Z")
    assert package["approval_described"] is True
    assert SECRET not in str(package)
    assert [container["model_data_source"] for container in package["containers"]] == [None, "s3://acme-weights/x/"]
    assert [container["additional_model_data"] for container in package["containers"]] == [["s3://more/"], []]


def test_a_package_without_containers_tells_its_source_alone(aws, read):
    aws.rules.append(answered("DescribeModelPackage", {**COMPLETED, "SourceUri": "s3://it/"}))
    snapshot = read("sagemaker.model_packages")
    assert isinstance(snapshot, Snapshot)
    contents = [item.content() for item in snapshot]
    assert {(tuple(content.facet("containers")), content.facet("source")) for content in contents} == {((), "s3://it/")}
    assert {(content.facet("last_modified"), content.facet("approval_described")) for content in contents} == {
        (None, False)
    }


@pytest.mark.parametrize(
    ("population", "listing", "calls"),
    [
        ("sagemaker.model_packages", "ListModelPackageGroups", 2),
        ("sagemaker.model_packages", "ListModelPackages", 4),
        ("sagemaker.endpoints", "ListEndpoints", 2),
    ],
)
def test_every_page_of_a_list_is_read(aws, read, population, listing, calls):
    whole = read(population)
    aws.rules.append(one_by_one(aws, "sagemaker", listing))
    paged = read(population)
    assert paged.items == whole.items
    counted = [op.calls for op in paged.provenance.operations if op.name == f"sagemaker:{listing}"]
    assert sum(counted) == calls


def test_versions_are_counted_together_whatever_their_group(read):
    operations = read("sagemaker.model_packages").provenance.operations
    listed = {
        op.parameters["ModelPackageType"]: op.calls for op in operations if op.name == "sagemaker:ListModelPackages"
    }
    assert listed == {"Versioned": 2, "Unversioned": 1}


def test_a_model_tells_its_role_weights_and_network(read):
    snapshot = read("sagemaker.models")
    assert content(snapshot, f"{ARN}:model/served") == {
        "containers": [
            {
                "additional_model_data": [],
                "image": IMAGE,
                "model_data": "s3://acme-weights/llm.tar.gz",
                "package": None,
            }
        ],
        "name": "served",
        "network_isolation": False,
        "role": ROLE,
        "subnets": ["subnet-a", "subnet-b"],
    }
    other = content(snapshot, f"{ARN}:model/pipeline")
    assert (other["subnets"], len(other["containers"])) == ([], 2)


def test_a_model_tells_that_it_is_isolated_and_made_from_a_package(aws, read):
    package = f"{ARN}:model-package/llm/1"
    adapter = {"ChannelName": "adapter", "S3DataSource": {"S3Uri": "s3://adapters/"}}
    container = {"ModelPackageName": package, "AdditionalModelDataSources": [adapter]}
    described = {"PrimaryContainer": container, "EnableNetworkIsolation": True}
    aws.rules.append(answered("DescribeModel", described))
    model = content(read("sagemaker.models"), f"{ARN}:model/served")
    assert model["network_isolation"] is True
    assert model["containers"] == [
        {"additional_model_data": ["s3://adapters/"], "image": None, "model_data": None, "package": package}
    ]


def test_an_endpoint_tells_its_variants_and_what_it_captures(aws, read):
    snapshot = read("sagemaker.endpoints")
    watched = content(snapshot, f"{ARN}:endpoint/watched-endpoint")
    assert (watched["config"], watched["key"], watched["status"]) == ("watched", KEY, "InService")
    assert watched["variants"] == [
        {
            "instance_type": "ml.m5.large",
            "instances": 2,
            "model": "served",
            "name": "main",
            "serverless": False,
            "shadow": False,
        }
    ]
    assert watched["data_capture"]["enabled"] is True
    assert watched["data_capture"]["destination"] == "s3://acme-captures/"
    assert watched["data_capture"]["key"] == KEY
    plain = content(snapshot, f"{ARN}:endpoint/plain-endpoint")
    nothing = {"destination": None, "enabled": False, "key": None, "percentage": None, "status": None}
    assert plain["data_capture"] == nothing
    assert (watched["capture"]["modes"], plain["capture"]) == (["Input"], {"modes": [], "percentage": None})
    assert plain["key"] is None


def test_an_endpoints_shadow_is_a_variant_too(aws, read):
    variants = {
        "ProductionVariants": [{"VariantName": "main", "ModelName": "served", "ServerlessConfig": SERVERLESS}],
        "ShadowProductionVariants": [{"VariantName": "next", "ModelName": "pipeline"}],
    }
    aws.rules.append(answered("DescribeEndpointConfig", variants))
    endpoint = content(read("sagemaker.endpoints"), f"{ARN}:endpoint/plain-endpoint")
    assert [(v["name"], v["model"], v["shadow"], v["serverless"]) for v in endpoint["variants"]] == [
        ("main", "served", False, True),
        ("next", "pipeline", True, False),
    ]
    assert [v["instance_type"] for v in endpoint["variants"]] == [None, None]


def test_an_endpoint_without_a_configuration_has_no_variants_and_is_readable(aws, read):
    aws.rules.append(
        answered("DescribeEndpoint", {"EndpointStatus": "Failed", "CreationTime": NOON, "LastModifiedTime": NOON + 60})
    )
    endpoint = content(read("sagemaker.endpoints"), f"{ARN}:endpoint/plain-endpoint")
    assert (endpoint["config"], endpoint["variants"], endpoint["key"]) == (None, None, None)
    assert (endpoint["created"], endpoint["last_modified"]) == (AT_NOON, "2026-05-28T20:27:40.000000Z")


@pytest.mark.parametrize("population", POPULATIONS)
def test_a_second_poll_finds_the_same_items(read, population):
    assert read(f"sagemaker.{population}").items == read(f"sagemaker.{population}").items


def test_an_endpoint_without_its_moments_is_malformed(aws, read):
    aws.rules.append(answered("DescribeEndpoint", {"EndpointStatus": "InService"}))
    assert read("sagemaker.endpoints").failure_class is FailureClass.MALFORMED


def test_inputs_that_are_not_of_s3_are_told_apart(aws, read):
    channels = [
        {"ChannelName": "files", "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1"}}},
        {"ChannelName": "set", "DataSource": {"DatasetSource": {"DatasetArn": f"{ARN}:hub-content/it"}}},
    ]
    aws.rules += [
        answered(
            "DescribeTrainingJob",
            {"TrainingJobStatus": "Completed", "CreationTime": NOON, "InputDataConfig": channels},
        ),
        answered(
            "DescribeProcessingJob",
            {
                "ProcessingJobStatus": "Completed",
                "CreationTime": NOON,
                "ProcessingInputs": [{"DatasetDefinition": {"AthenaDatasetDefinition": {"Database": "customers"}}}],
            },
        ),
    ]
    training = content(read("sagemaker.training_jobs"), f"{ARN}:training-job/train-llm")
    assert (training["inputs"], training["input_file_systems"]) == ([], ["fs-1"])
    assert training["input_datasets"] == [f"{ARN}:hub-content/it"]
    processing = content(read("sagemaker.processing_jobs"), f"{ARN}:processing-job/clean-data")
    assert (processing["inputs"], processing["input_databases"]) == ([], ["customers"])


def test_a_training_job_tells_its_data_and_where_its_weights_go(read):
    job = content(read("sagemaker.training_jobs"), f"{ARN}:training-job/train-llm")
    assert job.pop("created").endswith("Z")
    assert job.pop("model_artifacts").startswith("s3://acme-weights/")
    assert job == {
        "checkpoint": "s3://checkpoints/",
        "input_datasets": [],
        "input_file_systems": [],
        "inputs": ["s3://data/train", "s3://data/validation"],
        "name": "train-llm",
        "output": "s3://acme-weights/",
        "output_key": KEY,
        "role": ROLE,
        "status": "Completed",
        "volume_key": KEY,
    }


def test_a_processing_job_tells_what_it_reads_and_writes(read):
    job = content(read("sagemaker.processing_jobs"), f"{ARN}:processing-job/clean-data")
    assert job.pop("created").endswith("Z")
    assert job == {
        "input_databases": [],
        "inputs": ["s3://raw/"],
        "name": "clean-data",
        "output_key": KEY,
        "outputs": ["s3://clean/"],
        "role": ROLE,
        "status": "Completed",
        # The local AWS forgets it.
        "volume_key": None,
    }


def test_a_processing_job_tells_the_key_of_its_volumes(aws, read):
    resources = {"ClusterConfig": {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": KEY}}
    described = {"ProcessingJobStatus": "Completed", "ProcessingResources": resources, "CreationTime": NOON}
    aws.rules.append(answered("DescribeProcessingJob", described))
    job = content(read("sagemaker.processing_jobs"), f"{ARN}:processing-job/clean-data")
    assert (job["volume_key"], job["created"]) == (KEY, AT_NOON)


@pytest.mark.parametrize("population", POPULATIONS)
def test_environments_and_hyperparameters_are_never_read(read, population):
    assert SECRET.encode() not in b"".join(item.body for item in read(f"sagemaker.{population}"))


DESCRIBES = {
    "sagemaker.model_packages": ("DescribeModelPackage", "approval"),
    "sagemaker.models": ("DescribeModel", "containers"),
    "sagemaker.endpoints": ("DescribeEndpointConfig", "variants"),
    "sagemaker.training_jobs": ("DescribeTrainingJob", "inputs"),
    "sagemaker.processing_jobs": ("DescribeProcessingJob", "outputs"),
}


@pytest.mark.parametrize(("population", "described", "facet"), [(p, *d) for p, d in DESCRIBES.items()])
def test_a_description_that_is_denied_leaves_its_facets_unknown_and_the_list_whole(
    aws, read, population, described, facet
):
    whole = read(population)
    aws.rules.append(operation(described, DENIED))
    gap = read(population)
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.DENIED
    assert {failure.operation for failure in gap.failures} == {f"sagemaker:{described}"}
    assert gap.partial.listed
    assert [item.id for item in gap.partial] == [item.id for item in whole]
    for item in gap.partial:
        value = item.content().value
        assert facet not in value
        assert value["unreadable"][facet]["class"] == "denied"


def test_without_its_description_an_endpoints_configuration_is_unknown_too(aws, read):
    aws.rules.append(operation("DescribeEndpoint", DENIED))
    for item in read("sagemaker.endpoints").partial:
        assert item.content().value.keys() == {"name", "unreadable"}
        assert item.content().value["unreadable"].keys() == {
            "capture",
            "config",
            "created",
            "data_capture",
            "key",
            "last_modified",
            "status",
            "variants",
        }


LISTS = {
    "sagemaker.model_packages": ("ListModelPackageGroups", "ListModelPackages"),
    "sagemaker.models": ("ListModels",),
    "sagemaker.endpoints": ("ListEndpoints",),
    "sagemaker.training_jobs": ("ListTrainingJobs",),
    "sagemaker.processing_jobs": ("ListProcessingJobs",),
}


@pytest.mark.parametrize(("population", "listing"), [(p, name) for p, names in LISTS.items() for name in names])
@pytest.mark.parametrize("answer", [DENIED, Answer(200, b"{}")], ids=["denied", "without the list"])
def test_a_list_that_is_not_whole_is_a_gap(aws, read, population, listing, answer):
    aws.rules.append(operation(listing, answer))
    gap = read(population)
    assert isinstance(gap, Gap)
    assert gap.failures[0].operation == f"sagemaker:{listing}"
    assert not (gap.partial and gap.partial.listed)


def test_a_group_whose_versions_cannot_be_listed_is_no_empty_group(aws, read):
    aws.rules.append(operation("ListModelPackages", DENIED, lambda request: b'"llm"' in request.body))
    gap = read("sagemaker.model_packages")
    assert gap.failure_class is FailureClass.DENIED
    assert not (gap.partial and gap.partial.listed)


def test_a_description_without_what_is_always_there_is_malformed_not_empty(aws, read):
    aws.rules.append(answered("DescribeTrainingJob", {}))
    gap = read("sagemaker.training_jobs")
    assert gap.failure_class is FailureClass.MALFORMED
    (item,) = gap.partial
    assert "inputs" not in item.content().value
