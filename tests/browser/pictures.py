"""Take the pictures of the page that the README shows.

    python tests/browser/pictures.py BUNDLE.zip FINGERPRINT FOLDER

The bundle as it is, and with the body of one of its records altered.
"""

import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from selenium import webdriver
from support.browser import chromium, drop, opened

WIDTH = 1360
ALTERED = b'"complete":true', b'"complete":null'
"""What is altered, in the first body that has it."""


@contextmanager
def shown(bundle: Path, fingerprint: str, height: int) -> Iterator[webdriver.Chrome]:
    """Show a bundle's page, and give it the zip."""
    with tempfile.TemporaryDirectory() as place:
        with zipfile.ZipFile(bundle) as archive:
            for name in archive.namelist():
                if name == "index.html" or name.startswith("data/"):
                    archive.extract(name, place)
        with chromium(Path(place) / "profile", f"--window-size={WIDTH},{height}") as browser:
            opened(browser, Path(place) / "index.html", f"#key={fingerprint}", 120)
            drop(browser, bundle, 900)
            yield browser


def altered(bundle: Path, target: Path) -> Path:
    """Copy a bundle, with one body altered."""
    was, becomes = ALTERED
    done = False
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for name in source.namelist():
            with source.open(name) as lines, copy.open(name, "w", force_zip64=True) as file:
                for line in lines:
                    here = name == "objects.jsonl" and not done and was in line
                    file.write(line.replace(was, becomes) if here else line)
                    done = done or here
    assert done, "no body holds what is to be altered"
    return target


def main(bundle: Path, fingerprint: str, folder: Path) -> None:
    with shown(bundle, fingerprint, 2080) as browser:
        browser.save_screenshot(str(folder / "page-verified.png"))
    with (
        tempfile.TemporaryDirectory() as place,
        shown(altered(bundle, Path(place) / "altered.zip"), fingerprint, 560) as browser,
    ):
        browser.save_screenshot(str(folder / "page-tampered.png"))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2], Path(sys.argv[3]))
