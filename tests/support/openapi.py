"""Checks Kubernetes objects against the OpenAPI document of a real API server, and allows no unknown field."""

import gzip
import json
from functools import cache
from pathlib import Path

import jsonschema

DOCUMENT = Path(__file__).parents[1] / "recordings" / "kubernetes" / "openapi-v2.json.gz"


@cache
def _document():
    document = json.loads(gzip.decompress(DOCUMENT.read_bytes()))
    kinds = {}
    for name, definition in document["definitions"].items():
        if definition.get("format") == "int-or-string":
            definition["type"] = ["integer", "string"]
        if "properties" in definition:
            definition.setdefault("additionalProperties", False)
        for kind in definition.get("x-kubernetes-group-version-kind", ()):
            kinds[kind["group"], kind["version"], kind["kind"]] = name
    return document, kinds


def problems(manifest):
    """Say what the API server does not know or would refuse by form; empty for a good one."""
    document, kinds = _document()
    group, _, version = manifest["apiVersion"].rpartition("/")
    name = kinds.get((group, version, manifest["kind"]))
    if name is None:
        return [f"there is no {manifest['apiVersion']} {manifest['kind']}"]
    schema = {"definitions": document["definitions"], "$ref": f"#/definitions/{name}"}
    found = jsonschema.Draft4Validator(schema).iter_errors(manifest)
    return [f"{'.'.join(map(str, each.absolute_path))}: {each.message}" for each in found]
