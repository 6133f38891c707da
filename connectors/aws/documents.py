"""Policy documents as plain JSON, within the subset that canonical JSON allows."""

import json
from typing import Any

from collector.model.canonical import MAX_INTEGER, Json, encode
from collector.model.errors import MalformedError


def policy_document(document: Any) -> Json:
    """Give a policy document as plain JSON; decimals and huge numbers become strings, as AWS compares them.

    Args:
        document: JSON text, or what botocore made of it.

    Raises:
        ValueError: it is not a JSON object, or one that canonical JSON cannot write.

    """
    plain = _plain(json.loads(document) if isinstance(document, str) else document)
    if not isinstance(plain, dict):
        raise ValueError("a policy document is an object")  # noqa: TRY004 - the text is at fault, not a caller
    try:
        encode(plain)
    except MalformedError as error:
        raise ValueError(error.message) from None
    return plain


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
