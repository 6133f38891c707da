"""SSH signatures over files that people decide in, verified by OpenSSH itself.

Source: ssh-keygen(1), "-Y verify" and "ALLOWED SIGNERS".
"""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from collector.config.files import read_bounded
from collector.model.canonical import Json
from collector.model.errors import ConfigurationError

NAMESPACE = "controlproof"
_MAX_SIGNATURE = 64 * 1024
_PATIENCE = 30
"""Seconds."""
_GOOD = re.compile(r'Good "controlproof" signature for .* with \S+ key (SHA256:[A-Za-z0-9+/=]+)')


@dataclass(frozen=True, slots=True)
class Signature:
    """What signs a file: its text as it was signed, the armored signature, and who signed with which key."""

    packet: str
    signature: str
    signer: str
    key: str

    def to_json(self) -> dict[str, Json]:
        """Give the signature as it is attested; anyone can verify it with ssh-keygen -Y verify."""
        return {"key": self.key, "packet": self.packet, "signature": self.signature, "signer": self.signer}


def verify_signature(packet: bytes, signature: Path, allowed_signers: Path, signer: str) -> Signature:
    """Verify that a signer who is allowed to signed exactly these bytes, which are UTF-8.

    Raises:
        ConfigurationError: they did not, or it cannot be verified here.

    """
    if signer.startswith("-"):
        raise ConfigurationError("the name of who signs does not begin with a dash")
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
            f"{signature} is no signature by {signer} over this file: {why}",
            f"sign the file as it is: ssh-keygen -Y sign -n {NAMESPACE} -f KEY FILE",
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
    data = read_bounded(path, _MAX_SIGNATURE)
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not an SSH signature") from None
