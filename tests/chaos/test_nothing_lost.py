"""Nothing lost, nothing doubled, no gap: kills, cuts and wiped brokers in the middle of a run of facts.

`MATTHAN_CHAOS_FACTS` sets the size (2,000 without it; `make soak` runs 20,000 and more). Small runs go side
by side, each with a server of its own: most of their time is waiting for somebody to come back.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from chaos.scenarios import LEAST_FAULTS, SCENARIOS, Outcome, Size

FACTS = int(os.environ.get("MATTHAN_CHAOS_FACTS", "2000"))
FULL = 20_000
SECONDS = {
    "network_lost": 24,
    "aggregator_killed": 20,
    "broker_wiped": 14,
    "broker_killed": 8,
    "agent_killed": 8,
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Outcome]]]:
    """All scenarios under way."""
    with ThreadPoolExecutor(1 if FACTS >= FULL else 3) as pool:
        yield {
            name: pool.submit(SCENARIOS[name], tmp_path_factory.mktemp(name), _size(seconds))
            for name, seconds in SECONDS.items()
        }


def _size(seconds: float) -> Size:
    if FACTS < FULL:
        return Size(FACTS, seconds)
    return Size(FACTS, max(60.0, 4 * seconds), outage_s=60.0)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("scenario", SECONDS)
def test_every_fact_is_stored_once(scenario: str, runs: dict[str, Future[Outcome]]) -> None:
    outcome = runs[scenario].result()
    print(json.dumps(outcome.line()))
    assert outcome.by_api.whole, outcome
    assert outcome.by_files.whole, outcome
    assert outcome.by_files.made >= FACTS
    assert outcome.faults >= LEAST_FAULTS
