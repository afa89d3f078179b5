"""GeoReport v2: the specification's rules, and a client of others that reads our server in both formats."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from builders.duties import Duties, duties
from builders.reports import insert_report
from georeport import GeoReport
from sqlalchemy import insert

from aggregator.identity.tokens import digest
from aggregator.reports.states import State
from aggregator.storage.relational.engine import writing
from aggregator.storage.relational.identity_tables import api_keys

KEY, POWERLESS = "mt_sends_requests", "mt_may_read"
CONFIG = '[reports]\njurisdiction = "hue.gov.vn"\ncontact = "ioc@example.vn"\n'
SENT = {"service_code": "pothole", "lat": "16.4637", "long": "107.5909", "api_key": KEY}
FIELDS = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duties]:
    with duties(tmp_path_factory.mktemp("city"), config=CONFIG) as made:
        with writing(made.engine) as connection:
            for secret, scopes in ((KEY, "reports.send"), (POWERLESS, "reports.read")):
                row = {"id": secret, "name": scopes, "hash": digest(secret), "scopes": scopes}
                connection.execute(insert(api_keys).values(**row, created_at_ms=1))
        yield made


def now_ms() -> int:
    return int(datetime.now(tz=UTC).timestamp() * 1000)


def stored(city: Duties, state: State, **fields: Any) -> str:
    with writing(city.engine) as connection:
        return insert_report(connection, now_ms(), state, **fields)


def get(city: Duties, path: str, **params: Any) -> httpx.Response:
    city.client.cookies.clear()
    return city.client.get(f"/open311/v2/{path}", params=params)


def post(city: Duties, form: str = "json", **fields: str) -> httpx.Response:
    city.client.cookies.clear()
    return city.client.post(f"/open311/v2/requests.{form}", data=SENT | fields)


def parsed(answer: httpx.Response) -> ET.Element:
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    return ET.fromstring(answer.content)  # noqa: S314  our own


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_client_of_others_reads_services_and_requests(city: Duties, form: str) -> None:
    report = stored(city, State.PUBLISHED, result="mended", public_text="a hole")
    stored(city, State.RECEIVED)
    client = GeoReport(
        f"{city.client.base_url}/open311/v2".replace("//open311", "/open311"), output_format=form
    )
    services = client.get_service_list()
    assert "pothole" in {each["service_code"] for each in services}
    assert client.get_service_definition("pothole")["service_code"] == "pothole"
    found = client.get_service_request(report)
    assert (found["status"], found["status_notes"], found["description"]) == ("closed", "mended", "a hole")
    listed = client.get_service_requests(status="open,closed", service_code="pothole")
    assert report in {each["service_request_id"] for each in listed}


def test_discovery_says_what_is_spoken_where(city: Duties) -> None:
    found = get(city, "discovery.json").json()
    (endpoint,) = found["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert found["contact"] == "ioc@example.vn"
    root = parsed(get(city, "discovery.xml"))
    assert (root.tag, root.findtext("endpoints/endpoint/url")) == ("discovery", endpoint["url"])


def test_a_service_has_the_fields_of_the_specification(city: Duties) -> None:
    fields = ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]
    for each in parsed(get(city, "services.xml")):
        assert (each.tag, [part.tag for part in each]) == ("service", fields)
        assert (each.findtext("metadata"), each.findtext("type")) == ("false", "realtime")
    assert all(list(each) == fields for each in get(city, "services.json").json())


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_request_is_posted_read_and_sent_again_as_one(city: Duties, form: str) -> None:
    words = f"Ổ gà <b>lớn</b> {form}"
    first, second = (post(city, form, description=words, email="an@example.vn") for _ in range(2))
    assert first.status_code == 200
    assert first.content == second.content
    if form == "xml":
        request_id = parsed(first).findtext("request/service_request_id")
    else:
        assert list(first.json()[0]) == ["service_request_id", "service_notice", "account_id"]
        request_id = first.json()[0]["service_request_id"]
    root = parsed(get(city, f"requests/{request_id}.xml"))
    assert (root.tag, [each.tag for each in root[0]]) == ("service_requests", FIELDS)
    assert root.findtext("request/status") == "open"
    (found,) = get(city, f"requests/{request_id}.json").json()
    assert list(found) == FIELDS
    assert found["requested_datetime"].endswith("+07:00")
    assert found["description"] is None, "nobody has approved the words"
    token = get(city, f"tokens/{request_id}.json").json()
    assert token == [{"service_request_id": request_id, "token": request_id}]


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"api_key": ""}, 403, "api_key"),
        ({"api_key": "wrong"}, 403, "api_key"),
        ({"api_key": POWERLESS}, 403, "reports.send"),
        ({"service_code": ""}, 400, "service_code was not provided"),
        ({"service_code": "none"}, 404, "service_code was not found"),
        ({"service_code": "officer-conduct"}, 400, "anonymously"),
        ({"lat": "", "long": ""}, 400, "location"),
        ({"address_id": "nowhere"}, 400, "nowhere"),
        ({"description": "x" * 4001}, 400, "4000"),
        ({"jurisdiction_id": "elsewhere"}, 404, "jurisdiction_id"),
    ],
)
@pytest.mark.parametrize("form", ["xml", "json"])
def test_errors_are_those_of_the_specification(
    city: Duties, form: str, fields: dict[str, str], status: int, says: str
) -> None:
    answer = post(city, form, **fields)
    assert answer.status_code == status
    if form == "json":
        (error,) = answer.json()
        code, description = str(error["code"]), error["description"]
    else:
        root = parsed(answer)
        assert root.tag == "errors"
        code, description = root.findtext("error/code"), root.findtext("error/description")
    assert code == str(status)
    assert says in description


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("requests/none.xml", 404),
        ("requests/none.json", 404),
        ("requests/%00.json", 404),
        ("services/none.json", 404),
        ("tokens/none.xml", 404),
        ("services.yaml", 404),
        ("services.json?jurisdiction_id=elsewhere", 404),
        ("services.json?jurisdiction_id=hue.gov.vn", 200),
        ("services.json?jurisdiction_id=", 200),
        ("requests.json?status=pending", 400),
        ("requests.xml?start_date=yesterday", 400),
        ("requests.json?page_size=0", 400),
        ("requests.json?page=1&page_size=1&status=&start_date=", 200),
        ("servicerequestupdates.xml?start_date=x", 400),
    ],
)
def test_what_is_not_there_is_404_and_what_does_not_fit_400(city: Duties, path: str, status: int) -> None:
    answer = city.client.get(f"/open311/v2/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] in {"text/xml; charset=utf-8", "application/json; charset=utf-8"}


def test_a_body_that_is_no_form_is_400(city: Duties) -> None:
    answer = city.client.post("/open311/v2/requests.json", json=SENT)
    assert answer.status_code == 400
    broken = city.client.post(
        "/open311/v2/requests.json",
        content=b"description=%ff%fe",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert broken.status_code == 400


def test_pages_walk_and_ids_override(city: Duties) -> None:
    made = [stored(city, State.ASSIGNED, category="crops-livestock") for _ in range(5)]
    pages = [
        get(city, "requests.json", service_code="crops-livestock", page=page, page_size=2).json()
        for page in (1, 2, 3, 4)
    ]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert {each["service_request_id"] for page in pages for each in page} == set(made)
    chosen = get(city, "requests.json", service_request_id=",".join(made[:2]), status="closed").json()
    assert {each["service_request_id"] for each in chosen} == set(made[:2])


def test_what_may_not_be_public_is_nowhere(city: Duties) -> None:
    restricted = stored(city, State.PUBLISHED, category="officer-conduct", restricted=True, text="SECRET")
    sensitive = stored(
        city, State.PUBLISHED, category="noise", sensitive=True, text="SECRET", lat=16.46371, lon=107.59089
    )
    unapproved = stored(city, State.IN_PROGRESS, text="SECRET", result="SECRET", lat=16.46371, lon=107.59089)
    for path in ("requests.json", "requests.xml", "servicerequestupdates.json", "servicerequestupdates.xml"):
        shown = get(city, path, extensions="true").text
        assert restricted not in shown
        assert "SECRET" not in shown
    assert get(city, f"requests/{restricted}.json").status_code == 404
    assert get(city, f"tokens/{restricted}.json").status_code == 404
    for report in (sensitive, unapproved):
        (found,) = get(city, f"requests/{report}.json").json()
        assert (found["lat"], found["long"]) == (16.465, 107.595)
        assert found["address"] is None


def test_extensions_tell_more(city: Duties) -> None:
    report = stored(city, State.IN_PROGRESS)
    (found,) = get(city, f"requests/{report}.json", extensions="true").json()
    assert found["extended_attributes"]["detailed_status"] == "in_progress"
    assert "extended_attributes" not in json.dumps(get(city, f"requests/{report}.json").json())


def test_updates_tell_what_happened(city: Duties) -> None:
    request_id = post(city, description="tell me more").json()[0]["service_request_id"]
    updates = get(city, "servicerequestupdates.json").json()
    mine = [each for each in updates if each["service_request_id"] == request_id]
    assert [(each["status"], each["description"]) for each in mine] == [("open", "received")]
    root = parsed(get(city, "servicerequestupdates.xml"))
    assert (root.tag, root[0].tag) == ("service_request_updates", "request_update")
