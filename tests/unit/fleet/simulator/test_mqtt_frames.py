"""The simulator's frames are MQTT 3.1.1, whatever pieces they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.simulator import mqtt_frames
from fleet.simulator.mqtt_frames import Arrived, BrokenFrameError, Login

LOGIN = Login("id", "me", "pw", "w", b"gone", 60)
COMPLETE = [b"\x20\x02\x01\x00", b"\x90\x03\x00\x01\x01", b"\x40\x02\x00\x07", b"\xd0\x00"]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            mqtt_frames.connect(LOGIN),
            b"\x10\x1f\x00\x04MQTT\x04\xec\x00\x3c\x00\x02id\x00\x01w\x00\x04gone\x00\x02me\x00\x02pw",
        ),
        (mqtt_frames.subscribe(1, "a/+"), b"\x82\x08\x00\x01\x00\x03a/+\x01"),
        (mqtt_frames.publish(b"t", b"xy", 5), b"\x32\x07\x00\x01t\x00\x05xy"),
        (mqtt_frames.publish(b"t", b"", 5, retain=True), b"\x33\x05\x00\x01t\x00\x05"),
        (mqtt_frames.publish(b"t", bytes(195), 1)[:3], b"\x32\xc8\x01"),
        (mqtt_frames.puback(513), b"\x40\x02\x02\x01"),
    ],
)
def test_what_is_made_is_the_standard_frame(made: bytes, expected: bytes) -> None:
    assert expected == made


def test_what_arrives_is_read_in_one_piece() -> None:
    published = b"\x32\x07\x00\x01t\x00\x05xy" + b"\x30\x04\x00\x01tz"
    arrived = mqtt_frames.parse(b"".join(COMPLETE) + published)
    assert arrived == Arrived(
        consumed=len(b"".join(COMPLETE) + published),
        connack=(True, 0),
        suback=b"\x01",
        pubacks=[7],
        messages=[(b"t", b"xy", 5), (b"t", b"z", 0)],
    )


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=20), st.binary(max_size=400)), max_size=5), st.data()
)
def test_messages_are_the_same_however_the_bytes_are_cut(
    messages: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(mqtt_frames.publish(topic, payload, 9) for topic, payload in messages)
    cut = data.draw(st.integers(0, len(stream)))
    waiting, read = bytearray(), []
    for piece in (stream[:cut], stream[cut:]):
        waiting += piece
        arrived = mqtt_frames.parse(waiting)
        del waiting[: arrived.consumed]
        read += arrived.messages
    assert ([(topic, payload, 9) for topic, payload in messages], b"") == (read, bytes(waiting))


@pytest.mark.parametrize("broken", [b"\x30\xff\xff\xff\xff\xff", b"\x20\x01\x00", b"\x32\x04\x00\x02ab"])
def test_what_is_no_frame_is_refused(broken: bytes) -> None:
    with pytest.raises(BrokenFrameError):
        mqtt_frames.parse(broken)


@given(st.binary(max_size=100))
def test_any_bytes_give_frames_or_the_one_error(data: bytes) -> None:
    try:
        arrived = mqtt_frames.parse(data)
    except BrokenFrameError:
        return
    assert 0 <= arrived.consumed <= len(data)
