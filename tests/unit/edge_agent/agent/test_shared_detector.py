"""One detector for all cameras: in turn, loaded once, loaded again in the turn in which it failed."""

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
        share, _ = pool.share(f"cam-{camera}", 5.0)
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
    share, classes = pool.share("gate", 5.0)
    share.detect(PICTURE)
    assert (share.name, share.labels, classes) == ("slow/int8", ("person",), ("person",))
    assert 0.002 <= share.last_s < 5.0


class BrokenDetector(SlowDetector):
    def detect(self, image: NDArray[np.uint8]) -> Detections:
        del image
        raise RuntimeError("the delegate has gone away")


def test_a_turn_that_was_waited_for_serves_one_detection() -> None:
    pool = DetectorPool(loaded)
    share, _ = pool.share("gate", 5.0)
    other, _ = pool.share("yard", 5.0)
    share.wait()
    share.wait()
    share.detect(PICTURE)
    other.detect(PICTURE)
    share.wait()
    share.release()
    share.release()
    other.detect(PICTURE)


def test_a_detector_that_failed_is_loaded_anew_before_anybody_else_gets_it() -> None:
    answers = iter([BrokenDetector(), SlowDetector()])
    pool = DetectorPool(lambda: (next(answers), ()))
    share, _ = pool.share("gate", 5.0)
    other, _ = pool.share("yard", 5.0)
    with pytest.raises(RuntimeError):
        share.detect(PICTURE)
    assert len(other.detect(PICTURE)) == 0
    assert next(answers, None) is None


def test_a_detector_that_cannot_be_loaded_again_is_used_as_it_is() -> None:
    loads = iter([SlowDetector()])

    def load() -> tuple[Detector, tuple[str, ...]]:
        for detector in loads:
            return detector, ()
        raise ModelError("the file has gone")

    lanes = Lanes([BrokenDetector(), SlowDetector()], load)
    lanes.renew(1)
    lanes.renew(1)
    lane = lanes.acquire("gate", 0.2)
    assert lane == 1
    assert len(lanes.detector(lane).detect(PICTURE)) == 0
    lanes.release(lane)


def test_the_model_is_loaded_once_for_all_and_again_when_that_failed() -> None:
    answers = iter([ModelError("no such model"), loaded()])

    def load() -> tuple[Detector, tuple[str, ...]]:
        answer = next(answers)
        if isinstance(answer, ModelError):
            raise answer
        return answer

    pool = DetectorPool(load)
    with pytest.raises(ModelError):
        pool.share("gate", 5.0)
    assert pool.name == ""
    pool.share("gate", 5.0)
    pool.share("yard", 5.0)
    assert pool.name == "slow/int8"
    assert next(answers, None) is None
