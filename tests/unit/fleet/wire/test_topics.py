"""Topics: formed and parsed in one place, strict about node ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.wire import topics
from fleet.wire.errors import TopicError
from fleet.wire.topics import DownChannel, UpChannel, UpTopic

NODE_IDS = st.from_regex(r"[a-z0-9-]{3,32}", fullmatch=True)


@given(NODE_IDS, st.sampled_from(UpChannel))
def test_what_up_forms_parse_up_reads_back(node: str, channel: UpChannel) -> None:
    assert UpTopic(node, channel) == topics.parse_up(topics.up(node, channel))


@given(NODE_IDS, st.sampled_from(DownChannel))
def test_what_down_forms_parse_down_reads_back(node: str, channel: DownChannel) -> None:
    assert channel == topics.parse_down(topics.down(node, channel))


@given(st.text())
def test_any_text_parses_or_gives_none(text: str) -> None:
    parsed = topics.parse_up(text)
    assert parsed is None or topics.up(parsed.node, parsed.channel) == text


@pytest.mark.parametrize(
    "topic",
    [
        "mt/v1/up/cam-1",
        "mt/v1/up/cam-1/ev/x",
        "mt/v1/up/cam-1/nonsense",
        "mt/v1/up/Cam-1/ev",
        "mt/v1/up/ab/ev",
        "mt/v1/up/cam-1\n/ev",
        "mt/v2/up/cam-1/ev",
        "mt/v1/dn/cam-1/ack",
        "$SYS/broker/uptime",
        "",
    ],
)
def test_foreign_topics_are_not_ours(topic: str) -> None:
    assert topics.parse_up(topic) is None


@pytest.mark.parametrize("topic", ["mt/v1/dn/cam-1/nonsense", "mt/v1/up/cam-1/cfg", "mt/v1/dn/cam-1", "host"])
def test_foreign_down_topics_are_not_ours(topic: str) -> None:
    assert topics.parse_down(topic) is None


@pytest.mark.parametrize("node", ["ab", "a" * 33, "Node", "node/x", "node+", "no#de", "nöde", "node\n", ""])
def test_a_bad_node_id_is_refused_with_the_rule(node: str) -> None:
    with pytest.raises(TopicError, match="3 to 32"):
        topics.up(node, UpChannel.EVENTS)


def test_filters_stay_within_one_node() -> None:
    assert (
        topics.up_filter("cam-1"),
        topics.down_filter("cam-1"),
    ) == ("mt/v1/up/cam-1/+", "mt/v1/dn/cam-1/+")
