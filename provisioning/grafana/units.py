"""Units of the catalogue of measurements as Grafana writes them."""

from typing import Final

from fleet.wire.measurements import load_catalogue

GRAFANA_UNITS: Final = {
    "1": "short",
    "1/s": "cps",
    "%": "percent",
    "Cel": "celsius",
    "MB": "decmbytes",
    "NTU": "suffix: NTU",
    "hPa": "pressurehpa",
    "d": "d",
    "km/h": "velocitykmh",
    "m": "lengthm",
    "m/s": "velocityms",
    "mg/L": "suffix: mg/L",
    "mm": "lengthmm",
    "ms": "ms",
    "pH": "suffix: pH",
    "s": "s",
    "ug/m3": "conμgm3",
}
"""Grafana's ids (valueFormats of @grafana/data 11.6); `suffix:` is its form for units that it lacks."""

SHARE: Final = "percentunit"


def unit_of(measurement: str) -> str:
    """Grafana's unit of a measurement; `events` are counted.

    Raises:
        KeyError: the catalogue has no such measurement, or its unit is not in the table above.
    """
    if measurement == "events":
        return "short"
    return GRAFANA_UNITS[load_catalogue()[measurement].unit]
