"""A vendor's report as a file: hashed in pieces, and never kept."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from collector.model.canonical import Json
from collector.model.errors import ConfigurationError

MAX_DOCUMENT = 1024 * 1024 * 1024
"""The largest report that is hashed, in bytes."""
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """What is known of a file: its SHA-256, and its size in bytes."""

    path: Path
    digest: str
    size: int

    def to_json(self) -> dict[str, Json]:
        """Give what is attested; where the file lay on somebody's disk is nobody's business."""
        return {"digest": self.digest, "size": self.size}


def hash_document(path: Path) -> Document:
    """Hash a file, a piece at a time.

    Raises:
        ConfigurationError: it cannot be read, is no file, is empty, or is larger than a gibibyte.

    """
    if not path.is_file():
        raise ConfigurationError(f"there is no file {path}")
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                if size > MAX_DOCUMENT:
                    raise ConfigurationError(f"{path} is larger than {MAX_DOCUMENT} bytes", "give the report alone")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    if not size:
        raise ConfigurationError(f"{path} is empty", "give the report that was assessed")
    return Document(path, digest.hexdigest(), size)
