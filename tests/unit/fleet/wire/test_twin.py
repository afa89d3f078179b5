"""The twin's delta: flat paths, lists by id."""

import msgspec

from fleet.wire.node_config import CameraSection, parse_node_config
from fleet.wire.twin import Change, delta

REPORTED = parse_node_config(
    '[node]\nid = "cam-01"\ndata_dir = "/d"\n[broker]\nurl = "mqtt://127.0.0.1:1883"\n'
    '[[cameras]]\nid = "gate"\nsource = "file:a"\nscene = "s.toml"\n'
)


def test_equal_configurations_have_no_delta() -> None:
    assert delta(REPORTED, REPORTED) == ()


def test_a_changed_key_a_new_camera_and_a_gone_one_are_named() -> None:
    cameras = (CameraSection("yard", "file:b", "s.toml", 5.0),)
    desired = msgspec.structs.replace(
        REPORTED, cameras=cameras, outbox=msgspec.structs.replace(REPORTED.outbox, quota_mb=9)
    )
    assert (
        Change("cameras.gate.fps", None, 10.0),
        Change("cameras.gate.id", None, "gate"),
        Change("cameras.gate.scene", None, "s.toml"),
        Change("cameras.gate.source", None, "file:a"),
        Change("cameras.yard.fps", 5.0, None),
        Change("cameras.yard.id", "yard", None),
        Change("cameras.yard.scene", "s.toml", None),
        Change("cameras.yard.source", "file:b", None),
        Change("outbox.quota_mb", 9, 500),
    ) == delta(desired, REPORTED)
