"""Keys in Google Cloud KMS: versions of the algorithm EC_SIGN_ED25519, signing whole messages.

Source: cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions. It needs
`cloudkms.cryptoKeyVersions.useToSign`, and `…viewPublicKey` where the configuration pins no public key.
"""

import base64
import binascii
from collections.abc import Mapping
from functools import partial
from typing import Any

import google.auth
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account
from requests.exceptions import RequestException

from collector.config.model import KeyService
from collector.keys.service import ServiceSigner, public_key
from collector.ledger.note import VerifierKey
from collector.model.errors import ConfigurationError, SigningError

_SCOPES = ("https://www.googleapis.com/auth/cloudkms",)
_ENDPOINT = "https://cloudkms.googleapis.com"
_ALGORITHM = "EC_SIGN_ED25519"
_MAX_ANSWER = 64 * 1024


def open_key(version: str, name: str, service: KeyService, pinned: VerifierKey | None) -> ServiceSigner:
    """Open a version of a key by its name, `projects/…/cryptoKeyVersions/1`, under the ledger's name.

    Raises:
        ConfigurationError: it is no Ed25519 key, or the credentials cannot be read.
        SigningError: Google Cloud KMS does not give its public key.

    """
    session = _Session(service)
    key = pinned or _public_key(session, version, name)
    return ServiceSigner(key, "Google Cloud KMS", partial(_sign, session, version))


class _Session:
    """Calls to Google Cloud KMS, signed in at the first one."""

    def __init__(self, service: KeyService) -> None:
        self._service = service
        self._url = (service.endpoint_url or _ENDPOINT).rstrip("/")
        self._http: AuthorizedSession | None = None

    def call(self, verb: str, path: str, permission: str, body: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Make one call and give its answer.

        Raises:
            SigningError: it was refused or not answered.

        """
        patience = (self._service.connect_timeout, self._service.read_timeout)
        try:
            self._http = self._http or AuthorizedSession(_credentials(self._service))
            answer = self._http.request(
                verb, f"{self._url}/v1/{path}", json=body, timeout=patience, allow_redirects=False
            )
            found = answer.json() if answer.status_code == 200 and len(answer.content) <= _MAX_ANSWER else None
        except (GoogleAuthError, RequestException, ValueError) as error:
            raise SigningError(
                f"Google Cloud KMS was not reached ({type(error).__name__}); nothing was written"
            ) from None
        if not isinstance(found, dict):
            raise SigningError(
                f"Google Cloud KMS refused (HTTP status {answer.status_code}); nothing was written",
                f"allow the collector {permission} on its key",
            )
        return found


def _public_key(session: _Session, version: str, name: str) -> VerifierKey:
    answer = session.call("GET", f"{version}/publicKey", "cloudkms.cryptoKeyVersions.viewPublicKey")
    if answer.get("algorithm") != _ALGORITHM:
        raise ConfigurationError(f"{version} is not a key of the algorithm {_ALGORITHM}")
    return public_key(load_pem_public_key, str(answer.get("pem")).encode("utf-8"), name, version)


def _sign(session: _Session, version: str, message: bytes) -> bytes:
    data = {"data": base64.b64encode(message).decode("ascii")}
    answer = session.call("POST", f"{version}:asymmetricSign", "cloudkms.cryptoKeyVersions.useToSign", data)
    try:
        return base64.b64decode(str(answer.get("signature")), validate=True)
    except binascii.Error:
        raise SigningError("Google Cloud KMS gave no signature; nothing was written") from None


def _credentials(service: KeyService) -> Credentials:
    if service.credentials is None:
        found, _ = google.auth.default(scopes=_SCOPES)
        return found
    try:
        named: Credentials = service_account.Credentials.from_service_account_file(service.credentials, scopes=_SCOPES)
    except (OSError, ValueError, GoogleAuthError):
        # The library's own texts may quote the file.
        raise ConfigurationError(f"{service.credentials} holds no key of a service account that can be read") from None
    return named
