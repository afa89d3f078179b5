"""Seeds that nobody can have tuned on: they follow from the commit."""

import hashlib
import subprocess
from pathlib import Path

_FOLDER = Path(__file__).parent


def commit_hash() -> str:
    """The checkout's commit; outside a checkout a fixed word, so that the tools work there, too."""
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=_FOLDER, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "no-commit"


def seeds_of(commit: str, name: str, count: int) -> tuple[int, ...]:
    """So many seeds for a name, each from 0 to 2³¹ - 1."""
    return tuple(
        int.from_bytes(hashlib.sha256(f"{commit} {name} {index}".encode()).digest()[:4], "big") >> 1
        for index in range(count)
    )
