"""What the editor's page asks for: the scene, its judgement, saving, previews. No HTTP here.

One session edits one file over one footage. Calls may come from several threads of the server; the file and
the preview each have one owner at a time, kept by a lock.
"""

import threading
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from edge_agent.doctor.catalogue import Words
from edge_agent.perception.detector import Detector
from edge_agent.perception.model_spec import ModelSpec
from edge_agent.scene.scene import Scene
from edge_agent.scene_tools.errors import SceneToolError
from edge_agent.scene_tools.findings import Finding, Verdict, judge
from edge_agent.scene_tools.footage import Footage
from edge_agent.scene_tools.ground_grid import ground_grid
from edge_agent.scene_tools.picture import as_jpeg
from edge_agent.scene_tools.preview import LONGEST_S, Preview, PreviewProgress
from edge_agent.scene_tools.rule_forms import Form, rule_forms, scene_form, table_forms
from edge_agent.scene_tools.scene_file import SceneFile
from edge_agent.scene_tools.scene_text import Tree, rewrite_scene
from edge_agent.scene_tools.words import Catalogue

_STILL_WIDTH = 1920


class Draft(msgspec.Struct, frozen=True):
    """What the page has.

    Attributes:
        text: the text it began with, or that a person has typed.
        tree: what was drawn, as TOML's own values; nothing while a person types.
        renamed: what was renamed since `text`: table, old id, new id.
    """

    text: str
    tree: dict[str, Any] | None = None
    renamed: tuple[tuple[str, str, str], ...] = ()


class Judged(msgspec.Struct, frozen=True):
    """What is to be said of a draft.

    Attributes:
        text: the file as it would be written.
        tree: its values; nothing while they cannot be drawn.
        findings: what is wrong or unwise.
        ok: whether it can be saved.
        keeps_comments: whether every comment of the text is still there.
        grid: pieces of the grid of metres.
    """

    text: str
    tree: dict[str, Any] | None
    findings: tuple[Finding, ...]
    ok: bool
    keeps_comments: bool
    grid: tuple[tuple[float, float, float, float], ...]


class Loaded(msgspec.Struct, frozen=True):
    """The file as it is now."""

    path: str
    digest: str
    problem: str
    judged: Judged


class View(msgspec.Struct, frozen=True):
    """The picture that is drawn on."""

    label: str
    width: int
    height: int
    live: bool
    duration_s: float
    longest_s: float


class Opening(msgspec.Struct, frozen=True):
    """All that the page needs to begin."""

    view: View
    loaded: Loaded
    rules: tuple[Form, ...]
    tables: dict[str, Form]
    scene: Form
    labels: tuple[str, ...]
    classes: tuple[str, ...]
    page: dict[str, Words]
    events: dict[str, Words]


