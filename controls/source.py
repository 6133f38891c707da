"""The tests' own source, which is recorded with every result."""

from functools import cache
from pathlib import Path

import controls


@cache
def source_files() -> dict[str, str]:
    """Give the text of every Python file of this package, by its path such as `controls/acc2.py`."""
    folder = Path(str(controls.__file__)).parent
    return {
        f"controls/{path.relative_to(folder).as_posix()}": path.read_text("utf-8")
        for path in sorted(folder.rglob("*.py"))
    }
