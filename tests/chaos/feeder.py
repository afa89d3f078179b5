"""A node without cameras: the real agent, composed as `edge-agent run` does, fed with made-up findings.

    python feeder.py --config node.toml --facts 20000 --rate 500

Every second finding is a measurement, every 50th an alarm. It makes facts until its outbox has given out
`--facts` numbers, whatever was killed before, and with `--until` beyond them until that file is there; then
it lives on, so that what waits can drain. What it made is told by its outbox file alone: that survives a
kill -9.
"""

import argparse
import signal
import threading
import time
from pathlib import Path
from random import Random

from edge_agent.agent.agent import Agent
from edge_agent.agent.run import read_password, start_logging
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from edge_agent.uplink.endpoint import endpoint_of
from fleet.wire.node_config import parse_node_config

TICK_S = 0.02


def finding(number: int, at_s: float, place: str) -> SceneEvent | SceneMeasurement:
    """The `number`-th thing that a scene might have shown."""
    if number % 2:
        return SceneMeasurement("flow", "cam-01", place, "person", "forward", at_s, 60.0, number % 40, 40, 0)
    kind = "intruded" if number % 50 == 0 else "line_crossed"
    return SceneEvent(
        kind, place, "cam-01", place, "person", number, 0.87, "forward", 0.4, (0.1, 0.2, 0.3, 0.6), None,
        at_s, "ssdlite_mobilenet_v2_coco/int8",
    )  # fmt: skip


def main() -> None:
    """Feed until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--facts", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--place", default="gate", help="name of line and rule; a long one makes large facts")
    parser.add_argument("--until", type=Path)
    asked = parser.parse_args()
    start_logging(verbose=False, under_systemd=False)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    config = parse_node_config(asked.config.read_text("utf-8"))
    agent = Agent(config, endpoint_of(config, read_password(config)), config_problem="", rng=Random())
    agent.start()
    began_s = time.monotonic()
    before = number = agent.figures().last_seq
    while not stopping.wait(TICK_S):
        now_s = time.monotonic()
        due = before + int((now_s - began_s) * asked.rate)
        if asked.until is None or asked.until.exists():
            due = min(asked.facts, due)
        if due > number:
            agent._recorder.record([finding(each, now_s, asked.place) for each in range(number + 1, due + 1)])
            number = due
        agent.tend(now_s)
    agent.stop()


if __name__ == "__main__":
    main()
