"""The agent as a whole: cameras, sensors, recorder, outbox and uplink of one configuration, and its health.

Threads, all owned here: `pipeline-ID` and `camera-ID` per camera, `sensor-ID` per sensor, `recorder` and
`uplink`; the caller's thread turns `tend` once a second. They end in the order in which facts flow.
"""

import logging
import os
import platform
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from edge_agent.agent.camera_worker import CameraWorker
from edge_agent.agent.node_clock import NodeClock
from edge_agent.agent.shared_detector import DetectorPool
from edge_agent.capture.camera_status import CameraStatus
from edge_agent.control.health import HealthPaths, HealthReport, OutboxSample, measurement_rows, read_node
from edge_agent.control.inference_times import InferenceTimes
from edge_agent.control.watchdog import Progress
from edge_agent.outbox.outbox import Outbox
from edge_agent.outbox.recorder import Recorder
from edge_agent.perception.catalogue import model_folders, resolve
from edge_agent.perception.detector import Detector
from edge_agent.perception.litert_detector import LiteRtDetector, runtime_name
from edge_agent.perception.tiling import tiled
from edge_agent.rules.facts import SceneMeasurement
from edge_agent.scene.scene import Scene
from edge_agent.sensors.errors import SensorConfigError
from edge_agent.sensors.reading import Reading
from edge_agent.sensors.registry import make_driver
from edge_agent.sensors.sensor_thread import SensorThread
from edge_agent.signals.broker import signal_broker
from edge_agent.signals.feeds import SignalFeeds
from edge_agent.uplink.endpoint import Endpoint
from edge_agent.uplink.publisher import Uplink, UplinkSettings
from edge_agent.uplink.status import NodeFigures
from fleet.wire.node_config import ModelSection, NodeConfig

log = logging.getLogger(__name__)

OUTBOX_NAME: Final = "outbox.sqlite"
UPLINK_STUCK_S: Final = 300.0
_MB: Final = 1_000_000
_PART_S: Final = 0.8


class AgentSummary(msgspec.Struct, frozen=True):
    """The line on standard output when `run` ends.

    Events and measurement rows were committed to the outbox in this run; `dropped` facts are lost
    (quota, or a disk that could not follow); `waiting` ones stay in the outbox for the next start.
    """

    node: str
    frames: int
    events: int
    measurements: int
    dropped: int
    waiting: int


