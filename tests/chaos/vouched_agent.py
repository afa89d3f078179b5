"""The real agent on a machine whose clock somebody vouches for, whatever this machine's kernel says.

    python vouched_agent.py --config node.toml

Composed as `edge-agent run` does. Only then do facts carry the wall clock's time as trusted, minutes begin
with the clock's minutes and schedules count: the harder case when that clock is moved.
"""

import argparse
import signal
import threading
import time
from pathlib import Path
from random import Random

import cv2

from edge_agent.agent.agent import Agent
from edge_agent.agent.node_clock import NodeClock
from edge_agent.agent.run import read_password, start_logging
from edge_agent.control.clock_sync import KernelClock
from edge_agent.uplink.endpoint import endpoint_of
from fleet.wire.node_config import parse_node_config


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    asked = parser.parse_args()
    start_logging(verbose=False, under_systemd=False)
    cv2.setNumThreads(1)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    config = parse_node_config(asked.config.read_text("utf-8"))
    clock = NodeClock(kernel=lambda: KernelClock(synced=True, max_error_s=0.01))
    agent = Agent(
        config, endpoint_of(config, read_password(config)), config_problem="", rng=Random(), clock=clock
    )
    agent.start()
    while not stopping.wait(1.0):
        agent.tend(time.monotonic())
    agent.stop()


if __name__ == "__main__":
    main()
