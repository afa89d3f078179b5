"""Events follow into the time-series store, and can be projected anew."""

from builders.ingest import NOW, events_from
from builders.timeseries import OpenStore
from sqlalchemy import text

from aggregator.errors import StoreError
from aggregator.events.projection import STEP, EventProjector
from aggregator.ingest.committer import Committer
from aggregator.ingest.cycle import sort_out
from aggregator.ingest.ledger import Ledger
from aggregator.storage.relational.engine import make_engine, writing
from aggregator.storage.relational.migrations import upgrade
from aggregator.storage.timeseries.store import EventPoint, SeriesStore
from fleet.wire.codec import Codec


class AwayOnce:
    """A projection whose second write finds the store away."""

    def __init__(self, store: SeriesStore) -> None:
        self._store = store
        self._writes = 0

    def write_events(self, points: list[EventPoint]) -> None:
        self._writes += 1
        if self._writes == 2:
            raise StoreError("away")
        self._store.write_events(points)

    def last_event_id(self) -> int:
        return self._store.last_event_id()

    def forget_events(self) -> None:
        self._store.forget_events()


def test_events_are_projected_in_order_over_a_crash_and_a_store_that_was_away(
    open_store: OpenStore, tmp_path: object
) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/matthan.sqlite")
    upgrade(engine)
    store = open_store()
    committer = Committer(Ledger(engine), store, lambda _node, _state, _at: None)

    def commit(*seqs: int, node: str = "node-1") -> None:
        committer.commit(sort_out([events_from(*seqs, node=node)], Codec()), NOW)

    commit(1, 2, 3)
    commit(1, 2, node="node-2")
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO nodes (node, site, created_at_ms) VALUES ('node-1', 'q-1', 0)"))
    projector = EventProjector(engine, AwayOnce(store))
    assert projector.step() == 5
    commit(4)
    for expected in (StoreError, 1):
        try:
            found: object = projector.step()
        except StoreError:
            found = StoreError
        assert found == expected
    assert (store.last_event_id(), projector.step()) == (6, 0)
    again = EventProjector(engine, store)  # as after a crash: the last step once more
    assert again.step() == min(6, STEP)
    assert (store.last_event_id(), again.step()) == (6, 0)
    assert again.rebuild() == 6
    assert store.last_event_id() == 6
    engine.dispose()


def test_a_projection_of_another_database_is_made_again(open_store: OpenStore, tmp_path: object) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/matthan.sqlite")
    upgrade(engine)
    store = open_store()
    committer = Committer(Ledger(engine), store, lambda _node, _state, _at: None)
    committer.commit(sort_out([events_from(1, 2)], Codec()), NOW)
    projector = EventProjector(engine, store)
    projector.step()
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM events WHERE seq = 2"))
    again = EventProjector(engine, store)
    again.step()
    assert store.last_event_id() == 1
    engine.dispose()
