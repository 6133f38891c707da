"""Bundles whose files were replaced, as someone without the key can."""

import zipfile
from collections.abc import Mapping
from pathlib import Path


def rewritten(path: Path, target: Path, files: Mapping[str, bytes]) -> Path:
    """A copy of a zip with other files in place of some, or beside them; `bundle.json` stays last."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        held = {name: source.read(name) for name in source.namelist()}
        manifest = files.get("bundle.json", held["bundle.json"])
        for name, data in {**held, **files}.items():
            if name != "bundle.json":
                copy.writestr(name, data)
        copy.writestr("bundle.json", manifest)
    return target
