import re

from aggregator.identity.tokens import digest, new_api_key, new_password, new_session_token


def test_secrets_differ_and_are_long() -> None:
    for make in (new_api_key, new_session_token, new_password):
        made = {make() for _ in range(100)}
        assert len(made) == 100
        assert min(map(len, made)) >= 23


def test_a_password_can_be_read_out() -> None:
    assert re.fullmatch(r"[a-z2-9]{5}(-[a-z2-9]{5}){3}", new_password())


def test_any_text_has_a_digest() -> None:
    assert len({digest(text) for text in ("", "a", "\udcff", "mật khẩu", "x" * 10_000)}) == 5
