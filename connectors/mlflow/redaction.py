"""Addresses without the credentials that people put into them."""

import re

_ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,31})://([^\s\"'<>]+)")
_PARAMETER = re.compile(r"([?&#;])([^=&#;]+)=[^&#;]*")
_NO_PORT = re.compile(r":\d*[^\d\]:]")
_CONTAINERS = frozenset({"abfs", "abfss", "wasb", "wasbs"})
"""Azure's schemes name a container before the @."""

REDACTED = "redacted"


def without_credentials(text: str) -> str:
    """Replace user, password and parameters (signatures, tokens) of every address in a text; a version id stays."""
    return _ADDRESS.sub(_clean, text)


def _clean(address: re.Match[str]) -> str:
    scheme, rest = address[1], address[2]
    user, at, place = _authority_of(rest)
    if at and (":" in user or scheme.lower() not in _CONTAINERS):
        user = REDACTED
    return f"{scheme}://{user}{at}{_PARAMETER.sub(_parameter, place)}"


def _authority_of(rest: str) -> tuple[str, str, str]:
    """Cut at the @ that ends user and password, which a path may hold too."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if _NO_PORT.search(authority) and "@" not in authority:
        # No host has such a port: it is a password that was not escaped, and goes on behind the slash.
        authority = rest
    user, at, host = authority.rpartition("@")
    return user, at, host + rest[len(authority) :]


def _parameter(given: re.Match[str]) -> str:
    return given[0] if given[2].lower() == "versionid" else f"{given[1]}{given[2]}={REDACTED}"
