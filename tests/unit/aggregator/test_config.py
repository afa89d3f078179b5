from pathlib import Path

import pytest

from aggregator.config import Config, load_config, parse_config
from aggregator.errors import ConfigError


def test_without_a_file_everything_lies_in_var() -> None:
    config = load_config(None)
    assert Config() == config
    assert config.database_url == "sqlite:///var/matthan.sqlite"
    assert Path("var/timeseries.duckdb") == config.timeseries_path


def test_a_file_changes_what_it_names() -> None:
    config = parse_config(
        '[server]\nport = 0\ndata_dir = "/srv/matthan"\n[timeseries]\npath = "/fast/t.duckdb"\n'
        '[database]\nurl = "postgresql+psycopg://u@h/d"\n'
        '[broker]\nkind = "mosquitto"\nurl = "mqtt://127.0.0.1:1883"\nfiles = "/etc/mosquitto/matthan"\n'
    )
    assert (0, Path("/srv/matthan")) == (config.server.port, config.data_dir)
    assert ("postgresql+psycopg://u@h/d", Path("/fast/t.duckdb")) == (
        config.database_url,
        config.timeseries_path,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[server]\nprot = 1", "unknown field `prot` - at `server`"),
        ("[sever]", "unknown field `sever`"),
        ('[server]\nport = "8080"', "Expected `int`, got `str` - at `server.port`"),
        ("[server]\nport = 70000", "at `server.port`"),
        ('[broker]\nkind = "rabbit"', "Invalid enum value 'rabbit' - at `broker.kind`"),
        ('[broker]\nkind = "mosquitto"', "needs broker.url"),
        ('[broker]\nurl = "http://x"', "at `broker.url`"),
        ("port = ", "is not TOML"),
        (
            '[timeseries]\nkind = "influx"',
            "needs timeseries.url and timeseries.bucket and timeseries.token_file",
        ),
        ('[timeseries]\nkind = "influx"\nflavour = "v1"\nurl = "http://h"', "needs timeseries.database"),
        (
            '[timeseries]\nkind = "influx"\nflavour = "v1"\nurl = "http://h"\ndatabase = "d"\nuser = "u"',
            "timeseries.user and timeseries.password_file go together",
        ),
        ('[timeseries]\nurl = "http://u:p@h"', "at `timeseries.url`"),
        ('[timeseries]\nflavour = "v4"', "at `timeseries.flavour`"),
        ("[timeseries]\nretention_days = { flow = -1 }", "at `timeseries.retention_days"),
    ],
)
def test_a_wrong_file_is_told_by_its_key(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text)
    assert told in str(caught.value)


def test_a_file_that_cannot_be_read_is_told_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--config"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path / "latin.toml")
