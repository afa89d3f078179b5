"""Node configuration: typed, unknown keys refused, every refusal names the key."""

import pytest

from fleet.wire.errors import ConfigError
from fleet.wire.node_config import (
    BrokerSection,
    CameraSection,
    NodeConfig,
    NodeSection,
    SensorSection,
    SignalsSection,
    parse_node_config,
)

BASE = '[node]\nid = "cam-01"\ndata_dir = "/var/lib/matthan"\n[broker]\nurl = "mqtt://127.0.0.1:1883"\n'
CAMERA = '[[cameras]]\nid = "gate"\nsource = "{source}"\nscene = "s.toml"\n'


def test_the_least_that_a_node_needs() -> None:
    expected = NodeConfig(NodeSection("cam-01", "/var/lib/matthan"), BrokerSection("mqtt://127.0.0.1:1883"))
    assert expected == parse_node_config(BASE)


@pytest.mark.parametrize(
    "source",
    ["file:/a b.mp4", "rtsp://u:p@10.0.0.2:554/live?x=1", "v4l2:/dev/video0", "picamera2:0?width=640"],
)
def test_every_kind_of_camera_is_accepted(source: str) -> None:
    cameras = (CameraSection("gate", source, "s.toml"),)
    assert cameras == parse_node_config(BASE + CAMERA.format(source=source)).cameras


def test_a_sensor_carries_its_own_options() -> None:
    text = BASE + '[[sensors]]\nid = "air"\ndriver = "simulated"\noptions = { seed = 4 }\n'
    assert (SensorSection("air", "simulated", options={"seed": 4}),) == parse_node_config(text).sensors


def test_the_controllers_of_signals_speak_on_a_broker_of_their_own() -> None:
    text = BASE + '[signals]\nurl = "mqtts://10.0.0.9"\nuser = "reader"\npassword_file = "/p"\n'
    expected = SignalsSection("mqtts://10.0.0.9", user="reader", password_file="/p")
    assert expected == parse_node_config(text).signals
    assert parse_node_config(BASE).signals is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "node"),
        ("[node", "not TOML"),
        (BASE.replace("cam-01", "Cam 1"), "node.id"),
        (BASE.replace("mqtt://127.0.0.1:1883", "http://x"), "broker.url"),
        (BASE.replace("mqtt://127", "mqtt://user:secret@127"), "broker.url"),
        (BASE + "colour = 1\n", "colour"),
        (BASE + "[outbox]\nquota_mb = 0\n", "outbox.quota_mb"),
        (BASE + "[model]\nthreads = 99\n", "model.threads"),
        (BASE + CAMERA.format(source="webcam"), "cameras.gate.source"),
        (BASE + CAMERA.format(source="file:a") * 2, "'gate' stands twice"),
        (
            BASE + CAMERA.format(source="file:a") + '[[sensors]]\nid = "gate"\ndriver = "x"\n',
            "a camera and a sensor",
        ),
        (BASE + '[signals]\nurl = "mqtt://10.0.0.9:99999"\n', "signals.url"),
        (BASE + '[signals]\nurl = "http://10.0.0.9"\n', "signals.url"),
        (BASE + '[signals]\nurl = "mqtt://10.0.0.9"\nuser = "cam-01"\n', "signals.user"),
    ],
)
def test_a_refusal_names_the_key(text: str, names: str) -> None:
    with pytest.raises(ConfigError, match=names):
        parse_node_config(text)


def test_a_refusal_never_shows_a_password() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_node_config(BASE + CAMERA.format(source="rtps://admin:hunter2@10.0.0.2/live"))
    assert "hunter2" not in str(caught.value)
