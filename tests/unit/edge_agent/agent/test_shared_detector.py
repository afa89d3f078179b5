"""One detector for all cameras: in turn, loaded once, again after a failure."""

import threading
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.agent.shared_detector import DetectorPool, Queue
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


def test_cameras_are_served_in_turn_and_one_at_a_time() -> None:
    pool = DetectorPool(loaded)
    counts = [0, 0, 0]
    stopped = threading.Event()

    def work(camera: int) -> None:
        share, _ = pool.share()
        while not stopped.is_set():
            share.detect(PICTURE)
            counts[camera] += 1

    threads = [threading.Thread(target=work, args=(camera,)) for camera in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.4)
    stopped.set()
    for thread in threads:
        thread.join()
    assert max(counts) - min(counts) <= 2
    assert min(counts) > 5


def test_the_time_of_a_run_leaves_the_waiting_out() -> None:
    pool = DetectorPool(loaded)
    share, classes = pool.share()
    share.detect(PICTURE)
    assert (share.name, share.labels, classes) == ("slow/int8", ("person",), ("person",))
    assert 0.002 <= share.last_s < 0.1


def test_a_failure_inside_lets_the_next_one_in() -> None:
    turn = Queue()
    with pytest.raises(ModelError), turn:
        raise ModelError("broken")
    with turn:
        assert True


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
