"""The command `edge-agent`: which subcommand, and nothing else.

Each subcommand is imported when it is asked for, so that `doctor` answers on a node where the video or model
runtime does not even load.
"""

import argparse
import sys
from importlib import import_module
from typing import Final

COMMANDS: Final = {
    "run": ("edge_agent.agent.run", "run the node until a signal ends it"),
    "replay": ("edge_agent.replay", "run the pipeline over a video file"),
    "bench": ("edge_agent.bench", "measure the pipeline on a video file"),
    "scene": ("edge_agent.scene_tools.command", "check, calibrate or draw a camera's scene"),
    "doctor": ("edge_agent.doctor.command", "check this node"),
}


def main(argv: list[str] | None = None) -> int:
    """Run a subcommand; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(prog="edge-agent", description="The node of the street-camera fleet.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = next((argument for argument in arguments if argument in COMMANDS), None)
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        if name == asked:
            body = import_module(module)
            body.add_arguments(command)
            command.set_defaults(run=body.run)
    args = parser.parse_args(arguments)
    return int(args.run(args))


if __name__ == "__main__":
    sys.exit(main())
