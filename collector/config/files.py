"""Files that people hand in: read whole, bounded, as UTF-8, and refused all problems at once."""

from collections.abc import Sequence
from pathlib import Path

from collector.model.errors import ConfigurationError


def read_bounded(path: Path, limit: int, mend: str | None = None) -> bytes:
    """Give a file's bytes; `mend` says what to do when it is too large.

    Raises:
        ConfigurationError: it cannot be read, or is larger than `limit` bytes.

    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > limit:
        raise ConfigurationError(f"{path} is larger than {limit} bytes", mend)
    return data


def decode_utf8(data: bytes, path: Path) -> str:
    """Give the text of a file's bytes, without the mark that some editors begin it with.

    Raises:
        ConfigurationError: it is not UTF-8; with the line.

    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: not UTF-8", "save the file as UTF-8") from None


def all_problems(what: str, problems: Sequence[tuple[str, str]]) -> ConfigurationError:
    """Make one error of one or more problems, each a message and its mend; `what` has them."""
    if len(problems) == 1:
        return ConfigurationError(*problems[0])
    listed = "".join(f"\n  {message}\n    mend: {mend}" for message, mend in problems)
    return ConfigurationError(f"{what} has {len(problems)} problems:{listed}")
