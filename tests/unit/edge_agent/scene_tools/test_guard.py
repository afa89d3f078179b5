import pytest

from edge_agent.scene_tools.guard import SECURITY_HEADERS, Admission, Guard

HOST = "127.0.0.1:8710"


@pytest.fixture
def guard() -> Guard:
    return Guard("door_8710", token="once", key="key")


def admit(
    guard: Guard, *, host: str = HOST, origin: str = "", cookies: str = "", token: str = ""
) -> Admission:
    return guard.admit(host=host, origin=origin, cookies=cookies, token=token)


def test_the_token_opens_once_and_the_cookie_from_then_on(guard: Guard) -> None:
    assert admit(guard, token="once") is Admission.OPEN
    assert admit(guard, token="once") is Admission.USED
    assert admit(guard, cookies="door_8710=key") is Admission.SERVE
    assert admit(guard, token="once", cookies="other=1; door_8710=key") is Admission.SERVE


@pytest.mark.parametrize("cookies", ["", "door_8710=", "door_8710=khoá", "door_1=key", '"', "door_8710=key2"])
def test_without_the_cookie_nobody_is_served(guard: Guard, cookies: str) -> None:
    assert admit(guard, cookies=cookies) is Admission.STRANGER


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:9000", Admission.SERVE),
        ("[::1]:8710", Admission.SERVE),
        ("evil.example:8710", Admission.WRONG_HOST),
        ("127.0.0.1.evil.example", Admission.WRONG_HOST),
        ("", Admission.WRONG_HOST),
        ("[", Admission.WRONG_HOST),
    ],
)
def test_only_names_of_this_machine_are_answered(guard: Guard, host: str, expected: Admission) -> None:
    assert admit(guard, host=host, cookies="door_8710=key") is expected


def test_another_page_is_refused_even_with_the_cookie(guard: Guard) -> None:
    assert admit(guard, origin="http://evil.example", cookies="door_8710=key") is Admission.WRONG_ORIGIN
    assert admit(guard, origin=f"http://{HOST}", cookies="door_8710=key") is Admission.SERVE


def test_tokens_are_random_and_the_cookie_is_kept_from_scripts() -> None:
    one, other = Guard("a"), Guard("a")
    assert len({one.token, one.key, other.token, other.key}) == 4
    assert len(one.token) >= 32
    assert {"HttpOnly", "SameSite=Strict"} <= set(one.set_cookie().split("; "))
    assert SECURITY_HEADERS["Content-Security-Policy"].startswith("default-src 'none'")
