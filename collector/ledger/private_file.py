"""Files that hold a key: made for their owner only, and refused when anybody else can read them."""

import os
import stat
from pathlib import Path

from collector.model.errors import ConfigurationError


def create_private_file(path: Path, data: bytes) -> None:
    """Write a new file, readable by its owner only; an existing file is never touched.

    Raises:
        ConfigurationError: the file exists, or cannot be written.

    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists; a key is never overwritten") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_private_file(path: Path, limit: int) -> bytes:
    """Read at most `limit` bytes, and one more when there are more.

    Raises:
        ConfigurationError: missing, or readable by others. The message never holds a part of the file.

    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(limit + 1)
    except OSError as error:
        raise ConfigurationError(f"the key {path} cannot be read: {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(
            f"the key {path} can be read or changed by others (mode {stat.S_IMODE(mode):04o})",
            f"chmod 600 {path}",
        )
    return data
