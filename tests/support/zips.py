"""Bundles with a file changed, and the manifest made to match."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from collector.model.canonical import encode


def rewritten(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(path) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    files[name] = change(files[name])
    manifest = json.loads(files["bundle.json"])
    manifest["files"][name] = {"digest": hashlib.sha256(files[name]).hexdigest(), "size": len(files[name])}
    files["bundle.json"] = encode(manifest)
    target = path.with_name(f"rewritten-{path.name}")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in files.items():
            archive.writestr(each, data)
    return target
