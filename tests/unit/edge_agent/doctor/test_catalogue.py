from string import Formatter
from typing import get_args

import msgspec
import pytest

from edge_agent.capture.errors import Reason
from edge_agent.doctor.catalogue import Catalogue, Result, Words, in_words, load_catalogue, parse_catalogue
from edge_agent.doctor.configuration import Configured
from edge_agent.doctor.finding import Finding
from edge_agent.doctor.mqtt_probe import ProbeOutcome
from edge_agent.doctor.plan import planned_checks
from fleet.wire.node_config import BrokerSection, CameraSection, NodeConfig, NodeSection, SensorSection

CATALOGUE = load_catalogue()
OUTCOMES = [(code, name) for code, check in CATALOGUE.items() for name in check.outcomes]


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(("code", "name"), OUTCOMES)
def test_every_outcome_speaks_both_languages_of_the_same_values(code: str, name: str) -> None:
    outcome = CATALOGUE[code].outcomes[name]
    for words in (outcome.cause, outcome.next_step):
        assert braces(words.vi) == braces(words.en)
    assert outcome.cause.vi
    assert outcome.cause.en


@pytest.mark.parametrize(("code", "name"), OUTCOMES)
def test_every_fault_has_a_next_step(code: str, name: str) -> None:
    outcome = CATALOGUE[code].outcomes[name]
    if outcome.status in {"warn", "fail"}:
        assert outcome.next_step.vi
        assert outcome.next_step.en


def test_every_fault_of_a_camera_and_of_a_broker_is_in_the_catalogue() -> None:
    assert set(get_args(Reason)) <= CATALOGUE["CAMERA"].outcomes.keys()
    assert set(get_args(ProbeOutcome)) <= CATALOGUE["BROKER"].outcomes.keys()


def test_every_planned_check_is_in_the_catalogue() -> None:
    config = NodeConfig(
        node=NodeSection(id="gate", data_dir="/gone"),
        broker=BrokerSection(url="mqtt://127.0.0.1:1"),
        cameras=(CameraSection(id="c", source="file:x", scene="s"),),
        sensors=(SensorSection(id="s", driver="simulated"),),
    )
    for found in (Configured(Finding("CONFIG", "none"), None), Configured(Finding("CONFIG", "idle"), config)):
        codes = {check.code for check in planned_checks(found)}
        assert codes == CATALOGUE.keys() - {"ANY"}


def test_finding_is_put_into_words() -> None:
    finding = Finding("TEMPERATURE", "hot", values={"celsius": "91"})
    assert in_words(finding, CATALOGUE, 12) == Result(
        code="TEMPERATURE",
        subject="",
        status="fail",
        outcome="hot",
        title=Words(vi="Nhiệt độ", en="Temperature"),
        cause=Words(vi="Bộ xử lý quá nóng: 91 °C", en="Processor too hot: 91 °C"),
        next_step=Words(
            vi="Tắt nút, lắp tản nhiệt và quạt rồi mới bật lại",
            en="Switch it off, fit a heat sink and a fan, then switch it on again",
        ),
        values={"celsius": "91"},
        took_ms=12,
    )


def test_any_check_may_take_too_long() -> None:
    result = in_words(Finding("CAMERA", "timeout", "gate", {"limit_s": "30"}), CATALOGUE, 30_000)
    assert (result.status, result.subject, result.cause.en) == ("fail", "gate", "No result within 30 s")


def test_catalogue_with_an_unknown_status_is_refused() -> None:
    text = '[X]\ntitle={vi="a",en="b"}\n[X.outcomes.y]\nstatus="fine"\ncause={vi="a",en="b"}\n'
    with pytest.raises(msgspec.ValidationError, match="fine"):
        parse_catalogue(text)


def test_outcome_that_is_not_catalogued_is_an_error() -> None:
    catalogue: Catalogue = {name: CATALOGUE[name] for name in ("ANY", "POWER")}
    with pytest.raises(KeyError):
        in_words(Finding("POWER", "no-such-outcome"), catalogue, 0)
