import pytest

from edge_agent.signals.words import MOST_BYTES, Word, parse_word


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"red", Word("red")),
        (b" GREEN\n", Word("green")),
        (b'"amber"', Word("amber")),
        (b"yellow", Word("amber")),
        (b"off", Word("off")),
        (b"flashing amber", Word("amber")),
        (b"Flashing-Yellow", Word("amber")),
        (b"red_amber", Word("red")),
        (b"flashing_red", Word("")),
        (b"unknown", Word("")),
        (b"offline", Word("")),
        (b"", Word("")),
        (b"\xff\xfe", Word("")),
        (b'{"state": "red"}', Word("red")),
        (b'{"state": "red", "at": 1700000000}', Word("red", 1_700_000_000.0)),
        (b'{"state": "red", "at": 1700000000500}', Word("red", 1_700_000_000.5)),
        (b'{"state": "red", "at": "2023-11-14T22:13:20Z"}', Word("red", 1_700_000_000.0)),
        (b'{"state": "red", "at": "just now", "plan": 3}', Word("red")),
        (b'{"state": "red", "at": null}', Word("red")),
        (b'{"state": 3}', Word("")),
        (b'{"colour": "red"}', Word("")),
        (b'{"state": "red"', Word("")),
        (b"[]", Word("")),
        (b'{"state": "\xff"}', Word("")),
        (b"red" + b" " * MOST_BYTES, Word("")),
    ],
)
def test_a_payload_names_a_colour_or_nothing(payload: bytes, expected: Word) -> None:
    assert expected == parse_word(payload)
