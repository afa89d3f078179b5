"""Files of reports over HTTP: in pieces, after breaks, at once, hostile ones, and who sees them."""

import hashlib
import io
import os
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from builders.duties import Duties, Somebody, duties
from builders.reports import AGENCY, TOKEN, insert_report
from PIL import Image

from aggregator.identity.permissions import Role
from aggregator.reports.states import State
from aggregator.storage.relational.engine import writing

PICTURES = Path(__file__).parents[2] / "data" / "pictures"
MINE = {"X-Report-Token": TOKEN}
NOW_MS = 1_795_000_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("city")


@pytest.fixture(scope="module")
def city(folder: Path) -> Iterator[Duties]:
    with duties(folder) as made:
        yield made


@pytest.fixture
def report(city: Duties) -> str:
    with writing(city.engine) as connection:
        return insert_report(connection, NOW_MS, State.ASSIGNED)


@pytest.fixture(scope="module")
def operator(city: Duties) -> Somebody:
    return city.employ(Role.OPERATOR, "own")


def noisy(side: int = 700) -> bytes:
    """A JPEG that does not compress, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(0x8825)[2] = (16.0, 27.0, 49.0)
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)).save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def announce(city: Duties, report: str, data: bytes, **changed: object) -> httpx.Response:
    body = {"sha256": sha256(data), "bytes": len(data)} | changed
    city.client.cookies.clear()
    return city.client.post(f"/api/v1/reports/{report}/media", json=body, headers=MINE)


def piece(city: Duties, report: str, data: bytes, start: int, end: int) -> httpx.Response:
    return city.client.patch(
        f"/api/v1/reports/{report}/media/{sha256(data)}",
        content=data[start:end],
        headers=MINE | {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"},
    )


def put(city: Duties, report: str, data: bytes, **headers: str) -> httpx.Response:
    city.client.cookies.clear()
    return city.client.put(
        f"/api/v1/reports/{report}/media/{sha256(data)}", content=data, headers=MINE | headers
    )


def show(city: Duties, who: Somebody, report: str, rest: str = "") -> httpx.Response:
    city.client.cookies.clear()
    return city.client.get(f"/api/v1/reports/{report}/media{rest}", headers=who.headers("GET"))


def test_a_photo_goes_in_pieces_over_breaks_and_is_shown_without_its_place(
    city: Duties, report: str, operator: Somebody, folder: Path
) -> None:
    data = noisy()
    assert announce(city, report, data).status_code == 201
    assert piece(city, report, data, 0, 100_000).json()["offset"] == 100_000
    lost = piece(city, report, data, 0, 100_000)
    assert (lost.status_code, lost.json()["code"]) == (409, "wrong_offset")
    address = f"/api/v1/reports/{report}/media/{sha256(data)}"
    asked = city.client.head(address, headers=MINE)
    assert (asked.headers["Upload-Offset"], asked.headers["Upload-Length"]) == ("100000", str(len(data)))
    assert announce(city, report, data).json()["offset"] == 100_000
    assert show(city, operator, report, f"/{sha256(data)}").status_code == 404, "not whole yet"
    done = piece(city, report, data, 100_000, len(data)).json()
    assert (done["state"], done["type"], done["width"]) == ("ready", "image/jpeg", 700)
    assert piece(city, report, data, 100_000, len(data)).json()["state"] == "ready", "a resend is no matter"
    for query, longest in (("", 700), ("?size=small", 480)):
        shown = show(city, operator, report, f"/{sha256(data)}{query}")
        assert shown.headers["content-type"] == "image/jpeg"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert b"Exif" not in shown.content
        with Image.open(io.BytesIO(shown.content)) as picture:
            assert max(picture.size) == longest
    left = [path.name for path in (folder / "reports" / report).iterdir()]
    assert sorted(left) == sorted([f"{sha256(data)}.jpg", f"{sha256(data)}.small.jpg"])
    assert not any(data[:200] in path.read_bytes() for path in (folder / "reports" / report).iterdir())


def test_a_small_file_goes_at_once_and_again(city: Duties, report: str, operator: Somebody) -> None:
    data = (PICTURES / "exif.heic").read_bytes()
    first, second = put(city, report, data), put(city, report, data)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["state"] == second.json()["state"] == "ready"
    assert len(show(city, operator, report).json()["items"]) == 1


def test_files_sent_at_once_by_many_are_one(city: Duties, report: str) -> None:
    data = noisy(200)

    def send(_number: int) -> int:
        with httpx.Client(base_url=city.client.base_url, timeout=30) as client:
            address = f"/api/v1/reports/{report}/media/{sha256(data)}"
            return client.put(address, content=data, headers=MINE).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = set(threads.map(send, range(16)))
    assert statuses <= {200, 201, 409}
    assert put(city, report, data).json()["state"] == "ready"


def test_a_file_that_is_not_what_was_announced_is_not_kept(city: Duties, report: str) -> None:
    data = noisy(100)
    wrong = announce(city, report, data, sha256="0" * 64)
    assert wrong.status_code == 201
    answer = city.client.patch(
        f"/api/v1/reports/{report}/media/{'0' * 64}", content=data, headers=MINE | {"Upload-Offset": "0"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_digest")
    listed = city.client.get(f"/api/v1/reports/{report}/mine/media", headers=MINE).json()
    assert listed["items"] == []


def bomb() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10**6)))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bomb(), "bad_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "bad_picture"),
        (b"%PDF-1.7 nothing", "bad_picture"),
        (b"MZ" + bytes(500), "bad_picture"),
        (b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00mp41" + bytes(50), "bad_recording"),
    ],
)
def test_a_hostile_file_is_refused_and_nothing_of_it_stays(
    city: Duties, report: str, folder: Path, data: bytes, code: str
) -> None:
    answer = put(city, report, data)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    again = put(city, report, data).json()
    assert again["state"] == "refused"
    assert again["reason"]
    assert list((folder / "reports" / report).iterdir()) == []


def test_a_body_past_the_limit_is_cut_off(city: Duties, report: str) -> None:
    data = bytes(2 << 20)
    assert put(city, report, data).status_code == 413
    assert announce(city, report, b"x", bytes=10**10).status_code == 422
    assert announce(city, report, data, bytes=10).status_code == 201
    assert piece(city, report, data, 0, 11).status_code == 413


def test_a_report_takes_so_many_files_and_no_more(city: Duties, report: str) -> None:
    statuses = [announce(city, report, bytes([number])).status_code for number in range(12)]
    assert statuses == [201] * 10 + [400] * 2


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "../../x", "A" * 64, "0" * 63, "%00"])
def test_a_name_that_is_no_digest_leads_nowhere(city: Duties, report: str, name: str) -> None:
    answer = city.client.put(f"/api/v1/reports/{report}/media/{name}", content=b"x", headers=MINE)
    assert answer.status_code in {404, 405, 422}


def test_files_take_the_reports_token_and_are_shown_to_who_sees_the_report(
    city: Duties, report: str, operator: Somebody
) -> None:
    data = noisy(100)
    stranger = {"X-Report-Token": "x" * 32}
    assert put(city, report, data, **stranger).status_code == 401
    assert city.client.get(f"/api/v1/reports/{report}/mine/media", headers=stranger).status_code == 401
    assert put(city, report, data).status_code == 201
    agency = city.employ(Role.OFFICER, "own", agencies=frozenset({AGENCY}))
    other_agency = city.employ(Role.OFFICER, "own", agencies=frozenset({"hue-urban"}))
    elsewhere = city.employ(Role.OPERATOR, "other")
    for who, status in ((operator, 200), (agency, 200), (other_agency, 404), (elsewhere, 404)):
        assert show(city, who, report).status_code == status
        assert show(city, who, report, f"/{sha256(data)}").status_code == status


def test_an_answered_report_takes_no_more_files(city: Duties) -> None:
    with writing(city.engine) as connection:
        answered = insert_report(connection, NOW_MS, State.PUBLISHED)
    assert put(city, answered, noisy(50)).status_code == 409
