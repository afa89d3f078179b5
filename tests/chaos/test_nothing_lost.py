"""Nothing lost, nothing doubled, no gap: kills, cuts and wiped brokers in the middle of a run of facts.

`MATTHAN_CHAOS_FACTS` sets the size (2,000 without it; `make soak` runs 20,000 and more).
"""

import json
import os
from pathlib import Path

import pytest
from chaos.scenarios import SCENARIOS, Size

FACTS = int(os.environ.get("MATTHAN_CHAOS_FACTS", "2000"))
FULL = 20_000
SECONDS = {
    "agent_killed": 8,
    "broker_killed": 8,
    "aggregator_killed": 8,
    "network_lost": 10,
    "broker_wiped": 4,
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", SECONDS)
def test_every_fact_is_stored_once(scenario: str, tmp_path: Path) -> None:
    share = max(1.0, min(FACTS / 2000, 60 / SECONDS[scenario]))
    size = Size(FACTS, SECONDS[scenario] * share, outage_s=60.0 if FACTS >= FULL else 10.0)
    outcome = SCENARIOS[scenario](tmp_path, size)
    print(json.dumps(outcome.line()))
    assert outcome.by_api.whole, outcome
    assert outcome.by_files.whole, outcome
    assert outcome.by_files.made >= FACTS
    assert outcome.faults >= 2
