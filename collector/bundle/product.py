"""Which program writes a bundle's page and tables, so that only the same program judges them."""

import hashlib
from functools import cache
from pathlib import Path

import collector


@cache
def product() -> str:
    """Give the version and a digest of what decides the derived files: this package's source.

    Another build may write the same records down in other words; taking that for tampering would be a false
    accusation, so derived files are compared only where this text is the same.
    """
    state = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".html", ".css", ".js")):
        state.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{collector.__version__}+{state.hexdigest()[:12]}"
