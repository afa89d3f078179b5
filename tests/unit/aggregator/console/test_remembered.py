import pytest

from aggregator.console.remembered import Remembered


def test_a_value_is_made_again_only_when_it_is_too_old() -> None:
    now_s = [0.0]
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    value = Remembered(make, for_s=5, monotonic=lambda: now_s[0])
    assert [value.get(), value.get()] == [0, 0]
    now_s[0] = 4.9
    assert value.get() == 0
    now_s[0] = 5.0
    assert value.get() == 1


def test_a_failure_is_not_remembered() -> None:
    answers = iter([RuntimeError("away"), 7])

    def make() -> int:
        answer = next(answers)
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    value = Remembered(make, for_s=5, monotonic=lambda: 0.0)
    with pytest.raises(RuntimeError):
        value.get()
    assert value.get() == 7
