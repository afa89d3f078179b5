from typing import Any

import pytest

from aggregator.reports.clocks import Run
from aggregator.reports.public import PublicFace, face_of
from aggregator.reports.records import Report
from aggregator.reports.states import Case, State

LAT, LON = 16.46371, 107.59089
SECRET = "0905123456"


def report(state: State, **fields: Any) -> Report:
    known: dict[str, Any] = {
        "id": "r",
        "code": "12345-67890",
        "channel": "app",
        "entered_by": "",
        "fingerprint": b"",
        "secret": b"",
        "anonymous": False,
        "field": "transport",
        "restricted": False,
        "sensitive": False,
        "text": "my own words, " + SECRET,
        "lat": LAT,
        "lon": LON,
        "address": "12 Lê Lợi, " + SECRET,
        "area": "own",
        "occurred_ms": 1,
        "received_ms": 2,
        "case": Case(state, Run(2), "pothole"),
        "due_ms": 3,
        "agency_due_ms": None,
        "calendar": 0,
        "result": "mended, " + SECRET,
        "public_text": "a hole, " + SECRET,
        "updated_ms": 4,
    }
    return Report(**(known | fields))


def face(state: State, **fields: Any) -> PublicFace:
    found = face_of(report(state, **fields))
    assert found is not None
    return found


@pytest.mark.parametrize("state", list(State))
def test_a_restricted_report_has_no_public_face(state: State) -> None:
    assert face_of(report(state, restricted=True)) is None


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("sensitive", [True, False])
def test_nobodys_number_nor_own_words_are_ever_public(state: State, *, sensitive: bool) -> None:
    shown = repr(face(state, sensitive=sensitive))
    assert "0905" not in shown
    assert "my own words" not in shown


@pytest.mark.parametrize("state", [state for state in State if state not in {
    State.PUBLISHED, State.REVIEWING, State.ARCHIVED
}])  # fmt: skip
def test_before_the_approval_there_are_no_words_and_no_exact_place(state: State) -> None:
    found = face(state)
    assert (found.text, found.address, found.is_exact) == ("", "", False)
    assert (found.lat, found.lon) == (16.465, 107.595)


@pytest.mark.parametrize("state", [State.RESOLVED, State.IN_PROGRESS, State.VERIFYING, State.MERGED])
def test_a_result_is_told_once_it_is_approved(state: State) -> None:
    assert face(state).result == ""
    assert face(State.PUBLISHED).result == "mended, •••"
    assert face(State.REJECTED).result == "mended, •••"


def test_an_approved_report_shows_its_place_unless_it_is_sensitive() -> None:
    shown = face(State.PUBLISHED)
    assert (shown.lat, shown.lon, shown.text, shown.is_exact) == (LAT, LON, "a hole, •••", True)
    coarse = face(State.PUBLISHED, sensitive=True)
    assert (coarse.lat, coarse.lon, coarse.address) == (16.465, 107.595, "")
    silent = face(State.ARCHIVED, public_text="")
    assert (silent.lat, silent.is_exact) == (16.465, False), "rejected, and archived since"


def test_a_report_without_a_point_has_none() -> None:
    assert face(State.RECEIVED, lat=None, lon=None).lat is None
