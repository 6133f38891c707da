"""Records what the simulator answers: python record.py DIRECTORY-WITH-NODE-MODULES."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from cases import cases

HERE = Path(__file__).parent
SEED, COUNT = 20_261_124, 12_000


def main(modules: Path) -> None:
    lines = "".join(json.dumps(case, sort_keys=True) + "\n" for case in cases(SEED, COUNT))
    shutil.copy(HERE / "simulate.mjs", modules)
    node = str(shutil.which("node"))
    done = subprocess.run([node, "simulate.mjs"], cwd=modules, input=lines, capture_output=True, text=True, check=True)
    package = json.loads((modules / "node_modules/@cloud-copilot/iam-simulate/package.json").read_text("utf-8"))
    recorded = {
        "answers": done.stdout.strip(),
        "cases": hashlib.sha256(lines.encode()).hexdigest(),
        "count": COUNT,
        "seed": SEED,
        "simulator": f"@cloud-copilot/iam-simulate {package['version']}",
    }
    (HERE / "answers.json").write_text(json.dumps(recorded, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
