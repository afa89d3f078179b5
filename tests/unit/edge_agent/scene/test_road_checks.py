import pytest

from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import parse_scene
from edge_agent.scene.road_specs import Congestion, IllegalParking, NoHelmet, Pavement, RoadQueue, Speeding

SCENE = """
[[lines]]
id = "stop"
from = [0.2, 0.9]
to = [0.8, 0.9]
[[zones]]
id = "kerb"
polygon = [[0.1, 0.2], [0.9, 0.2], [0.9, 0.9], [0.1, 0.9]]
[[lanes]]
id = "lane"
polygon = [[0.3, 0.3], [0.7, 0.3], [0.9, 1.0], [0.1, 1.0]]
direction = [0, 1]
[[signals]]
id = "s1"
source = "mqtt:junction/1"
"""
SURVEY = "[homography]\npoints = [[0.3, 0.3, 0, 40], [0.7, 0.3, 10, 40], [1, 1, 10, 0], [0, 1, 0, 0]]\n"


def rule(kind: str, keys: str = "", name: str = "r") -> str:
    return f'[[rules]]\nid = "{name}"\nkind = "{kind}"\n{keys}\n'


def test_every_rule_of_the_road_is_read_with_the_defaults_of_the_domain() -> None:
    scene = parse_scene(
        SCENE
        + rule("illegal_parking", 'zone = "kerb"\nsignal = "s1"\nlane = "lane"', "p")
        + rule("speeding", 'lane = "lane"\nlimit_kmh = 50', "s")
        + rule("pavement", 'zone = "kerb"\ndriveways = ["kerb"]', "v")
        + rule("congestion", 'lane = "lane"', "c")
        + rule("road_queue", 'lane = "lane"\nstop_line = "stop"', "q")
        + rule("no_helmet", 'zone = "kerb"', "h")
        + SURVEY,
        "s.toml",
    )
    assert scene.rules == (
        IllegalParking(
            id="p",
            zone="kerb",
            warn_s=60,
            confirm_s=180,
            drift_m=0.5,
            occlusion_s=15,
            signal="s1",
            lane="lane",
            classes=("motorcycle", "car", "bus", "truck"),
        ),
        Speeding(id="s", lane="lane", limit_kmh=50, margin_kmh=5),
        Pavement(id="v", zone="kerb", min_kmh=5, min_s=1.5, min_m=3, driveways=("kerb",)),
        Congestion(id="c", lane="lane", levels=(0.2, 0.4, 0.6), enter_s=60, leave_s=120),
        RoadQueue(id="q", lane="lane", stop_line="stop"),
        NoHelmet(id="h", zone="kerb", min_px=40, min_score=0.7, least_bare=3, least_crops=5, model=""),
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param(
            rule("speeding", 'lane = "lane"\nlimit_kmh = 50'),
            [
                '[[rules]] (id "r")',
                "not surveyed",
                "survey at least four points",
                "scene calibrate",
                "[homography]",
            ],
            id="speeding without a survey",
        ),
        pytest.param(
            rule("road_queue", 'lane = "lane"\nstop_line = "stop"'),
            ["measures metres", "not surveyed", "add [homography]"],
            id="queue without a survey",
        ),
        pytest.param(rule("speeding", 'lane = "lane"') + SURVEY, ["limit_kmh"], id="no limit"),
        pytest.param(
            rule("illegal_parking", 'zone = "kerb"\nwarn_s = 60\nconfirm_s = 60'),
            ["'confirm_s'", "warn first, confirm later"],
            id="confirmed before warned of",
        ),
        pytest.param(
            rule("illegal_parking", 'zone = "kerb"\nsignal = "s2"'),
            ['no signal "s2"', "has s1"],
            id="no such signal",
        ),
        pytest.param(
            rule("pavement", 'zone = "kerb"\ndriveways = ["gate"]'),
            ["'driveways'", 'no zone "gate"'],
            id="no driveway",
        ),
        pytest.param(
            rule("congestion", 'lane = "lane"\nlevels = [0.4, 0.2, 0.6]'),
            ["'levels'", "do not rise"],
            id="levels",
        ),
        pytest.param(
            rule("congestion", 'lane = "lane"\nslow = [0.2, 0.4, 0.6]'), ["'slow'", "do not fall"], id="slow"
        ),
        pytest.param(
            rule("congestion", 'lane = "lane"', "a") + rule("congestion", 'lane = "lane"', "b"),
            ['[[rules]] (id "b"): rule "a" already measures congestion of lane "lane"'],
            id="congestion twice",
        ),
        pytest.param(
            rule("no_helmet", 'zone = "kerb"\nleast_bare = 6'),
            ["'least_bare'", "more than least_crops"],
            id="of five",
        ),
        pytest.param(
            rule("no_helmet", 'zone = "kerb"\nmodel = "one"', "a")
            + rule("no_helmet", 'zone = "kerb"\nmodel = "two"', "b"),
            ['(id "b")', 'rule "a" looks at heads with one'],
            id="two second models",
        ),
    ],
)
def test_what_is_missing_is_named_with_the_next_step(more: str, words: list[str]) -> None:
    with pytest.raises(SceneError) as refusal:
        parse_scene(SCENE + more, "s.toml")
    assert [word for word in words if word not in str(refusal.value)] == []
