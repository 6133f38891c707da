"""Policy documents as plain JSON, within the subset that canonical JSON allows."""

import json
from typing import Any

from collector.model.canonical import MAX_INTEGER, Json


def policy_document(document: Any) -> Json:
    """Give a policy document as plain JSON; decimals and huge numbers become strings, as AWS compares them.

    Args:
        document: JSON text, or what botocore made of it.

    Raises:
        ValueError: it is text that is not JSON.

    """
    return _plain(json.loads(document) if isinstance(document, str) else document)


def _plain(value: Any) -> Json:
    if isinstance(value, dict):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > MAX_INTEGER):
        return str(value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    raise ValueError(f"a policy document holds a {type(value).__name__}")
