"""The checklists that are shipped."""

from aggregator.alarms.defaults import DEFAULT_RULES
from aggregator.alarms.sops import shipped_sops


def test_every_kind_that_raises_an_alarm_has_a_checklist_in_both_languages() -> None:
    sops = {sop.kind: sop for sop in shipped_sops()}
    assert set(sops) == {kind for rule in DEFAULT_RULES for kind in rule.kinds}
    for sop in sops.values():
        assert len({step.id for step in sop.steps}) == len(sop.steps) >= 3
        assert all(step.vi and step.en for step in sop.steps)
