"""The queries of every shipped panel, variable and alert rule, as Grafana sends them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).resolve().parents[2] / "provisioning/grafana"
_CHOSEN = re.compile(r"\$\{\w+:regex\}")
_LEFT = re.compile(r"\$[A-Za-z_{]")


def panel_queries(start_ms: int, end_ms: int, chosen: str = "(a|b)", bucket: str = "5m") -> list[str]:
    """Each query once, with Grafana's variables put in; `chosen` is what every choice is written as."""
    found = sorted(
        {text for path in SHIPPED.rglob("*.json") for text in _texts(json.loads(path.read_text()))}
    )
    bounds = f"time >= {start_ms}ms and time <= {end_ms}ms"
    sent = [_sent(text, bounds, chosen, bucket) for text in found]
    left = [text for text in sent if _LEFT.search(text)]
    if left:
        raise ValueError(f"a variable is not put in: {left[0]}")
    return sent


def _sent(text: str, bounds: str, chosen: str, bucket: str) -> str:
    for variable in ("$__interval", "$interval", "$bucket", "${bucket}"):
        text = text.replace(variable, bucket)
    return _CHOSEN.sub(lambda _: chosen, text.replace("$timeFilter", bounds))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"query", "definition"} and isinstance(value, str) and _is_influxql(value):
                yield value
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _is_influxql(text: str) -> bool:
    return text.lstrip().upper().startswith(("SELECT ", "SHOW "))
