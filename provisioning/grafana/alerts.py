"""Alert rules of Grafana, as code: what should reach whoever watches the wall.

Alarms that somebody must take to their end live in the aggregator; these rules tell that figures crossed
a line, and link there.
"""

from dataclasses import dataclass
from typing import Final, Literal

from provisioning.grafana.marks import DATASOURCE_UID, RULE_LABEL, RULE_MADE_BY
from provisioning.grafana.targets import Function, Query, Select
from provisioning.grafana.words import Language, Words

Severity = Literal["critical", "high", "medium"]
GROUP: Final = "matthan"
_EXPRESSIONS: Final = "__expr__"


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires for each group of `by` whose figure over `range_s` lies beyond `limit` for `for_s`."""

    name: str
    measurement: str
    function: Function
    by: tuple[str, ...]
    range_s: int
    comparison: Literal["gt", "lt"]
    limit: float
    for_s: int
    severity: Severity


RULES: Final = (
    Rule("node_silent", "node_online", "max", ("node",), 600, "lt", 1, 300, "high"),
    Rule("node_hot", "node_cpu_temp", "max", ("node",), 600, "gt", 80, 300, "medium"),
    Rule("outbox_old", "node_outbox_age", "max", ("node",), 600, "gt", 600, 300, "high"),
    Rule("disk_low", "node_disk_free", "min", ("node",), 600, "lt", 512, 300, "high"),
    Rule("air_bad", "pm25", "mean", ("site",), 3600, "gt", 80, 600, "medium"),
    Rule("jam", "congestion", "min", ("site",), 900, "gt", 2, 300, "medium"),
    Rule("wait_long", "wait_time", "mean", ("site",), 900, "gt", 1800, 600, "medium"),
    Rule("stage_high", "city_stage", "last", (), 600, "gt", 3, 0, "critical"),
)


def rule_json(rule: Rule, words: Words, folder: str) -> dict[str, object]:
    """The rule in the form of Grafana's alert provisioning, without its organisation."""
    return {
        "uid": rule_uid(rule, words.language),
        "title": words.title(f"alert_{rule.name}"),
        "folderUID": folder,
        "ruleGroup": GROUP,
        "condition": "C",
        "for": f"{rule.for_s}s",
        "noDataState": "OK",
        "execErrState": "Error",
        "isPaused": False,
        "labels": {RULE_LABEL: RULE_MADE_BY, "severity": rule.severity},
        "annotations": {"summary": _summary(rule, words), "description": words.meaning(rule.measurement)},
        "data": [_asked(rule), _reduced(), _compared(rule)],
    }


def rule_uid(rule: Rule, language: Language) -> str:
    """Stable uid of the rule in that language."""
    return f"mt-{rule.name.replace('_', '-')}-{language.value}"


def _summary(rule: Rule, words: Words) -> str:
    groups = "".join(f" {{{{ $labels.{tag} }}}}" for tag in rule.by)
    return f"{words.title(f'alert_{rule.name}')}:{groups} {{{{ $values.B.Value }}}}"


def _asked(rule: Rule) -> dict[str, object]:
    query = Query(rule.measurement, (Select(rule.function),), bucket=None, by=rule.by)
    model = {
        "refId": "A",
        "rawQuery": True,
        "query": query.text(),
        "resultFormat": "time_series",
        "intervalMs": 60_000,
        "maxDataPoints": 1000,
    }
    return _part("A", DATASOURCE_UID, rule.range_s, model)


def _reduced() -> dict[str, object]:
    return _part("B", _EXPRESSIONS, 0, {"refId": "B", "type": "reduce", "expression": "A", "reducer": "last"})


def _compared(rule: Rule) -> dict[str, object]:
    condition = {"evaluator": {"type": rule.comparison, "params": [rule.limit]}}
    model: dict[str, object] = {
        "refId": "C",
        "type": "threshold",
        "expression": "B",
        "conditions": [condition],
    }
    return _part("C", _EXPRESSIONS, 0, model)


def _part(ref_id: str, datasource: str, range_s: int, model: dict[str, object]) -> dict[str, object]:
    return {
        "refId": ref_id,
        "datasourceUid": datasource,
        "relativeTimeRange": {"from": range_s, "to": 0},
        "model": model,
    }
