"""Keys in AWS KMS: key spec ECC_NIST_EDWARDS25519, signing whole messages with ED25519_SHA_512.

Source: docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html. It needs `kms:Sign`, and `kms:GetPublicKey` where the
configuration pins no public key.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.serialization import load_der_public_key

from collector.config.model import KeyService
from collector.keys.service import ServiceSigner, public_key
from collector.ledger.note import VerifierKey
from collector.model.errors import SigningError

_ATTEMPTS = 3


def open_key(arn: str, name: str, service: KeyService, pinned: VerifierKey | None) -> ServiceSigner:
    """Open a key by its ARN under the ledger's name.

    Raises:
        ConfigurationError: it is no Ed25519 key.
        SigningError: AWS KMS does not give its public key.

    """
    make: Any = boto3.session.Session(profile_name=service.profile).client
    client = make(
        "kms",
        region_name=arn.split(":")[3],
        endpoint_url=service.endpoint_url,
        config=Config(
            connect_timeout=service.connect_timeout,
            read_timeout=service.read_timeout,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        ),
    )
    key = pinned or _public_key(client, arn, name)
    return ServiceSigner(key, "AWS KMS", partial(_sign, client, arn))


def _public_key(client: Any, arn: str, name: str) -> VerifierKey:
    answer = _call("kms:GetPublicKey", partial(client.get_public_key, KeyId=arn))
    return public_key(load_der_public_key, answer.get("PublicKey", b""), name, arn)


def _sign(client: Any, arn: str, message: bytes) -> bytes:
    ask = partial(client.sign, KeyId=arn, Message=message, MessageType="RAW", SigningAlgorithm="ED25519_SHA_512")
    # The SDK takes an answer that is no JSON for an empty one.
    return bytes(_call("kms:Sign", ask).get("Signature", b""))


def _call(operation: str, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        return ask()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no code")
        raise SigningError(
            f"{operation} was refused ({code}); nothing was written", f"allow the collector {operation} on its key"
        ) from None
    except BotoCoreError as error:
        raise SigningError(f"{operation} was not answered ({type(error).__name__}); nothing was written") from None
