"""Which vendor's a model is, by the name that a cloud or a gateway gives it."""

import re

from collector.model.vendors import is_known_publisher, vendor_of_publisher

AWS = "aws"
GOOGLE = "google"

# What routes requests to several regions, before the provider's name: `eu.anthropic.claude-…`.
_ROUTES = frozenset(("apac", "au", "ca", "eu", "global", "jp", "sa", "us", "us-gov"))
_OF_PROVIDERS = frozenset(("foundation-model", "inference-profile"))
_PUBLISHED = re.compile(r"(?:^|/)publishers/([^/@]+)/models/[^/@]+")
_JUMPSTART = re.compile(r"s3://jumpstart-(?:private-)?cache-[a-z0-9-]+/([^/]+)")
_PACKAGE = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:([0-9]{12}):model-package/.+")
_BEDROCK = frozenset(("amazon-bedrock", "bedrock"))
_OWN_SERVERS = frozenset(("huggingface-text-generation-inference", "mlflow-model-serving", "ollama"))
"""What the gateway calls servers that one runs oneself."""


def of_bedrock(model: str) -> str | None:
    """Give the vendor of a model by its id or ARN; None for one of the account's own, which has a base that tells.

    Source: Amazon Bedrock User Guide, "Supported foundation models", "Inference profiles".
    """
    kind, _, name = model.rpartition("/")
    if kind.startswith("arn:") and kind.rpartition(":")[2] not in _OF_PROVIDERS:
        return None
    first, _, rest = name.partition(".")
    provider = rest.partition(".")[0] if first in _ROUTES else first
    return vendor_of_publisher(provider) if provider and rest else None


def of_published(name: str) -> str | None:
    """Give the vendor of a model of Vertex AI's publishers; None for a name that is not theirs."""
    found = _PUBLISHED.search(name)
    return vendor_of_publisher(found[1]) if found else None


def of_jumpstart(uri: str) -> str | None:
    """Give the vendor of weights that SageMaker JumpStart supplies; None for weights that lie elsewhere."""
    found = _JUMPSTART.match(uri)
    if found is None:
        return None
    publisher = found[1].partition("-")[0]
    return vendor_of_publisher(publisher) if is_known_publisher(publisher) else AWS


def account_of_package(arn: str) -> str | None:
    """Give the account that a model package belongs to."""
    found = _PACKAGE.fullmatch(arn)
    return found[1] if found else None


def of_gateway(provider: str, model: str) -> str | None:
    """Give the vendor of a model that MLflow's gateway leads to; None where the server is one's own."""
    name = provider.lower()
    if name in _OWN_SERVERS:
        return None
    if name in _BEDROCK:
        return of_bedrock(model) or AWS
    return vendor_of_publisher(name.removesuffix("-model-serving"))
