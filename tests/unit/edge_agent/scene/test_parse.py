from pathlib import Path

import pytest

from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import every_problem, parse_scene, read_scene
from edge_agent.scene.rule_specs import Crowding, Intrusion, LineCount, Loitering, Occupancy
from edge_agent.scene.schedule import TimeWindow

DESIGN = """
[[lines]]
id = "gate"
from = [0.50, 0.10]
to = [0.50, 0.95]
[[zones]]
id = "plaza"
polygon = [[0.1, 0.2], [0.9, 0.2], [0.9, 0.9], [0.1, 0.9]]
[[rules]]
id = "gate-count"
kind = "line_count"
line = "gate"
classes = ["person"]
"""

SCENES = Path(__file__).resolve().parents[3] / "data" / "scenes"


def test_the_scene_of_the_design_is_read() -> None:
    scene = parse_scene(DESIGN, "s.toml")
    assert scene.line("gate").start == (0.5, 0.1)
    assert scene.line("gate").end == (0.5, 0.95)
    assert len(scene.zone("plaza").polygon) == 4
    assert scene.rules == (LineCount(id="gate-count", line="gate", classes=("person",)),)


def test_every_part_of_a_scene_is_read_with_its_defaults() -> None:
    scene = read_scene(SCENES / "every_rule.toml")
    assert scene.rules[1:] == (
        Occupancy(id="o", zone="plaza"),
        Intrusion(
            id="i",
            zone="plaza",
            inside_s=1.0,
            schedule=(TimeWindow("22:00", "05:30", ("sat", "sun")),),
        ),
        Loitering(id="l", zone="plaza", dwell_s=15.0, classes=("person",)),
        Crowding(id="c", zone="plaza", people=12, for_s=10.0, realarm_s=600.0, classes=("person",)),
    )
    assert scene.lanes[0].direction == (0.0, 1.0)
    assert scene.signals[0].lamps["red"] == (0.1, 0.1, 0.2, 0.2)
    assert scene.signals[1].source == "mqtt:junction/7"
    assert scene.homography is not None
    assert len(scene.homography.points) == 4
    assert len(scene.privacy) == 1
    assert scene.utc_offset_h == 7.0


def test_an_empty_scene_is_a_scene() -> None:
    assert parse_scene("", "s.toml").rules == ()


