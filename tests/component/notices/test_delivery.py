"""Delivery over both databases to real servers: once, in time, at a bounded pace, over restarts."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders.notices import BOSS, Post
from servers.receivers import HttpReceiver, MailReceiver
from sqlalchemy import Engine, insert

from aggregator.notices.channel import Message, Outcome, Refused, TryLater
from aggregator.storage.relational.engine import writing
from aggregator.storage.relational.identity_tables import console_users, user_grants

pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"  # one of apprise's plugins, which it loads all
)
TESTS = Path(__file__).parents[2]


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    with HttpReceiver() as started:
        yield started


def keys_of(hook: HttpReceiver) -> list[str]:
    return [request.headers["Idempotency-Key"] for request in hook.received]


def test_a_notice_goes_out_once(engine: Engine, hook: HttpReceiver) -> None:
    post = Post(engine)
    post.address(f"json://{hook.address}/in")
    post.alarm()
    post.notice()
    assert [post.delivery.tick(), post.delivery.tick(), Post(engine).delivery.tick()] == [1, 0, 0]
    assert post.notices() == [("sent", "")]
    assert [request.json["title"] for request in hook.received] == ["[cao] intruded tại gate"]


def test_a_failure_is_tried_again_later_with_the_same_key(engine: Engine, hook: HttpReceiver) -> None:
    post = Post(engine)
    post.address(f"json://{hook.address}/in")
    post.alarm()
    post.notice()
    hook.status = 500
    assert [post.delivery.tick(), post.delivery.tick()] == [1, 0]
    assert [state for state, _ in post.notices()] == ["sending"]
    assert "did not take the message" in post.notices()[0][1]
    hook.status = 200
    post.clock.pass_s(6)
    assert [post.delivery.tick(), post.delivery.tick()] == [1, 0]
    assert post.notices() == [("sent", "")]
    assert len(set(keys_of(hook))) == 1


def test_after_the_last_attempt_it_has_failed_and_says_why(engine: Engine) -> None:
    class Broken:
        def fault_of(self, address: str) -> str | None:
            del address

        def send(self, address: str, message: Message) -> Outcome:
            del address, message
            return TryLater("away")

    post = Post(engine, Broken())
    post.address("x")
    post.alarm()
    post.notice()
    tried = 0
    for _ in range(20):
        tried += post.delivery.tick()
        post.clock.pass_s(1000)
    assert (tried, post.notices()) == (8, [("failed", "given up after 8 attempts: away")])


def test_a_storm_makes_a_few_messages_and_a_digest(engine: Engine, hook: HttpReceiver) -> None:
    post = Post(engine, most=3)
    post.address(f"json://{hook.address}/in")
    for number in range(40):
        post.alarm(f"a-{number:02}")
        post.notice(f"a-{number:02}")
    assert post.delivery.tick() == 3
    assert "và 37 cảnh báo khác" in hook.received[-1].json["title"]
    assert set(post.notices()) == {("sent", "")}
    post.alarm("late")
    post.notice("late")
    assert post.delivery.tick() == 0
    post.clock.pass_s(61)
    assert post.delivery.tick() == 1
    assert post.notices()[-1] == ("sent", "")


def test_killed_between_sending_and_noting_it_sends_once_more_with_the_same_key(
    engine: Engine, hook: HttpReceiver
) -> None:
    post = Post(engine)
    post.address(f"json://{hook.address}/in")
    post.alarm()
    post.notice()
    hook.gate.clear()
    url = engine.url.render_as_string(hide_password=False)
    environment = os.environ | {"PYTHONPATH": f"{TESTS}:{TESTS.parent}"}
    program = Path(__file__).with_name("sending_program.py")
    child = subprocess.Popen([sys.executable, str(program), url], env=environment)
    assert hook.arrived.wait(30)
    child.kill()
    child.wait()
    hook.gate.set()
    assert post.delivery.tick() == 0  # its lease has not ended
    post.clock.pass_s(61)
    assert [post.delivery.tick(), post.delivery.tick()] == [1, 0]
    assert post.notices() == [("sent", "")]
    assert (len(hook.received), len(set(keys_of(hook)))) == (2, 1)


def test_what_nobody_needs_or_gets_is_said(engine: Engine, hook: HttpReceiver) -> None:
    post = Post(engine)
    post.address(f"json://{hook.address}/elsewhere", area="01")
    post.alarm("closed", state="false")
    post.alarm("open")
    post.notice("closed")
    post.notice("open")
    post.delivery.tick()
    (needless, _), (failed, why) = post.notices()
    assert (needless, failed, hook.received) == ("needless", "failed", [])
    assert why.startswith("nobody whom it calls has an address")


def test_roles_reach_people_over_the_alarms_area(engine: Engine, hook: HttpReceiver) -> None:
    post = Post(engine)
    post.address(f"json://{hook.address}/here", "user:here")
    post.address(f"json://{hook.address}/there", "user:there")
    post.address(f"json://{hook.address}/agency", "agency:police")
    people = [
        {"id": each, "name": each, "password_hash": "", "created_at_ms": 0} for each in ("here", "there")
    ]
    grants = [
        {"id": "g1", "user_id": "here", "role": "operator", "areas": '["46"]'},
        {"id": "g2", "user_id": "there", "role": "operator", "areas": '["01"]'},
    ]
    with writing(engine) as connection:
        connection.execute(insert(console_users), people)
        connection.execute(insert(user_grants), grants)
    post.alarm()
    post.notice(targets=("role:operator", "agency"))
    assert post.delivery.tick() == 2
    assert sorted(request.path.partition("?")[0] for request in hook.received) == ["/agency", "/here"]


def test_mail_arrives_with_its_number(engine: Engine) -> None:
    with MailReceiver() as mail:
        post = Post(engine)
        post.address(f"mailto://127.0.0.1:{mail.port}?from=a@matthan.test&to=b@matthan.test&format=text")
        post.alarm()
        post.notice()
        assert post.delivery.tick() == 1
    assert post.notices() == [("sent", "")]
    assert "Idempotency-Key: " in mail.mails[0]


def test_an_address_goes_in_and_never_comes_out(engine: Engine, hook: HttpReceiver) -> None:
    post = Post(engine)
    found = post.address(f"json://user:hunter2@{hook.address}/in")
    assert "hunter2" not in repr(post.addresses.all(BOSS)) + repr(post.book.entries)
    post.addresses.test(BOSS, found)
    assert hook.received[0].json["title"] == "Tin thử"
    post.addresses.remove(BOSS, found)
    assert post.channels.send(found, lambda _: Message("1", "t", "x")) == Refused("the address was removed")
    assert post.book.actions == [
        "notice_address.added",
        "notice_address.tested",
        "notice_address.removed",
    ]
