from pathlib import Path

from aggregator.broker.accounts import AGGREGATOR_USER, KEEPER_USER, TAP_USER, Account, AccountList
from aggregator.broker.mosquitto_files import password_hash, render_acl, render_passwords

EXAMPLES = Path(__file__).resolve().parents[4] / "provisioning/mosquitto"
ACCOUNTS = AccountList(
    aggregator=Account(AGGREGATOR_USER, "p1", "01"),
    tap=Account(TAP_USER, "p2", "02"),
    keeper=Account(KEEPER_USER, "p3", "03"),
).with_nodes([Account("node-a", "p4", "04")])


def test_the_rendered_acl_is_the_one_in_provisioning() -> None:
    assert (EXAMPLES / "acl.example").read_text() == render_acl()


def test_a_hash_is_the_one_that_mosquitto_passwd_writes() -> None:
    """Made with ``mosquitto_passwd -b`` of mosquitto 2.0.11 for the password ``correct horse``."""
    line = (
        "$7$101$QTzRDCcLDiOvoerp$"
        "DuQX7MHtuwBmbL1OJcRWqSQCVEgWb+WVUpHbEbQ7UrVF64oUCU18dUDCSqJYXvXq/7pqfzaYcFD0v4Fri7i92w=="
    )
    account = Account("node-a", "correct horse", "413cd10c270b0e23afa1eae9")
    assert password_hash(account) == line


def test_each_mqtt_user_has_a_line_and_the_keeper_has_none() -> None:
    lines = render_passwords(ACCOUNTS).splitlines()
    assert [line.split(":")[0] for line in lines] == [AGGREGATOR_USER, TAP_USER, "node-a"]


def test_passwords_do_not_stand_in_the_file_and_rendering_twice_gives_the_same() -> None:
    secret = AccountList(*(Account(user, "hunter2-hunter2", "0f") for user in ("_a", "_t", "_k")))
    assert "hunter2" not in render_passwords(secret)
    assert render_passwords(secret) == render_passwords(secret)
