import pytest

from fleet.wire.measurements import load_catalogue
from provisioning.grafana.alerts import RULES, Rule, rule_json
from provisioning.grafana.words import Language, Words, load_words

WORDS = Words(Language.EN, load_words())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_asks_reduces_and_compares(rule: Rule) -> None:
    made = rule_json(rule, WORDS, "mt-en")
    data = made["data"]
    assert isinstance(data, list)
    assert [part["refId"] for part in data] == ["A", "B", "C"]
    assert made["condition"] == "C"
    assert rule.measurement in load_catalogue()
    assert f'FROM "{rule.measurement}" WHERE $timeFilter' in data[0]["model"]["query"]
    assert data[2]["model"]["conditions"] == [
        {"evaluator": {"type": rule.comparison, "params": [rule.limit]}}
    ]


def test_a_summary_names_the_group_and_the_figure() -> None:
    made = rule_json(RULES[0], WORDS, "mt-en")
    assert made["annotations"] == {
        "summary": "Node offline: {{ $labels.node }} {{ $values.B.Value }}",
        "description": "1 while the aggregator hears the node, else 0",
    }
