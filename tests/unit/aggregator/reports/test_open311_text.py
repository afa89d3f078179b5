import json
import xml.etree.ElementTree as ET

import pytest

from aggregator.reports.open311_text import Many, instant, rendered, speakable

TREE = Many(
    "request",
    [
        {"id": "a", "open": True, "lat": 16.5, "note": "", "none": None, "more": {"n": 3}},
        {"id": "<b>&'\"", "open": False, "values": Many("value", ["x", "y"])},
    ],
)


def test_a_tree_is_written_as_xml_with_its_declaration() -> None:
    text = rendered("service_requests", TREE, "xml")
    assert text.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<service_requests><request>')
    root = ET.fromstring(text)  # noqa: S314  our own
    assert [each.findtext("id") for each in root] == ["a", "<b>&'\""]
    assert [each.findtext("open") for each in root] == ["true", "false"]
    assert (root[0].findtext("note"), root[0].findtext("none")) == ("", "")
    assert root[0].findtext("more/n") == "3"
    assert [each.text for each in root.findall("request/values/value")] == ["x", "y"]


def test_the_same_tree_is_written_as_json_by_the_spark_convention() -> None:
    assert json.loads(rendered("service_requests", TREE, "json")) == [
        {"id": "a", "open": True, "lat": 16.5, "note": None, "none": None, "more": {"n": 3}},
        {"id": "<b>&'\"", "open": False, "values": ["x", "y"]},
    ]


@pytest.mark.parametrize("form", ["xml", "json"])
def test_an_empty_list_is_an_empty_list(form: str) -> None:
    assert rendered("services", Many("service", []), form).endswith(
        {"xml": b"<services />", "json": b"[]"}[form]
    )


@pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "a\ufffeb", "a\uffffb", "a\ud800b"])
def test_what_xml_cannot_carry_is_left_out(text: str) -> None:
    assert speakable(text) == "ab"
    found = ET.fromstring(rendered("root", {"text": text}, "xml"))  # noqa: S314  our own
    assert found.findtext("text") == "ab"


def test_vietnamese_and_signs_beyond_the_first_plane_stay() -> None:
    assert speakable("Ổ gà 🕳️\n\t") == "Ổ gà 🕳️\n\t"


def test_times_carry_the_offset_of_vietnam() -> None:
    assert instant(1_790_000_000_000) == "2026-09-21T21:13:20+07:00"
    assert instant(None) is None
