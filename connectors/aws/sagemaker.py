"""`sagemaker.*`: model packages, models, endpoints, and the jobs that train and process, in the configured region.

Source: Amazon SageMaker API Reference. Environments and hyperparameters are never read: people put secrets there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from collector.model.canonical import Json
from collector.model.snapshot import Failure
from connectors.aws.facets import Facets, Writers, described, draft, member, moment, moment_if_any, needed, unknown
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_PAGE = 100

Listed = tuple[str, str]
"""ARN and name."""


def model_packages(aws: AwsSession) -> Iterator[Draft]:
    """Yield every version of every group, and the packages without a group."""
    yield from aws.each(partial(_model_package, aws), _model_package_arns(aws))


def _model_package_arns(aws: AwsSession) -> Iterator[str]:
    def arns(page: Mapping[str, Any]) -> Iterable[str]:
        return (package["ModelPackageArn"] for package in page["ModelPackageSummaryList"])

    listed = partial(aws.pages, "sagemaker", "list_model_packages", _PAGE, arns)
    groups = aws.pages(
        "sagemaker",
        "list_model_package_groups",
        _PAGE,
        lambda page: (group["ModelPackageGroupName"] for group in page["ModelPackageGroupSummaryList"]),
    )
    for group in groups:
        yield from listed(ModelPackageGroupName=group, ModelPackageType="Versioned")
    yield from listed(ModelPackageType="Unversioned")


def _model_package(aws: AwsSession, arn: str) -> Draft:
    facets = described(aws, arn, _MODEL_PACKAGE, "sagemaker", "describe_model_package", ModelPackageName=arn)
    return draft(arn, {"type": "model_package"}, facets)


def _package_containers(answer: Mapping[str, Any]) -> Json:
    """Give the containers of all inference specifications: each of them can be deployed."""
    first = answer.get("InferenceSpecification")
    specifications = [*([first] if first else []), *(answer.get("AdditionalInferenceSpecifications") or [])]
    return [_package_container(entry) for specification in specifications for entry in specification["Containers"]]


def _package_container(container: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "additional_model_data": _additional_model_data(container),
        "image": container.get("Image"),
        "image_digest": container.get("ImageDigest"),
        "model_data": container.get("ModelDataUrl"),
        "model_data_source": _MODEL_DATA_SOURCE(container),
    }


def _additional_model_data(container: Mapping[str, Any]) -> Json:
    """Give where else weights come from, such as adapters."""
    sources = [source["S3DataSource"] for source in container.get("AdditionalModelDataSources") or []]
    alone = container.get("AdditionalS3DataSource")
    return sorted(source["S3Uri"] for source in [*sources, *([alone] if alone else [])])


_MODEL_DATA_SOURCE = member("ModelDataSource", "S3DataSource", "S3Uri")

_MODEL_PACKAGE: Writers = {
    "name": member("ModelPackageName"),
    "group": member("ModelPackageGroupName"),
    "version": member("ModelPackageVersion"),
    "approval": member("ModelApprovalStatus"),
    "status": needed("ModelPackageStatus"),
    "containers": _package_containers,
    "source": member("SourceUri"),
    "created_by": member("CreatedBy", "UserProfileArn"),
    "last_modified_by": member("LastModifiedBy", "UserProfileArn"),
    "life_cycle_stage": member("ModelLifeCycle", "Stage"),
    # What people wrote is not read, that they did is.
    "approval_described": lambda answer: bool(answer.get("ApprovalDescription")),
    "created": moment("CreationTime"),
    "last_modified": moment_if_any("LastModifiedTime"),
}


def models(aws: AwsSession) -> Iterator[Draft]:
    """Yield every model: what an endpoint or a transform job can load."""
    return each_listed(
        aws, "list_models", "Models", "Model", partial(described_by_name, "describe_model", "ModelName", _MODEL)
    )


def _model_containers(answer: Mapping[str, Any]) -> Json:
    primary = answer.get("PrimaryContainer")
    return [_model_container(entry) for entry in (answer.get("Containers") or ([primary] if primary else []))]


def _model_container(container: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "additional_model_data": _additional_model_data(container),
        "image": container.get("Image"),
        "model_data": container.get("ModelDataUrl") or _MODEL_DATA_SOURCE(container),
        "package": container.get("ModelPackageName"),
    }


def _subnets(answer: Mapping[str, Any]) -> Json:
    return sorted((answer.get("VpcConfig") or {}).get("Subnets") or [])


_MODEL: Writers = {
    "role": member("ExecutionRoleArn"),
    "containers": _model_containers,
    "network_isolation": lambda answer: bool(answer.get("EnableNetworkIsolation", False)),
    "subnets": _subnets,
}


def endpoints(aws: AwsSession) -> Iterator[Draft]:
    """Yield every endpoint with what its configuration says.

    `last_modified` moves with every update, automatic scaling's among them, and stands still in between.
    """
    return each_listed(aws, "list_endpoints", "Endpoints", "Endpoint", _endpoint)


def _endpoint(aws: AwsSession, arn: str, name: str) -> Facets:
    endpoint = described(aws, arn, _ENDPOINT, "sagemaker", "describe_endpoint", EndpointName=name)
    config = endpoint["config"]
    if config is None:
        return endpoint | dict.fromkeys(_ENDPOINT_CONFIG)
    if isinstance(config, Failure):
        return endpoint | unknown(config, arn, _ENDPOINT_CONFIG)
    operation = "describe_endpoint_config"
    return endpoint | described(aws, arn, _ENDPOINT_CONFIG, "sagemaker", operation, EndpointConfigName=config)


def _data_capture(answer: Mapping[str, Any]) -> Json:
    capture = answer.get("DataCaptureConfig") or {}
    return {
        "destination": capture.get("DestinationS3Uri"),
        "enabled": bool(capture.get("EnableCapture", False)),
        "key": capture.get("KmsKeyId"),
        "percentage": capture.get("CurrentSamplingPercentage"),
        "status": capture.get("CaptureStatus"),
    }


def _capture(answer: Mapping[str, Any]) -> Json:
    """Give what the configuration captures: inputs, outputs, both or nothing, and of which share of the requests."""
    capture = answer.get("DataCaptureConfig") or {}
    modes = {mode for option in capture.get("CaptureOptions") or [] for mode in _MODES[option["CaptureMode"]]}
    return {"modes": sorted(modes), "percentage": capture.get("InitialSamplingPercentage")}


_MODES = {"Input": ("Input",), "Output": ("Output",), "InputAndOutput": ("Input", "Output")}


def _variants(answer: Mapping[str, Any]) -> Json:
    """Give the variants that answer requests, and the shadows, which get copies of them."""
    shadows = answer.get("ShadowProductionVariants") or []
    variants = [_variant(entry, shadow=False) for entry in answer["ProductionVariants"]]
    variants += [_variant(entry, shadow=True) for entry in shadows]
    return sorted(variants, key=lambda variant: str(variant["name"]))


def _variant(variant: Mapping[str, Any], *, shadow: bool) -> dict[str, Json]:
    return {
        "instance_type": variant.get("InstanceType"),
        # The count that was asked for: the current one moves with the load.
        "instances": variant.get("InitialInstanceCount"),
        "model": variant.get("ModelName"),
        "name": variant["VariantName"],
        "serverless": bool(variant.get("ServerlessConfig")),
        "shadow": shadow,
    }


_ENDPOINT: Writers = {
    "status": needed("EndpointStatus"),
    "config": member("EndpointConfigName"),
    "data_capture": _data_capture,
    "created": moment("CreationTime"),
    "last_modified": moment("LastModifiedTime"),
}
_ENDPOINT_CONFIG: Writers = {"capture": _capture, "variants": _variants, "key": member("KmsKeyId")}


def training_jobs(aws: AwsSession) -> Iterator[Draft]:
    """Yield every training job."""
    read = partial(described_by_name, "describe_training_job", "TrainingJobName", _TRAINING_JOB)
    return each_listed(aws, "list_training_jobs", "TrainingJobSummaries", "TrainingJob", read)


def _channels(source: str, name: str) -> Callable[[Mapping[str, Any]], Json]:
    def write(answer: Mapping[str, Any]) -> Json:
        sources = [channel["DataSource"].get(source) for channel in answer.get("InputDataConfig") or []]
        return sorted(found[name] for found in sources if found)

    return write


_TRAINING_JOB: Writers = {
    "status": needed("TrainingJobStatus"),
    "role": member("RoleArn"),
    "inputs": _channels("S3DataSource", "S3Uri"),
    "input_datasets": _channels("DatasetSource", "DatasetArn"),
    "input_file_systems": _channels("FileSystemDataSource", "FileSystemId"),
    "output": member("OutputDataConfig", "S3OutputPath"),
    "output_key": member("OutputDataConfig", "KmsKeyId"),
    "volume_key": member("ResourceConfig", "VolumeKmsKeyId"),
    "checkpoint": member("CheckpointConfig", "S3Uri"),
    "model_artifacts": member("ModelArtifacts", "S3ModelArtifacts"),
    "created": moment("CreationTime"),
}


def processing_jobs(aws: AwsSession) -> Iterator[Draft]:
    """Yield every processing job."""
    read = partial(described_by_name, "describe_processing_job", "ProcessingJobName", _PROCESSING_JOB)
    return each_listed(aws, "list_processing_jobs", "ProcessingJobSummaries", "ProcessingJob", read)


def _inputs(answer: Mapping[str, Any]) -> Json:
    sources = [entry.get("S3Input") for entry in answer.get("ProcessingInputs") or []]
    return sorted(source["S3Uri"] for source in sources if source)


def _input_databases(answer: Mapping[str, Any]) -> Json:
    definitions = [entry.get("DatasetDefinition") or {} for entry in answer.get("ProcessingInputs") or []]
    kinds = ("AthenaDatasetDefinition", "RedshiftDatasetDefinition")
    return sorted(given[kind]["Database"] for given in definitions for kind in kinds if given.get(kind))


def _outputs(answer: Mapping[str, Any]) -> Json:
    targets = [entry.get("S3Output") for entry in (answer.get("ProcessingOutputConfig") or {}).get("Outputs") or []]
    return sorted(target["S3Uri"] for target in targets if target)


_PROCESSING_JOB: Writers = {
    "status": needed("ProcessingJobStatus"),
    "role": member("RoleArn"),
    "inputs": _inputs,
    "input_databases": _input_databases,
    "outputs": _outputs,
    "output_key": member("ProcessingOutputConfig", "KmsKeyId"),
    "volume_key": member("ProcessingResources", "ClusterConfig", "VolumeKmsKeyId"),
    "created": moment("CreationTime"),
}


def each_listed(
    aws: AwsSession, operation: str, entries: str, kind: str, read: Callable[[AwsSession, str, str], Facets]
) -> Iterator[Draft]:
    """Read a list whose entries carry ARN and name, and the facets of each member."""

    def write(page: Mapping[str, Any]) -> Iterable[Listed]:
        return ((entry[f"{kind}Arn"], entry[f"{kind}Name"]) for entry in page[entries])

    def member_of(listed: Listed) -> Draft:
        arn, name = listed
        return draft(arn, {"name": name}, read(aws, arn, name))

    return aws.each(member_of, aws.pages("sagemaker", operation, _PAGE, write))


def described_by_name(operation: str, parameter: str, writers: Writers, aws: AwsSession, arn: str, name: str) -> Facets:
    """Make the call that describes one member by its name, and write its facets."""
    return described(aws, arn, writers, "sagemaker", operation, **{parameter: name})


MODEL_PACKAGES = Population(
    "sagemaker.model_packages",
    ("sagemaker:ListModelPackageGroups", "sagemaker:ListModelPackages", "sagemaker:DescribeModelPackage"),
    model_packages,
    regional=True,
)
MODELS = Population("sagemaker.models", ("sagemaker:ListModels", "sagemaker:DescribeModel"), models, regional=True)
ENDPOINTS = Population(
    "sagemaker.endpoints",
    ("sagemaker:ListEndpoints", "sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig"),
    endpoints,
    regional=True,
)
TRAINING_JOBS = Population(
    "sagemaker.training_jobs",
    ("sagemaker:ListTrainingJobs", "sagemaker:DescribeTrainingJob"),
    training_jobs,
    regional=True,
)
PROCESSING_JOBS = Population(
    "sagemaker.processing_jobs",
    ("sagemaker:ListProcessingJobs", "sagemaker:DescribeProcessingJob"),
    processing_jobs,
    regional=True,
)
