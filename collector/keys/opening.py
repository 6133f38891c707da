"""Opening the keys that a configuration names: a file, or a key in AWS KMS or Google Cloud KMS."""

import os
from importlib import import_module
from pathlib import Path

from collector.config import Configuration
from collector.config.model import KeyService
from collector.ledger.keys import Signer, load_cosigner_file, load_key_file
from collector.ledger.note import ML_DSA_44, VerifierKey
from collector.model.errors import ConfigurationError

_SERVICES = {"awskms": ("collector.keys.aws", "boto3", "aws"), "gcpkms": ("collector.keys.gcp", "google", "gcp")}


def signer_of(configuration: Configuration) -> Signer:
    """Open the configured signing key under the ledger's name.

    A key service is only asked for its public key where the configuration pins none.

    Raises:
        ConfigurationError: the key cannot be read, or its SDK is not installed.
        SigningError: the key's service does not answer.

    """
    ledger = configuration.ledger
    if ledger.key.startswith("file:"):
        return load_key_file(configuration.key_path, ledger.name, passphrase(ledger.passphrase_variable))
    pinned = VerifierKey.decode(ledger.public_key) if ledger.public_key else None
    return open_service_key(ledger.key, ledger.name, service_of(configuration), pinned)


def service_of(configuration: Configuration) -> KeyService:
    """Give how key services are reached, the path of credentials from the configuration's folder."""
    service = configuration.ledger.key_service
    if service.credentials is None:
        return service
    return service.model_copy(update={"credentials": str(configuration.folder / Path(service.credentials))})


def open_service_key(key: str, name: str, service: KeyService, pinned: VerifierKey | None = None) -> Signer:
    """Open a key such as `awskms:arn:aws:kms:…` under the ledger's name.

    Raises:
        ConfigurationError: its SDK is not installed, or `pinned` is of another name.
        SigningError: its service does not answer.

    """
    scheme, _, resource = key.partition(":")
    module, sdk, extra = _SERVICES[scheme]
    if pinned is not None and pinned.name != name:
        raise ConfigurationError(f"ledger.public_key is of {pinned.name}, and the ledger is called {name}")
    try:
        opened: Signer = import_module(module).open_key(resource, name, service, pinned)
    except ImportError as error:
        raise ConfigurationError(
            f"{scheme}: needs {error.name or sdk}, which is not installed", f"pip install 'controlproof[{extra}]'"
        ) from None
    return opened


def post_quantum_signer(configuration: Configuration) -> Signer | None:
    """Open the ledger's ML-DSA-44 key, None where there is none.

    Raises:
        ConfigurationError: it cannot be read.

    """
    path = configuration.post_quantum_key_path
    if path is None:
        return None
    secret = passphrase(configuration.ledger.passphrase_variable)
    signer = load_cosigner_file(path, configuration.ledger.name, secret)
    if signer.key.kind != ML_DSA_44:
        raise ConfigurationError(
            f"the key {path} is not an ML-DSA-44 key", "make one with: controlproof key create --post-quantum FILE"
        )
    return signer


def passphrase(variable: str | None) -> bytes | None:
    """Give the passphrase that an environment variable holds, None where no variable is named.

    Raises:
        ConfigurationError: the variable is not set.

    """
    if variable is None:
        return None
    secret = os.environ.get(variable)
    if not secret:
        raise ConfigurationError(
            f"the environment variable {variable}, which holds the passphrase of the key, is not set",
            f"set {variable} where the collector runs; never on a command line",
        )
    return secret.encode("utf-8")
