"""Power, temperature and clock of the board. Pure: the samples come from `edge_agent.control`."""

from datetime import datetime

from edge_agent.control.clock_sync import TIME_FLOOR, KernelClock, clock_state
from edge_agent.doctor.finding import Finding
from fleet.wire.messages import CLOCK_SYNCED

WARM_C = 75.0
HOT_C = 85.0
"""A Raspberry Pi lowers its clock from 80 °C and harder from 85 °C."""


def power(throttled: tuple[str, ...] | None) -> Finding:
    """What the firmware says of its supply."""
    if throttled is None:
        return Finding("POWER", "unknown")
    if "under-voltage" in throttled:
        return Finding("POWER", "under_voltage")
    if any(complaint.startswith("under-voltage") for complaint in throttled):
        return Finding("POWER", "was_under_voltage")
    return Finding("POWER", "ok")


def temperature(cpu_temp_c: float | None) -> Finding:
    """How hot the processor is."""
    if cpu_temp_c is None:
        return Finding("TEMPERATURE", "unknown")
    outcome = "hot" if cpu_temp_c >= HOT_C else "warm" if cpu_temp_c >= WARM_C else "ok"
    return Finding("TEMPERATURE", outcome, values={"celsius": f"{cpu_temp_c:.0f}"})


def clock(kernel: KernelClock, utc: datetime) -> Finding:
    """Whether UTC can be trusted."""
    values = {"utc": utc.strftime("%Y-%m-%d %H:%M")}
    if utc < TIME_FLOOR:
        return Finding("CLOCK", "wrong", values=values)
    if clock_state(kernel, utc, None, 0.0) == CLOCK_SYNCED:
        return Finding("CLOCK", "ok", values=values)
    return Finding("CLOCK", "unsynced", values=values)
