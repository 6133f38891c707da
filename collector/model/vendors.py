"""Who makes third-party models, and how their use shows: hosts, variables, and the names that clouds give them.

Connectors recognise by it what they may keep, and tests whose model it is, so it stands below both. What is not in
it is not lost: a cloud's own name of a publisher is then the vendor's.

Sources: the vendors' API references (hosts) and SDKs (environment variables); Amazon Bedrock User Guide, "Supported
foundation models" (the part of a model id before the first dot, and after a region's prefix); Vertex AI REST
reference (`publishers/PUBLISHER/models/MODEL`); MLflow AI Gateway, "Supported providers".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

_LONGEST = 1024 * 1024
"""Characters of one text that are searched for hosts: as much as a ConfigMap may hold."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor of models.

    Attributes:
        id: what the vendor register calls it; `name` is for people.
        hosts: of its APIs. One with `*` in it stands for a class: what a customer chose of the name is not kept.
        keys: environment variables that hold its API's key, so that one of this name tells of its use.
        bases: environment variables that say where its API is: another host there means that its key is for another.
        clouds: what Bedrock, Vertex AI, JumpStart and MLflow call it.

    """

    id: str
    name: str
    hosts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()


VENDORS: tuple[Vendor, ...] = (
    Vendor("ai21", "AI21 Labs", ("api.ai21.com",), ("AI21_API_KEY",), (), ("ai21", "ai21labs", "jurassic")),
    Vendor("aleph-alpha", "Aleph Alpha", ("api.aleph-alpha.com",), ("ALEPH_ALPHA_API_KEY",)),
    Vendor(
        "anthropic",
        "Anthropic",
        ("api.anthropic.com",),
        ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_API_KEY"),
        ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL"),
        ("anthropic",),
    ),
    Vendor(
        "aws",
        "Amazon Web Services",
        (
            "bedrock-runtime.*.amazonaws.com",
            "bedrock-runtime-fips.*.amazonaws.com",
            "bedrock-agent-runtime.*.amazonaws.com",
            "bedrock-mantle.*.api.aws",
            "bedrock-runtime.*.api.aws",
        ),
        ("AWS_BEARER_TOKEN_BEDROCK",),
        (),
        ("amazon",),
    ),
    Vendor(
        "cohere",
        "Cohere",
        ("api.cohere.com", "api.cohere.ai"),
        ("COHERE_API_KEY", "CO_API_KEY"),
        ("CO_API_URL", "COHERE_BASE_URL"),
        ("cohere",),
    ),
    Vendor("databricks", "Databricks", (), (), (), ("databricks", "mosaicml")),
    Vendor("deepinfra", "DeepInfra", ("api.deepinfra.com",), ("DEEPINFRA_API_KEY", "DEEPINFRA_API_TOKEN")),
    Vendor(
        "deepseek",
        "DeepSeek",
        ("api.deepseek.com",),
        ("DEEPSEEK_API_KEY",),
        ("DEEPSEEK_BASE_URL", "DEEPSEEK_API_BASE"),
        ("deepseek", "deepseek-ai"),
    ),
    Vendor("fireworks", "Fireworks AI", ("api.fireworks.ai",), ("FIREWORKS_API_KEY",)),
    Vendor(
        "google",
        "Google",
        ("generativelanguage.googleapis.com", "aiplatform.googleapis.com", "*-aiplatform.googleapis.com"),
        ("GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"),
        ("GOOGLE_GEMINI_BASE_URL",),
        ("gemini", "google", "palm", "vertex_ai"),
    ),
    Vendor("groq", "Groq", ("api.groq.com",), ("GROQ_API_KEY",), ("GROQ_BASE_URL",), ("groq",)),
    Vendor(
        "huggingface",
        "Hugging Face",
        ("api-inference.huggingface.co", "router.huggingface.co", "*.endpoints.huggingface.cloud"),
        (),
        (),
        ("huggingface",),
    ),
    Vendor("ibm", "IBM", ("*.ml.cloud.ibm.com",), ("WATSONX_API_KEY", "WATSONX_APIKEY"), (), ("ibm", "watsonx")),
    Vendor("luma", "Luma AI", ("api.lumalabs.ai",), ("LUMAAI_API_KEY",), (), ("luma",)),
    Vendor("meta", "Meta", ("api.llama.com",), ("LLAMA_API_KEY",), (), ("meta",)),
    Vendor(
        "microsoft",
        "Microsoft",
        (
            "*.openai.azure.com",
            "*.cognitiveservices.azure.com",
            "*.services.ai.azure.com",
            "*.models.ai.azure.com",
            "models.inference.ai.azure.com",
        ),
        ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_KEY", "AZURE_AI_API_KEY"),
        ("AZURE_OPENAI_ENDPOINT",),
        ("azure", "azuread", "azure_ai"),
    ),
    Vendor("minimax", "MiniMax", ("api.minimax.io",), ("MINIMAX_API_KEY",), (), ("minimax",)),
    Vendor(
        "mistral",
        "Mistral AI",
        ("api.mistral.ai", "codestral.mistral.ai"),
        ("MISTRAL_API_KEY", "CODESTRAL_API_KEY"),
        ("MISTRAL_BASE_URL",),
        ("mistral", "mistralai"),
    ),
    Vendor(
        "moonshot",
        "Moonshot AI",
        ("api.moonshot.ai", "api.moonshot.cn"),
        ("MOONSHOT_API_KEY",),
        (),
        ("moonshot", "moonshotai"),
    ),
    Vendor("nvidia", "NVIDIA", ("integrate.api.nvidia.com", "ai.api.nvidia.com"), (), (), ("nvidia",)),
    Vendor(
        "openai",
        "OpenAI",
        ("api.openai.com", "eu.api.openai.com", "us.api.openai.com"),
        ("OPENAI_API_KEY", "OPENAI_KEY"),
        ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_API_BASE_URL", "OPENAI_API_HOST"),
        ("openai",),
    ),
    Vendor("openrouter", "OpenRouter", ("openrouter.ai",), ("OPENROUTER_API_KEY",), (), ("openrouter",)),
    Vendor("perplexity", "Perplexity", ("api.perplexity.ai",), ("PERPLEXITY_API_KEY", "PPLX_API_KEY")),
    Vendor(
        "qwen",
        "Alibaba Cloud",
        ("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com"),
        ("DASHSCOPE_API_KEY",),
        (),
        ("alibaba", "qwen"),
    ),
    Vendor("replicate", "Replicate", ("api.replicate.com",), ("REPLICATE_API_TOKEN",)),
    Vendor(
        "stability", "Stability AI", ("api.stability.ai",), ("STABILITY_API_KEY",), (), ("stability", "stabilityai")
    ),
    Vendor(
        "together",
        "Together AI",
        ("api.together.xyz", "api.together.ai"),
        ("TOGETHER_API_KEY",),
        (),
        ("together", "togetherai", "together_ai"),
    ),
    Vendor("twelvelabs", "TwelveLabs", ("api.twelvelabs.io",), ("TWELVE_LABS_API_KEY",), (), ("twelvelabs",)),
    Vendor("voyage", "Voyage AI", ("api.voyageai.com",), ("VOYAGE_API_KEY",), (), ("voyage",)),
    Vendor("writer", "Writer", ("api.writer.com",), ("WRITER_API_KEY",), (), ("writer",)),
    Vendor("xai", "xAI", ("api.x.ai",), ("XAI_API_KEY",), (), ("xai",)),
)

NAMES: Mapping[str, str] = MappingProxyType({vendor.id: vendor.name for vendor in VENDORS})
"""Names for people, by id."""

_HOSTS = {host: vendor.id for vendor in VENDORS for host in vendor.hosts}
_KEYS = {name: vendor.id for vendor in VENDORS for name in vendor.keys}
_BASES = {name: vendor.id for vendor in VENDORS for name in vendor.bases}
_CLOUDS = {name: vendor.id for vendor in VENDORS for name in vendor.clouds}
_CLASSES = tuple(
    (host, re.compile(re.escape(host).replace(r"\*", r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,3}")))
    for host in _HOSTS
    if "*" in host
)
# A host by itself or in a URL: labels with dots between them. What stands before or after it is never kept.
_HOST = re.compile(r"(?<![a-z0-9._-])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}(?![a-z0-9-])")


def host_class(host: str) -> str | None:
    """Give the host of a known model API, or the class that it is of; None for any other."""
    name = host.lower().rstrip(".")
    if name in _HOSTS:
        return name
    return next((known for known, form in _CLASSES if form.fullmatch(name)), None)


def hosts_in(text: str) -> Iterator[str]:
    """Yield the hosts of known model APIs, or their classes, that stand in a text, each once, sorted."""
    found = {host_class(match.group()) for match in _HOST.finditer(text[:_LONGEST].lower())}
    yield from sorted(host for host in found if host)


def hosts_behind(name: str) -> Iterator[str]:
    """Yield the hosts of known model APIs that a name stands for; one that begins with `*.` stands for many."""
    suffix = name.lower().removeprefix("*")
    found = [host_class(name)] if suffix == name.lower() else [host for host in _HOSTS if host.endswith(suffix)]
    yield from sorted(host for host in found if host)


def vendor_of_host(known: str) -> str:
    """Give the id of the vendor behind what `host_class` gave.

    Raises:
        KeyError: `host_class` never gives such a host.

    """
    return _HOSTS[known]


def vendor_of_key(variable: str) -> str | None:
    """Give the id of the vendor whose API key an environment variable is named for."""
    return _KEYS.get(variable.upper())


def vendor_of_base(variable: str) -> str | None:
    """Give the id of the vendor the place of whose API an environment variable is named for."""
    return _BASES.get(variable.upper())


def is_known_publisher(publisher: str) -> bool:
    """Tell whether a vendor in the table is called so by a cloud or a gateway."""
    return publisher.lower() in _CLOUDS


def vendor_of_publisher(publisher: str) -> str:
    """Give the id of the vendor that a cloud or a gateway calls so; what is not known is an id of its own."""
    name = publisher.lower()
    return _CLOUDS.get(name, name)
