"""One detector for all cameras: in turn, loaded once, again after a failure."""

import threading
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.agent.shared_detector import DetectorPool, Lanes
from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import Detector, ModelError

PICTURE = np.zeros((4, 4, 3), np.uint8)


class SlowDetector:
    """Takes 2 ms and must never be entered twice at once."""

    name = "slow/int8"
    labels = ("person",)

    def __init__(self) -> None:
        self._entered = False

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        del image
        assert not self._entered
        self._entered = True
        time.sleep(0.002)
        self._entered = False
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))


def loaded() -> tuple[Detector, tuple[str, ...]]:
    return SlowDetector(), ("person",)


@pytest.mark.parametrize("lanes", [1, 2])
def test_cameras_are_served_in_turn_and_each_detector_by_one_thread(lanes: int) -> None:
    pool = DetectorPool(loaded, lanes)
    counts = [0, 0, 0]
    enough, stopped = threading.Event(), threading.Event()
    together = threading.Barrier(3)

    def work(camera: int) -> None:
        share, _ = pool.share()
        together.wait()
        while not stopped.is_set():
            share.detect(PICTURE)
            counts[camera] += 1
            if sum(counts) >= 60:
                enough.set()

    threads = [threading.Thread(target=work, args=(camera,)) for camera in range(3)]
    for thread in threads:
        thread.start()
    assert enough.wait(20.0)
    stopped.set()
    for thread in threads:
        thread.join()
    assert min(counts) > 0.7 * max(counts)


def test_the_time_of_a_run_leaves_the_waiting_out() -> None:
    pool = DetectorPool(loaded)
    share, classes = pool.share()
    share.detect(PICTURE)
    assert (share.name, share.labels, classes) == ("slow/int8", ("person",), ("person",))
    assert 0.002 <= share.last_s < 5.0


def test_a_failure_inside_lets_the_next_one_in() -> None:
    lanes = Lanes([SlowDetector()])
    with pytest.raises(ModelError), lanes.turn():
        raise ModelError("broken")
    with lanes.turn() as detector:
        assert detector.name == "slow/int8"


class BrokenDetector(SlowDetector):
    def detect(self, image: NDArray[np.uint8]) -> Detections:
        del image
        raise RuntimeError("the delegate has gone away")


def test_a_share_remembers_that_its_detector_failed() -> None:
    share, _ = DetectorPool(lambda: (BrokenDetector(), ())).share()
    assert not share.failed
    with pytest.raises(RuntimeError):
        share.detect(PICTURE)
    assert share.failed


def test_the_model_is_loaded_once_and_again_after_it_was_discarded_or_failed() -> None:
    answers = iter([ModelError("no such model"), loaded(), loaded()])

    def load() -> tuple[Detector, tuple[str, ...]]:
        answer = next(answers)
        if isinstance(answer, ModelError):
            raise answer
        return answer

    pool = DetectorPool(load)
    with pytest.raises(ModelError):
        pool.share()
    assert pool.name == ""
    pool.share()
    pool.share()
    assert pool.name == "slow/int8"
    pool.discard()
    pool.share()
    assert next(answers, None) is None