def test_loitering_lasts_a_minute_by_default() -> None:
    scene = parse_scene(DESIGN + '[[rules]]\nid = "l"\nkind = "loitering"\nzone = "plaza"\n', "s.toml")
    assert scene.rules[1] == Loitering(id="l", zone="plaza", dwell_s=60.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param("[[lines]]", "[[lines", ["not TOML", "line 2"], id="no TOML"),
        pytest.param(
            'id = "gate"\nfrom',
            'id = "gate"\ncolour = "red"\nfrom',
            ['[[lines]] 1 (id "gate")', "'colour'", "known keys are id, from, to"],
            id="unknown key",
        ),
        pytest.param(
            "classes =",
            "clases =",
            ['[[rules]] 1 (id "gate-count")', "unknown key 'clases'", "did you mean 'classes'?"],
            id="misspelt key of a rule",
        ),
        pytest.param(
            "[[zones]]", "[[zone]]", ["unknown key 'zone'", "did you mean 'zones'?"], id="misspelt table"
        ),
        pytest.param(
            'line = "gate"\n',
            'line = "gate"\ndwell_s = 3\n',
            ["unknown key 'dwell_s'", "kind, id, classes, schedule, line"],
            id="another rule's key",
        ),
        pytest.param(
            'classes = ["person"]',
            'schedule = [{ from = "22:00", until = "23:00" }]',
            ["unknown key 'until'", "schedule"],
            id="unknown key of a schedule",
        ),
        pytest.param(
            'classes = ["person"]',
            'schedule = [{ from = "25:00", to = "23:00" }]',
            ["schedule[0].from", 'as "22:30"'],
            id="no time of day",
        ),
        pytest.param("to = [0.50, 0.95]\n", "", ["[[lines]] 1", "`to`"], id="missing key"),
        pytest.param(
            "[0.50, 0.95]",
            "[320, 400]",
            ['(id "gate")', "'to[0]'", "divide pixels by the width or height"],
            id="pixels",
        ),
        pytest.param("[0.50, 0.95]", "[0.5, -0.1]", ["'to[1]'"], id="outside"),
        pytest.param("[0.50, 0.95]", "[0.5]", ["'to'"], id="half a point"),
        pytest.param("[0.50, 0.95]", "[nan, 0.5]", ["'to[0]'"], id="not a number"),
        pytest.param('"gate"\nfrom', '"the gate"\nfrom', ["'id'"], id="blank in an id"),
        pytest.param("[0.50, 0.95]", "[0.50, 0.10]", ["same point"], id="line without length"),
        pytest.param(
            "[0.9, 0.2], [0.9, 0.9]",
            "[0.9, 0.9], [0.9, 0.2]",
            ['[[zones]] (id "plaza")', "'polygon'", "cross", "in order"],
            id="self-crossing polygon",
        ),
        pytest.param(
            "[0.9, 0.2], [0.9, 0.9], [0.1, 0.9]", "[0.9, 0.2]", ["at least 3"], id="polygon of two corners"
        ),
        pytest.param(
            'line = "gate"',
            'line = "gat"',
            ['(id "gate-count")', "'line'", 'no line "gat"', "has gate"],
            id="unknown line",
        ),
        pytest.param(
            'kind = "line_count"', 'kind = "line-count"', ["'line-count'", "line_count, occupancy"], id="kind"
        ),
        pytest.param('kind = "line_count"\n', "", ["kind = None"], id="rule without a kind"),
        pytest.param('classes = ["person"]', "classes = []", ["'classes'"], id="no classes"),
        pytest.param('classes = ["person"]', 'classes = "person"', ["'classes'"], id="class not in a list"),
        pytest.param("[[lines]]", "[lines]", ["lines"], id="one table instead of a list"),
    ],
)
def test_a_wrong_scene_is_refused_with_the_place_and_the_reason(old: str, new: str, words: list[str]) -> None:
    assert DESIGN.count(old) == 1
    with pytest.raises(SceneError) as refusal:
        parse_scene(DESIGN.replace(old, new), "s.toml")
    message = str(refusal.value)
    assert message.startswith("s.toml: ")
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param(
            '[[lines]]\nid = "gate"\nfrom = [0, 0]\nto = [1, 1]',
            ['[[lines]]: id "gate" is given 2 times'],
            id="double id",
        ),
        pytest.param(
            '[[rules]]\nid = "z"\nkind = "intrusion"\nzone = "gate"',
            ['no zone "gate"', "has plaza"],
            id="unknown zone",
        ),
        pytest.param(
            '[[rules]]\nid = "c"\nkind = "crowding"\nzone = "plaza"',
            ["either people or per_m2"],
            id="crowding without a limit",
        ),
        pytest.param(
            '[[rules]]\nid = "c"\nkind = "crowding"\nzone = "plaza"\npeople = 3\nper_m2 = 1',
            ["only one"],
            id="crowding with two limits",
        ),
        pytest.param(
            '[[rules]]\nid = "c"\nkind = "crowding"\nzone = "plaza"\nper_m2 = 1',
            ["'per_m2'", "has no area_m2"],
            id="density in a zone of unknown size",
        ),
        pytest.param(
            '[[rules]]\nid = "again"\nkind = "line_count"\nline = "gate"',
            ['rule "gate-count" already measures line "gate"'],
            id="a line counted twice",
        ),
        pytest.param(
            '[[lanes]]\nid = "in"\npolygon = [[0, 0], [1, 0], [1, 1]]\ndirection = [0, 0]',
            ["'direction'", "zero"],
            id="lane without direction",
        ),
        pytest.param(
            '[[signals]]\nid = "s"', ["neither box and lamps nor source"], id="signal without lamps"
        ),
        pytest.param('[[signals]]\nid = "s"\nsource = "http:x"', ["'http:x' is no feed"], id="unknown feed"),
        pytest.param(
            '[[signals]]\nid = "s"\nbox = [0.5, 0.5, 0.1, 0.9]\nlamps = { red = [0.1, 0.1, 0.2, 0.2] }',
            ["'box'", "top-left corner first"],
            id="box inside out",
        ),
        pytest.param("[homography]\npoints = [[0.1, 0.1, 0, 0]]", ["[homography]", "points"], id="one point"),
        pytest.param(
            "[[privacy]]\npolygon = [[0, 0], [1, 1], [1, 0], [0, 1]]", ["[[privacy]] 1", "cross"], id="mask"
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(more: str, words: list[str]) -> None:
    with pytest.raises(SceneError) as refusal:
        parse_scene(f"{DESIGN}\n{more}\n", "s.toml")
    assert [word for word in words if word not in str(refusal.value)] == []


def test_a_line_may_be_counted_for_other_classes_by_another_rule() -> None:
    more = '[[rules]]\nid = "cars"\nkind = "line_count"\nline = "gate"\nclasses = ["car"]'
    assert len(parse_scene(f"{DESIGN}\n{more}\n", "s.toml").rules) == 2


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "scene.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SceneError, match="cannot read the scene") as refusal:
        read_scene(path)
    assert str(path) in str(refusal.value)


def test_a_file_is_read_and_named_in_messages(tmp_path: Path) -> None:
    path = tmp_path / "scene.toml"
    path.write_text(DESIGN, encoding="utf-8")
    assert read_scene(path) == parse_scene(DESIGN, "s.toml")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("self_crossing", "edges from corner 1 and from corner 3 cross"),
        ("unknown_key", "unknown key 'colour'"),
        ("unknown_line", 'there is no line "gate": this scene has none'),
    ],
)
def test_the_bad_scenes_of_the_test_data_are_refused(name: str, words: str) -> None:
    with pytest.raises(SceneError) as refusal:
        read_scene(SCENES / f"{name}.toml")
    assert words in str(refusal.value)


EVERYTHING_WRONG = """
x = 1
[[lines]]
id = "a"
from = [0, 2]
to = [1, 1]
[[zones]]
id = "q"
polygon = [[0, 0], [1, 1], [1, 0], [0, 1]]
[[rules]]
id = "r"
kind = "nix"
[[rules]]
id = "s"
kind = "line_count"
line = "a"
[[rules]]
id = "t"
kind = "line_count"
line = "nowhere"
[homography]
points = [[0, 0, 0, 0]]
"""


def test_every_problem_is_told_and_what_only_follows_from_another_is_not() -> None:
    found = every_problem(EVERYTHING_WRONG)
    assert [text.split(":")[0] for text in found] == [
        '[[rules]] 1 (id "r")',
        "top level",
        "[[lines]] 1 (id \"a\"), key 'from[1]'",
        "[homography], key 'points'",
        "[[zones]] (id \"q\"), key 'polygon'",
        "[[rules]] (id \"t\"), key 'line'",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "not TOML"),
        ("lines = 3", "expected `array`"),
        ("rules = [1]", "kind = None"),
        ("y = [1]", "unknown key 'y'"),
    ],
)
def test_text_of_another_shape_is_told_once(text: str, words: str) -> None:
    (problem,) = every_problem(text)
    assert words in problem


def test_a_good_scene_has_no_problem() -> None:
    assert every_problem((SCENES / "every_rule.toml").read_text(encoding="utf-8")) == ()
