from pathlib import Path

import pytest

from aggregator.config import Config, parse_config
from aggregator.errors import ConfigError, StoreInUseError
from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget
from aggregator.timeseries_opening import influx_target, timeseries_lock


def test_the_section_names_a_server_and_secrets_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken\n")
    (tmp_path / "password").write_text("s3cret")
    v2 = parse_config(
        '[timeseries]\nkind = "influx"\nurl = "http://h:8086/"\norg = "ubnd"\nbucket = "city"\n'
        f'token_file = "{tmp_path}/token"\n'
    )
    assert influx_target(v2.timeseries) == InfluxTarget(
        "http://h:8086", Flavour.V2, "city", org="ubnd", token="t0ken"
    )
    v1 = parse_config(
        '[timeseries]\nkind = "influx"\nflavour = "v1"\nurl = "https://h"\ndatabase = "mt"\n'
        f'retention_policy = "year"\nuser = "u"\npassword_file = "{tmp_path}/password"\n'
    )
    assert influx_target(v1.timeseries) == InfluxTarget(
        "https://h", Flavour.V1, "mt", retention_policy="year", user="u", password="s3cret"
    )


@pytest.mark.parametrize(("content", "told"), [(None, "cannot read"), (" \n", "is empty")])
def test_a_secret_that_cannot_be_read_is_told_by_its_key(
    tmp_path: Path, content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content)
    config = parse_config(
        f'[timeseries]\nkind = "influx"\nurl = "http://h"\nbucket = "b"\ntoken_file = "{tmp_path}/token"\n'
    )
    with pytest.raises(ConfigError, match=told) as caught:
        influx_target(config.timeseries)
    assert "timeseries.token_file" in str(caught.value)


def test_servers_share_the_time_series_and_a_move_has_them_alone(tmp_path: Path) -> None:
    config = parse_config(f'[server]\ndata_dir = "{tmp_path}"\n')
    with timeseries_lock(config, alone=False), timeseries_lock(config, alone=False):
        assert "an aggregator runs" in refusal(config, alone=True)
    with timeseries_lock(config, alone=True):
        assert "a move or restore" in refusal(config, alone=False)


def refusal(config: Config, *, alone: bool) -> str:
    with pytest.raises(StoreInUseError) as caught, timeseries_lock(config, alone=alone):
        pass
    return str(caught.value)
