"""Single sign-on against a real, certified OpenID provider process, through the pages that a browser sees."""

import base64
import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import pytest
from servers.aggregator import AggregatorServer
from servers.oidc import OidcProvider
from servers.ports import free_port

SECRET = "a client secret of the tests alone"
PEOPLE = {
    "lan": {
        "name": "Trần Thị Lan",
        "preferred_username": "Lan.Tran",
        "locale": "vi",
        "groups": ["duty", "x"],
    },
    "minh": {"name": "Minh", "preferred_username": "minh", "locale": "en-GB", "groups": ["it"]},
    "stranger": {"name": "Nobody", "groups": ["elsewhere"]},
    "admin": {"name": "Not the admin", "preferred_username": "admin", "groups": ["duty"]},
    "gone": {"name": "Gone", "preferred_username": "gone", "groups": ["duty"]},
}


class SigningServer(AggregatorServer):
    """The server, with single sign-on configured."""

    issuer = ""

    def command(self) -> list[str]:
        made = super().command()
        secret = self.directory / "client-secret"
        secret.write_text(SECRET + "\n")
        with (self.directory / "aggregator.toml").open("a") as file:
            file.write(
                f'[oidc]\nissuer = "{self.issuer}"\nclient_id = "matthan"\nclient_secret_file = "{secret}"\n'
                f'label = "Danh bạ thành phố"\n'
                '[[oidc.groups.duty]]\nrole = "operator"\nareas = ["own"]\n'
                '[[oidc.groups.it]]\nrole = "technician"\n'
            )
        config = (self.directory / "aggregator.toml").read_text()
        config = config.replace("[server]\n", f'[server]\npublic_url = "{self.url}"\n', 1)
        (self.directory / "aggregator.toml").write_text(config)
        return made


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcProvider]:
    port = free_port()
    client = {
        "client_id": "matthan",
        "client_secret": SECRET,
        "redirect_uris": [f"http://127.0.0.1:{port}/console/sign-on/callback"],
        "post_logout_redirect_uris": [f"http://127.0.0.1:{port}/console/sign-in"],
    }
    with OidcProvider(tmp_path_factory.mktemp("provider"), client=client, people=PEOPLE) as started:
        started.client_port = port
        yield started


@pytest.fixture(scope="module")
def server(provider: OidcProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SigningServer]:
    made = SigningServer(tmp_path_factory.mktemp("aggregator"))
    made.port = provider.client_port
    made.issuer = provider.issuer
    with made as started:
        yield started


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


def to_provider(browser: httpx.Client, server: SigningServer) -> str:
    """Begin at the sign-in page; gives the provider's address that the browser is sent to."""
    page = browser.get(f"{server.url}/console/sign-in")
    assert "Danh bạ thành phố" in page.text
    begun = browser.get(f"{server.url}/console/sign-on")
    assert begun.status_code == 303
    return begun.headers["location"]


def through(browser: httpx.Client, location: str, login: str) -> str:
    """Sign in at the provider and consent; gives the address that leads back."""
    address = location
    for _ in range(12):
        answer = browser.get(address)
        if answer.is_redirect:
            address = urljoin(address, answer.headers["location"])
        else:
            form = html.unescape(answer.text)
            action = re.search(r'<form[^>]*action="([^"]+)"', form)
            prompt = re.search(r'name="prompt" value="(\w+)"', form)
            assert action is not None, form
            assert prompt is not None, form
            sent = {"prompt": prompt[1], "login": login, "password": "any"}
            posted = browser.post(urljoin(address, action[1]), data=sent)
            assert posted.is_redirect, posted.text
            address = urljoin(address, posted.headers["location"])
        if "/console/sign-on/callback" in address:
            return address
    raise AssertionError(f"the provider led nowhere: {address}")


def sign_on(browser: httpx.Client, server: SigningServer, login: str) -> httpx.Response:
    return browser.get(through(browser, to_provider(browser, server), login))


def me(browser: httpx.Client, server: SigningServer) -> dict[str, object]:
    found: dict[str, object] = browser.get(f"{server.url}/api/v1/me").json()
    return found


def test_somebody_new_comes_in_with_what_their_groups_give(
    browser: httpx.Client, server: SigningServer
) -> None:
    landed = sign_on(browser, server, "lan")
    assert landed.status_code == 200
    assert 'content="0; url=/console"' in landed.text
    assert "samesite=strict" in landed.headers["set-cookie"].lower()
    assert browser.get(f"{server.url}/console").status_code == 200
    found = me(browser, server)
    assert (found["name"], found["language"], found["single_sign_on"]) == ("lan.tran", "vi", True)
    assert found["permissions"]["alarms.work"] == ["own"]
    assert "nodes.write" not in found["permissions"]
    with server.client() as api:
        (user,) = [each for each in api.get("/api/v1/users").json()["items"] if each["name"] == "lan.tran"]
        assert (user["display_name"], user["single_sign_on"], user["must_change"]) == (
            "Trần Thị Lan",
            True,
            False,
        )
        actions = [row["action"] for row in api.get("/api/v1/audit").json()["items"]]
        assert actions.index("session.begun") < actions.index("user.created")


def test_who_comes_again_is_the_same_person(server: SigningServer) -> None:
    ids = []
    for _ in range(2):
        with httpx.Client(timeout=30) as browser:
            sign_on(browser, server, "minh")
            ids.append((me(browser, server)["id"], me(browser, server)["language"]))
    assert ids[0] == ids[1]
    assert ids[0][1] == "en"


