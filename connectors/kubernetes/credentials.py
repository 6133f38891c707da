"""Command lines with what looks like a credential replaced. Flags stay; when in doubt, the value goes.

What is lost is a value's text, never that it changed: equal values have equal digests.
"""

import re
from collections.abc import Sequence

from connectors.redaction import Redaction

# "token" is a credential, --max-tokens and --tokenizer are not.
_NAME = re.compile(
    r"(?i)pass|pwd|secret|token(?!i|s\b)|credential|api[-_.]?key|access[-_.]?key|private[-_.]?key|account[-_.]?key|"
    r"encryption[-_.]?key|auth|bearer|cookie|session|connection[-_.]?string|dsn|signature|\bsas\b|[-_]key$|^-*key$|license"
)
# Forms that only credentials have: known prefixes, JSON web tokens, keys.
_TOKEN = re.compile(
    r"(?:sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|hf|xox[a-z]|npm|pypi|dapi|nvapi|gsk|AIza|ya29|whsec)[-_.]?[\w.-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,}|eyJ[\w-]{8,}\.[\w.-]+|-----BEGIN.*|[0-9a-fA-F]{32,}",
    re.DOTALL,
)
# Long runs of letters of both cases and digits: random, or a long name.
_RANDOM = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[a-z])(?=[^/]*[A-Z])[\w+=-]{24,}")
_USER_OR_QUERY = re.compile(r"[a-z][\w+.-]*://(?:[^/\s]*@|[^\s]*[?#])|^[^/\s@]+:[^/\s@]+@")
_SHORT = re.compile(r"(-[pPuwk])(.*)")
_HEADER = re.compile(r"([\w-]+)(:)(.+)", re.DOTALL)
_ASSIGNMENT = re.compile(r"(-*[\w.\[\]-]+)(=)(.*)", re.DOTALL)
_FLAG = re.compile(r"--?[A-Za-z][\w.-]*")
_LONG_FLAG = re.compile(r"--[a-z][\w.-]*(?:=.*)?", re.DOTALL)
_NUMBER = re.compile(r"[0-9.:]*")


def is_token(value: str) -> bool:
    """Tell whether a value has a form that only credentials have, or holds a user or a query."""
    return bool(_TOKEN.fullmatch(value) or _USER_OR_QUERY.search(value))


def reduced(arguments: Sequence[str], redaction: Redaction) -> list[str]:
    """Give a command line in which every value that may be a credential is replaced by its digest.

    Args:
        arguments: command and arguments in one row: a flag may end the one, and its value begin the other.
        redaction: what values are replaced by.

    """
    result: list[str] = []
    before = ""
    for argument in arguments:
        result.append(_reduce(argument, before, redaction))
        before = argument
    return result


def _reduce(argument: str, before: str, redaction: Redaction) -> str:
    if argument and argument.split() != [argument]:
        # A script, a header or JSON: nothing in it can be told apart.
        return redaction.digest(argument)
    if _is_value_of(before, argument):
        return redaction.digest(argument)
    short = _SHORT.fullmatch(argument)
    if short and not _NUMBER.fullmatch(short[2]):
        return short[1] + redaction.digest(short[2])
    for form in (_ASSIGNMENT, _HEADER):
        parts = form.fullmatch(argument)
        if parts and (_NAME.search(parts[1]) or _may_hide(parts[3])):
            return parts[1] + parts[2] + redaction.digest(parts[3])
    return redaction.digest(argument) if _may_hide(argument) else argument


def _is_value_of(before: str, argument: str) -> bool:
    """Tell whether an argument is the value of a flag before it that may take a credential."""
    if _SHORT.fullmatch(before) and len(before) == 2:
        return not _NUMBER.fullmatch(argument) and not argument.startswith("-")
    return bool(_FLAG.fullmatch(before) and _NAME.search(before) and not _LONG_FLAG.fullmatch(argument))


def _may_hide(value: str) -> bool:
    return is_token(value) or bool(_RANDOM.fullmatch(value)) or value.startswith(("{", "["))
