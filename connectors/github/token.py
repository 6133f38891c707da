"""The token that GitHub is asked with. It stays in the environment and this process, and is written nowhere."""

import os
import re
from collections.abc import Mapping

from requests import PreparedRequest
from requests.auth import AuthBase

from collector.config import GithubRepository
from collector.model.errors import ConfigurationError

_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


def token_of(settings: GithubRepository, environment: Mapping[str, str] = os.environ) -> str | None:
    """Read the token from the environment variable that is configured; None where none is: public repositories only.

    Raises:
        ConfigurationError: the variable holds no token.

    """
    name = settings.token_variable
    if name is None:
        return None
    token = environment.get(name, "").strip()
    if not _TOKEN.fullmatch(token):
        problem = f"{settings.id}: the environment variable {name} {'is not set' if not token else 'holds no token'}"
        raise ConfigurationError(problem, "set it to a token; what it must be allowed: controlproof permissions github")
    return token


class Bearer(AuthBase):
    """Signs calls in with a token, or with nothing: without this, requests would take a password from ~/.netrc."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request
