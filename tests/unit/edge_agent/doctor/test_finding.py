import pytest

from edge_agent.doctor.finding import Status, exit_code


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], 0),
        (["ok", "not_applicable"], 0),
        (["ok", "warn", "not_applicable"], 1),
        (["fail", "ok", "warn"], 2),
    ],
)
def test_exit_code_is_that_of_the_worst(statuses: list[Status], expected: int) -> None:
    assert exit_code(statuses) == expected
