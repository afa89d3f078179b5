"""Fail on a function past 60 lines, a file past 500, or a long-forgotten marker; aim for 40 and 300.

A docstring does not count towards a function's length.
"""

import ast
import subprocess
import sys
from pathlib import Path

MAX_FUNCTION = 60
MAX_FILE = 500
PACKAGES = ("edge_agent", "aggregator", "fleet", "provisioning", "models", "tests")


def main() -> int:
    """Print what is too long; the exit status tells whether anything was."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PACKAGES],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    wrong = [
        row for name in listed if name.endswith(".py") and Path(name).exists() for row in check(Path(name))
    ]
    print("\n".join(wrong) if wrong else "sizes: fine")
    return 1 if wrong else 0


def check(path: Path) -> list[str]:
    """Return what is too long in one file."""
    text = path.read_text("utf-8")
    lines = text.count("\n")
    wrong = [f"{path}: {lines} lines, {MAX_FILE} at most: split it by noun"] if lines > MAX_FILE else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _length(node)
            if length > MAX_FUNCTION:
                wrong.append(f"{path}:{node.lineno}: {node.name} has {length} lines, {MAX_FUNCTION} at most")
    return wrong


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


if __name__ == "__main__":
    sys.exit(main())
