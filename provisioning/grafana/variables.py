"""Variables in a board's head: where the data come from, which sites, nodes and cameras, what step."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import (
    ConstantVariable,
    DatasourceVariable,
    IntervalVariable,
    QueryVariable,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import (
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from fleet.wire.site_kinds import SiteKind
from provisioning.grafana.marks import CONSOLE_URL, CONSOLE_VARIABLE, DATASOURCE_UID
from provisioning.grafana.targets import DATASOURCE_TYPE, datasource
from provisioning.grafana.words import Words

Variable = Builder[VariableModel]
STEPS: Final = ("5m", "15m", "1h", "6h", "1d", "7d")
_ALL: Final = VariableOption(selected=True, text=["All"], value=["$__all"])


def source(words: Words) -> Variable:
    """Which of the organisation's InfluxDB datasources; ours unless the viewer chose another."""
    chosen = VariableOption(selected=True, text=DATASOURCE_UID, value=DATASOURCE_UID)
    return (
        DatasourceVariable("datasource")
        .label(words.title("datasource"))
        .type(DATASOURCE_TYPE)
        .current(chosen)
    )


def console() -> Variable:
    """Address of the console, hidden."""
    return ConstantVariable(CONSOLE_VARIABLE).value(CONSOLE_URL)


def step(words: Words) -> Variable:
    """Width of the buckets of sums."""
    chosen = VariableOption(selected=True, text="1h", value="1h")
    options = [VariableOption(selected=value == "1h", text=value, value=value) for value in STEPS]
    return (
        IntervalVariable("bucket")
        .label(words.title("step"))
        .values(",".join(STEPS))
        .current(chosen)
        .options(options)
    )


def sites(words: Words, kinds: tuple[SiteKind, ...], measurement: str) -> Variable:
    """Sites of these kinds that sent `measurement`; all of them until the viewer chooses."""
    prefixes = "|".join(kind.value for kind in kinds)
    return (
        QueryVariable("site")
        .label(words.title("site"))
        .datasource(datasource())
        .query(f'SHOW TAG VALUES FROM "{measurement}" WITH KEY = "site"')
        .regex(f"/^({prefixes})-/")
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(_ALL)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def nodes(words: Words, *, several: bool) -> Variable:
    """Nodes that report their health: all of them, or one."""
    asked = 'SHOW TAG VALUES FROM "node_cpu_temp" WITH KEY = "node"'
    return _choice("node", words.title("node"), asked, several=several)


def cameras(words: Words) -> Variable:
    """Cameras of the chosen node."""
    asked = 'SHOW TAG VALUES FROM "camera_fps" WITH KEY = "source" WHERE "node" =~ /^${node:regex}$/'
    return _choice("camera", words.title("camera"), asked, several=False)


def _choice(name: str, label: str, asked: str, *, several: bool) -> Variable:
    variable = (
        QueryVariable(name)
        .label(label)
        .datasource(datasource())
        .query(asked)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(several)
    )
    return variable.include_all(True).all_value(".*").current(_ALL) if several else variable
