"""Loads the vectors of others."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "vectors"


def load(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text("utf-8"))
