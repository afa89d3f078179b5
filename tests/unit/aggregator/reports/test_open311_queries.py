from datetime import UTC, datetime, timedelta

import pytest

from aggregator.reports.open311_queries import BadArgumentError, asked_requests, new_request, span
from aggregator.reports.states import ANSWERED, State

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SENT = {"service_code": "pothole", "lat": "16.4637", "long": "107.5909", "description": "Ổ gà\r\nlớn"}


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def test_without_dates_the_last_ninety_days_are_meant() -> None:
    wanted = asked_requests({}, NOW).wanted
    assert (wanted.since_ms, wanted.until_ms) == (ms(NOW - timedelta(days=90)), ms(NOW) + 1)
    assert (wanted.states, wanted.categories, wanted.ids) == ((), (), ())


def test_a_list_of_ids_overrides_all_else() -> None:
    given = {"service_request_id": "A, b,,", "status": "nonsense", "start_date": "nonsense"}
    wanted = asked_requests(given, NOW).wanted
    assert wanted.ids == ("a", "b")
    assert wanted.since_ms is None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-01-01T00:00:00Z", "2026-02-01T07:00:00+07:00", ("2026-01-01", "2026-02-01")),
        ("2026-01-01T00:00:00Z", "", ("2026-01-01", "2026-04-01")),
        ("", "2026-04-01T00:00:00Z", ("2026-01-01", "2026-04-01")),
        ("2026-01-01T07:00:00 07:00", "2026-01-02T00:00:00Z", ("2026-01-01", "2026-01-02")),
        ("", "1970-01-02T00:00:00Z", ("1970-01-01", "1970-01-02")),
        ("9999-06-01T00:00:00Z", "", ("9999-01-01", "9999-01-01")),
    ],
)
def test_one_date_means_ninety_days_from_it(start: str, end: str, expected: tuple[str, str]) -> None:
    since, until = span({"start_date": start, "end_date": end}, NOW)
    assert (since.date().isoformat(), until.date().isoformat()) == expected


def test_status_open_and_closed_are_all_states_together() -> None:
    states = asked_requests({"status": "open,closed"}, NOW).wanted.states
    assert sorted(states) == sorted(State)
    closed = asked_requests({"status": "closed"}, NOW).wanted.states
    assert sorted(closed) == sorted(ANSWERED)


@pytest.mark.parametrize(
    "given",
    [
        {"status": "pending"},
        {"start_date": "yesterday"},
        {"start_date": "2026-01-01T00:00:00"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-02T00:00:00Z"},
        {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"page": "9" * 20},
        {"page_size": "1001"},
        {"service_request_id": ",".join(str(number) for number in range(1001))},
    ],
)
def test_an_argument_that_does_not_fit_is_said(given: dict[str, str]) -> None:
    with pytest.raises(BadArgumentError):
        asked_requests(given, NOW)


def test_pages_are_a_thousand_unless_said() -> None:
    asked = asked_requests({"page": "3", "page_size": "50", "extensions": "true"}, NOW)
    assert (asked.page, asked.page_size, asked.extensions) == (3, 50, True)
    default = asked_requests({"page": "", "page_size": ""}, NOW)
    assert (default.page, default.page_size, default.extensions) == (1, 1000, False)


def test_a_request_becomes_a_report() -> None:
    given = SENT | {"first_name": "An", "last_name": "Nguyễn", "email": "an@example.vn", "attribute[X]": "1"}
    made = new_request(given, "key-1", NOW)
    assert (made.category, made.lat, made.lon, made.text) == ("pothole", 16.4637, 107.5909, "Ổ gà\nlớn")
    assert (made.contact.name, made.contact.email, made.channel) == ("An Nguyễn", "an@example.vn", "open311")


def test_the_same_content_by_the_same_client_on_one_day_is_one_report() -> None:
    first = new_request(SENT | {"api_key": "k1"}, "key-1", NOW).id
    assert new_request(SENT | {"api_key": "k2"}, "key-1", NOW + timedelta(hours=3)).id == first
    assert new_request(SENT, "key-2", NOW).id != first
    assert new_request(SENT, "key-1", NOW + timedelta(days=1)).id != first
    assert new_request(SENT | {"lat": "16.5"}, "key-1", NOW).id != first


@pytest.mark.parametrize(
    "changed",
    [
        {"service_code": ""},
        {"lat": "", "long": ""},
        {"lat": ""},
        {"lat": "91"},
        {"lat": "nan"},
        {"lat": "1e1"},
        {"long": "181"},
        {"description": "x" * 4001},
        {"description": "a\x00b"},
        {"email": "nonsense"},
        {"phone": "call me"},
        {"first_name": "x" * 64},
        {"address_string": "x" * 256},
        {"address_string": "a\nb"},
    ],
)
def test_a_request_that_does_not_fit_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(BadArgumentError):
        new_request(SENT | changed, "key-1", NOW)


@pytest.mark.parametrize("place", [{"address_string": "12 Lê Lợi"}, {"address_id": "own"}])
def test_an_address_is_a_place_too(place: dict[str, str]) -> None:
    made = new_request({"service_code": "waste"} | place, "key-1", NOW)
    assert (made.lat, made.address, made.area) == (
        None,
        place.get("address_string", ""),
        place.get("address_id", ""),
    )
