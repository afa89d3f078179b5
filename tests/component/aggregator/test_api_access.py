import httpx
import pytest
from servers.aggregator import AggregatorServer

PATHS = [
    "/api/v1/nodes",
    "/api/v1/nodes/x",
    "/api/v1/events",
    "/api/v1/measurements?name=flow",
    "/api/v1/measurements/catalogue",
    "/api/v1/streams",
    "/api/v1/dead-letters",
    "/api/v1/live",
    "/api/v1/broker/tap",
    "/api/v1/me",
    "/api/v1/users",
    "/api/v1/keys",
    "/api/v1/audit",
    "/console/overview",
    "/console/summary",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer " + "x" * 5000},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"X-API-Key": "wrong"},
        {"Cookie": "matthan_session=forged"},
    ],
)
def test_nothing_is_shown_without_a_key(server: AggregatorServer, path: str, headers: dict[str, str]) -> None:
    answer = httpx.get(server.url + path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"


def test_both_headers_carry_a_key(server: AggregatorServer) -> None:
    for headers in ({"X-API-Key": server.api_key()}, {"Authorization": f"Bearer {server.api_key()}"}):
        assert httpx.get(server.url + "/api/v1/nodes", headers=headers).status_code == 200


def test_a_console_session_changes_nothing_without_its_token(server: AggregatorServer) -> None:
    password = server.password()
    with httpx.Client(base_url=server.url) as console:
        wrong = console.post("/console/sign-in", data={"name": "admin", "password": "guess"})
        right = console.post("/console/sign-in", data={"name": "admin", "password": password})
        assert (wrong.status_code, right.status_code) == (401, 303)
        cookie = right.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert console.get("/api/v1/nodes").status_code == 200
        token = {"X-CSRF-Token": console.get("/api/v1/me").json()["csrf"]}
        for headers, expected in (({}, 403), ({b"X-CSRF-Token": "ⁿo".encode()}, 403), (token, 201)):
            made = console.post("/api/v1/nodes", json={"ids": ["by-cookie"]}, headers=headers)
            assert made.status_code == expected
        assert console.delete("/api/v1/nodes/by-cookie").status_code == 403
        foreign = console.post("/console/sign-out", headers={"Origin": "https://elsewhere.example"} | token)
        assert foreign.status_code == 403
        assert console.post("/console/sign-out", headers={"Origin": server.url}).status_code == 403
        form = {"csrf": token["X-CSRF-Token"]}
        assert console.post("/console/sign-out", data=form).status_code == 303
        assert console.get("/api/v1/nodes").status_code == 401


def test_guessing_is_slowed_and_the_right_password_of_another_address_is_not(
    server: AggregatorServer,
) -> None:
    wrong, right = ({"name": "admin", "password": word} for word in ("guess", server.password()))
    guesser = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=server.url, transport=guesser) as client:
        answers = [client.post("/console/sign-in", data=wrong).status_code for _ in range(7)]
    assert answers[:5] == [401] * 5
    assert answers[-1] == 429
    assert httpx.post(server.url + "/console/sign-in", data=right).status_code == 303


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"name=%00&password=%00", b"name=" + b"x" * 5000, b"a=1&" * 50, b"name=admin"]
)
def test_a_broken_form_is_the_callers_fault(any_server: AggregatorServer, body: bytes) -> None:
    answer = httpx.post(any_server.url + "/console/sign-in", content=body)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe\x00", b"[" * 200_000, b'{"ids": [1e999]}', b'{"ids": ["\\ud800aa"]}', b"NaN"],
)
def test_a_body_that_is_no_json_is_the_callers_fault(any_api: httpx.Client, body: bytes) -> None:
    answer = any_api.post("/api/v1/nodes", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_past_the_cap_is_refused_declared_or_not(api: httpx.Client) -> None:
    big = b"x" * 1_100_000
    declared = api.post("/api/v1/nodes", content=big)
    streamed = api.post("/api/v1/nodes", content=iter([big[:600_000], big[600_000:]]))
    assert (declared.status_code, streamed.status_code) == (413, 413)
    assert streamed.json()["code"] == "too_large"


def test_what_is_answered_is_protected(server: AggregatorServer, api: httpx.Client) -> None:
    page = httpx.get(server.url + "/console/sign-in")
    assert page.headers["x-content-type-options"] == "nosniff"
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert api.get("/api/v1/nodes").headers["cache-control"] == "no-store"


def test_health_needs_no_key_and_openapi_tells_every_path(server: AggregatorServer) -> None:
    assert httpx.get(server.url + "/healthz").json() == {"status": "ok"}
    assert httpx.get(server.url + "/readyz").json() == {"ready": True, "reasons": {}}
    paths = httpx.get(server.url + "/openapi.json").json()["paths"]
    wanted = {
        "/api/v1/nodes",
        "/api/v1/nodes/{node}",
        "/api/v1/events",
        "/api/v1/events/{event_id}",
        "/api/v1/measurements",
        "/api/v1/measurements/catalogue",
        "/api/v1/streams",
        "/api/v1/dead-letters",
        "/api/v1/live",
        "/api/v1/broker/tap",
        "/healthz",
        "/readyz",
    }
    assert wanted <= set(paths)
    assert all(operation["summary"] for methods in paths.values() for operation in methods.values())


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/api/v1/nodes", 405)]
)
def test_what_is_not_there_is_a_problem_too(api: httpx.Client, method: str, path: str, status: int) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
