"""The server's configuration: one TOML file, every key with a default, unknown keys refused.

Parsing gives typed values; whether a port is free or a database answers is found out at the start.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from aggregator.errors import ConfigError
from aggregator.identity.permissions import Role

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
_HTTP_URL = r"^https?://[^/\s@]+(/\S*)?\Z"
_BROKER_URL = r"^mqtts?://[^/\s@]+(:\d{1,5})?\Z"


class OidcGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[oidc.groups.NAME]]`: a role of who is in the group; without `areas` everywhere."""

    role: Role
    areas: tuple[str, ...] | None = None
    agencies: tuple[str, ...] | None = None


class ServerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[server]`: where it listens and keeps its data; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: Port = 8080
    data_dir: str = "var"
    secure_cookies: bool = False
    """Set to true behind a proxy that ends TLS: the session cookie is then sent over HTTPS alone."""
    public_url: Annotated[str, msgspec.Meta(pattern=_HTTP_URL)] | Literal[""] = ""
    """How browsers reach the console, such as `https://ioc.example.vn`; single sign-on needs it."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of proxies whose X-Forwarded-For and -Proto are believed; anybody can forge them."""


Rate = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]


class LimitsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[limits]`: requests a second on the long run, and at once after a pause (`burst`).

    `known` is for each person and each key, `unknown` for each address that shows neither.
    """

    known_per_s: Rate = 100.0
    known_burst: Rate = 500.0
    unknown_per_s: Rate = 50.0
    unknown_burst: Rate = 300.0


class OidcSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[oidc]`: single sign-on by OpenID Connect, off without an `issuer`; see docs/sign-on.md.

    `groups` gives each group of the provider its grants; who is in none of them may not come in.
    """

    issuer: Annotated[str, msgspec.Meta(pattern=_HTTP_URL)] | Literal[""] = ""
    client_id: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = "groups"
    label: str = ""
    """What the button says, such as the name of the city's directory."""
    groups: dict[str, tuple[OidcGrant, ...]] = {}


class DatabaseSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[database]`: empty is SQLite in the data directory; otherwise PostgreSQL (postgresql+psycopg)."""

    url: str = ""


class TimeSeriesSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[timeseries]`: the store of measurements; see docs/timeseries.md.

    `duckdb`: empty `path` is a file in the data directory; `retention_days` by measurement, `default` for
    those not named, 0 or nothing keeps for ever.
    `influx`: `url` and `flavour`; v2 and v3 take `org`, `bucket` and `token_file`, v1 takes `database`,
    `retention_policy` (empty is the database's own), `user` and `password_file`. How long it keeps rows is
    the server's matter there.
    """

    kind: Literal["duckdb", "influx"] = "duckdb"
    path: str = ""
    retention_days: dict[str, Annotated[int, msgspec.Meta(ge=0, le=36_500)]] = {}
    flavour: Literal["v1", "v2", "v3"] = "v2"
    url: Annotated[str, msgspec.Meta(pattern=_HTTP_URL)] | Literal[""] = ""
    token_file: str = ""
    org: str = ""
    bucket: str = ""
    database: str = ""
    retention_policy: str = ""
    user: str = ""
    password_file: str = ""


class BrokerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[broker]`: the embedded one (bound to `host`, port 0 takes a free one), or a mosquitto.

    With `mosquitto`, `url` is how it is reached, `files` the directory of the password and ACL files
    that we write and it reads; it reloads them at a SIGHUP to the process of `pid_file`. `log_file`
    is where it tells of what it refused.
    """

    kind: Literal["embedded", "mosquitto"] = "embedded"
    host: str = "127.0.0.1"
    port: Port = 1883
    url: Annotated[str, msgspec.Meta(pattern=_BROKER_URL)] | Literal[""] = ""
    files: str = ""
    pid_file: str = ""
    log_file: str = ""


class NoticesSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[notices]`: who warns, and the Official Account at Zalo; see docs/notices.md.

    `sender` is CAP's, unique in the world; an address gets `most_a_minute` messages, then digests. Zalo is
    used once there is an application (`zalo_app_id`, `zalo_secret_file`).
    """

    sender: Annotated[str, msgspec.Meta(pattern=r"^[^\s,<&]{1,64}\Z")] = "matthan@localhost"
    sender_name: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] = "matthan"
    most_a_minute: Annotated[int, msgspec.Meta(ge=1, le=600)] = 5
    zalo_app_id: str = ""
    zalo_secret_file: str = ""
    zalo_api_url: Annotated[str, msgspec.Meta(pattern=_HTTP_URL)] = "https://openapi.zalo.me"
    zalo_oauth_url: Annotated[str, msgspec.Meta(pattern=_HTTP_URL)] = "https://oauth.zaloapp.com"


class MapSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[map]`: what lies under the console's map; see docs/map.md.

    `basemap` is a GeoJSON file of the city's own lines and areas; `tiles` a URL with {z}, {x} and {y} of a
    server that the browsers may ask, with the `attribution` that its licence wants.
    """

    basemap: str = ""
    tiles: Annotated[str, msgspec.Meta(pattern=_HTTP_URL)] | Literal[""] = ""
    attribution: str = ""


class ReportsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[reports]`: what the façade of Open311 says of the city; an empty `jurisdiction` answers to any."""

    jurisdiction: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.-]{0,64}\Z")] = ""
    contact: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    server: ServerSection = ServerSection()
    database: DatabaseSection = DatabaseSection()
    timeseries: TimeSeriesSection = TimeSeriesSection()
    broker: BrokerSection = BrokerSection()
    notices: NoticesSection = NoticesSection()
    reports: ReportsSection = ReportsSection()
    limits: LimitsSection = LimitsSection()
    oidc: OidcSection = OidcSection()
    map: MapSection = MapSection()

    @property
    def data_dir(self) -> Path:
        """Where everything lies that must outlive the process."""
        return Path(self.server.data_dir)

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the relational store."""
        return self.database.url or f"sqlite:///{self.data_dir / 'matthan.sqlite'}"

    @property
    def timeseries_path(self) -> Path:
        """File of the time-series store."""
        return Path(self.timeseries.path) if self.timeseries.path else self.data_dir / "timeseries.duckdb"


def parse_config(text: str) -> Config:
    """Parse the TOML text; raises ConfigError that names the key and what to write instead."""
    try:
        config = msgspec.toml.decode(text, type=Config)
    except msgspec.ValidationError as error:
        plain = str(error).replace("`$.", "`").replace("`$`", "the file")
        raise ConfigError(f"server configuration: {plain}") from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"server configuration is not TOML: {error}") from error
    if config.broker.kind == "mosquitto" and not (config.broker.url and config.broker.files):
        raise ConfigError(
            'server configuration: broker.kind = "mosquitto" needs broker.url (mqtt://host:port) '
            "and broker.files (the directory of its password and ACL files)"
        )
    if config.timeseries.kind == "influx":
        check_influx(config.timeseries)
    if config.oidc.issuer:
        _check_oidc(config)
    return config


def _check_oidc(config: Config) -> None:
    needed = {"oidc.client_id": config.oidc.client_id, "server.public_url": config.server.public_url}
    missing = [key for key, value in needed.items() if not value]
    if missing:
        raise ConfigError(f"server configuration: single sign-on needs {' and '.join(missing)}")


def check_influx(section: TimeSeriesSection) -> None:
    """Raise ConfigError, naming the key, when the section does not tell where the InfluxDB is."""
    needed = {"url": section.url}
    if section.flavour == "v1":
        needed |= {"database": section.database}
    else:
        needed |= {"bucket": section.bucket, "token_file": section.token_file}
    missing = [f"timeseries.{key}" for key, value in needed.items() if not value]
    if missing:
        raise ConfigError(
            f"server configuration: InfluxDB of timeseries.flavour {section.flavour} needs "
            f"{' and '.join(missing)}"
        )
    if bool(section.user) != bool(section.password_file):
        raise ConfigError("server configuration: timeseries.user and timeseries.password_file go together")


def load_config(path: Path | None) -> Config:
    """Read the file, or give the defaults without one; raises ConfigError."""
    if path is None:
        return Config()
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read {path}: {error.strerror}; give the file's path with --config"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: save it as UTF-8") from error
    return parse_config(text)