def test_the_name_of_a_local_account_opens_no_door_to_it(
    browser: httpx.Client, server: SigningServer
) -> None:
    sign_on(browser, server, "admin")
    found = me(browser, server)
    assert re.fullmatch(r"admin-[0-9a-f]{8}", str(found["name"]))
    assert "users.admin" not in found["permissions"]


def test_who_is_in_no_group_is_told_so_and_stays_out(browser: httpx.Client, server: SigningServer) -> None:
    refused = sign_on(browser, server, "stranger")
    assert refused.status_code == 403
    assert "không thuộc nhóm nào" in refused.text
    assert browser.get(f"{server.url}/console").status_code == 303


def test_who_is_disabled_here_stays_out(server: SigningServer) -> None:
    with httpx.Client(timeout=30) as browser, server.client() as api:
        sign_on(browser, server, "gone")
        who = me(browser, server)["id"]
        api.patch(f"/api/v1/users/{who}", json={"disabled": True}).raise_for_status()
        assert browser.get(f"{server.url}/api/v1/me").status_code == 401
    with httpx.Client(timeout=30) as browser:
        assert sign_on(browser, server, "gone").status_code == 403


def test_who_signed_on_elsewhere_gets_no_password_here(server: SigningServer) -> None:
    with httpx.Client(timeout=30) as browser, server.client() as api:
        sign_on(browser, server, "lan")
        found = me(browser, server)
        assert api.post(f"/api/v1/users/{found['id']}/password").status_code == 409
        changed = browser.post(
            f"{server.url}/api/v1/me/password",
            json={"current": "", "wanted": "four words of mine"},
            headers={"X-CSRF-Token": str(found["csrf"])},
        )
        assert changed.status_code == 409
        form = {"name": "lan.tran", "password": ""}
        assert browser.post(f"{server.url}/console/sign-in", data=form).status_code == 401


@pytest.mark.parametrize("spoil", ["state", "no-cookie", "code", "iss", "nonce", "verifier", "error"])
def test_an_answer_that_is_not_ours_is_refused(
    browser: httpx.Client, server: SigningServer, spoil: str
) -> None:
    back = through(browser, to_provider(browser, server), "lan")
    parts = urlsplit(back)
    asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
    match spoil:
        case "state":
            asked["state"] = "x" * len(asked["state"])
        case "code":
            asked["code"] = "x" * len(asked["code"])
        case "iss":
            asked["iss"] = "https://elsewhere.example"
        case "error":
            asked = {"state": asked["state"], "iss": asked["iss"], "error": "access_denied"}
        case "no-cookie":
            browser.cookies.delete("matthan_sign_on", domain="127.0.0.1", path="/console/sign-on")
        case _:
            _spoil_cookie(browser, spoil)
    answer = browser.get(parts._replace(query=urlencode(asked)).geturl())
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text
    assert "matthan_session" not in answer.headers.get("set-cookie", "")


def _spoil_cookie(browser: httpx.Client, field: str) -> None:
    """Put what another sign-on would have kept into the browser's cookie."""
    kept = json.loads(base64.urlsafe_b64decode(browser.cookies["matthan_sign_on"]))
    kept[field] = "y" * 43
    browser.cookies.delete("matthan_sign_on", domain="127.0.0.1", path="/console/sign-on")
    value = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    browser.cookies.set("matthan_sign_on", value, domain="127.0.0.1", path="/console/sign-on")


def test_an_answer_counts_once(browser: httpx.Client, server: SigningServer) -> None:
    back = through(browser, to_provider(browser, server), "lan")
    kept = browser.cookies["matthan_sign_on"]
    assert browser.get(back).status_code == 200
    browser.cookies.set("matthan_sign_on", kept, domain="127.0.0.1", path="/console/sign-on")
    assert browser.get(back).status_code == 403


def test_signing_out_leads_to_the_provider_too(browser: httpx.Client, server: SigningServer) -> None:
    sign_on(browser, server, "lan")
    form = {"csrf": str(me(browser, server)["csrf"])}
    left = browser.post(f"{server.url}/console/sign-out", data=form)
    assert 'content="0; url=/console/sign-on/out"' in left.text
    assert browser.get(f"{server.url}/api/v1/me").status_code == 401
    out = browser.get(f"{server.url}/console/sign-on/out")
    assert out.headers["location"].startswith(f"{server.issuer}/session/end?")
    assert browser.get(out.headers["location"]).status_code == 200


def test_a_provider_that_is_away_is_told_and_locks_nobody_local_out(
    server: SigningServer, provider: OidcProvider
) -> None:
    provider.stop()
    try:
        server.restart()
        answer = httpx.get(f"{server.url}/console/sign-on", timeout=30)
        assert answer.status_code == 503
        assert "không trả lời" in answer.text
        local = {"name": "admin", "password": server.password()}
        assert httpx.post(f"{server.url}/console/sign-in", data=local).status_code == 303
    finally:
        provider.start()


def test_grafana_is_told_to_ask_the_same_provider_about_the_same_groups(server: SigningServer) -> None:
    command = [
        sys.executable, "-m", "aggregator.app", "sign-on", "grafana", "--config",
        str(server.directory / "aggregator.toml"), "--url", "https://wall.example", "--client-id", "grafana",
        "--organisation", "duty=Phường", "--secret-file", "/etc/grafana/secret",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    described = httpx.get(f"{server.issuer.rstrip('/')}/.well-known/openid-configuration", timeout=30).json()
    lines = done.stdout.splitlines()
    assert f"auth_url = {described['authorization_endpoint']}" in lines
    assert f"token_url = {described['token_endpoint']}" in lines
    assert f"api_url = {described['userinfo_endpoint']}" in lines
    assert 'org_mapping = ["duty:Phường:Viewer", "it:Main Org.:Viewer"]' in lines
