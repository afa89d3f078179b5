"""The command `scene` as a shell calls it, and the editor's server as a program on this machine sees it."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import pytest
from servers.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "provisioning" / "demo"
CLIP = DEMO / "pedestrians.mp4"
POINTS = "x,y,east,north\n0.3,0.3,0,40\n0.7,0.3,10,40\n1,1,10,0\n0,1,0,0\n0.5,0.475,5,22.4\n"


def scene_tool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge_agent", "scene", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)


def refused(*arguments: str | Path) -> str:
    """The one line that says why; standard output stays empty."""
    done = scene_tool(*arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    said = [line for line in done.stderr.splitlines() if not line.startswith("INFO: ")]
    assert len(said) == 1, done.stderr
    return said[0]


def test_check_explains_and_draws(tmp_path: Path) -> None:
    drawn = tmp_path / "scene.png"
    done = scene_tool("check", DEMO / "pedestrians.toml", "--frame", CLIP, "--draw", drawn)
    assert done.returncode == 0
    assert "0 errors" in done.stdout
    image = cv2.imread(str(drawn))
    assert image is not None
    assert image.shape == (720, 960, 3)


def test_check_tells_every_error_as_json_and_ends_with_two(tmp_path: Path) -> None:
    scene = tmp_path / "s.toml"
    scene.write_text(
        '[[zones]]\nid = "z"\npolygon = [[0, 0], [1, 1], [1, 0], [0, 1]]\n'
        '[[rules]]\nid = "r"\nkind = "line_count"\nline = "nowhere"\n',
        encoding="utf-8",
    )
    done = scene_tool("check", scene, "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["ok"], answer["errors"], answer["drawn"]) == (2, False, 2, None)
    assert [(each["table"], each["entry"]) for each in answer["findings"]] == [("zones", "z"), ("rules", "r")]
    assert all(each["cause"]["vi"] and each["cause"]["en"] for each in answer["findings"])


def test_check_tells_of_a_reference_that_is_missing(tmp_path: Path) -> None:
    scene = tmp_path / "s.toml"
    text = (DEMO / "pedestrians.toml").read_text(encoding="utf-8")
    health = '[[rules]]\nid = "health"\nkind = "camera_health"\n[reference]\nimage = "none.png"\n'
    scene.write_text(text + health, encoding="utf-8")
    done = scene_tool("check", scene)
    assert (done.returncode, "none.png cannot be read" in done.stdout) == (2, True)


def test_calibrate_writes_the_points_and_keeps_the_rest(tmp_path: Path) -> None:
    scene, points = tmp_path / "s.toml", tmp_path / "p.csv"
    before = "# drawn by hand\n" + (DEMO / "pedestrians.toml").read_text(encoding="utf-8")
    scene.write_text(before, encoding="utf-8")
    points.write_text(POINTS, encoding="utf-8")
    done = scene_tool("calibrate", scene, "--points", points)
    assert (done.returncode, "RMS" in done.stdout) == (0, True)
    after = scene.read_text(encoding="utf-8")
    assert after.startswith(before)
    assert tomllib.loads(after)["homography"]["points"][2] == [1.0, 1.0, 10.0, 0.0]
    again = scene_tool("calibrate", scene, "--points", points)
    assert "has these points already" in again.stderr
    assert [path.read_text("utf-8") for path in tmp_path.glob("*.bak")] == [before]


def test_calibrate_takes_degrees_and_writes_nothing_in_a_dry_run(tmp_path: Path) -> None:
    scene = tmp_path / "s.toml"
    degrees = ("0.3,0.3,16.05476,108.2022", "0.7,0.3,16.05476,108.20229", "1,1,16.0544,108.20229")
    pairs = [argument for each in (*degrees, "0,1,16.0544,108.2022") for argument in ("--point", each)]
    done = scene_tool("calibrate", scene, *pairs, "--origin", "16.0544,108.2022", "--dry-run", "--json")
    answer = json.loads(done.stdout)
    assert answer["points"][0]["point"][2:] == pytest.approx([0.0, 39.83], abs=0.01)
    assert (len(answer["warnings"]), scene.exists()) == (1, False)


def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    scene, points = tmp_path / "s.toml", tmp_path / "p.csv"
    scene.write_text("# empty\n", encoding="utf-8")
    points.write_text(POINTS, encoding="utf-8")
    assert "there is no such file" in refused("check", tmp_path / "none.toml")
    assert "give --frame" in refused("check", scene, "--draw", tmp_path / "o.png")
    assert "there is no video file" in refused("check", scene, "--frame", "none.mp4")
    assert "no points" in refused("calibrate", scene)
    assert "cannot read the points" in refused("calibrate", scene, "--points", tmp_path / "none.csv")
    assert "on a line" in refused("calibrate", scene, *["--point", "0.1,0.1,0,0"] * 4)
    assert "there is no video file" in refused("edit", "none.mp4", "--scene", scene)
    scene.chmod(0o444)
    assert "read-only" in scene_tool("calibrate", scene, "--points", points).stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} cannot be had" in refused("edit", CLIP, "--scene", scene, "--port", str(port))


class EditorPort:
    """Requests to a running editor."""

    def __init__(self, url: str) -> None:
        self.port = urlsplit(url).port or 0
        self.token = urlsplit(url).query.removeprefix("token=")
        self.cookie = ""

    def ask(
        self, path: str, *, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Cookie": self.cookie, "Content-Type": "application/json", **headers}
        connection.request("GET" if body is None else "POST", path, body=body, headers=sent)
        answer = connection.getresponse()
        found = (answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        connection.close()
        return found

    def enter(self) -> None:
        status, headers, _ = self.ask(f"/?token={self.token}")
        assert (status, headers["location"]) == (303, "/")
        self.cookie = headers["set-cookie"].split(";")[0]

    def json(self, path: str, body: object = None) -> Any:
        status, _, content = self.ask(path, body=None if body is None else json.dumps(body).encode())
        assert status == 200, content
        return json.loads(content)


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[EditorPort]:
    scene = tmp_path / "s.toml"
    scene.write_text((DEMO / "pedestrians.toml").read_text(encoding="utf-8"), encoding="utf-8")
    port = str(free_port())
    command = [sys.executable, "-m", "edge_agent", "scene", "edit", str(CLIP), "--scene", str(scene)]
    process = subprocess.Popen(
        [*command, "--port", port], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith(f"http://127.0.0.1:{port}/?token=")
    yield EditorPort(url)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in said) == (0, False)


def test_only_who_came_by_the_printed_address_is_served(editor: EditorPort) -> None:
    assert editor.ask("/api/start")[0] == 403
    assert editor.ask("/static/editor.js")[0] == 403
    editor.enter()
    status, headers, page = editor.ask("/")
    assert (status, b"editor.js" in page) == (200, True)
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert editor.ask("/", Host="evil.example")[0] == 403
    assert editor.ask("/api/judge", body=b"{}", Origin="http://evil.example")[0] == 403
    with socket.create_connection(("127.0.0.1", editor.port), timeout=5) as raw:
        raw.sendall(b"GET /static/../editor.html HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 403")


def test_it_listens_on_loopback_alone(editor: EditorPort) -> None:
    listening = Path("/proc/net/tcp").read_text(encoding="ascii") + Path("/proc/net/tcp6").read_text("ascii")
    rows = re.findall(rf"\d+: ([0-9A-F]+):{editor.port:04X} [0-9A-F:]+ 0A", listening)
    assert rows == ["0100007F"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/judge", b"no json", 400),
        ("/api/judge", b'{"text": 3}', 400),
        ("/api/judge", b'{"text": "", "tree": {"lines": [{"id": null}]}}', 422),
        ("/api/save", b'{"draft": {"text": "x ="}, "digest": ""}', 422),
        ("/api/save", b'{"draft": {"text": "# mine\\n"}, "digest": "00"}', 409),
        ("/api/preview", b'{"draft": {"text": "x ="}}', 422),
        ("/api/nothing", b"{}", 404),
    ],
)
def test_bad_requests_are_answered_and_change_nothing(
    editor: EditorPort, path: str, body: bytes, status: int
) -> None:
    editor.enter()
    before = editor.json("/api/load")["digest"]
    answered, _, content = editor.ask(path, body=body)
    assert (answered, bool(json.loads(content)["detail"])) == (status, True)
    assert editor.json("/api/load")["digest"] == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/still?t=nan", 400),
        ("/api/still?t=-1", 400),
        ("/api/preview?after=x", 400),
        ("/api/preview", 404),
        ("/api/preview/picture?n=0", 404),
        ("/static/..%2feditor.html", 404),
        ("/static/none.js", 404),
    ],
)
def test_odd_addresses_are_answered(editor: EditorPort, path: str, status: int) -> None:
    editor.enter()
    assert editor.ask(path)[0] == status


def test_a_body_that_is_too_large_is_refused(editor: EditorPort) -> None:
    editor.enter()
    connection = http.client.HTTPConnection("127.0.0.1", editor.port, timeout=10)
    connection.putrequest("POST", "/api/judge")
    connection.putheader("Cookie", editor.cookie)
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_segment_in_the_middle_is_previewed_with_the_videos_own_times(editor: EditorPort) -> None:
    editor.enter()
    text = editor.json("/api/load")["judged"]["text"]
    progress = editor.json("/api/preview", {"draft": {"text": text}, "start_s": 20.0, "length_s": 1.0})
    frames: list[dict[str, Any]] = []
    while progress["state"] == "running":
        progress = editor.json(f"/api/preview?after={len(frames)}")
        frames += progress["frames"]
    assert (progress["state"], progress["total"]) == ("done", 10)
    assert [frame["t"] for frame in frames] == pytest.approx([20 + index / 10 for index in range(10)])
    assert editor.ask("/api/preview/picture?n=9")[2].startswith(b"\xff\xd8")
