"""SSH signatures over packets, verified by OpenSSH itself.

Source: ssh-keygen(1), "-Y verify" and "ALLOWED SIGNERS".
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from collector.model.errors import ConfigurationError
from collector.review.submission import Signature

NAMESPACE = "controlproof"
_MAX_SIGNATURE = 64 * 1024
_PATIENCE = 30
"""Seconds."""
_GOOD = re.compile(r'Good "controlproof" signature for .* with \S+ key (SHA256:[A-Za-z0-9+/=]+)')


def verify_signature(packet: bytes, signature: Path, allowed_signers: Path, signer: str) -> Signature:
    """Verify that a signer who is allowed to signed exactly these bytes.

    Raises:
        ConfigurationError: they did not, or it cannot be verified here.

    """
    if signer.startswith("-"):
        raise ConfigurationError("a reviewer's name does not begin with a dash")
    text = _read(signature)
    if not allowed_signers.is_file():
        raise ConfigurationError(f"there is no allowed-signers file {allowed_signers}", "see: man ssh-keygen")
    # What is recorded is what is verified, even if the file changes meanwhile: ssh-keygen gets a copy of what was read.
    with tempfile.NamedTemporaryFile(suffix=".sig") as copy:
        copy.write(text.encode("ascii"))
        copy.flush()
        arguments = ["-n", NAMESPACE, "-f", str(allowed_signers.absolute()), "-I", signer, "-s", copy.name]
        done = _ssh_keygen("-Y", "verify", *arguments, given=packet)
    good = _GOOD.search(done.stdout.decode("utf-8", "replace"))
    if done.returncode != 0 or good is None:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        why = said[0] if said else "no reason given"
        raise ConfigurationError(
            f"{signature} is no signature by {signer} over this packet: {why}",
            f"sign the file as it is: ssh-keygen -Y sign -n {NAMESPACE} -f KEY PACKET",
        )
    return Signature(packet.decode("utf-8"), text, signer, good.group(1))


def _ssh_keygen(*arguments: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise ConfigurationError("ssh-keygen is not installed", "install OpenSSH's client (Debian: openssh-client)")
    try:
        return subprocess.run(  # noqa: S603 - no shell, and every argument stands behind its option
            [program, *arguments], input=given, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"ssh-keygen cannot be run: {error}") from None
    except subprocess.TimeoutExpired:
        raise ConfigurationError(f"ssh-keygen gave no answer in {_PATIENCE} s") from None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_SIGNATURE + 1)
        if len(data) > _MAX_SIGNATURE:
            raise ConfigurationError(f"{path} is larger than {_MAX_SIGNATURE} bytes")
        return data.decode("ascii")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not an SSH signature") from None
