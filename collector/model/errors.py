"""The errors a user can meet. Each carries its own text; the command line prints it once and exits."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code says. No code means both "found" and "failed to look"."""

    PASS = 0
    DEVIATIONS = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INTEGRITY = 4


class ControlproofError(Exception):
    """The root: what is wrong, and how to mend it."""

    exit = Exit.USAGE

    def __init__(self, message: str, mend: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend


class MalformedError(ControlproofError):
    """Bytes that are not in the format they must be in (canonical JSON, a note, a header, a time)."""

    exit = Exit.INTEGRITY


class ConfigurationError(ControlproofError):
    """A configuration, key file or argument that a person must change."""


class LedgerError(ControlproofError):
    """The ledger cannot be opened, read or extended."""


class LedgerBusyError(LedgerError):
    """Another writer held the ledger for longer than this one waits."""


class SigningError(LedgerError):
    """The signing key's service gave no valid signature; nothing was written."""


class ClockError(LedgerError):
    """The clock is behind the ledger's last record; appending would let time run backwards."""


class IntegrityError(ControlproofError):
    """What is stored is not what was signed."""

    exit = Exit.INTEGRITY


class BundleError(ControlproofError):
    """A bundle that cannot be written whole, or read safely."""

    exit = Exit.INTEGRITY


class ExportError(ControlproofError):
    """An export that would leave something out; nothing is written."""
