"""CAP messages keep to the rules of the CAP 1.2 schema: order, counts, value forms and vocabularies.

The official XSD is in no package that can be had here; `SHAPE` is its content model, written by hand.
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.notices.cap import (
    NAMESPACE,
    Alert,
    CapArea,
    Category,
    Certainty,
    Circle,
    MsgType,
    Reference,
    Severity,
    Status,
    Text,
    Urgency,
    faults,
    render,
)

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
RING = ((16.4, 107.5), (16.5, 107.5), (16.5, 107.6), (16.4, 107.5))
ALERT = Alert(
    identifier="a-1",
    sender="matthan@hue.test",
    sender_name="Thành phố Huế",
    sent=NOW,
    status=Status.ACTUAL,
    msg_type=MsgType.ALERT,
    category=Category.MET,
    urgency=Urgency.IMMEDIATE,
    severity=Severity.SEVERE,
    certainty=Certainty.OBSERVED,
    effective=NOW,
    onset=NOW,
    expires=NOW + timedelta(hours=6),
    texts=(Text("vi-VN", "Lũ", "Lũ trên sông Hương", "Mực nước > 3,5 m & đang lên", "Di dời ngay"),),
    areas=(CapArea("Huế", (RING,), (Circle(16.46, 107.59, 2.5),), ("46",)),),
)
_AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"
_WORD = r"[^\s,<&]+"
_POINT = r"-?\d+(\.\d+)?,-?\d+(\.\d+)?"
_TEXT = r"(?s).+"


SHAPE = {
    "alert": [
        ("identifier", "1", _WORD),
        ("sender", "1", _WORD),
        ("sent", "1", _AT),
        ("status", "1", "Actual|Exercise|System|Test|Draft"),
        ("msgType", "1", "Alert|Update|Cancel|Ack|Error"),
        ("source", "?", _TEXT),
        ("scope", "1", "Public|Restricted|Private"),
        ("note", "?", _TEXT),
        ("references", "?", rf"{_WORD},{_WORD},{_AT}( {_WORD},{_WORD},{_AT})*"),
        ("info", "*", None),
    ],
    "info": [
        ("language", "?", r"[a-z]{2}(-[A-Z]{2})?"),
        ("category", "+", "Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|CBRNE|Other"),
        ("event", "1", _TEXT),
        ("urgency", "1", "Immediate|Expected|Future|Past|Unknown"),
        ("severity", "1", "Extreme|Severe|Moderate|Minor|Unknown"),
        ("certainty", "1", "Observed|Likely|Possible|Unlikely|Unknown"),
        ("effective", "?", _AT),
        ("onset", "?", _AT),
        ("expires", "?", _AT),
        ("senderName", "?", _TEXT),
        ("headline", "?", _TEXT),
        ("description", "?", _TEXT),
        ("instruction", "?", _TEXT),
        ("web", "?", r"https?://\S+"),
        ("area", "*", None),
    ],
    "area": [
        ("areaDesc", "1", _TEXT),
        ("polygon", "*", rf"{_POINT}( {_POINT}){{3,}}"),
        ("circle", "*", rf"{_POINT} \d+(\.\d+)?"),
        ("geocode", "*", None),
    ],
    "geocode": [("valueName", "1", _TEXT), ("value", "1", _TEXT)],
}


def _parsed(alert: Alert) -> ET.Element:
    return ET.fromstring(render(alert))  # noqa: S314  our own text


def breaches(element: ET.Element) -> list[str]:
    """What of an element does not keep to the schema."""
    name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    found = []
    waiting = [(each.tag.removeprefix(f"{{{NAMESPACE}}}"), each) for each in element]
    for word, count, form in SHAPE[name]:
        mine = []
        while waiting and waiting[0][0] == word:
            mine.append(waiting.pop(0)[1])
        if len(mine) < (count in "1+") or (count in "1?" and len(mine) > 1):
            found.append(f"{name}: {len(mine)} of {word}")
        for each in mine:
            if form is None:
                found += breaches(each)
            elif re.fullmatch(form, each.text or "") is None:
                found.append(f"{name}/{word}: {each.text!r}")
    return found + [f"{name}: {word} does not stand there" for word, _ in waiting]


def test_an_alert_says_all_in_the_schemas_order() -> None:
    root = _parsed(ALERT)
    assert (root.tag, breaches(root)) == (f"{{{NAMESPACE}}}alert", [])
    assert root.findtext(f"{{{NAMESPACE}}}sent") == "2026-11-20T12:00:00+07:00"


def test_the_check_finds_what_is_out_of_order() -> None:
    root = _parsed(ALERT)
    root.insert(0, root[2])
    assert breaches(root) != []


def test_a_cancellation_names_what_it_replaces() -> None:
    before = (Reference("matthan@hue.test", "a-1", NOW), Reference("matthan@hue.test", "a-2", NOW))
    cancel = replace(ALERT, identifier="a-3", msg_type=MsgType.CANCEL, references=before, note="Hết lũ")
    root = _parsed(cancel)
    assert breaches(root) == []
    assert root.findtext(f"{{{NAMESPACE}}}references") == (
        "matthan@hue.test,a-1,2026-11-20T12:00:00+07:00 matthan@hue.test,a-2,2026-11-20T12:00:00+07:00"
    )


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (replace(ALERT, msg_type=MsgType.UPDATE), "names what it replaces"),
        (replace(ALERT, references=(Reference("s", "i", NOW),)), "names what it replaces"),
        (replace(ALERT, texts=()), "one language"),
        (replace(ALERT, areas=()), "where"),
        (replace(ALERT, expires=NOW), "later"),
        (replace(ALERT, sender="a b"), "no space"),
        (replace(ALERT, areas=(CapArea("x", (RING[:3],)),)), "four points"),
        (replace(ALERT, areas=(CapArea("x", (((91.0, 0.0), *RING[1:3], (91.0, 0.0)),)),)), "latitude"),
        (replace(ALERT, areas=(CapArea("x", circles=(Circle(0, 0, -1),)),)), "radius"),
    ],
)
def test_what_cannot_go_out_is_told(wrong: Alert, word: str) -> None:
    assert any(word in fault for fault in faults(wrong))
    with pytest.raises(ValueError, match=word):
        render(wrong)


_words = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc"]), min_size=1
)


@given(event=_words, description=_words, lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_any_text_and_place_keeps_to_the_schema(event: str, description: str, lat: float, lon: float) -> None:
    area = CapArea("x", circles=(Circle(lat, lon, 1),))
    alert = replace(ALERT, texts=(Text("en-US", event, event, description),), areas=(area,))
    root = _parsed(alert)
    assert breaches(root) == []
    assert root.findtext(f".//{{{NAMESPACE}}}description") == description