class Saved(msgspec.Struct, frozen=True):
    """What saving gave.

    Attributes:
        digest: of the file now.
        judged: it, read back.
        backup: name of the copy of what was there; empty for a new file.
    """

    digest: str
    judged: Judged
    backup: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What a session works with.

    Attributes:
        words: the catalogue.
        model: the model, or why there is none.
        detector: gives the one detector of this editor.
    """

    words: Catalogue
    model: ModelSpec | str
    detector: Callable[[], Detector]


class EditorSession:
    """One scene file, one footage.

    Args:
        file: the scene file.
        footage: what is drawn on; closed by the session.
        tools: words, model, detector.
    """

    def __init__(self, file: SceneFile, footage: Footage, tools: Tools) -> None:
        self._file = file
        self._footage = footage
        self._tools = tools
        self._lock = threading.Lock()
        self._preview: Preview | None = None
        self._runs = 0
        height, width = footage.still(0.0).shape[:2]
        self._width, self._height = width, height

    def open(self) -> Opening:
        """All that the page needs to begin."""
        words, model = self._tools.words, self._tools.model
        view = View(
            self._footage.label,
            self._width,
            self._height,
            self._footage.is_live,
            round(self._footage.duration_s, 1),
            LONGEST_S,
        )
        return Opening(
            view,
            self.load(),
            rule_forms(words),
            table_forms(words),
            scene_form(words),
            tuple(label for label in model.labels if label != "empty")
            if isinstance(model, ModelSpec)
            else (),
            model.classes if isinstance(model, ModelSpec) else (),
            words.page,
            words.events,
        )

    def load(self) -> Loaded:
        """The file as it is now, and whether it may be written."""
        read = self._file.read()
        problem = ""
        try:
            self._file.check_writable()
        except SceneToolError as error:
            problem = str(error)
        return Loaded(str(self._file.path), read.digest, problem, self.judge(Draft(read.text)))

    def still(self, at_s: float) -> bytes:
        """JPEG of the picture to draw on.

        Raises:
            CaptureError: there is none.
        """
        return as_jpeg(self._footage.still(at_s), width=_STILL_WIDTH)

    def judge(self, draft: Draft) -> Judged:
        """Say what a draft would be as a file, and what is wrong with it.

        Raises:
            SceneToolError: the draft has a value that a scene file cannot hold.
        """
        text, kept = _text_of(draft)
        verdict = self._verdict(text)
        return Judged(text, _drawable(text), verdict.findings, not verdict.errors, kept, _grid(verdict))

    def save(self, draft: Draft, digest: str) -> Saved:
        """Write a draft.

        Raises:
            SceneToolError: it has errors, the file changed meanwhile, or it cannot be written.
        """
        judged = self.judge(draft)
        if not judged.ok:
            first = next(each for each in judged.findings if each.severity == "error")
            raise SceneToolError(f"not saved: {first.cause.en}")
        with self._lock:
            after = self._file.write(judged.text, expected=digest, now=datetime.now(tz=UTC))
            backups = self._file.backups()
        return Saved(after.digest, judged, backups[-1].name if digest and backups else "")

    def start_preview(self, draft: Draft, start_s: float, length_s: float) -> PreviewProgress:
        """Run the pipeline over a segment with a draft; ends the preview before it.

        Raises:
            SceneToolError: the draft has errors.
        """
        verdict = self._verdict(_text_of(draft)[0])
        if verdict.scene is None:
            raise SceneToolError(f"no preview: {verdict.errors[0].cause.en}")
        model = self._tools.model
        if isinstance(model, str):
            raise SceneToolError(f"no preview: {model}")
        scene, length_s = verdict.scene, min(length_s, LONGEST_S)
        with self._lock:
            if self._preview is not None:
                self._preview.stop()
            self._runs += 1
            self._preview = Preview(
                self._runs,
                scene,
                lambda: self._footage.frames(start_s, length_s),
                detector=self._tools.detector,
                classes=model.classes,
            )
            self._preview.start()
            return self._preview.progress(0)

    def progress(self, after: int) -> PreviewProgress | None:
        """What is new of the preview; nothing when there is none."""
        return None if self._preview is None else self._preview.progress(after)

    def picture(self, n: int) -> bytes | None:
        """JPEG of a previewed frame."""
        return None if self._preview is None else self._preview.picture(n)

    def stop_preview(self) -> None:
        """End the preview; its results stay."""
        with self._lock:
            if self._preview is not None:
                self._preview.stop()

    def close(self) -> None:
        """End the preview and let go of the camera."""
        self.stop_preview()
        self._footage.close()

    def _verdict(self, text: str) -> Verdict:
        return judge(
            text,
            self._tools.words,
            folder=self._file.path.parent,
            aspect=self._width / self._height,
            model=self._tools.model,
        )


def _text_of(draft: Draft) -> tuple[str, bool]:
    """The draft as a file, and whether its comments are all kept."""
    if draft.tree is None:
        return draft.text, True
    try:
        base = draft.text
        for table, old, new in draft.renamed:
            base = rewrite_scene(base, _renamed(tomllib.loads(base), table, old, new)).text
        written = rewrite_scene(base, draft.tree)
    except tomllib.TOMLDecodeError as error:
        raise SceneToolError(f"not TOML: {error}: mend the text first") from error
    except (TypeError, AttributeError) as error:
        raise SceneToolError(
            f"the drawing has a value that TOML cannot hold ({error}): load it again"
        ) from error
    return written.text, written.kept_comments


def _renamed(tree: Tree, table: str, old: str, new: str) -> Tree:
    entries = tree.get(table, [])
    found = [{**entry, "id": new} if entry.get("id") == old else entry for entry in entries]
    return {**tree, table: found} if found else tree


def _drawable(text: str) -> Tree | None:
    """The values of a text whose types are right, so that it can be drawn whatever else is wrong."""
    try:
        tree = tomllib.loads(text)
        msgspec.convert(tree, Scene)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError):
        return None
    return tree


def _grid(verdict: Verdict) -> tuple[tuple[float, float, float, float], ...]:
    scene, ground = verdict.scene, verdict.ground
    if scene is None or scene.homography is None or ground is None:
        return ()
    segments = ground_grid(ground, scene.homography.points).segments
    return tuple((round(a[0], 4), round(a[1], 4), round(b[0], 4), round(b[1], 4)) for a, b in segments)
