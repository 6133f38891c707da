"""The identity that Google Cloud is asked as. Keys and tokens stay in this process, and are written nowhere.

Through google-auth: it signs in as Google's own clients do, with service-account keys, and, by Application Default
Credentials, with workload identities, which have no key that could be lost.
"""

from functools import partial
from pathlib import Path

import google.auth
import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from requests import PreparedRequest
from requests.auth import AuthBase

from collector.config import GcpProject
from collector.model.errors import ConfigurationError
from connectors.gcp.errors import not_signed_in

# Vertex AI accepts no narrower scope for its lists; the role of the identity is what limits it.
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_OPERATION = "gcp:sign-in"


class SignIn(AuthBase):
    """Signs calls in, and renews the token when it has run out."""

    def __init__(self, settings: GcpProject) -> None:
        """Read the configured key; nothing is called yet.

        Raises:
            ConfigurationError: the configured file holds no service account's key.

        """
        self._credentials: Credentials | None = _configured(settings)
        self._patience = (settings.connect_timeout, settings.read_timeout)

    @property
    def caller(self) -> str:
        """Give the service account's email, once signed in; a user's is not known."""
        email = getattr(self._credentials, "service_account_email", None)
        return str(email) if email and email != "default" else "application default credentials"

    @property
    def token(self) -> str | None:
        """Give what no record may hold."""
        token = self._credentials.token if self._credentials else None
        return str(token) if token else None

    def renew(self) -> None:
        """Make sure that there is a token.

        Raises:
            SourceError: no token is given out to this identity.

        """
        try:
            if self._credentials is None:
                self._credentials, _ = google.auth.default(scopes=_SCOPES)
            if not self._credentials.valid:
                with requests.Session() as session:
                    session.auth = _nobody
                    self._credentials.refresh(partial(Request(session), timeout=self._patience))
        except GoogleAuthError as error:
            raise not_signed_in(_OPERATION, error) from None

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Give the same headers as gRPC takes them."""
        headers: dict[str, str] = {}
        if self._credentials is not None:
            self._credentials.apply(headers)
        return tuple((name.lower(), value) for name, value in headers.items())

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the headers."""
        if self._credentials is not None:
            self._credentials.apply(request.headers)
        return request


def _nobody(request: PreparedRequest) -> PreparedRequest:
    """Sign in with nothing: without this, requests would take a password from ~/.netrc."""
    return request


def _configured(settings: GcpProject) -> Credentials | None:
    if settings.credentials is None:
        return None
    path = Path(settings.credentials)
    try:
        found: Credentials = service_account.Credentials.from_service_account_file(str(path), scopes=_SCOPES)
    except (OSError, ValueError, GoogleAuthError):
        # The library's own texts may quote the file.
        problem = f"{settings.id}: {path} holds no key of a service account that can be read"
        mend = "name the JSON file of the key, or leave credentials out to use Application Default Credentials"
        raise ConfigurationError(problem, mend) from None
    return found
