"""`provision grafana` against the stand-in of Grafana's API, which tells in its file what it checks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from builders.grafana_walk import walk
from fakes.grafana_api import ADMIN, GrafanaFake, Organisation

from provisioning.cli import main


@pytest.fixture
def grafana() -> Iterator[GrafanaFake]:
    with GrafanaFake() as server:
        yield server
        assert server.state.unknown == []


@pytest.fixture
def scopes(tmp_path: Path) -> Path:
    (tmp_path / "city.key").write_text("key-of-the-city\n")
    (tmp_path / "health.key").write_text("key-of-health\n")
    file = tmp_path / "scopes.toml"
    file.write_text(
        '[[scope]]\norganisation = "Thành phố"\nkey_file = "city.key"\n'
        '[[scope]]\norganisation = "Sở Y tế"\nkey_file = "health.key"\nlanguage = "en"\n'
    )
    return file


def provision(
    grafana: GrafanaFake, capsys: pytest.CaptureFixture[str], *arguments: str, token: str = ADMIN
) -> tuple[int, list[dict[str, Any]], str]:
    code = main(["grafana", "--url", grafana.url, "--token", token, *arguments])
    told = capsys.readouterr()
    return code, [json.loads(line) for line in told.out.splitlines()], told.err


def organisation(grafana: GrafanaFake, name: str) -> Organisation:
    return next(each for each in grafana.state.organisations.values() if each.name == name)


def test_one_organisation_and_datasource_per_scope_with_its_own_key(
    grafana: GrafanaFake, scopes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = provision(
        grafana, capsys, "--scopes", str(scopes), "--console", "https://ioc.example.vn/"
    )
    assert (code, lines[-1]) == (
        0,
        {"organisations": 2, "changes": 2 * (1 + 1 + 2 + 20 + 8), "applied": True},
    )
    for name, key in (("Thành phố", "key-of-the-city"), ("Sở Y tế", "key-of-health")):
        org = organisation(grafana, name)
        assert org.datasources["matthan"]["secureJsonData"] == {"httpHeaderValue1": f"Bearer {key}"}
        assert (len(org.folders), len(org.boards), len(org.rules)) == (2, 20, 8)
        console = org.boards["mt-city-vi"]["templating"]["list"][1]
        assert (console["name"], console["query"]) == ("console", "https://ioc.example.vn")
        assert org.board_folders["mt-city-vi"] == "mt-vi"
    assert organisation(grafana, "Sở Y tế").rules["mt-jam-en"]["title"] == "Traffic jam"
    assert organisation(grafana, "Main Org.").boards == {}


def test_a_second_run_changes_nothing(
    grafana: GrafanaFake, scopes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    provision(grafana, capsys, "--scopes", str(scopes))
    before = len(grafana.state.writes)
    code, lines, _ = provision(grafana, capsys, "--scopes", str(scopes))
    assert (code, lines) == (0, [{"organisations": 2, "changes": 0, "applied": True}])
    assert provision(grafana, capsys, "--scopes", str(scopes), "--check")[0] == 0
    assert len(grafana.state.writes) == before


def test_a_dry_run_shows_the_differences_and_writes_nothing(
    grafana: GrafanaFake, scopes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = provision(grafana, capsys, "--scopes", str(scopes), "--check")
    assert (code, lines[-1]["applied"], grafana.state.writes) == (1, False, [])
    provision(grafana, capsys, "--scopes", str(scopes))
    org = organisation(grafana, "Thành phố")
    org.boards["mt-traffic-vi"]["panels"][1]["title"] = "Đã sửa tay"
    org.rules["mt-node-hot-vi"]["for"] = "1h"
    (scopes.parent / "city.key").write_text("a new key")
    writes = len(grafana.state.writes)
    code, lines, _ = provision(grafana, capsys, "--scopes", str(scopes), "--check")
    told = {(line["kind"], line["uid"]): line["differences"] for line in lines[:-1]}
    assert code == 1
    assert told.keys() == {
        ("datasource", "matthan"),
        ("dashboard", "mt-traffic-vi"),
        ("alert-rule", "mt-node-hot-vi"),
    }
    assert told["dashboard", "mt-traffic-vi"] == [
        {"path": "panels[1].title", "found": "'Đã sửa tay'", "wanted": "'Lưu lượng theo loại, mỗi $bucket'"}
    ]
    assert [each["path"] for each in told["datasource", "matthan"]] == ["jsonData.keyDigest"]
    assert "a new key" not in json.dumps(lines)
    assert len(grafana.state.writes) == writes
    provision(grafana, capsys, "--scopes", str(scopes))
    assert org.datasources["matthan"]["secureJsonData"] == {"httpHeaderValue1": "Bearer a new key"}
    assert org.rules["mt-node-hot-vi"]["for"] == "300s"


def test_what_others_made_stays_and_what_we_no_longer_make_goes(
    grafana: GrafanaFake, scopes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    provision(grafana, capsys, "--scopes", str(scopes))
    org = organisation(grafana, "Thành phố")
    mine = {"uid": "abc", "title": "Của tôi", "tags": ["matthan"], "version": 3}
    org.boards |= {"abc": mine, "mt-old-vi": {"title": "Cũ", "tags": ["matthan"], "version": 1}}
    org.board_folders |= {"abc": "mt-vi", "mt-old-vi": "mt-vi"}
    org.folders["theirs"] = {"uid": "theirs", "title": "Khác", "version": 1}
    org.datasources["other"] = {"uid": "other", "name": "other", "type": "loki", "secureJsonData": {}}
    org.rules["own"] = {**org.rules["mt-jam-vi"], "uid": "own", "title": "Riêng", "labels": {}}
    org.rules["mt-old-vi"] = {**org.rules["mt-jam-vi"], "uid": "mt-old-vi", "title": "Cũ"}
    code, lines, _ = provision(grafana, capsys, "--scopes", str(scopes))
    gone = [(line["action"], line["kind"], line["uid"]) for line in lines[:-1]]
    assert (code, gone) == (0, [("delete", "alert-rule", "mt-old-vi"), ("delete", "dashboard", "mt-old-vi")])
    assert org.boards["abc"] == mine
    assert {"own"} <= org.rules.keys()
    assert {"other"} <= org.datasources.keys()
    assert {"theirs"} <= org.folders.keys()


def test_a_foreign_thing_under_our_uid_stops_before_the_first_change(
    grafana: GrafanaFake, scopes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    org = grafana.state.organisations[2] = Organisation("Thành phố", {"admin"})
    org.boards["mt-city-vi"] = {"title": "Của tôi", "tags": [], "version": 1}
    org.board_folders["mt-city-vi"] = ""
    code, lines, told = provision(grafana, capsys, "--scopes", str(scopes))
    assert (code, lines, grafana.state.writes) == (2, [], [])
    assert "somebody else made dashboard mt-city-vi in 'Thành phố'" in told


def test_a_service_accounts_token_reaches_its_own_organisation_alone(
    grafana: GrafanaFake, scopes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grafana.state.tokens["glsa_1"] = 1
    key = str(scopes.parent / "city.key")
    code, lines, _ = provision(grafana, capsys, "--key-file", key, token="glsa_1")
    assert (code, lines[-1]["changes"]) == (0, 31)
    assert len(organisation(grafana, "Main Org.").boards) == 20
    code, _, told = provision(grafana, capsys, "--scopes", str(scopes), token="glsa_1")
    assert code == 2
    assert "belongs to the organisation 'Main Org.', not 'Thành phố'" in told


@pytest.mark.parametrize(
    ("token", "message"),
    [("glsa_wrong", "does not accept this token"), ("", "give --token")],
)
def test_a_wrong_token_is_told_in_one_line(
    grafana: GrafanaFake, scopes: Path, capsys: pytest.CaptureFixture[str], token: str, message: str
) -> None:
    code, lines, told = provision(grafana, capsys, "--scopes", str(scopes), token=token)
    assert (code, lines) == (2, [])
    assert message in told
    assert len(told.splitlines()) == 1


def test_a_server_that_is_away_is_told_in_one_line(scopes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--url", "http://127.0.0.1:9", "--token", "x", "--scopes", str(scopes)]
    assert main(["grafana", *arguments]) == 2
    assert "is not reachable" in capsys.readouterr().err


def test_the_walk_that_a_real_server_gets(grafana: GrafanaFake, capsys: pytest.CaptureFixture[str]) -> None:
    assert walk(grafana.url, ADMIN) == {"organisations": 2, "boards": 20, "rules": 8, "first_run": 64}
    assert [each.name for each in grafana.state.organisations.values()] == ["Main Org."]
    assert capsys.readouterr().err == ""
