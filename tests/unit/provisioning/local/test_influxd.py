import tomllib
from pathlib import Path

from provisioning.local.influxd import influxd_config


def test_influxd_listens_on_loopback_alone_and_keeps_its_files_together() -> None:
    config = tomllib.loads(influxd_config(Path("/srv/demo/influxdb"), 1234, 1235))
    assert (config["bind-address"], config["http"]["bind-address"]) == ("127.0.0.1:1235", "127.0.0.1:1234")
    assert config["reporting-disabled"] is True
    folders = [config["meta"]["dir"], config["data"]["dir"], config["data"]["wal-dir"]]
    assert all(folder.startswith("/srv/demo/influxdb/") for folder in folders)
