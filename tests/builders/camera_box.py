"""One box with several cameras: a real agent on two cores, real video in loops, a real broker.

What became of the frames is read from the measurements that the agent itself sent; memory and processor time
from the kernel.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from servers.bookkeeper import Bookkeeper
from servers.nats import NatsServer

ROOT: Final = Path(__file__).parents[2]
DEMO: Final = ROOT / "provisioning" / "demo"
NODE: Final = "four-cameras"
CORES: Final = 2
REAL_VIDEO: Final = (
    ("pedestrians.mp4", "pedestrians.toml"),
    ("street.mp4", "street.toml"),
    ("pedestrians.mp4", "plaza.toml"),
    ("street.mp4", "street.toml"),
)
FATES: Final = ("detected", "gate_closed", "over_budget", "replaced", "failed")
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """Resident memory of the agent: seconds since its start, and MB."""

    at_s: float
    rss_mb: float


@dataclass(frozen=True)
class CameraAccount:
    """What became of one camera's frames in the periods that it reported.

    `due` is the configured rate times the time, less the frames in which nothing moved: what a slow decoder
    or a lost frame costs is missing from `detected` and not from `due`.
    """

    camera: str
    due: float
    frames: dict[str, int]

    @property
    def share(self) -> float:
        """Share of its due that the detector looked at; 1 where nothing was due."""
        return self.frames["detected"] / self.due if self.due >= 1 else 1.0


@dataclass
class BoxRun:
    """A run of the box so far."""

    keeper: Bookkeeper
    process: "subprocess.Popen[bytes]"
    fps: float
    cameras: int
    began_s: float = field(default_factory=time.monotonic)
    memory: list[Memory] = field(default_factory=list)

    def watch(self, seconds: float, every_s: float) -> None:
        """Let it run, and look at its memory now and then."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            time.sleep(min(left_s, every_s))
            assert self.process.poll() is None, "the agent ended by itself"
            self.memory.append(Memory(time.monotonic() - self.began_s, rss_mb(self.process.pid)))

    def cpu_s(self) -> float:
        """Seconds of processor time that the agent has taken."""
        text = Path(f"/proc/{self.process.pid}/stat").read_text("ascii")
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS_PER_S

    def accounts(self, *, skip_s: float = 0.0) -> list[CameraAccount]:
        """Each camera's account, without the periods that began in the first `skip_s` seconds."""
        rows = [row for row in list(self.keeper.rows.values()) if row.name == "camera_frames"]
        if not rows:
            return []
        first_ms = min(row.start_ms for row in rows) + skip_s * 1000
        frames: dict[str, Counter[str]] = {}
        seconds: dict[str, float] = {}
        for row in rows:
            if row.start_ms >= first_ms:
                frames.setdefault(row.source, Counter())[row.class_name] += int(row.value)
                seconds[row.source] = seconds.get(row.source, 0.0) + row.period_s / len(FATES)
        return [
            CameraAccount(
                camera,
                max(0.0, self.fps * seconds[camera] - found["gate_closed"]),
                {fate: found[fate] for fate in FATES},
            )
            for camera, found in sorted(frames.items())
        ]


@contextmanager
def camera_box(
    folder: Path,
    *,
    fps: float = 5.0,
    tiles: int = 1,
    health_s: float = 5.0,
    videos: Sequence[tuple[str, str]] = REAL_VIDEO,
) -> Iterator[BoxRun]:
    """A running box; videos and scenes are names in `provisioning/demo`, or paths."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    with NatsServer(folder / "broker") as broker:
        (account,) = broker.add_nodes([NODE])
        (folder / "password").write_text(account.password + "\n", "utf-8")
        config = folder / "node.toml"
        config.write_text(
            _config(folder, broker.url, fps=fps, tiles=tiles, health_s=health_s, videos=videos), "utf-8"
        )
        with (
            Bookkeeper(broker.url, broker.broker.aggregator_credentials) as keeper,
            (folder / "agent.log").open("wb") as log,
        ):
            process = subprocess.Popen(
                [sys.executable, "-m", "edge_agent", "run", "--config", str(config)],
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=ROOT,
            )
            os.sched_setaffinity(process.pid, cores)
            try:
                yield BoxRun(keeper, process, fps, len(videos))
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def rss_mb(pid: int) -> float:
    """Resident memory of a process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"process {pid} has no memory any more: look into its log")


def slope_mb_per_h(samples: Sequence[Memory]) -> float:
    """Rise of memory by least squares, in MB an hour."""
    at_h = np.array([sample.at_s for sample in samples]) / 3600
    return float(np.polyfit(at_h, [sample.rss_mb for sample in samples], 1)[0])


def _config(
    folder: Path, url: str, *, fps: float, tiles: int, health_s: float, videos: Sequence[tuple[str, str]]
) -> str:
    head = f"""
[node]
id = "{NODE}"
data_dir = {json.dumps(str(folder / "data"))}
health_s = {health_s}
[broker]
url = "{url}"
password_file = {json.dumps(str(folder / "password"))}
[model]
threads = {CORES}
tiles = {tiles}
motion_gate = true
"""
    cameras = [
        f"""
[[cameras]]
id = "cam-{number}"
source = {json.dumps(f"file:{DEMO / video}?loop=1")}
scene = {json.dumps(str(DEMO / scene))}
fps = {fps}
"""
        for number, (video, scene) in enumerate(videos, 1)
    ]
    return "".join([head, *cameras])
