"""`bedrock.*`: models that the account customized, the jobs that made them, and what it set up to call models.

Source: Amazon Bedrock API Reference. Hyperparameters, and agents' instructions and prompts, are not read.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from collector.model.canonical import Json
from connectors.aws.facets import Writers, described, draft, member, moment, needed
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population

_PAGE = 1000


def custom_models(aws: AwsSession) -> Iterator[Draft]:
    """Yield every custom model, those that other accounts share included."""
    listed = aws.pages(
        "bedrock", "list_custom_models", _PAGE, lambda page: (model["modelArn"] for model in page["modelSummaries"])
    )
    return aws.each(partial(_custom_model, aws), listed)


def _custom_model(aws: AwsSession, arn: str) -> Draft:
    return draft(arn, {}, described(aws, arn, _CUSTOM_MODEL, "bedrock", "get_custom_model", modelIdentifier=arn))


def customization_jobs(aws: AwsSession) -> Iterator[Draft]:
    """Yield every job that customizes a model."""
    listed = aws.pages("bedrock", "list_model_customization_jobs", _PAGE, _jobs)
    return aws.each(partial(_customization_job, aws), listed)


def _jobs(page: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return ((job["jobArn"], job["jobName"]) for job in page["modelCustomizationJobSummaries"])


def _customization_job(aws: AwsSession, listed: tuple[str, str]) -> Draft:
    arn, name = listed

    def own_arn(answer: Mapping[str, Any]) -> Json:
        # A name is what the job is asked for by, its ARN is what it was listed as.
        if answer["jobArn"] != arn:
            raise ValueError("another job answered")
        return arn

    writers = {"arn": own_arn, **_CUSTOMIZATION_JOB}
    return draft(arn, {}, described(aws, arn, writers, "bedrock", "get_model_customization_job", jobIdentifier=name))


def provisioned_throughputs(aws: AwsSession) -> Iterator[Draft]:
    """Yield every provisioned throughput: a model that is served to this account alone.

    `desired_model` is another than `model` while one replaces the other.
    """
    return aws.pages("bedrock", "list_provisioned_model_throughputs", _PAGE, _throughputs)


def _throughputs(page: Mapping[str, Any]) -> Iterable[Draft]:
    for throughput in page["provisionedModelSummaries"]:
        content = {facet: write(throughput) for facet, write in _THROUGHPUT.items()}
        yield Draft(throughput["provisionedModelArn"], content)


def inference_profiles(aws: AwsSession) -> Iterator[Draft]:
    """Yield every inference profile that somebody in the account made; those that AWS defines tell of no use."""
    return aws.pages("bedrock", "list_inference_profiles", _PAGE, _profiles, typeEquals="APPLICATION")


def _profiles(page: Mapping[str, Any]) -> Iterable[Draft]:
    for profile in page["inferenceProfileSummaries"]:
        content: dict[str, Json] = {
            "models": sorted({model["modelArn"] for model in profile["models"]}),
            "name": profile["inferenceProfileName"],
            "status": profile["status"],
        }
        yield Draft(profile["inferenceProfileArn"], content)


def agents(aws: AwsSession) -> Iterator[Draft]:
    """Yield every agent with the model of its working draft."""
    listed = aws.pages(
        "bedrock-agent", "list_agents", _PAGE, lambda page: (agent["agentId"] for agent in page["agentSummaries"])
    )
    return aws.each(partial(_agent, aws), listed)


def _agent(aws: AwsSession, agent: str) -> Draft:
    # The list has no ARNs, so an agent that cannot be described is known by its id.
    item = f"{aws.region}/agent/{agent}"
    return draft(item, {"id": agent}, described(aws, item, _AGENT, "bedrock-agent", "get_agent", agentId=agent))


def _training_data(answer: Mapping[str, Any]) -> Json:
    """Give the files that were trained on: given as such, or as a log of invocations to distil."""
    given = answer.get("trainingDataConfig") or {}
    log = (given.get("invocationLogsConfig") or {}).get("invocationLogSource") or {}
    return sorted(uri for uri in (given.get("s3Uri"), log.get("s3Uri")) if uri)


def _validation_data(answer: Mapping[str, Any]) -> Json:
    validators = (answer.get("validationDataConfig") or {}).get("validators") or []
    return sorted(validator["s3Uri"] for validator in validators)


_AGENT: Writers = {
    "arn": needed("agent", "agentArn"),
    "name": needed("agent", "agentName"),
    "status": needed("agent", "agentStatus"),
    "model": member("agent", "foundationModel"),
}
_CUSTOM_MODEL: Writers = {
    "name": needed("modelName"),
    "base_model": member("baseModelArn"),
    "job": member("jobArn"),
    "training_data": _training_data,
    "output": member("outputDataConfig", "s3Uri"),
    "key": member("modelKmsKeyArn"),
}
_CUSTOMIZATION_JOB: Writers = {
    "name": needed("jobName"),
    "role": needed("roleArn"),
    "base_model": needed("baseModelArn"),
    "status": member("status"),
    "training_data": _training_data,
    "validation_data": _validation_data,
    "output": member("outputDataConfig", "s3Uri"),
    "key": member("outputModelKmsKeyArn"),
    "custom_model": member("outputModelArn"),
    "created": moment("creationTime"),
}
_THROUGHPUT: Writers = {
    "name": needed("provisionedModelName"),
    "model": needed("modelArn"),
    "desired_model": needed("desiredModelArn"),
    "foundation_model": needed("foundationModelArn"),
    "status": needed("status"),
}

CUSTOM_MODELS = Population(
    "bedrock.custom_models", ("bedrock:ListCustomModels", "bedrock:GetCustomModel"), custom_models, regional=True
)
CUSTOMIZATION_JOBS = Population(
    "bedrock.customization_jobs",
    ("bedrock:ListModelCustomizationJobs", "bedrock:GetModelCustomizationJob"),
    customization_jobs,
    regional=True,
)
PROVISIONED_THROUGHPUTS = Population(
    "bedrock.provisioned_throughputs",
    ("bedrock:ListProvisionedModelThroughputs",),
    provisioned_throughputs,
    regional=True,
)
INFERENCE_PROFILES = Population(
    "bedrock.inference_profiles", ("bedrock:ListInferenceProfiles",), inference_profiles, regional=True
)
AGENTS = Population("bedrock.agents", ("bedrock:ListAgents", "bedrock:GetAgent"), agents, regional=True)
