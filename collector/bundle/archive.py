"""Reading a zip that may be hostile: names, sizes, ratios and layout are checked before a byte is unpacked."""

import hashlib
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from collector.model.errors import BundleError

MAX_MEMBERS = 20_000
MAX_TOTAL = 64 * 1024**3
"""The most that a bundle may unpack to, in bytes. Only line-sized pieces of it are ever in memory."""

MAX_RATIO = 200
"""How much a file may grow when unpacked, once it is larger than `RATIO_FREE`. Evidence holds digests, which
do not compress; a file that grows a thousandfold is a bomb."""

RATIO_FREE = 16 * 1024**2
_PIECE = 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@=-]*(/[A-Za-z0-9][A-Za-z0-9_.@=-]*)*", re.ASCII)


class Archive:
    """An open zip whose directory was found safe. Files are streamed; none is unpacked by name.

    Attributes:
        path: where it was opened.

    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError:
            raise BundleError(f"there is no bundle at {path}") from None
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror}") from None
        except (zipfile.BadZipFile, NotImplementedError, ValueError, zlib.error) as error:
            raise BundleError(f"{path} is not a readable zip: {error}") from None
        try:
            self._members = _check_directory(self._zip.infolist(), path.stat().st_size)
        except BundleError:
            self._zip.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    @property
    def names(self) -> frozenset[str]:
        """Give the names of all files."""
        return frozenset(self._members)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Stream a file's bytes.

        Raises:
            BundleError: it is missing, damaged, or not of the size that the directory states.

        """
        member = self._members.get(name)
        if member is None:
            raise BundleError(f"{name} is missing from the bundle")
        try:
            with self._zip.open(member) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise BundleError(f"{name} in the bundle is damaged: {error}") from None

    def read(self, name: str, limit: int) -> bytes:
        """Give a whole small file.

        Raises:
            BundleError: it is larger than `limit` bytes, missing or damaged.

        """
        member = self._members.get(name)
        if member is not None and member.file_size > limit:
            raise BundleError(f"{name} has {member.file_size} bytes; at most {limit} are read")
        return b"".join(self.pieces(name))

    def digest(self, name: str) -> tuple[int, str]:
        """Give a file's size and hex SHA-256."""
        size, state = 0, hashlib.sha256()
        for piece in self.pieces(name):
            size += len(piece)
            state.update(piece)
        return size, state.hexdigest()

    def spool(self, name: str) -> IO[bytes]:
        """Unpack a file into an unnamed temporary file, for random access."""
        spooled = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            for piece in self.pieces(name):
                spooled.write(piece)
        except BaseException:
            spooled.close()
            raise
        return spooled


def _check_directory(members: list[zipfile.ZipInfo], archive_size: int) -> dict[str, zipfile.ZipInfo]:
    if len(members) > MAX_MEMBERS:
        raise BundleError(f"the bundle has {len(members)} files; at most {MAX_MEMBERS} are read")
    found: dict[str, zipfile.ZipInfo] = {}
    folded: set[str] = set()
    for member in members:
        _check_member(member)
        if member.filename.casefold() in folded:
            raise BundleError(f"the bundle holds the name {member.filename!r} twice")
        folded.add(member.filename.casefold())
        found[member.filename] = member
    if sum(member.file_size for member in members) > MAX_TOTAL:
        raise BundleError(f"the bundle unpacks to more than {MAX_TOTAL} bytes")
    _check_layout(members, archive_size)
    return found


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if name != member.filename or not _NAME.fullmatch(name):
        raise BundleError(f"the bundle holds an unsafe name: {name[:120]!r}")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise BundleError(f"{name} in the bundle is not a regular file")
    if member.flag_bits & 0x1:
        raise BundleError(f"{name} in the bundle is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleError(f"{name} in the bundle is compressed by method {member.compress_type}, not deflate")
    if member.file_size > RATIO_FREE and member.file_size > MAX_RATIO * member.compress_size:
        raise BundleError(f"{name} in the bundle grows from {member.compress_size} to {member.file_size} bytes: a bomb")


def _check_layout(members: list[zipfile.ZipInfo], archive_size: int) -> None:
    """Refuse bytes before the first file, and files that share bytes: one zip, one reading."""
    end = 0
    for member in sorted(members, key=lambda entry: entry.header_offset):
        if member.header_offset < end or (end == 0 and member.header_offset != 0):
            raise BundleError(f"{member.filename} in the bundle overlaps another file, or hidden bytes precede it")
        end = member.header_offset + 30 + len(member.orig_filename) + member.compress_size
    if end > archive_size:
        raise BundleError("the bundle is cut short")
