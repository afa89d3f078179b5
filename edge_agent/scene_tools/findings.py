"""Everything that is wrong or unwise in a scene, in words, with its place: what `check` and the editor show.

Pure but for the catalogue of words, which is an argument.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from edge_agent.doctor.catalogue import Words
from edge_agent.perception.model_spec import ModelSpec
from edge_agent.pipeline import USUAL_CLASSES
from edge_agent.rules.engine import Engine
from edge_agent.scene.errors import SceneError
from edge_agent.scene.homography import Ground, fit_ground
from edge_agent.scene.parse import every_problem, parse_scene, placed
from edge_agent.scene.scene import Scene
from edge_agent.scene_tools.advice import Advice, advise
from edge_agent.scene_tools.words import Catalogue

USUAL_ASPECT: Final = 16 / 9
_PLACE: Final = re.compile(
    r"""(?P<place>\[\[?(?P<table>\w+)\]?\]?(?:\ (?P<number>\d+))?(?:\ \(id\ "(?P<id>[^"]*)"\))?
    (?:,\ key\ '(?P<key>[^']*)')?:\ )(?P<what>.*)$""",
    re.VERBOSE | re.DOTALL,
)
_ID: Final = re.compile(r'id "(?P<id>[^"]*)"')


class Finding(msgspec.Struct, frozen=True):
    """One line of `check --json`.

    Attributes:
        severity: an error keeps the scene from being used.
        code: `refused` for an error, else the advice's code.
        table: of the scene file; empty for the whole.
        entry: id of the entry, or its number from 1 where it has none.
        key: of the entry.
        cause: what is wrong, and for an error what to do as well.
        next_step: what to do.
    """

    severity: Literal["error", "warning"]
    code: str
    table: str
    entry: str
    key: str
    cause: Words
    next_step: Words = Words(vi="", en="")

    @property
    def place(self) -> str:
        """Where, as the scene file would be quoted."""
        if not self.table:
            return ""
        return f"[[{self.table}]] {self.entry}".strip() if self.entry else f"[{self.table}]"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a text.

    Attributes:
        scene: what it says; nothing while it is refused.
        ground: of the scene, where it has one.
        findings: errors first.
    """

    scene: Scene | None
    ground: Ground | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps the scene from being used."""
        return tuple(each for each in self.findings if each.severity == "error")


def judge(text: str, words: Catalogue, *, folder: Path, aspect: float, model: ModelSpec | str) -> Verdict:
    """Judge a scene file's text.

    Args:
        text: TOML.
        words: the catalogue.
        folder: of the scene file, where its reference picture is looked for.
        aspect: width by height of the picture.
        model: the model that will see the scene; a text says why there is none.
    """
    if problems := every_problem(text):
        return Verdict(None, None, tuple(refused(problem, words) for problem in problems))
    scene = placed(parse_scene(text, "scene"), folder)
    ground: Ground | None = None
    problems = ()
    if scene.homography is not None:
        try:
            ground = fit_ground(scene.homography.points)
        except SceneError as error:
            problems = (str(error),)
    if isinstance(model, ModelSpec) and not problems:
        problems = tuple(_refused_rules(scene, model))
    errors = [refused(problem, words) for problem in dict.fromkeys(problems)]
    weak = () if isinstance(model, str) else _weak(model)
    advice = advise(scene, ground, aspect=aspect, weak_classes=weak)
    if isinstance(model, str):
        advice.append(Advice("model_unknown", values={"detail": model}))
    found = (*errors, *(_advised(each, words) for each in advice))
    return Verdict(None if errors else scene, ground, found)


def refused(problem: str, words: Catalogue) -> Finding:
    """A refusal of the parser with its place taken apart."""
    match = _PLACE.match(problem)
    if match is None:
        return Finding("error", "refused", "", "", "", words.problem("", problem))
    named = match["id"] or match["number"] or ""
    if not named and (double := _ID.match(match["what"])):
        named = double["id"]
    return Finding(
        "error",
        "refused",
        match["table"],
        named,
        match["key"] or "",
        words.problem(match["place"], match["what"]),
    )


def _advised(advice: Advice, words: Catalogue) -> Finding:
    found = words.advice[advice.code]
    return Finding(
        "warning",
        advice.code,
        advice.table,
        advice.entry,
        "",
        found.cause.filled(advice.values),
        found.next_step.filled(advice.values),
    )


def _refused_rules(scene: Scene, model: ModelSpec) -> Iterable[str]:
    """What the engine refuses, rule by rule, as the node would when it starts."""
    usual = tuple(name for name in model.classes or USUAL_CLASSES if name in model.labels)
    usual = usual or tuple(label for label in model.labels if label != "empty")
    for rule in scene.rules:
        alone = msgspec.structs.replace(scene, rules=(rule,))
        try:
            Engine(alone, camera="", model=model.name, labels=model.labels, classes=usual)
        except SceneError as error:
            yield str(error)


def _weak(model: ModelSpec) -> tuple[str, ...]:
    """Labels that nobody has judged worth using."""
    return tuple(label for label in model.labels if model.classes and label not in model.classes)
