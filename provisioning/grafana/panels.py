"""Panels of the wall, each made from a title, queries, steps of colour and a size.

Invariants: every panel has a title and a description in its language, a unit, steps, a datasource
variable and a link to the console; the numbers are what the stores hold, joined by the query alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as model

from provisioning.grafana.links import console_link
from provisioning.grafana.targets import InfluxTarget, Query, datasource
from provisioning.grafana.thresholds import PLAIN, Steps
from provisioning.grafana.units import unit_of
from provisioning.grafana.words import Words

PanelBuilder = Builder[model.Panel]
_Any = TypeVar("_Any", stat.Panel, timeseries.Panel, bargauge.Panel, table.Panel, statetimeline.Panel)
_REF_IDS: Final = "ABCDEFGHIJ"
_FEW_POINTS: Final = 100
_MANY_POINTS: Final = 300


@dataclass(frozen=True, slots=True)
class Size:
    """Columns (of 24) and rows (of about 30 px)."""

    wide: int
    high: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What a panel shows: the word of its title, its queries, its steps; `unit` None is the measurement's."""

    title: str
    queries: tuple[Query, ...]
    steps: Steps = PLAIN
    unit: str | None = None
    least: float | None = 0
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A value that has a name and a colour, such as stage 3."""

    value: int
    word: str
    colour: str


class Panels:
    """Makes panels in one language; `console_path` is where their links lead."""

    def __init__(self, words: Words, console_path: str) -> None:
        self.language: Final = words.language
        self._words = words
        self._console_path = console_path

    def number(self, subject: Subject, size: Size, *, labels: tuple[Label, ...] = ()) -> PanelBuilder:
        """One large figure a series, coloured by the steps; `labels` turn figures into words."""
        panel = (
            stat.Panel()
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
            .color_mode(shapes.BigValueColorMode.BACKGROUND)
            .graph_mode(shapes.BigValueGraphMode.NONE)
            .justify_mode(shapes.BigValueJustifyMode.AUTO)
            .text_mode(shapes.BigValueTextMode.AUTO)
            .orientation(shapes.VizOrientation.AUTO)
            .percent_change_color_mode(shapes.PercentChangeColorMode.STANDARD)
            .show_percent_change(False)
            .wide_layout(True)
        )
        panel.color_scheme(_by_steps())
        if labels:
            panel.mappings([self._mapping(labels)])
        return self._finish_series(panel, subject, size)

    def curves(self, subject: Subject, size: Size, *, zones: bool = False) -> PanelBuilder:
        """Lines over time; `zones` draws the steps behind them."""
        mode = shapes.GraphThresholdsStyleMode.DASHED if zones else shapes.GraphThresholdsStyleMode.OFF
        panel = self._over_time().draw_style(shapes.GraphDrawStyle.LINE).line_width(2).fill_opacity(8)
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(mode))
        panel.span_nulls(False).show_points(shapes.VisibilityMode.AUTO)
        return self._finish_series(panel, subject, size)

    def bars(self, subject: Subject, size: Size) -> PanelBuilder:
        """Stacked bars over time, one a bucket: sums."""
        panel = self._over_time().draw_style(shapes.GraphDrawStyle.BARS).line_width(0).fill_opacity(85)
        panel.stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL))
        return self._finish_series(panel, subject, size)

    def ranking(self, subject: Subject, size: Size) -> PanelBuilder:
        """Horizontal bars, one a series, of the whole range."""
        panel = (
            bargauge.Panel()
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).limit(20))
            .color_scheme(_by_steps())
            .orientation(shapes.VizOrientation.HORIZONTAL)
            .display_mode(shapes.BarGaugeDisplayMode.BASIC)
            .value_mode(shapes.BarGaugeValueMode.COLOR)
            .name_placement(shapes.BarGaugeNamePlacement.AUTO)
            .sizing(shapes.BarGaugeSizing.AUTO)
            .show_unfilled(True)
            .min_viz_width(8)
            .min_viz_height(16)
            .max_viz_height(300)
            .legend(_legend(shown=False))
        )
        return self._finish_series(panel, subject, size)

    def states(self, subject: Subject, size: Size, labels: tuple[Label, ...]) -> PanelBuilder:
        """A band over time a series, in the words and colours of `labels`."""
        panel = (
            statetimeline.Panel()
            .mappings([self._mapping(labels)])
            .color_scheme(_by_steps())
            .merge_values(True)
            .row_height(0.85)
            .fill_opacity(75)
            .line_width(0)
            .show_value(shapes.VisibilityMode.AUTO)
            .align_value(shapes.TimelineValueAlignment.LEFT)
            .legend(_legend(shown=True))
            .tooltip(
                common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.SINGLE).sort(shapes.SortOrder.NONE)
            )
        )
        return self._finish_series(panel, subject, size)

    def rows(
        self,
        subject: Subject,
        size: Size,
        *,
        node_board: str | None = None,
        least_first: bool = False,
        labels: tuple[Label, ...] = (),
        columns: Mapping[str, str] = MappingProxyType({}),
    ) -> PanelBuilder:
        """A table, a row a group, sorted by its figure; `node_board` opens that board of the row's node.

        `columns` are words for tags that stand for something else than usual.
        """
        panel = table.Panel().show_header(True).frame_index(0).cell_height(shapes.TableCellHeight.SM)
        panel.align(shapes.FieldTextAlignment.AUTO).inspect(False).cell_options(shapes.TableAutoCellOptions())
        panel.color_scheme(_by_steps())
        panel.footer(common.TableFooterOptions().show(False).reducer(["sum"]).count_rows(False))
        panel.sort_by([common.TableSortByFieldState().display_name("value").desc(not least_first)])
        panel.transformations(
            [model.DataTransformerConfig(id_val="organize", options={"excludeByName": {"Time": True}})]
        )
        figure = [
            _property("displayName", self._words.title("value")),
            _property("custom.cellOptions", _COLOURED),
        ]
        if labels:
            figure.append(_property("mappings", [self._mapping(labels)]))
        panel.override_by_name("value", figure)
        heads = self._words.fields() | {tag: self._words.title(word) for tag, word in columns.items()}
        for tag, shown in heads.items():
            properties = [_property("displayName", shown)]
            if tag == "node" and node_board is not None:
                properties.append(
                    _property("links", [_node_link(node_board, self._words.title("open_node"))])
                )
            panel.override_by_name(tag, properties)
        classes = self._words.classes_of(subject.queries[0].measurement)
        for tag, named in (("kind", self._words.kinds()), ("class", classes)):
            panel.override_by_name(tag, [_property("mappings", [_word_mapping(named)])])
        return self._finish(panel, subject, size)

    def _over_time(self) -> timeseries.Panel:
        sort = shapes.SortOrder.DESCENDING
        tooltip = common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI).sort(sort)
        palette = build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)
        return timeseries.Panel().legend(_legend(shown=True)).tooltip(tooltip).color_scheme(palette)

    def _mapping(self, labels: tuple[Label, ...]) -> model.ValueMap:
        return model.ValueMap(
            {
                str(label.value): model.ValueMappingResult(
                    text=self._words.title(label.word), color=label.colour, index=index
                )
                for index, label in enumerate(labels)
            }
        )

    def _finish(self, panel: _Any, subject: Subject, size: Size) -> _Any:
        measurement = subject.queries[0].measurement
        said = "events_meaning" if measurement == "events" else None
        panel.title(self._words.title(subject.title))
        panel.description(self._words.title(said) if said else self._words.meaning(measurement))
        panel.datasource(datasource()).span(size.wide).height(size.high)
        panel.unit(subject.unit or unit_of(measurement)).thresholds(subject.steps.build())
        panel.no_value(self._words.title("no_data"))
        panel.links([console_link(self._words.title("open_console"), self._console_path)])
        panel.targets([InfluxTarget(query, _REF_IDS[index]) for index, query in enumerate(subject.queries)])
        panel.interval("1m").max_data_points(_points_of(subject.queries))
        if subject.least is not None:
            panel.min(subject.least)
        if subject.most is not None:
            panel.max(subject.most)
        return panel

    def _finish_series(self, panel: _Any, subject: Subject, size: Size) -> _Any:
        self._name_series(panel, subject.queries)
        return self._finish(panel, subject, size)

    def _name_series(self, panel: _Any, queries: tuple[Query, ...]) -> None:
        """Give series that are named after a class, kind or severity their name in the language."""
        for named in self._names_of(queries):
            for key, shown in named.items():
                panel.override_by_name(key, [_property("displayName", shown)])

    def _names_of(self, queries: tuple[Query, ...]) -> tuple[dict[str, str], ...]:
        words = self._words
        tags = {tag for query in queries for tag in query.by}
        measurement = queries[0].measurement
        found = {
            "class": words.classes_of(measurement),
            "kind": words.kinds(),
            "source": words.sources_of(measurement),
        }
        known = words.classes() | {each: words.title(each) for each in ("mean", "max", "min")}
        fixed = {query.alias: known[query.alias] for query in queries if query.alias in known}
        return (*(named for tag, named in found.items() if tag in tags), fixed)


_COLOURED: Final[dict[str, object]] = {"type": "color-background", "mode": "basic"}


def _points_of(queries: tuple[Query, ...]) -> int:
    """Points a series: fewer where a city may have a hundred series, so that an answer stays small."""
    return _FEW_POINTS if any(query.by for query in queries) else _MANY_POINTS


def _by_steps() -> build.FieldColor:
    return build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)


def _legend(*, shown: bool) -> common.VizLegendOptions:
    legend = common.VizLegendOptions().display_mode(shapes.LegendDisplayMode.LIST)
    return legend.placement(shapes.LegendPlacement.BOTTOM).show_legend(shown)


def _property(name: str, value: object) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val=name, value=value)


def _word_mapping(words: dict[str, str]) -> model.ValueMap:
    return model.ValueMap({key: model.ValueMappingResult(text=shown) for key, shown in words.items()})


def _node_link(board: str, title: str) -> dict[str, object]:
    chosen = "var-datasource=${datasource}&var-node=${__value.raw:percentencode}"
    url = f"/d/{board}?{chosen}&${{__url_time_range}}"
    return {"title": title, "url": url, "targetBlank": False}
