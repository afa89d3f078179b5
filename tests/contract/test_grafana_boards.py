"""The committed boards: in step with their code, valid by Grafana's own types, whole in both languages."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fleet.wire.measurements import load_catalogue
from provisioning.grafana.boards import BOARDS
from provisioning.grafana.render import ALERTING, FOLDER, alerting_text, out_of_step, rendered
from provisioning.grafana.units import GRAFANA_UNITS, SHARE
from provisioning.grafana.words import Language

SCHEMA = json.loads((Path(__file__).parent / "grafana" / "grafana-schema.json").read_text("utf-8"))
FILES = sorted(path for path in FOLDER.glob("*/*.json") if path.parent.name in set(Language))
VALUE_NAMES = {"value", "count", "duration_s"}
TAGS = {"site", "node", "source", "zone_or_line", "class", "direction", "kind"}
VARIABLES = re.compile(r"\$\{?(?!__|timeFilter|tag_)([a-z_]+)")
GRAFANA_OWN = {"datasource"}


def board(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def panels(path: Path) -> list[dict[str, Any]]:
    return [panel for panel in board(path)["panels"] if panel["type"] != "row"]


def each(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_the_committed_json_is_in_step_with_the_code() -> None:
    assert out_of_step(FOLDER, rendered()) == []
    assert ALERTING.read_text("utf-8") == alerting_text()


def test_every_board_stands_in_both_languages_under_a_stable_uid() -> None:
    expected = {f"mt-{each_board.name}-{language.value}" for each_board in BOARDS for language in Language}
    assert {board(path)["uid"] for path in FILES} == expected
    assert {each_board.name for each_board in BOARDS} == {
        "city", "alarms", "traffic", "order", "places", "environment", "fleet", "node", "camera", "security",
    }  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=each)
def test_a_board_is_valid_by_the_types_that_grafana_publishes(path: Path) -> None:
    wrong = [
        error.message for error in jsonschema.Draft7Validator(SCHEMA["dashboard"]).iter_errors(board(path))
    ]
    for panel in panels(path):
        parts = SCHEMA["panels"][panel["type"]]
        custom = panel["fieldConfig"]["defaults"].get("custom", {})
        options = jsonschema.Draft7Validator(parts["options"]).iter_errors(panel["options"])
        wrong += [f"{panel['title']}: {error.message}" for error in options]
        if parts["custom"] is None:
            assert custom == {}
        else:
            customs = jsonschema.Draft7Validator(parts["custom"]).iter_errors(custom)
            wrong += [f"{panel['title']}: {error.message}" for error in customs]
    assert wrong == []


def test_the_schema_refuses_what_is_wrong() -> None:
    wrong = board(FILES[0])
    wrong["panels"][1]["gridPos"]["w"] = "wide"
    wrong["tilte"] = "x"
    messages = " ".join(e.message for e in jsonschema.Draft7Validator(SCHEMA["dashboard"]).iter_errors(wrong))
    assert "tilte" in messages
    assert "anyOf" in messages or "not valid under any" in messages


@pytest.mark.parametrize("path", FILES, ids=each)
def test_every_panel_has_title_meaning_unit_steps_source_and_a_link_to_the_console(path: Path) -> None:
    units = {*GRAFANA_UNITS.values(), SHARE}
    for panel in panels(path):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert panel["description"]
        assert defaults["unit"] in units
        steps = defaults["thresholds"]["steps"]
        values = [step["value"] for step in steps[1:]]
        assert steps[0]["value"] is None
        assert values == sorted(values)
        assert panel["datasource"] == {"type": "influxdb", "uid": "${datasource}"}
        assert [link["url"].startswith("${console:raw}/console") for link in panel["links"]] == [True]
        assert panel["targets"]


@pytest.mark.parametrize("path", FILES, ids=each)
def test_panels_fill_a_grid_of_24_columns_without_overlap(path: Path) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board(path)["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    ids = [panel["id"] for panel in board(path)["panels"]]
    assert ids == list(range(1, len(ids) + 1))


@pytest.mark.parametrize("path", FILES, ids=each)
def test_queries_name_known_measurements_tags_and_variables(path: Path) -> None:
    known = {*load_catalogue(), "events"}
    whole = board(path)
    variables = {variable["name"] for variable in whole["templating"]["list"]}
    for query in every_query(whole):
        assert set(re.findall(r'FROM "(\w+)"', query)) <= known
        names = set(re.findall(r'"(\w+)"', query)) - known
        assert names <= TAGS | VALUE_NAMES, query
        assert set(VARIABLES.findall(query)) <= variables, query
        assert "track_id" not in query


@pytest.mark.parametrize("path", FILES, ids=each)
def test_the_head_leads_to_the_other_language_the_wall_the_year_and_the_console(path: Path) -> None:
    whole = board(path)
    other = "en" if path.parent.name == "vi" else "vi"
    urls = [link.get("url") for link in whole["links"]]
    assert f"/d/mt-{path.stem}-{other}" in urls
    assert f"/d/{whole['uid']}?kiosk&${{__url_time_range}}" in urls
    assert any(str(url).startswith("${console:raw}/console") for url in urls)
    assert whole["tags"] == ["matthan", path.parent.name]
    assert whole["timezone"] == "Asia/Ho_Chi_Minh"
    assert whole["refresh"] in {"30s", "1m"}


@pytest.mark.parametrize("path", FILES, ids=each)
def test_no_formula_stands_in_a_board(path: Path) -> None:
    """Queries aggregate what is stored; nothing is computed between figures."""
    for panel in panels(path):
        assert {change["id"] for change in panel.get("transformations", [])} <= {"organize"}
        for target in panel["targets"]:
            selected = target["query"].partition(" FROM ")[0]
            assert re.fullmatch(r'SELECT (sum|mean|max|min|last|count)\("\w+"\) AS "value"', selected)


def every_query(whole: dict[str, Any]) -> list[str]:
    asked = [variable["query"] for variable in whole["templating"]["list"] if variable["type"] == "query"]
    return asked + [
        target["query"] for panel in whole["panels"] if panel["type"] != "row" for target in panel["targets"]
    ]
