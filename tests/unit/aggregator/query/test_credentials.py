import base64

import pytest

from aggregator.query.credentials import shown_key


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("headers", "parameters", "expected"),
    [
        ({"authorization": "Bearer mt_x"}, {}, "mt_x"),
        ({"authorization": "bearer  mt_x "}, {}, "mt_x"),
        ({"authorization": "Token mt_x"}, {}, "mt_x"),
        ({"authorization": "Token grafana:mt_x"}, {}, "mt_x"),
        ({"authorization": basic(b"grafana:mt_x")}, {}, "mt_x"),
        ({"authorization": basic(b"grafana:mt:x")}, {}, "mt:x"),
        ({"authorization": basic(b"mt_x")}, {}, None),
        ({"authorization": basic(b"grafana:")}, {}, None),
        ({"authorization": basic(b"\xff\xfe:x")}, {}, None),
        ({"authorization": "Basic ???"}, {}, None),
        ({"authorization": "Bearer"}, {}, None),
        ({"authorization": "Basic ???"}, {"p": "mt_x"}, None),
        ({"x-api-key": "mt_x"}, {}, "mt_x"),
        ({}, {"u": "grafana", "p": "mt_x"}, "mt_x"),
        ({"x-grafana-user": "admin", "x-webauth-user": "admin"}, {"u": "admin"}, None),
        ({}, {}, None),
    ],
)
def test_the_key_is_found_where_clients_show_it(
    headers: dict[str, str], parameters: dict[str, str], expected: str | None
) -> None:
    assert shown_key(headers, parameters) == expected
