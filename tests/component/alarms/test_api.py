"""The API of alarms as people of each role and area use it: steps, races, bulk, rules, silences, stage."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders.alarms import STREAM, happened, insert_events
from builders.duties import Duties, Somebody, duties
from servers.patience import eventually
from servers.postgres import PostgresServer

from aggregator.audit.log import AuditFilter
from aggregator.identity.permissions import Role
from aggregator.identity.principal import Grant
from aggregator.storage.relational.engine import writing


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duties]:
    directory = tmp_path_factory.mktemp("city")
    config = ""
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        config = f'[database]\nurl = "{postgres.create_database(directory.name)}"\n'
    with duties(directory, config=config) as made:
        yield made


@pytest.fixture(scope="module")
def operator(city: Duties) -> Somebody:
    return city.employ(Role.OPERATOR, "own")


@pytest.fixture(scope="module")
def admin(city: Duties) -> Somebody:
    return city.employ(Role.ADMIN, "everywhere")


class Desk:
    """One person's requests."""

    def __init__(self, city: Duties, who: Somebody) -> None:
        self.city = city
        self.who = who

    def get(self, path: str, **params: Any) -> Any:
        answer = self.city.client.get(f"/api/v1{path}", params=params, headers=self.who.headers("GET"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.city.client.request(
            method, f"/api/v1{path}", json=body, headers=self.who.headers(method) | headers
        )

    def post(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        answer = self.ask("POST", path, body, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()


def now_ms() -> int:
    return int(datetime.now(tz=UTC).timestamp() * 1000)


@pytest.fixture
def raise_alarm(city: Duties, admin: Somebody) -> Callable[..., dict[str, Any]]:
    """Store an event and wait for its alarm."""

    def make(zone: str, *, node: str = "gate-own", kind: str = "intruded", **fields: Any) -> dict[str, Any]:
        given = {"occurred_at_ms": now_ms(), "evidence": (bytes(32),)} | fields
        made = happened(kind, zone_or_line=zone, **given)
        with writing(city.engine) as connection:
            insert_events(connection, [made], now_ms(), node)
        city.parts.alarms.projector.wake()
        desk = Desk(city, admin)

        def found() -> list[dict[str, Any]]:
            listed: list[dict[str, Any]] = desk.get("/alarms", node=node)["items"]
            return [each for each in listed if each["last_event"] == f"{node}:{STREAM}:{made.seq}"]

        return eventually(found, lambda items: len(items) > 0)[0]

    return make


def test_an_alarm_is_taken_to_its_end_and_every_step_is_known(
    city: Duties, operator: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    desk = Desk(city, operator)
    alarm = raise_alarm("walk")
    path = f"/alarms/{alarm['id']}"
    assert (alarm["state"], alarm["severity"], alarm["area"], alarm["version"]) == ("open", "high", "own", 1)
    taken = desk.post(f"{path}/acknowledge", {"note": "tôi xem"})
    assert (taken["state"], taken["acknowledged_by"]["id"], taken["version"]) == (
        "acknowledged",
        operator.user_id,
        2,
    )
    assert desk.post(f"{path}/assign", {})["assignee"]["id"] == operator.user_id
    other = raise_alarm("walk-2")
    desk.post(f"{path}/link", {"kind": "alarm", "target": other["id"]})
    desk.post(f"{path}/link", {"kind": "evidence", "target": "00" * 32})
    desk.post(f"{path}/check", {"step": "look"})
    desk.post(f"{path}/check", {"step": "send"})
    desk.post(f"{path}/check", {"step": "send", "done": False})
    desk.post(f"{path}/note", {"note": "bảo vệ đã đến"})
    closed = desk.post(f"{path}/resolve", {"verdict": "false"})
    assert (closed["state"], closed["verdict"], closed["next_step_at"]) == ("false", "false", None)
    detail = desk.get(path)
    assert [each["action"] for each in reversed(detail["history"])] == [
        "opened", "told", "acknowledged", "assigned", "linked", "linked", "checked", "checked", "checked",
        "noted", "resolved",
    ]  # fmt: skip
    assert {each["step"] for each in detail["checklist"] if each["done_at"]} == {"look"}
    assert [(each["kind"], each["direction"]) for each in detail["links"]] == [
        ("alarm", "to"),
        ("evidence", "to"),
    ]
    assert detail["events"][0]["evidence"] == ["00" * 32]
    assert detail["allowed"] == ["link", "note", "reopen"]
    assert [each["direction"] for each in desk.get(f"/alarms/{other['id']}")["links"]] == ["from"]
    again = desk.post(f"{path}/reopen", {"note": "vẫn còn"})
    assert (again["state"], again["round"], again["verdict"]) == ("open", 1, None)
    actions = [row.action for row in city.parts.people.audit.page(
        AuditFilter(subject=f"alarm:{alarm['id']}"), before=None, limit=50)]  # fmt: skip
    assert actions == [
        "alarm.reopened", "alarm.resolved", "alarm.noted", *["alarm.checked"] * 3, *["alarm.linked"] * 2,
        "alarm.assigned", "alarm.acknowledged",
    ]  # fmt: skip
    assert city.parts.people.audit.verify()[1] == []


def test_of_two_who_take_it_at_once_one_wins_and_the_other_is_told_who(
    city: Duties, operator: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    rivals = [operator, city.employ(Role.OPERATOR, "own")]
    for number in range(5):
        alarm = raise_alarm(f"race-{number}")
        answers: dict[str, Any] = {}
        start = threading.Barrier(2)

        def take(who: Somebody, alarm_id: str = alarm["id"], kept: Any = answers, at: Any = start) -> None:
            at.wait()
            kept[who.user_id] = Desk(city, who).ask("POST", f"/alarms/{alarm_id}/acknowledge", {})

        threads = [threading.Thread(target=take, args=(who,)) for who in rivals]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status_code for answer in answers.values()) == [200, 409]
        (won,) = [answer.json() for answer in answers.values() if answer.status_code == 200]
        (lost,) = [answer.json() for answer in answers.values() if answer.status_code == 409]
        assert lost["code"] == "alarm_moved_on"
        assert won["acknowledged_by"]["name"] in lost["detail"]


def test_a_change_from_an_old_version_is_refused(
    city: Duties, operator: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    desk = Desk(city, operator)
    path = f"/alarms/{raise_alarm('version')['id']}"
    desk.post(f"{path}/note", {"note": "một"}, **{"If-Match": '"1"'})
    assert desk.ask("POST", f"{path}/acknowledge", {}, **{"If-Match": '"1"'}).status_code == 409
    assert desk.ask("POST", f"{path}/acknowledge", {}, **{"If-Match": "x"}).status_code == 422
    desk.post(f"{path}/acknowledge", {}, **{"If-Match": 'W/"2"'})


def test_the_same_request_sent_again_does_nothing_twice(
    city: Duties, operator: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    desk = Desk(city, operator)
    path = f"/alarms/{raise_alarm('again')['id']}"
    key = {"Idempotency-Key": "the-phone-lost-its-signal"}
    first = desk.post(f"{path}/note", {"note": "một lần"}, **key)
    assert desk.post(f"{path}/note", {"note": "một lần"}, **key) == first
    assert [each["action"] for each in desk.get(path)["history"]].count("noted") == 1


def test_what_is_in_another_area_is_not_there(
    city: Duties, operator: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    desk = Desk(city, operator)
    alarm = raise_alarm("theirs", node="gate-other")
    assert desk.ask("GET", f"/alarms/{alarm['id']}").status_code == 404
    assert desk.ask("POST", f"/alarms/{alarm['id']}/acknowledge", {}).status_code == 404
    assert {each["area"] for each in desk.get("/alarms")["items"]} == {"own"}
    assert set(desk.get("/alarms/counts")["open_by_area"]) == {"own"}
    assert desk.get("/alarms", area="other")["items"] == []
    mine = raise_alarm("ours")
    refused = desk.ask("POST", f"/alarms/{mine['id']}/link", {"kind": "alarm", "target": alarm["id"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_link")


def test_who_sees_and_may_not_work_is_told_so(city: Duties, raise_alarm: Callable[..., Any]) -> None:
    both = (Grant(Role.LEADER, frozenset({"other"})), Grant(Role.OPERATOR, frozenset({"own"})))
    desk = Desk(city, city.sign_in("both", both))
    alarm = raise_alarm("seen", node="gate-other")
    assert desk.get(f"/alarms/{alarm['id']}")["id"] == alarm["id"]
    assert desk.ask("POST", f"/alarms/{alarm['id']}/acknowledge", {}).status_code == 403


def test_agencies_see_what_is_theirs(city: Duties, admin: Somebody, raise_alarm: Callable[..., Any]) -> None:
    Desk(city, admin).ask("PUT", "/agencies/guards", {"name": "Bảo vệ"})
    officer = city.employ(Role.OFFICER, "own", agencies=frozenset({"guards"}))
    desk = Desk(city, officer)
    alarm = raise_alarm("agency")
    assert desk.ask("GET", f"/alarms/{alarm['id']}").status_code == 404
    route = {"category": "order", "area": "own", "agency": "guards", "valid_from": "2020-01-01"}
    Desk(city, admin).post("/routes", route, 201)
    eventually(lambda: city.parts.places.agency_for("order", "own"), lambda found: found == "guards")
    alarm = raise_alarm("agency-2")
    assert alarm["agency"] == "guards"
    desk.post(f"/alarms/{alarm['id']}/acknowledge", {})


def test_whoever_works_alarms_can_be_given_one(city: Duties, operator: Somebody, admin: Somebody) -> None:
    technician = city.employ(Role.TECHNICIAN, "everywhere")
    listed = {each["id"] for each in Desk(city, operator).get("/alarms/assignees")["items"]}
    assert {operator.user_id, admin.user_id} <= listed
    assert technician.user_id not in listed


def test_many_at_once_each_with_its_result(
    city: Duties, operator: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    desk = Desk(city, operator)
    ids = [raise_alarm(f"bulk-{number}")["id"] for number in range(3)]
    theirs = raise_alarm("bulk-x", node="gate-other")["id"]
    desk.post(f"/alarms/{ids[1]}/acknowledge", {})
    result = desk.post("/alarms/bulk", {"ids": [*ids, theirs, ids[0]], "action": "acknowledge"})
    assert [item["code"] for item in result["items"]] == ["", "alarm_moved_on", "", "not_found", ""]
    assert result["done"] == 3
    done = desk.post("/alarms/bulk", {"ids": ids, "action": "resolve", "verdict": "false", "note": "mưa"})
    assert (done["done"], {desk.get(f"/alarms/{each}")["state"] for each in ids}) == (3, {"false"})
    assert desk.ask("POST", "/alarms/bulk", {"ids": [], "action": "note"}).status_code == 422


def test_pages_hold_still_and_filters_join(
    city: Duties, operator: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    desk = Desk(city, operator)
    for number in range(4):
        raise_alarm(f"page-{number}", kind="loitered")
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = desk.get("/alarms", kind="loitered", state=["open", "false"], limit=2, **cursor)
        found += [item["zone_or_line"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        raise_alarm(f"page-later-{len(found)}", kind="loitered")
    assert found == ["page-3", "page-2", "page-1", "page-0"]
    assert desk.get("/alarms", kind="loitered", severity="low")["items"] == []
    assert desk.get("/alarms", assignee="me", state="open")["items"] == []


def test_rates_are_what_people_said(
    city: Duties, operator: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    desk = Desk(city, operator)
    for number, verdict in enumerate(["false", "confirmed", "confirmed"]):
        alarm = raise_alarm(f"rate-{number}", kind="object_abandoned", rule="bags")
        desk.post(f"/alarms/{alarm['id']}/resolve", {"verdict": verdict})
    raise_alarm("rate-x", kind="object_abandoned", rule="bags")
    rates = desk.get("/alarms/verdicts", kind="object_abandoned")
    (source,) = rates["items"]
    assert (source["camera"], source["rule"]) == ("cam-01", "bags")
    assert source["all"] == {"false": 1, "judged": 3, "share": 0.3333} == rates["total"]
    assert source["day"]["judged"] + source["night"]["judged"] == 3


def test_snoozes_are_bounded_and_can_be_ended(
    city: Duties, operator: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    desk = Desk(city, operator)
    path = f"/alarms/{raise_alarm('snooze')['id']}/snooze"
    until = datetime.now(tz=UTC) + timedelta(hours=1)
    snoozed = desk.post(path, {"until": until.isoformat()})
    assert datetime.fromisoformat(snoozed["next_step_at"]) >= until - timedelta(seconds=1)
    woken = desk.post(path, {"until": None})
    assert datetime.fromisoformat(woken["next_step_at"]) < until
    for wrong in (until - timedelta(hours=2), until + timedelta(days=8)):
        assert desk.ask("POST", path, {"until": wrong.isoformat()}).status_code == 400


def test_a_silence_keeps_quiet_and_counts(
    city: Duties, admin: Somebody, raise_alarm: Callable[..., Any]
) -> None:
    desk = Desk(city, admin)
    begins = datetime.now(tz=UTC) - timedelta(minutes=1)
    body = {
        "reason": "thi công",
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=1)).isoformat(),
        "where": {"cameras": ["gate-own/quiet"]},
    }
    silence = desk.post("/silences", body, 201)
    with writing(city.engine) as connection:
        quiet = [happened(camera="quiet", occurred_at_ms=now_ms(), zone_or_line=f"q{n}") for n in range(3)]
        insert_events(connection, quiet, now_ms(), "gate-own")
    raise_alarm("loud")
    assert eventually(lambda: desk.get(f"/silences/{silence['id']}")["suppressed"], lambda n: n == 3)
    assert desk.get("/alarms", camera="quiet")["items"] == []
    assert desk.ask("DELETE", f"/silences/{silence['id']}").status_code == 204
    assert desk.get("/silences")["items"] == []
    assert len(desk.get("/silences", ended=True)["items"]) == 1
    assert raise_alarm("quiet-no-more", camera="quiet")["camera"] == "quiet"


def test_rules_are_ruled_over_within_ones_areas(city: Duties, admin: Somebody) -> None:
    everywhere = Desk(city, admin)
    local = Desk(city, city.employ(Role.ADMIN, "own"))
    rules = everywhere.get("/alarm-rules")["items"]
    assert len(rules) >= 17
    mine = {"name": "cổng", "kinds": ["intruded"], "where": {"areas": ["own"]}, "severity": "low"}
    made = local.post("/alarm-rules", mine, 201)
    assert local.ask("POST", "/alarm-rules", {"name": "x", "kinds": ["intruded"]}).status_code == 403
    theirs = everywhere.post("/alarm-rules", mine | {"where": {"areas": ["other"]}}, 201)
    assert local.ask("GET", f"/alarm-rules/{theirs['id']}").status_code == 404
    assert local.ask("PATCH", f"/alarm-rules/{theirs['id']}", {"rank": 5}).status_code == 404
    assert local.ask("PATCH", "/alarm-rules/default-intruded", {"enabled": False}).status_code == 403
    changed = local.ask("PATCH", f"/alarm-rules/{made['id']}", {"threshold": {"score": 0.5}}).json()
    assert (changed["threshold"]["score"], changed["kinds"], changed["version"]) == (0.5, ["intruded"], 2)
    old = local.ask("PATCH", f"/alarm-rules/{made['id']}", {"rank": 1}, **{"If-Match": '"1"'})
    assert old.status_code == 409
    for each in (made, theirs):
        assert everywhere.ask("DELETE", f"/alarm-rules/{each['id']}").status_code == 204
        assert everywhere.ask("GET", f"/alarm-rules/{each['id']}").status_code == 404


def test_checklists_are_kept_by_kind(city: Duties, admin: Somebody) -> None:
    desk = Desk(city, admin)
    steps = [{"id": "look", "vi": "Xem", "en": "Look"}]
    made = desk.post("/sops", {"kind": "line_crossed", "steps": steps}, 201)
    assert desk.ask("POST", "/sops", {"kind": "line_crossed", "steps": steps}).status_code == 409
    twice = desk.ask("PATCH", "/sops/line_crossed", {"steps": steps * 2})
    assert twice.status_code == 422
    more = [*steps, {"id": "act", "vi": "Làm", "en": "Act"}]
    assert desk.ask("PATCH", "/sops/line_crossed", {"steps": more}).json()["version"] == made["version"] + 1
    assert desk.ask("DELETE", "/sops/line_crossed").status_code == 204
    assert desk.ask("GET", "/sops/line_crossed").status_code == 404
    assert desk.post("/sops", {"kind": "line_crossed", "steps": steps}, 201)["steps"] == steps


def test_the_stage_is_the_whole_citys_and_is_measured(city: Duties, admin: Somebody) -> None:
    leader, local = city.employ(Role.LEADER, "everywhere"), city.employ(Role.LEADER, "own")
    assert Desk(city, admin).get("/city-stage")["stage"] == 1
    set_ = Desk(city, leader).post("/city-stage", {"stage": 3, "reason": "bão số 5"})
    assert (set_["stage"], set_["by"]["id"]) == (3, leader.user_id)
    assert Desk(city, local).ask("POST", "/city-stage", {"stage": 4, "reason": "thử"}).status_code == 403
    assert Desk(city, leader).ask("POST", "/city-stage", {"stage": 6, "reason": "thử"}).status_code == 422
    assert [each["stage"] for each in Desk(city, local).get("/city-stage/history")["items"]] == [3]
    start = datetime.now(tz=UTC) - timedelta(minutes=5)

    def measured(name: str) -> Any:
        return Desk(city, admin).get(
            "/measurements", name=name, start=start.isoformat(), end="2099-01-01T00:00:00Z", bucket_s=60
        )

    assert eventually(lambda: str(measured("city_stage")), lambda found: "3.0" in found)
    assert str(measured("alarms_open"))


@pytest.mark.parametrize(
    "wrong",
    [
        ("POST", "/alarms/none/acknowledge", {}, 404),
        ("POST", "/alarms/{id}/acknowledge", {"unknown": 1}, 422),
        ("POST", "/alarms/{id}/assign", {"assignee": {"kind": "user", "id": "nobody"}}, 400),
        ("POST", "/alarms/{id}/assign", {"assignee": {"kind": "role", "id": "citizen"}}, 400),
        ("POST", "/alarms/{id}/check", {"step": "no-such-step"}, 400),
        ("POST", "/alarms/{id}/link", {"kind": "alarm", "target": "nothing"}, 400),
        ("POST", "/alarms/{id}/note", {"note": "a\x00b"}, 422),
        ("POST", "/alarms/{id}/resolve", {"verdict": "maybe"}, 422),
        ("GET", "/alarms?cursor=AAAA", None, 400),
        ("GET", "/alarms?kind=a%00b", None, 200),
        ("GET", "/alarms?state=gone", None, 422),
        ("GET", "/alarms/a%2F..", None, 404),
    ],
)
def test_what_is_wrong_is_said(
    city: Duties,
    operator: Somebody,
    raise_alarm: Callable[..., Any],
    wrong: tuple[str, str, Any, int],
) -> None:
    method, path, body, status = wrong
    alarm = raise_alarm("wrong")
    answer = Desk(city, operator).ask(method, path.replace("{id}", alarm["id"]), body)
    assert answer.status_code == status, answer.text
