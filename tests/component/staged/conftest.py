"""The tools are scripts: what they import of one another is found from their folder."""

import sys
from pathlib import Path

_TOOLS = str(Path(__file__).resolve().parents[3] / "models" / "tools")
if _TOOLS not in sys.path:
    sys.path.insert(0, _TOOLS)
