"""`edge-agent scene edit`: the editor's page on this machine, until it is interrupted.

The address goes to standard output, everything else to standard error.
"""

import argparse
import signal
import sys
import threading
from functools import lru_cache
from pathlib import Path
from types import FrameType

from edge_agent.perception.catalogue import DEFAULT_MODEL
from edge_agent.perception.detector import Detector, ModelError
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.model_spec import ModelSpec
from edge_agent.perception.tiling import DEFAULT_TILES, tiled
from edge_agent.replay import MOST_THREADS, MOST_TILES
from edge_agent.scene_tools.check import model_or_reason
from edge_agent.scene_tools.editor_server import EditorServer
from edge_agent.scene_tools.editor_session import EditorSession, Tools
from edge_agent.scene_tools.footage import footage_of
from edge_agent.scene_tools.picture import source_of
from edge_agent.scene_tools.scene_file import SceneFile
from edge_agent.scene_tools.words import load_catalogue

DEFAULT_PORT = 8710
MOST_PORT = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `edge-agent scene edit`."""
    parser.add_argument("footage", metavar="VIDEO|CAMERA", help="a video file, or a camera such as rtsp://…")
    parser.add_argument(
        "--scene", type=Path, required=True, metavar="S.toml", help="scene file; made when missing"
    )
    parser.add_argument(
        "--port",
        type=int,
        choices=range(MOST_PORT + 1),
        default=DEFAULT_PORT,
        metavar="N",
        help=f"port on 127.0.0.1 (default {DEFAULT_PORT}; 0 takes a free one)",
    )
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="M", help="the model of the preview")
    for name, default, most in (("threads", 1, MOST_THREADS), ("tiles", DEFAULT_TILES, MOST_TILES)):
        parser.add_argument(
            f"--{name}",
            type=int,
            choices=range(1, most + 1),
            default=default,
            metavar="N",
            help="as in replay",
        )


def run(args: argparse.Namespace) -> int:
    """Serve the editor until a signal; returns the exit code.

    Raises:
        SceneToolError: the scene file cannot be read, or the port cannot be had.
        CaptureError: there is no such video or camera.
    """
    file = SceneFile(args.scene)
    file.read()
    model = model_or_reason(args.model)
    stopped = threading.Event()
    tools = Tools(load_catalogue(), model, lru_cache(maxsize=1)(lambda: _detector(model, args)))
    session = EditorSession(file, footage_of(source_of(args.footage)), tools)
    server = EditorServer(session, args.port)

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    server.start()
    sys.stderr.write(
        f"edge-agent scene edit: open this address in a browser on this machine, once; from another: "
        f"ssh -L {server.port}:127.0.0.1:{server.port} NODE; Ctrl-C ends it\n"
    )
    sys.stdout.write(server.url + "\n")
    sys.stdout.flush()
    while not stopped.wait(1.0):
        pass
    server.close()
    return 0


def _detector(model: ModelSpec | str, args: argparse.Namespace) -> Detector:
    if isinstance(model, str):
        raise ModelError(model)
    return tiled(LiteRtDetector(model, threads=args.threads), args.tiles)
