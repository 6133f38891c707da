"""The tests' own source, which is recorded with every result."""

from functools import cache
from pathlib import Path

import controls
from collector import model


@cache
def source_files() -> dict[str, str]:
    """Give the text of every Python file that tests are made of, by its path such as `controls/acc2.py`.

    That is this package, and `collector/model`, whose words and tables tests decide by.
    """
    return {**_files("controls", str(controls.__file__)), **_files("collector/model", str(model.__file__))}


def _files(name: str, package: str) -> dict[str, str]:
    folder = Path(package).parent
    return {
        f"{name}/{path.relative_to(folder).as_posix()}": path.read_text("utf-8")
        for path in sorted(folder.rglob("*.py"))
    }
