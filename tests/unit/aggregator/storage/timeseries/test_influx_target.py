import pytest

from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget


@pytest.mark.parametrize(
    ("target", "path", "writes", "reads", "secret"),
    [
        (
            InfluxTarget("http://h", Flavour.V1, "mt", user="u", password="p"),
            "/write",
            {"db": "mt", "precision": "ns"},
            {"db": "mt", "epoch": "ns"},
            ("u:p", True),
        ),
        (
            InfluxTarget("http://h", Flavour.V1, "mt", retention_policy="year"),
            "/write",
            {"db": "mt", "precision": "ns", "rp": "year"},
            {"db": "mt", "epoch": "ns", "rp": "year"},
            ("", False),
        ),
        (
            InfluxTarget("http://h", Flavour.V2, "city", org="ubnd", token="t"),
            "/api/v2/write",
            {"org": "ubnd", "bucket": "city", "precision": "ns"},
            {"db": "city", "epoch": "ns"},
            ("t", False),
        ),
        (
            InfluxTarget("http://h", Flavour.V3, "city", token="t"),
            "/api/v2/write",
            {"org": "", "bucket": "city", "precision": "ns"},
            {"db": "city", "epoch": "ns"},
            ("t", False),
        ),
    ],
)
def test_each_flavour_is_spoken_to_in_its_own_way(
    target: InfluxTarget,
    path: str,
    writes: dict[str, str],
    reads: dict[str, str],
    secret: tuple[str, bool],
) -> None:
    assert (path, writes, reads, secret) == (
        target.write_path,
        dict(target.write_parameters),
        dict(target.query_parameters),
        target.secret,
    )