class Agent:
    """One node.

    Args:
        config: the configuration in force.
        endpoint: its broker.
        config_problem: why it is not the file's; empty when it is.
        rng: jitter.
        clock: the node's clocks; those of this machine when left out.
    """

    def __init__(
        self,
        config: NodeConfig,
        endpoint: Endpoint,
        *,
        config_problem: str,
        rng: Random,
        clock: NodeClock | None = None,
    ) -> None:
        self._config = config
        self._rng = rng
        self._config_problem = config_problem
        self._started_at_s = time.monotonic()
        self._clock = clock or NodeClock()
        self._progress = Progress()
        self._inference = InferenceTimes()
        self._version = metadata.version("matthan")
        self._paths = HealthPaths(data_dir=Path(config.node.data_dir))
        self._outbox = Outbox(
            Path(config.node.data_dir) / OUTBOX_NAME, quota_bytes=config.outbox.quota_mb * _MB
        )
        self._recorder = Recorder(self._outbox, self._clock.read, alive=self._marker("recorder"))
        lanes = lanes_of(config.model, len(config.cameras))
        threads = max(1, config.model.threads // lanes)
        self._pool = DetectorPool(lambda: load_model(config.model, threads), lanes)
        settings = UplinkSettings(
            config.node.id, resend_s=config.broker.resend_s, health_s=config.node.health_s
        )
        self._uplink = Uplink(settings, endpoint, self._outbox, self.figures, rng=rng)
        self._cameras = [
            CameraWorker(
                section,
                pool=self._pool,
                recorder=self._recorder,
                inference=self._inference,
                motion_gate=config.model.motion_gate,
                signals=self._signal_feeds,
                utc_of=self._clock.utc_of,
                alive=self._marker(f"pipeline-{section.id}"),
                rng=Random(rng.getrandbits(64)),  # noqa: S311  jitter
            )
            for section in config.cameras
        ]
        self._sensor_problems: list[str] = []
        self._sensors = self._made_sensors()
        self._health_at_s = self._started_at_s + config.node.health_s
        self._health_from_s = self._started_at_s
        self._cameras_before: dict[str, CameraStatus] = {}
        self._closing: AgentSummary | None = None

    def start(self) -> None:
        """Start every thread; returns at once."""
        self._recorder.start()
        self._uplink.start()
        for sensor in self._sensors:
            sensor.start()
        for camera in self._cameras:
            camera.start()

    def stop(self) -> None:
        """End in the order in which facts flow, within three seconds."""
        ends: list[Callable[[float], object]] = [part.stop for part in self._cameras]
        ends += [part.stop for part in self._sensors]
        stopping = [threading.Thread(target=end, args=(_PART_S,), name="stop", daemon=True) for end in ends]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join(2 * _PART_S)
        self._recorder.stop(_PART_S)
        self._uplink.stop(1.0)
        self._closing = self._summary()
        self._outbox.close()

    @property
    def summary(self) -> AgentSummary:
        """What this run made; after `stop` it no longer moves."""
        return self._closing or self._summary()

    def _summary(self) -> AgentSummary:
        events, measurements = self._recorder.recorded
        stats = self._outbox.stats()
        return AgentSummary(
            node=self._config.node.id,
            frames=sum(camera.frames for camera in self._cameras),
            events=events,
            measurements=measurements,
            dropped=self._recorder.lost + sum(each.dropped for each in stats),
            waiting=sum(each.rows for each in stats),
        )

    def tend(self, now_s: float) -> None:
        """Called about once a second: records health when its period is over."""
        if now_s < self._health_at_s:
            return
        period_s = self._config.node.health_s
        statuses = [status for camera in self._cameras if (status := camera.status(now_s)) is not None]
        rows, oldest_age_s = self._outbox_figures()
        report = HealthReport(
            start_s=self._health_from_s,
            period_s=now_s - self._health_from_s,
            node=read_node(self._paths),
            outbox=OutboxSample(rows, oldest_age_s),
            cameras=statuses,
            cameras_before=self._cameras_before,
            inference=self._inference.take(),
        )
        self._cameras_before = {status.camera: status for status in statuses}
        self._health_from_s = now_s
        self._health_at_s = max(self._health_at_s + period_s, now_s)
        self._recorder.record(measurement_rows(report))

    def progress(self, now_s: float) -> dict[str, float]:
        """When each thread last turned, for the watchdog; the uplink may wait for a name server."""
        marks = self._progress.last()
        if self._uplink.quiet_s() > UPLINK_STUCK_S:
            marks["uplink"] = now_s - self._uplink.quiet_s()
        return marks

    def figures(self) -> NodeFigures:
        """How the node is now; called by the uplink."""
        now_s = time.monotonic()
        stats = self._outbox.stats()
        disk = stats[0] if stats else None
        rows, oldest_age_s = self._outbox_figures()
        return NodeFigures(
            clock=self._clock.read().state,
            stream=disk.stream if disk else b"",
            last_seq=disk.last_seq if disk else 0,
            agent_version=self._version,
            model=self._pool.name,
            uptime_s=now_s - self._started_at_s,
            outbox_rows=rows,
            outbox_age_s=oldest_age_s or 0.0,
            cameras=tuple(camera.state(now_s) for camera in self._cameras),
            hardware=platform.machine(),
            problems=self.problems(),
        )

    def problems(self) -> tuple[str, ...]:
        """What somebody should look at, worst first."""
        dropped = sum(stats.dropped for stats in self._outbox.stats())
        lost = self._recorder.lost
        found = [
            self._config_problem,
            self._outbox.problem and f"outbox in memory: {self._outbox.problem}",
            f"{dropped} facts dropped: the outbox was full" if dropped else "",
            f"{lost} facts lost: the disk could not follow" if lost else "",
            self._uplink.problem,
            *self._sensor_problems,
            *(camera.signal_problem for camera in self._cameras),
        ]
        return tuple(each for each in found if each)

    def _outbox_figures(self) -> tuple[int, float | None]:
        """Facts that wait, and the age of the oldest."""
        stats = self._outbox.stats()
        oldest = [each.oldest_ms for each in stats if each.oldest_ms is not None]
        now_ms = datetime.now(tz=UTC).timestamp() * 1000
        age_s = max(0.0, (now_ms - min(oldest)) / 1000) if oldest else None
        return sum(each.rows for each in stats), age_s

    def _marker(self, thread: str) -> Callable[[], None]:
        return lambda: self._progress.mark(thread, time.monotonic())

    def _signal_feeds(self, scene: Scene, camera: str) -> SignalFeeds:
        rng = Random(self._rng.getrandbits(64))  # noqa: S311  jitter
        return SignalFeeds(scene, camera, signal_broker(self._config, camera), rng=rng)

    def _made_sensors(self) -> list[SensorThread]:
        sensors = []
        for section in self._config.sensors:
            try:
                driver = make_driver(section.driver, section.options, lambda: datetime.now(tz=UTC))
            except SensorConfigError as error:
                log.error("sensor %s: %s; the others go on", section.id, error)  # noqa: TRY400  its text says it all
                self._sensor_problems.append(f"sensor {section.id}: {error}")
                continue
            deliver = self._delivery(section.period_s)
            sensors.append(SensorThread(section.id, driver, section.period_s, deliver))
        return sensors

    def _delivery(self, period_s: float) -> Callable[[str, tuple[Reading, ...]], None]:
        def deliver(sensor: str, readings: tuple[Reading, ...]) -> None:
            self._recorder.record(rows_of(sensor, readings, period_s))

        return deliver


def rows_of(sensor: str, readings: tuple[Reading, ...], period_s: float) -> list[SceneMeasurement]:
    """Measurement rows of one poll."""
    return [
        SceneMeasurement(
            name=reading.name,
            source=sensor,
            zone_or_line="",
            class_name="",
            direction="",
            start_s=reading.at_s,
            period_s=period_s,
            value=reading.value,
            n=1,
            quality=reading.quality,
        )
        for reading in readings
    ]


def lanes_of(section: ModelSection, cameras: int) -> int:
    """How many detectors to run side by side; an accelerator serves one."""
    return 1 if section.delegate else max(1, min(section.threads, cameras))


def load_model(section: ModelSection, threads: int) -> tuple[Detector, tuple[str, ...]]:
    """The configured detector on so many threads, and the classes worth using.

    Raises:
        ModelError: no such model, or it cannot be used.
    """
    wanted = f"{section.name}/{section.variant}" if section.variant else section.name
    spec = resolve(wanted, model_folders(os.environ.get("MATTHAN_MODELS")), runtime_name())
    delegate = Path(section.delegate) if section.delegate else None
    detector = LiteRtDetector(spec, threads=threads, delegate=delegate)
    return tiled(detector, section.tiles), spec.classes
