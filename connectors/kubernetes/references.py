"""References to models that stay readable: in arguments and environments whose other values do not.

A reference is kept only when it is one as a whole, without user, password or query: those carry credentials.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from collector.model.canonical import Json
from connectors.kubernetes.credentials import is_token

_MAX_LENGTH = 1024

# The schemes that KServe, vLLM, Hugging Face and MLflow take for models.
_REFERENCE = re.compile(
    r"(?:(?:s3|s3a|gs|pvc|hf|hdfs|oci|mlflow-artifacts)://[\w.-]+(?::[0-9]+)?(?:/[^\s?#@]*)?"
    r"|(?:models|runs):/{1,2}[^\s?#/@]+(?:/[^\s?#@]*|@[\w.-]+)?)"
)
_WEB = re.compile(r"https?://[\w.-]+(?::[0-9]+)?(?:/[^\s?#@]*)?")
# The form of a repository's or a path's name, with a revision: meta/llama-3@main, /weights/llm/3, llama3:8b.
_NAME = re.compile(r"/?\w[\w.-]*(?:/[\w.-]+){0,8}/?(?:[:@][\w.-]+)?")

MODEL_ANNOTATION = "controlproof.io/model"
"""Names what is loaded where neither environment nor arguments do, such as a model that code picks."""

_VARIABLES = frozenset(
    ("HF_MODEL_ID", "MLFLOW_MODEL_URI", "MODEL", "MODEL_ID", "MODEL_NAME", "MODEL_PATH", "MODEL_URI", "STORAGE_URI")
)
_FLAGS = frozenset(("--model", "--model-id", "--model-name", "--model-path", "--model-uri", "--storage-uri"))
_LONG_FLAG = re.compile(r"--[a-z][a-z0-9_-]*")
_INSIDE = re.compile(_REFERENCE.pattern.replace(r"[^\s?#", r"[^\s?#'\"`;,)\]}"))
_END = re.compile(r"$|[\s'\"`;,)\]}|&>]")


def reference(value: str) -> str | None:
    """Give a reference whose scheme says that it is to a model or its files; None for anything else."""
    return value if len(value) <= _MAX_LENGTH and _REFERENCE.fullmatch(value) else None


def named(value: str) -> str | None:
    """Give what a place that names a model holds: a reference, a web address, a name or a path; else None."""
    if len(value) > _MAX_LENGTH or is_token(value):
        return None
    return value if any(form.fullmatch(value) for form in (_REFERENCE, _WEB, _NAME)) else None


def of_environment(container: str, name: str, value: str) -> Iterator[Json]:
    """Yield the reference in an environment variable, if there is one."""
    found = named(value) if name.upper() in _VARIABLES else reference(value)
    if found is not None:
        yield {"from": f"environment {name} of container {container}", "uri": found}


def of_arguments(container: str, arguments: Sequence[str]) -> Iterator[Json]:
    """Yield the references in a command line: values of flags that name a model, and any that a scheme shows."""
    before = ""
    for argument in arguments:
        flag, separator, value = argument.partition("=")
        if separator and _plain(flag) in _FLAGS:
            found = [named(value)]
        elif _plain(before) in _FLAGS:
            found = [named(argument)]
        else:
            found = list(_inside(argument))
        # Only a long flag is repeated: anything else may itself hold a secret.
        where = next((name for name in (flag if separator else "", before) if _LONG_FLAG.fullmatch(name)), "arguments")
        yield from ({"from": f"{where} of container {container}", "uri": uri} for uri in found if uri is not None)
        before = argument


def of_annotations(annotations: Mapping[str, str]) -> Iterator[Json]:
    """Yield the references in the annotation by which a pod template can name its models, separated by commas."""
    for value in annotations.get(MODEL_ANNOTATION, "").split(","):
        found = named(value.strip())
        if found is not None:
            yield {"from": f"annotation {MODEL_ANNOTATION}", "uri": found}


def _plain(flag: str) -> str:
    return flag.replace("_", "-")


def _inside(argument: str) -> Iterator[str]:
    """Yield the references in free text such as a script, as far as each is one by itself."""
    for match in _INSIDE.finditer(argument):
        # What goes on is a user, a port with a password, or a query.
        if _END.match(argument, match.end()) and match.end() - match.start() <= _MAX_LENGTH:
            yield match.group()
