"""`edge-agent run` as a process, on a real broker: facts, signals, bad configurations, systemd's protocol."""

import contextlib
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.clips import write_clip
from servers.bookkeeper import Bookkeeper
from servers.nats import NatsServer

NODE = "cam-node"
PROGRAM = [str(Path(sys.executable).with_name("edge-agent")), "run", "--config"]

SCENE = """
[[zones]]
id = "plaza"
polygon = [[0.1, 0.2], [0.9, 0.2], [0.9, 0.9], [0.1, 0.9]]
[[rules]]
id = "plaza-occupancy"
kind = "occupancy"
zone = "plaza"
"""

JUNCTION = """
[[lines]]
id = "stop"
from = [0.2, 0.5]
to = [0.8, 0.5]
[[lanes]]
id = "ahead"
polygon = [[0.2, 0.5], [0.8, 0.5], [0.8, 0.9], [0.2, 0.9]]
direction = [0, -1]
[[signals]]
id = "s1"
source = "{source}"
[[rules]]
id = "red"
kind = "red_light"
stop_line = "stop"
lane = "ahead"
signal = "s1"
"""


@dataclass
class Site:
    """One node's files, and its configuration as text."""

    folder: Path
    config: Path
    keeper: Bookkeeper

    def add(self, text: str) -> None:
        self.config.write_text(self.config.read_text() + text)

    @contextlib.contextmanager
    def agent(self, **environment: str) -> Iterator["subprocess.Popen[str]"]:
        with (self.folder / "agent.log").open("a") as log:
            process = subprocess.Popen(
                [*PROGRAM, str(self.config)],
                stdout=subprocess.DEVNULL,
                stderr=log,
                text=True,
                env=os.environ | environment,
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    @property
    def log(self) -> str:
        return (self.folder / "agent.log").read_text()

    def run_to_its_end(self) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*PROGRAM, str(self.config)], capture_output=True, text=True, timeout=30, check=False
        )


@pytest.fixture
def site(tmp_path: Path, nats_server: NatsServer) -> Iterator[Site]:
    (account,) = nats_server.add_nodes([NODE])
    (tmp_path / "password").write_text(account.password + "\n")
    (tmp_path / "scene.toml").write_text(SCENE)
    write_clip(tmp_path / "clip.avi", frames=20, fps=10)
    config = tmp_path / "node.toml"
    config.write_text(
        f"""
[node]
id = "{NODE}"
data_dir = "{tmp_path / "data"}"
health_s = 1
[broker]
url = "{nats_server.url}"
password_file = "{tmp_path / "password"}"
[[sensors]]
id = "air"
driver = "simulated"
period_s = 0.2
"""
    )
    with Bookkeeper(nats_server.url, nats_server.broker.aggregator_credentials) as keeper:
        yield Site(tmp_path, config, keeper)


def camera(name: str, folder: Path, *, source: str = "clip.avi?loop=1", scene: str = "scene.toml") -> str:
    return f"""
[[cameras]]
id = "{name}"
source = "file:{folder / source}"
scene = "{folder / scene}"
"""


def test_facts_flow_while_broken_cameras_and_sensors_trouble_nobody(site: Site) -> None:
    site.add(camera("good", site.folder))
    site.add(camera("no-video", site.folder, source="none.mp4"))
    site.add(camera("no-scene", site.folder, scene="none.toml"))
    site.add('[[sensors]]\nid = "odd"\ndriver = "unheard-of"\n')
    with site.agent() as process:
        site.keeper.wait(lambda: bool(site.keeper.states) and len(site.keeper.facts) > 40)
        site.keeper.wait(lambda: "online" in [camera.status for camera in site.keeper.states[-1].cameras])
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    site.keeper.wait(lambda: site.keeper.states[-1].phase == "gone")
    state = site.keeper.states[-1]
    statuses = {camera.camera: camera.status for camera in state.cameras}
    assert statuses == {"good": "online", "no-video": "offline", "no-scene": "offline"}
    details = {camera.camera: camera.detail for camera in state.cameras}
    assert "none.mp4" in details["no-video"]
    assert "none.toml" in details["no-scene"]
    assert "unheard-of" in state.detail
    assert site.keeper.refused == []
    seqs = sorted(seq for _, _, seq in site.keeper.facts)
    assert seqs == list(range(1, len(seqs) + 1))
    assert site.log.count("camera no-scene:") == 1


def test_controllers_of_signals_are_asked_and_one_that_cannot_be_is_said(site: Site) -> None:
    asked = threading.Event()

    class Controller(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"red")

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Controller) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/head/1"
        (site.folder / "junction.toml").write_text(JUNCTION.format(source=address))
        (site.folder / "mute.toml").write_text(JUNCTION.format(source="mqtt:junction/7"))
        site.add(camera("heard", site.folder, scene="junction.toml"))
        site.add(camera("mute", site.folder, scene="mute.toml"))
        with site.agent() as process:
            assert asked.wait(60), site.log
            site.keeper.wait(lambda: any("[signals]" in state.detail for state in site.keeper.states))
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        server.shutdown()
    assert "camera mute: the scene listens to a controller over MQTT" in site.log


def test_a_kill_at_any_moment_loses_nothing_that_was_committed(site: Site) -> None:
    site.add(camera("good", site.folder))
    for _ in range(3):
        before = len(site.keeper.facts)
        with site.agent() as process:
            site.keeper.wait(lambda before=before: len(site.keeper.facts) > before + 20)
            process.kill()
        site.keeper.wait(lambda: site.keeper.states[-1].phase == "gone")
    with site.agent() as process:
        site.keeper.wait(lambda: bool(site.keeper.states) and site.keeper.states[-1].phase == "alive")
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert len({stream for _, stream, _ in site.keeper.facts}) == 1
    seqs = sorted(seq for _, _, seq in site.keeper.facts)
    site.keeper.wait(lambda: site.keeper.states[-1].phase == "gone")
    assert seqs == list(range(1, site.keeper.states[-1].last_seq + 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("health_s = 1", "health = 1", "health"),
        ("driver", "drivr", "drivr"),
        ('id = "air"', "id = air", "TOML"),
        ("/password", "/nothing", "broker.password_file"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_line_and_exit_code_2(
    site: Site, old: str, new: str, said: str
) -> None:
    site.config.write_text(site.config.read_text().replace(old, new))
    done = site.run_to_its_end()
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_file_that_was_emptied_by_a_power_cut_does_not_silence_the_node(site: Site) -> None:
    with site.agent():
        site.keeper.wait(lambda: bool(site.keeper.states))
    site.config.write_text("")
    count = len(site.keeper.states)
    with site.agent():
        site.keeper.wait(lambda: any(state.phase == "born" for state in site.keeper.states[count:]))
    assert "last good copy is in force" in site.keeper.states[-1].detail


def test_two_agents_never_share_a_data_folder(site: Site) -> None:
    with site.agent():
        site.keeper.wait(lambda: bool(site.keeper.states))
        done = site.run_to_its_end()
    assert done.returncode == 2
    assert "another agent runs on" in done.stderr


def test_systemd_is_told_ready_alive_and_stopping(site: Site, tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(address)
        notified.settimeout(10)
        with site.agent(NOTIFY_SOCKET=address, WATCHDOG_USEC="20000000") as process:
            assert "READY=1" in notified.recv(1024).decode()
            assert "WATCHDOG=1" in notified.recv(1024).decode()
            process.send_signal(signal.SIGINT)
            said = ""
            while "STOPPING=1" not in said:
                said = notified.recv(1024).decode()
            assert process.wait(10) == 0
