"""`index.html`: one page that a person opens with nothing installed, and that verifies the bundle it is given.

It is the same file in every bundle of a version: it holds code and no data, so its digest can be published, and a
copy that an auditor got elsewhere serves as well. What it shows stands in `data/*.js` beside it (see
`page_data`), or in the zip that is dropped on it. Its scripts are put into it, because a page on file:// that was
opened alone has nothing beside it; its policy allows exactly these scripts and no network.
"""

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from collector.bundle.reader import BundleReader

_FOLDER = Path(__file__).parent / "page"

SCRIPTS = (
    "sha256",
    "canonical",
    "merkle",
    "note",
    "zip",
    "lines",
    "bundle",
    "objects",
    "model",
    "coverage",
    "changes",
    "csv",
    "data",
    "verify",
    "dom",
    "words",
    "period",
    "table",
    "evidence",
    "heatmap",
    "section",
    "coverage_view",
    "changes_view",
    "sections",
    "verdict",
    "app",
)
"""In order: a script may use what stands before it, and anything once all are loaded."""


def page(_reader: BundleReader) -> Iterator[bytes]:
    """Give the page, as one piece. It is the same for every bundle."""
    yield page_bytes()


@cache
def page_bytes() -> bytes:
    """Put the page together from its parts in `page/`."""
    style = _read("style.css")
    scripts = [_read(f"{name}.js") for name in SCRIPTS]
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {' '.join(map(_source, scripts))}",
            f"style-src {_source(style)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    page = _read("index.html")
    parts = {
        "policy": policy,
        "style": f"<style>{style}</style>",
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    for name, part in parts.items():
        page = page.replace(f"{{{{{name}}}}}", part)
    return page.encode("utf-8")


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _source(text: str) -> str:
    """Give the hash by which a content security policy allows an inline script or style (CSP Level 3)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
