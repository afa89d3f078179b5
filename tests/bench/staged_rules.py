"""The rules on staged clips, seeds of this commit: one line a row of `models/tools/evaluate_rules.py`."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TOOL = Path(__file__).parents[2] / "models" / "tools" / "evaluate_rules.py"
CANNOT_RUN = 2


def staged_rules(picture_seeds: int) -> Iterator[dict[str, object]]:
    """Each row as it comes; `met` is false for a row whose bar is missed, blind rows have none."""
    words = [sys.executable, str(TOOL), "--picture-seeds", str(picture_seeds)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            row = json.loads(line)
            judged = {"met": row["verdict"] == "met"} if row["verdict"] in {"met", "missed"} else {}
            yield {"bench": "staged_rules", **row, **judged}
    if running.returncode >= CANNOT_RUN:
        raise RuntimeError(f"{TOOL.name} ended with {running.returncode}: its message is above")
