import json
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from edge_agent.capture.frame import Frame
from edge_agent.perception.detector import Detector, ModelError
from edge_agent.scene_tools.editor_server import EditorApi, EditorServer
from edge_agent.scene_tools.editor_session import EditorSession, Tools
from edge_agent.scene_tools.errors import SceneToolError
from edge_agent.scene_tools.picture import Image
from edge_agent.scene_tools.scene_file import SceneFile
from edge_agent.scene_tools.words import load_catalogue


class Still:
    """One black picture."""

    label = "still"
    is_live = True
    duration_s = 0.0

    def still(self, at_s: float) -> Image:
        return np.full((48, 64, 3), int(at_s), np.uint8)

    def frames(self, start_s: float, length_s: float) -> Generator[Frame]:
        yield Frame("replay", self.still(start_s + length_s), 0, 0.0)

    def close(self) -> None:
        """Nothing is open."""


def _no_detector() -> Detector:
    raise ModelError("no model here")


@pytest.fixture
def session(tmp_path: Path) -> EditorSession:
    return EditorSession(
        SceneFile(tmp_path / "s.toml"), Still(), Tools(load_catalogue(), "none", _no_detector)
    )


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/", 200, "text/html; charset=utf-8"),
        ("/static/editor.css", 200, "text/css; charset=utf-8"),
        ("/static/editor.js", 200, "text/javascript; charset=utf-8"),
        ("/static/eye.svg", 200, "image/svg+xml; charset=utf-8"),
        ("/static/../words.py", 404, "application/problem+json"),
        ("/words.py", 404, "application/problem+json"),
        ("/api/start", 200, "application/json"),
        ("/api/still", 200, "image/jpeg"),
        ("/api/preview", 404, "application/problem+json"),
    ],
)
def test_each_address_has_its_answer(session: EditorSession, path: str, status: int, kind: str) -> None:
    answer = EditorApi(session).get(path, {})
    assert (answer.status, answer.content_type) == (status, kind)


def test_every_file_that_the_page_names_is_served(session: EditorSession) -> None:
    api = EditorApi(session)
    page = api.get("/", {}).body.decode()
    named = [part.split('"')[0] for part in page.split('="')[1:] if part.startswith("/static/")]
    assert [name for name in named if api.get(name, {}).status != 200] == []
    assert "http" not in page.replace("http-equiv", "")


def test_a_draft_is_judged_by_post(session: EditorSession) -> None:
    answer = EditorApi(session).post("/api/judge", b'{"text": "utc_offset_h = 99"}')
    assert (answer.status, json.loads(answer.body)["ok"]) == (200, False)


def test_a_port_is_taken_once(session: EditorSession) -> None:
    first = EditorServer(session, 0)
    first.start()
    with pytest.raises(SceneToolError, match=f"port {first.port} cannot be had"):
        EditorServer(session, first.port)
    assert first.url.startswith(f"http://127.0.0.1:{first.port}/?token=")
    first.close()
