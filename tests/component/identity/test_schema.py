"""Every operation of the OpenAPI, called as its schema allows and as it does not.

The callers are an administrator's key and session, a key for one thing in one area, and nobody.
Nothing may answer 5xx (503 aside, where it is documented), and no answer may be outside what is documented.
schemathesis makes the requests; the answers are judged here, by JSON Schema 2020-12, because its own judge
(4.32) takes the documented tuples for malformed. The examples are drawn the same way each time, so that a
commit passes or does not; `MATTHAN_PROPERTIES=fuzz` draws new ones, and `MATTHAN_EXAMPLES` says how many.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from builders.duties import Duties, duties
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from schemathesis.generation import GenerationMode
from sqlalchemy import insert

from aggregator.identity.permissions import Role
from aggregator.identity.tokens import digest
from aggregator.storage.relational.engine import writing
from aggregator.storage.relational.identity_tables import api_keys

FUZZING = os.environ.get("MATTHAN_PROPERTIES") == "fuzz"
MORE = int(os.environ.get("MATTHAN_EXAMPLES", "100" if FUZZING else "0"))
"""Examples of each operation, mode and caller; 0 for those of CALLERS."""
CALLERS = {"admin key": 2, "admin session": 1, "narrow key": 1, "nobody": 1}
"""Kinds of callers, and how many examples each gets: most end at the guard, or differ there alone."""
KEYS = {
    "admin key": ("mt_asks_everything", "admin"),
    "narrow key": ("mt_asks_little", "alarms.read area:own"),
}
FORBIDDEN = {500, 501, 502, 504}
CREDENTIALS = {"authorization", "x-api-key", "cookie"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duties]:
    with duties(tmp_path_factory.mktemp("city")) as made:
        with writing(made.engine) as connection:
            for name, (key, scopes) in KEYS.items():
                row = {"id": name, "name": name, "hash": digest(key), "scopes": scopes, "created_at_ms": 1}
                connection.execute(insert(api_keys).values(row))
        yield made


class Judge:
    """Judges answers by the document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._validator = cache(self._make)

    def problem(self, path: str, method: str, answer: httpx.Response) -> str:
        """What is wrong with an answer, empty for nothing."""
        documented = self._document["paths"][path][method.lower()]["responses"]
        status = str(answer.status_code)
        if status not in documented or answer.status_code in FORBIDDEN:
            return f"{status} may not be: {answer.text[:300]}"
        types = documented[status].get("content", {})
        if not types:
            return f"{status} has a body: {answer.text[:100]}" if answer.content else ""
        type_ = answer.headers.get("content-type", "").partition(";")[0]
        if type_ not in types:
            return f"{status} comes as {type_!r}, not as {sorted(types)}"
        errors = []
        if type_.endswith("json") and "schema" in types[type_]:
            errors = list(self._validator(path, method.lower(), status, type_).iter_errors(answer.json()))
        return "; ".join(f"{status} does not fit: {each.json_path} {each.message[:300]}" for each in errors)

    def _make(self, path: str, method: str, status: str, type_: str) -> Draft202012Validator:
        schema = self._document["paths"][path][method]["responses"][status]["content"][type_]["schema"]
        return Draft202012Validator({**schema, "components": self._document["components"]})


def credentials(city: Duties, caller: str) -> dict[str, str]:
    """Headers of a caller; made anew, for a session may be ended by what is asked."""
    match caller:
        case "nobody":
            return {}
        case "admin session":
            return city.employ(Role.ADMIN, "everywhere").headers("POST")
        case _:
            return {"Authorization": f"Bearer {KEYS[caller][0]}"}


@pytest.mark.timeout(3600 if MORE else 300)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_nothing_answers_5xx_or_outside_its_schema(city: Duties, mode: GenerationMode, caller: str) -> None:
    address = f"{str(city.client.base_url).rstrip('/')}/openapi.json"
    judge = Judge(city.client.get("/openapi.json").json())
    problems = [
        f"{found.ok().label}: {problem}"
        for found in schemathesis.openapi.from_url(address).get_all_operations()
        for problem in ask(city, found.ok(), mode, caller, judge)
    ]
    assert "\n".join(problems) == ""


def ask(city: Duties, operation: Any, mode: GenerationMode, caller: str, judge: Judge) -> list[str]:
    """Ask an operation with several examples; gives what is wrong with the answers, once each."""
    problems: dict[str, None] = {}
    headers = credentials(city, caller)

    @settings(
        max_examples=MORE or CALLERS[caller],
        derandomize=not FUZZING,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        # Sent by httpx: schemathesis's own transport looks into urllib3, in whose place the library of the
        # notices puts another.
        made = case.as_transport_kwargs(base_url=str(city.client.base_url), headers=headers)
        sent = requests.Request(**made).prepare()
        shown = {name: value for name, value in sent.headers.items() if name.lower() not in CREDENTIALS}
        try:
            answer = city.client.request(
                str(sent.method), str(sent.url), headers=shown | headers, content=sent.body
            )
        except httpx.LocalProtocolError:  # a header that no client could send
            return
        problem = judge.problem(operation.path, str(sent.method), answer)
        if problem:
            problems[f"{problem} [{sent.url} {str(sent.body)[:200]}]"] = None

    try:
        run()
    except Unsatisfiable:  # what has no parameters cannot be asked wrongly
        return []
    return list(problems)[:3]
