"""A node installs nothing of the server, so the agent must not import it."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

PROGRAM = """
import json, sys, time
began = time.perf_counter()
import edge_agent.__main__
light_s = time.perf_counter() - began
import importlib
for module, _ in edge_agent.__main__.COMMANDS.values():
    importlib.import_module(module)
print(json.dumps({"light_s": light_s, "all_s": time.perf_counter() - began, "modules": sorted(sys.modules)}))
"""
FOREIGN = (
    "fastapi",
    "sqlalchemy",
    "duckdb",
    "jinja2",
    "uvicorn",
    "alembic",
    "aggregator",
    "fleet.simulator",
)
HEAVY = ("cv2", "numpy", "paho", "ai_edge_litert")


@pytest.fixture(scope="module")
def imported() -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    print(f"import edge_agent.__main__: {found['light_s']:.3f} s, with every command: {found['all_s']:.3f} s")
    return found


@pytest.mark.parametrize("name", FOREIGN)
def test_no_command_of_the_agent_imports_the_server(imported: dict[str, object], name: str) -> None:
    assert find_spec(name) is not None, "not installed here, so its absence would prove nothing"
    modules = imported["modules"]
    assert isinstance(modules, list)
    assert [module for module in modules if module == name or module.startswith(name + ".")] == []


def test_choosing_a_command_loads_none_of_the_heavy_libraries() -> None:
    program = f"import sys, edge_agent.__main__; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
