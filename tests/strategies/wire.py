"""Hypothesis strategies for messages, within the limits that the types declare."""

from hypothesis import strategies as st

from fleet.wire.messages import (
    CameraState,
    CommandResponse,
    Event,
    EventBatch,
    HostState,
    JobStatus,
    MeasurementBatch,
    MeasurementRow,
    NodeState,
    ReportedConfig,
    Signed,
    Skipped,
    Watermark,
)

names = st.text(max_size=64)
texts = st.text(max_size=100)
seqs = st.integers(1, 2**62)
millis = st.integers(0, 2**52)
streams = st.binary(min_size=8, max_size=8)
counts = st.integers(0, 2**62)
finite = st.floats(allow_nan=False, allow_infinity=False)
e4 = st.integers(-10_000, 20_000)

events = st.builds(
    Event,
    seq=seqs,
    occurred_at_ms=millis,
    clock=st.integers(0, 2),
    kind=names,
    rule=names,
    camera=names,
    zone_or_line=names,
    class_name=names,
    track_id=counts,
    score_e3=st.integers(0, 1000),
    direction=names,
    duration_s=finite,
    box_e4=st.none() | st.tuples(e4, e4, e4, e4),
    value=st.none() | finite,
    evidence=st.lists(st.binary(min_size=32, max_size=32), max_size=3).map(tuple),
    model=names,
    value_error=st.none() | finite,
)
rows = st.builds(
    MeasurementRow,
    seq=seqs,
    start_ms=millis,
    period_s=finite,
    name=names,
    source=names,
    zone_or_line=names,
    class_name=names,
    direction=names,
    value=finite,
    n=counts,
    quality=st.integers(0, 3),
)
skips = st.builds(
    lambda a, b, reason, count: Skipped(min(a, b), max(a, b), reason, count), seqs, seqs, names, counts
)
skipped = st.lists(skips, max_size=3).map(tuple)


def _ascending(items: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(items, max_size=5, unique_by=lambda item: item.seq).map(
        lambda found: tuple(sorted(found, key=lambda item: item.seq))
    )


messages = st.one_of(
    st.builds(EventBatch, stream=streams, events=_ascending(events), skipped=skipped),
    st.builds(MeasurementBatch, stream=streams, rows=_ascending(rows), skipped=skipped),
    st.builds(
        NodeState,
        session=counts,
        phase=names,
        at_ms=millis,
        clock=st.integers(0, 2),
        stream=streams,
        last_seq=counts,
        agent_version=names,
        model=names,
        uptime_s=finite,
        outbox_rows=counts,
        outbox_age_s=finite,
        cameras=st.lists(
            st.builds(CameraState, camera=names, status=names, fps=finite, detail=texts), max_size=3
        ).map(tuple),
        hardware=names,
        detail=texts,
    ),
    st.builds(Watermark, stream=streams, seq=counts),
    st.builds(HostState, session=counts, online=st.booleans(), at_ms=millis),
    st.builds(ReportedConfig, version=counts, status=names, reason=texts, digest=st.binary(max_size=32)),
    st.builds(JobStatus, job=names, step=names, status=names, detail=texts),
    st.builds(CommandResponse, command=names, status=names, detail=texts, body=st.binary(max_size=64)),
    st.builds(Signed, body=st.binary(max_size=64), signature=st.binary(min_size=64, max_size=64)),
)
