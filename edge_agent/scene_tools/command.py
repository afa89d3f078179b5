"""`edge-agent scene check | calibrate | edit`: which one, and one line when it cannot be done."""

import argparse
import sys
from importlib import import_module
from typing import Final

from edge_agent.capture.errors import CaptureError
from edge_agent.perception.detector import ModelError
from edge_agent.scene.errors import SceneError
from edge_agent.scene_tools.errors import SceneToolError

CANNOT_USE_INPUT: Final = 2
TOOLS: Final = {
    "check": "explain what is wrong or unwise in a scene, and draw it",
    "calibrate": "fit the ground to surveyed points",
    "edit": "draw a scene in a browser on this machine",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The tools and their options."""
    tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
    for name, summary in TOOLS.items():
        tool = tools.add_parser(name, help=summary, description=summary)
        body = import_module(f"edge_agent.scene_tools.{name}")
        body.add_arguments(tool)
        tool.set_defaults(run_tool=body.run)


def run(args: argparse.Namespace) -> int:
    """Run a tool; returns the exit code."""
    try:
        return int(args.run_tool(args))
    except (SceneToolError, SceneError, CaptureError, ModelError) as error:
        sys.stderr.write(f"edge-agent scene {args.tool}: {' '.join(str(error).split())}\n")
    except OSError as error:
        sys.stderr.write(f"edge-agent scene {args.tool}: {error.filename or ''}: {error.strerror}\n")
    return CANNOT_USE_INPUT
