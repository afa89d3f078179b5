import threading
import time

import numpy as np

from edge_agent.capture.frame import Frame
from edge_agent.capture.mailbox import FrameMailbox


def frame(camera: str, index: int) -> Frame:
    return Frame(camera, np.zeros((1, 1, 3), np.uint8), index, float(index))


def test_newest_frame_wins_and_the_replaced_one_is_told() -> None:
    mailbox = FrameMailbox()
    replaced = [mailbox.put(frame("gate", n)) for n in range(3)]
    taken = mailbox.take(0.0)
    assert replaced == [False, True, True]
    assert taken is not None
    assert taken.index == 2
    assert mailbox.take(0.0) is None


def test_fast_camera_does_not_keep_a_slow_one_waiting() -> None:
    mailbox = FrameMailbox()
    mailbox.put(frame("fast", 0))
    mailbox.put(frame("slow", 0))
    order = []
    for n in range(1, 4):
        mailbox.put(frame("fast", n))
        taken = mailbox.take(0.0)
        assert taken is not None
        order.append((taken.camera, taken.index))
    assert order == [("fast", 1), ("slow", 0), ("fast", 3)]


def test_reader_wakes_when_a_frame_comes() -> None:
    mailbox = FrameMailbox()
    threading.Timer(0.02, mailbox.put, [frame("gate", 7)]).start()
    taken = mailbox.take(5.0)
    assert taken is not None
    assert taken.index == 7


def test_empty_mailbox_waits_no_longer_than_asked() -> None:
    began_s = time.monotonic()
    assert FrameMailbox().take(0.02) is None
    assert time.monotonic() - began_s < 5.0


def test_closed_mailbox_wakes_readers_and_refuses_frames() -> None:
    mailbox = FrameMailbox()
    threading.Timer(0.02, mailbox.close).start()
    assert mailbox.take(5.0) is None
    assert mailbox.put(frame("gate", 1)) is True
    assert mailbox.take(0.0) is None
