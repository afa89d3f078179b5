"""The API of reports as citizens, operators, officers and leaders use it, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from builders.duties import Duties, Somebody, duties
from servers.patience import eventually
from servers.postgres import PostgresServer
from sqlalchemy import func, insert, select, update

from aggregator.audit.log import AuditFilter
from aggregator.identity.permissions import Permission, Role
from aggregator.identity.principal import Grant
from aggregator.reports.working_days import midnight_of
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.places_tables import agencies, place_versions, routes
from aggregator.storage.relational.reports_tables import report_reporters, reports

TOKEN = "citizen-token-0123456789-abcdefgh"
HERE = {"lat": 16.4637, "lon": 107.5909}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duties]:
    directory = tmp_path_factory.mktemp("city")
    config = ""
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        config = f'[database]\nurl = "{postgres.create_database(directory.name)}"\n'
    with duties(directory, config=config) as made:
        with writing(made.engine) as connection:
            for agency in ("hue-transport", "hue-urban"):
                connection.execute(insert(agencies).values(id=agency, name=f"Sở {agency}"))
            connection.execute(
                insert(routes).values(
                    id="r1", category="pothole", area="own", agency="hue-transport", valid_from="2020-01-01"
                )
            )
            connection.execute(update(place_versions).values(version=place_versions.c.version + 1))
        yield made


@pytest.fixture(scope="module")
def operator(city: Duties) -> Somebody:
    return city.employ(Role.OPERATOR, "own")


@pytest.fixture(scope="module")
def officer(city: Duties) -> Somebody:
    return city.employ(Role.OFFICER, "own", agencies=frozenset({"hue-transport"}))


@pytest.fixture(scope="module")
def leader(city: Duties) -> Somebody:
    return city.employ(Role.LEADER, "own")


@pytest.fixture(scope="module")
def admin(city: Duties) -> Somebody:
    return city.employ(Role.ADMIN, "everywhere")


def given(**fields: Any) -> dict[str, Any]:
    known = {
        "id": str(uuid4()),
        "category": "pothole",
        "text": "Ổ gà lớn trước nhà, gọi tôi 0905 123 456 hoặc an@example.vn",
        "area": "own",
        "occurred_at": "2026-11-20T09:00:00+07:00",
        "contact": {"name": "Nguyễn Văn An", "phone": "0905123456", "email": "an@example.vn"},
        **HERE,
    }
    return known | fields


def send(city: Duties, body: dict[str, Any], token: str = TOKEN) -> httpx.Response:
    city.client.cookies.clear()
    return city.client.post("/api/v1/reports", json=body, headers={"X-Report-Token": token})


def sent(city: Duties, **fields: Any) -> str:
    answer = send(city, given(**fields))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def mine(city: Duties, report: str, step: str = "", body: Any = None, token: str = TOKEN) -> httpx.Response:
    city.client.cookies.clear()
    address = f"/api/v1/reports/{report}/mine" + (f"/{step}" if step else "")
    method = "POST" if step else "GET"
    return city.client.request(method, address, json=body, headers={"X-Report-Token": token})


def ask(city: Duties, who: Somebody, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
    city.client.cookies.clear()
    return city.client.request(
        method, f"/api/v1{path}", json=body, headers=who.headers(method) | more.pop("headers", {}), **more
    )


def do(city: Duties, who: Somebody, report: str, step: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = ask(city, who, "POST", f"/reports/{report}/{step}", body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def worked_on(city: Duties, operator: Somebody, officer: Somebody, report: str) -> None:
    do(city, operator, report, "take")
    do(city, operator, report, "assign")
    for step in ("accept", "start"):
        do(city, officer, report, step)
    do(city, officer, report, "resolve", text="Đã vá xong")


def test_a_report_goes_from_the_street_to_its_answer(
    city: Duties, operator: Somebody, officer: Somebody, leader: Somebody
) -> None:
    report = sent(city)
    assert ask(city, officer, "GET", f"/reports/{report}").status_code == 404, "nobody has verified it yet"
    worked_on(city, operator, officer, report)
    waiting = mine(city, report).json()
    assert (waiting["state"], waiting["result"]) == ("resolved", ""), "not approved yet"
    do(city, leader, report, "approve", public_text="Ổ gà trước số 12")
    answered = mine(city, report).json()
    assert (answered["state"], answered["result"]) == ("published", "Đã vá xong")
    assert answered["agency"] == "Sở hue-transport"
    assert answered["late"] is False
    assert answered["can"] == ["rate", "reopen"]
    assert mine(city, report, "rate", {"stars": 4, "text": "tốt"}).json()["rating"] == 4
    assert mine(city, report, "rate", {"stars": 5}).status_code == 409
    log = [
        row.action
        for row in city.parts.people.audit.page(
            AuditFilter(subject=f"report:{report}"), before=None, limit=20
        )
    ]
    assert log[::-1] == [
        "report.taken",
        "report.assigned",
        "report.accepted",
        "report.started",
        "report.resolved",
        "report.approved",
    ]


def test_an_unsent_report_sent_again_is_one_report(city: Duties) -> None:
    body = given()
    first, second = send(city, body), send(city, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["code"] == second.json()["code"]
    with ThreadPoolExecutor(8) as threads:
        many = given()
        statuses = sorted(threads.map(lambda _: _status(city, many), range(16)))
    assert statuses == [200] * 15 + [201]
    with reading(city.engine) as connection:
        ids = (str(body["id"]), str(many["id"]))
        count = connection.execute(select(func.count()).where(reports.c.id.in_(ids))).scalar_one()
        contacts = connection.execute(
            select(func.count()).where(report_reporters.c.report.in_(ids))
        ).scalar_one()
    assert (count, contacts) == (2, 2)


def _status(city: Duties, body: dict[str, Any]) -> int:
    with httpx.Client(base_url=city.client.base_url, timeout=30) as client:
        return client.post("/api/v1/reports", json=body, headers={"X-Report-Token": TOKEN}).status_code


@pytest.mark.parametrize("changed", [{"text": "something else"}, {"token": "x" * 32}])
def test_an_id_that_is_taken_tells_nothing_of_its_report(city: Duties, changed: dict[str, str]) -> None:
    body = given()
    assert send(city, body).status_code == 201
    answer = send(
        city, body | {k: v for k, v in changed.items() if k != "token"}, changed.get("token", TOKEN)
    )
    assert answer.status_code == 409
    assert answer.json()["code"] == "report_id_taken"
    assert body["text"] not in answer.text


@pytest.mark.parametrize("token", ["x" * 32, ""])
@pytest.mark.parametrize("step", ["", "answer", "rate", "reopen", "appeal"])
def test_a_report_opens_with_its_token_alone(city: Duties, token: str, step: str) -> None:
    body = {"stars": 3} if step == "rate" else {"text": "let me in"}
    there, nowhere = sent(city), str(uuid4())
    answers = [mine(city, report, step, body, token) for report in (there, nowhere)]
    assert {answer.status_code for answer in answers} == {401 if token else 422}
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"category": "no-such"}, 400, "unknown_category"),
        ({"category": "officer-conduct", "contact": {}}, 400, "contact_needed"),
        ({"lat": None, "lon": None, "area": ""}, 400, "place_needed"),
        ({"area": "nowhere"}, 400, "place_needed"),
        ({"lon": None}, 422, "invalid"),
        ({"lat": 91}, 422, "invalid"),
        ({"text": ""}, 422, "invalid"),
        ({"text": "x" * 4001}, 422, "invalid"),
        ({"text": "a\x00b"}, 422, "invalid"),
        ({"id": "not-a-uuid"}, 422, "invalid"),
        ({"occurred_at": "2026-11-20T09:00:00"}, 422, "invalid"),
        ({"contact": {"email": "nonsense"}}, 422, "invalid"),
        ({"state": "published"}, 422, "invalid"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(
    city: Duties, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = send(city, given(**fields))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_script_and_sql_in_words_are_words(city: Duties, operator: Somebody) -> None:
    words = "<script>alert(1)</script>'; DROP TABLE reports; --"
    report = sent(city, text=words, contact={})
    assert ask(city, operator, "GET", f"/reports/{report}").json()["text"] == words


def test_an_anonymous_report_is_taken_where_the_category_says_so(city: Duties, operator: Somebody) -> None:
    report = sent(city, contact={})
    assert ask(city, operator, "GET", f"/reports/{report}").json()["anonymous"] is True


def test_an_agency_never_learns_who_sent_a_report(
    city: Duties, operator: Somebody, officer: Somebody, leader: Somebody
) -> None:
    report = sent(city)
    worked_on(city, operator, officer, report)
    for who in (officer, leader):
        seen = ask(city, who, "GET", f"/reports/{report}").text
        listed = ask(city, who, "GET", "/reports").text
        for secret in ("0905", "an@example", "Nguyễn"):
            assert secret not in seen
            assert secret not in listed
        answer = ask(city, who, "POST", f"/reports/{report}/reporter", {"reason": "to thank them"})
        assert answer.status_code == 403
    known = do(city, operator, report, "reporter", reason="to call back")
    assert known == {"name": "Nguyễn Văn An", "phone": "0905123456", "email": "an@example.vn"}
    log = city.parts.people.audit.page(AuditFilter(action="report.reporter_viewed"), before=None, limit=5)
    assert (log[0].subject, "to call back" in log[0].detail) == (f"report:{report}", True)
    with reading(city.engine) as connection:
        sealed = connection.execute(
            select(report_reporters.c.sealed).where(report_reporters.c.report == report)
        ).scalar_one()
    assert b"0905123456" not in bytes(sealed)


def test_a_report_returned_with_a_reason_says_who_returned_it_and_goes_elsewhere(
    city: Duties, operator: Somebody, officer: Somebody
) -> None:
    report = sent(city)
    do(city, operator, report, "take")
    do(city, operator, report, "assign")
    do(city, officer, report, "return", text="không thuộc thẩm quyền")
    seen = ask(city, operator, "GET", f"/reports/{report}").json()
    assert (seen["state"], seen["agency"]) == ("verifying", "")
    assert seen["history"][0]["detail"] == {"returned_by": "hue-transport"}
    assert seen["history"][0]["text"] == "không thuộc thẩm quyền"
    again = do(city, operator, report, "assign", agency="hue-urban")
    assert (again["state"], again["agency"]) == ("assigned", "hue-urban")
    assert ask(city, officer, "GET", f"/reports/{report}").status_code == 404
    assert "không thuộc" not in mine(city, report).text, "the reason is not for the reporter"


def test_the_reporter_is_asked_and_the_clocks_stand_until_they_answer(
    city: Duties, operator: Somebody
) -> None:
    report = sent(city)
    do(city, operator, report, "take")
    asked = do(city, operator, report, "ask", text="Ở đoạn nào?")
    assert (asked["asked"], asked["due_at"]) == (True, None)
    own = mine(city, report).json()
    assert (own["can"], own["history"][0]["text"]) == (["answer"], "Ở đoạn nào?")
    answered = mine(city, report, "answer", {"text": "Trước số 12"}).json()
    assert answered["asked"] is False
    assert answered["due_at"] is not None


def test_duplicates_are_suggested_and_merged_with_all_who_follow(
    city: Duties, operator: Somebody, officer: Somebody, leader: Somebody
) -> None:
    place = {"lat": 16.5, "lon": 107.6}
    original, second, third = (sent(city, **place) for _ in range(3))
    far = sent(city, lat=16.6, lon=107.6)
    for report in (original, second, third):
        do(city, operator, report, "take")
    found = ask(city, operator, "GET", f"/reports/{third}/duplicates").json()["items"]
    assert {each["report"]["id"] for each in found} == {original, second}
    assert far not in {each["report"]["id"] for each in found}
    do(city, operator, third, "merge", original=second)
    assert do(city, operator, original, "merge", 400, original=third)["code"] == "bad_step"
    assert do(city, operator, second, "merge", 400, original=second)["code"] == "bad_step"
    do(city, operator, second, "merge", original=original)
    assert ask(city, operator, "GET", f"/reports/{original}").json()["followers"] == 3
    do(city, operator, original, "assign")
    for step in ("accept", "start"):
        do(city, officer, original, step)
    do(city, officer, original, "resolve", text="Đã vá")
    assert mine(city, third).json()["follows"]["result"] == "", "not approved yet"
    do(city, leader, original, "approve")
    followed = mine(city, third).json()
    assert followed["state"] == "merged"
    assert (followed["follows"]["state"], followed["follows"]["result"]) == ("published", "Đã vá")


def test_a_citizen_reopens_then_appeals_and_somebody_else_decides(
    city: Duties, operator: Somebody, officer: Somebody, leader: Somebody
) -> None:
    report = sent(city)
    worked_on(city, operator, officer, report)
    do(city, leader, report, "approve")
    assert mine(city, report, "appeal", {"text": "chưa xong"}).status_code == 409
    reopened = mine(city, report, "reopen", {"text": "vẫn còn hố"}).json()
    assert (reopened["state"], reopened["round"], reopened["result"]) == ("verifying", 1, "")
    do(city, operator, report, "assign")
    for step in ("accept", "start"):
        do(city, officer, report, step)
    do(city, officer, report, "resolve", text="Đã vá lại")
    do(city, leader, report, "approve")
    assert mine(city, report, "reopen", {"text": "nữa"}).status_code == 409
    assert mine(city, report, "appeal", {"text": "không đồng ý"}).json()["state"] == "reviewing"
    assert do(city, leader, report, "uphold", 409, text="đúng quy định")["code"] == "step_not_possible"
    second = city.employ(Role.LEADER, "own")
    assert do(city, second, report, "uphold", text="đúng quy định")["state"] == "published"
    assert mine(city, report, "appeal", {"text": "lần nữa"}).status_code == 409


def test_whoever_resolved_does_not_approve(city: Duties, operator: Somebody, admin: Somebody) -> None:
    report = sent(city)
    worked_on(city, operator, admin, report)
    assert do(city, admin, report, "approve", 409)["code"] == "step_not_possible"


def test_of_two_who_act_on_what_they_saw_the_second_is_told(city: Duties, operator: Somebody) -> None:
    report = sent(city)
    path = f"/reports/{report}/take"
    first = ask(city, operator, "POST", path, {}, headers={"If-Match": '"1"'})
    second = ask(city, operator, "POST", path, {}, headers={"If-Match": '"1"'})
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["code"] == "report_moved_on"


def test_a_restricted_report_is_seen_by_those_alone_who_may(
    city: Duties, operator: Somebody, leader: Somebody, admin: Somebody
) -> None:
    report = sent(city, category="officer-conduct")
    trusted = city.sign_in(
        "inspector",
        (Grant(Role.OPERATOR, frozenset({"own"}), None, frozenset({Permission.REPORTS_RESTRICTED})),),
    )
    for who, status in ((operator, 404), (leader, 200), (admin, 200), (trusted, 200)):
        assert ask(city, who, "GET", f"/reports/{report}").status_code == status
        assert (report in ask(city, who, "GET", "/reports").text) == (status == 200)
    assert ask(city, operator, "POST", f"/reports/{report}/take", {}).status_code == 404
    assert do(city, trusted, report, "take")["state"] == "verifying"


def test_an_operator_sees_their_own_area_alone(city: Duties, operator: Somebody) -> None:
    other = sent(city, area="other")
    unplaced = sent(city, area="")
    listed = ask(city, operator, "GET", "/reports", params={"limit": 1000}).text
    for report in (other, unplaced):
        assert report not in listed
        assert ask(city, operator, "GET", f"/reports/{report}").status_code == 404
        assert ask(city, operator, "GET", f"/reports/{report}/duplicates").status_code == 404


def test_the_hotline_enters_a_report_and_logs_the_call(
    city: Duties, operator: Somebody, admin: Somebody
) -> None:
    body = given() | {"channel": "hotline"}
    first = ask(city, operator, "POST", "/hotline/reports", body)
    second = ask(city, operator, "POST", "/hotline/reports", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["code"] == second.json()["code"]
    call = {
        "report": body["id"],
        "phone": "0905123456",
        "started_at": "2026-11-20T02:00:00Z",
        "duration_s": 95,
        "note": "gấp",
    }
    assert ask(city, operator, "POST", "/hotline/calls", call).status_code == 201
    assert ask(city, operator, "POST", "/hotline/calls", call | {"report": str(uuid4())}).status_code == 404
    listed = ask(city, admin, "GET", "/hotline/calls").json()["items"]
    assert (listed[0]["report"], listed[0]["phone"]) == (body["id"], "0905123456")
    assert send(city, given(id=body["id"])).status_code == 409, "a citizen's token opens no desk report"


def test_pages_walk_every_report_once(city: Duties, operator: Somebody) -> None:
    made = {sent(city, category="waste") for _ in range(5)}
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2, "category": "waste"} | ({"cursor": cursor} if cursor else {})
        page = ask(city, operator, "GET", "/reports", params=params).json()
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert made <= set(seen)


def test_a_day_off_moves_what_is_due(city: Duties, operator: Somebody, admin: Somebody) -> None:
    report = sent(city, category="traffic-sign")
    before = datetime.fromisoformat(ask(city, operator, "GET", f"/reports/{report}").json()["due_at"])
    local = before + timedelta(hours=7)
    day = local.date().isoformat()
    answer = ask(city, admin, "PUT", f"/working-days/{day}", {"works": False, "why": "bão"})
    assert answer.status_code == 200

    def due() -> datetime:
        shown = ask(city, operator, "GET", f"/reports/{report}").json()["due_at"]
        return datetime.fromisoformat(shown)

    assert eventually(due, lambda found: found > before) >= datetime.fromtimestamp(
        midnight_of(local.date()) / 1000, tz=UTC
    ) + timedelta(days=1)
    assert day in str(ask(city, operator, "GET", "/working-days").json()["off"])
    assert ask(city, admin, "DELETE", f"/working-days/{day}").status_code == 204
    assert ask(city, admin, "DELETE", f"/working-days/{day}").status_code == 404
    assert eventually(due, lambda found: found == before) == before


def test_a_category_is_added_changed_and_retired(city: Duties, admin: Somebody, operator: Somebody) -> None:
    body = {
        "field": "urban",
        "vi": "Quảng cáo trái phép",
        "en": "Illegal posters",
        "answer": {"kind": "immediate", "minutes": 120},
        "handle": {"kind": "immediate", "minutes": 60},
    }
    assert ask(city, operator, "PUT", "/report-categories/posters", body).status_code == 403
    assert ask(city, admin, "PUT", "/report-categories/posters", body).status_code == 200
    report = sent(city, category="posters")
    seen = ask(city, operator, "GET", f"/reports/{report}").json()
    due = datetime.fromisoformat(seen["due_at"]) - datetime.fromisoformat(seen["received_at"])
    assert due == timedelta(hours=2)
    assert ask(city, admin, "PUT", "/report-categories/posters", body | {"active": False}).status_code == 200
    assert send(city, given(category="posters")).status_code == 400
    public = city.client.get("/api/v1/report-categories").json()["items"]
    assert {each["id"]: each["active"] for each in public}["posters"] is False
    wrong = body | {"restricted": True}
    assert ask(city, admin, "PUT", "/report-categories/posters", wrong).status_code == 422


def test_feedback_on_the_service_is_a_stream_of_its_own(city: Duties, operator: Somebody) -> None:
    before = len(ask(city, operator, "GET", "/reports", params={"limit": 1000}).json()["items"])
    answer = city.client.post("/api/v1/service-feedback", json={"stars": 5, "text": "nhanh"})
    assert answer.status_code == 201
    assert ask(city, operator, "GET", "/service-feedback").json()["items"][0]["text"] == "nhanh"
    assert len(ask(city, operator, "GET", "/reports", params={"limit": 1000}).json()["items"]) == before
