"""Security: refused log-ins, signs of rogue or cloned nodes, certificates that end, and the audit log."""

from typing import Final

from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section, board_uid
from provisioning.grafana.panels import Panels, Size, Subject
from provisioning.grafana.targets import STEP, Query, Select
from provisioning.grafana.variables import Variable
from provisioning.grafana.words import Words

_SUM: Final = (Select("sum"),)


def _variables(words: Words) -> tuple[Variable, ...]:
    return (variables.step(words),)


def _sections(panels: Panels) -> tuple[Section, ...]:
    return _people(panels), _nodes(panels)


def _people(panels: Panels) -> Section:
    refused = Query("sign_ins_refused", _SUM, bucket=None)
    refused_over_time = Query("sign_ins_refused", _SUM, bucket=STEP, fill="0")
    entries = Query("audit_entries", _SUM, bucket=STEP, by=("class",), alias="$tag_class", fill="0")
    by_field = Query("audit_entries", _SUM, bucket=None, by=("class",), alias="$tag_class")
    return Section(
        "section_people",
        (
            panels.number(Subject("sign_ins_refused", (refused,), at.REFUSED), Size(5, 8)),
            panels.bars(Subject("sign_ins_refused_over_time", (refused_over_time,), at.REFUSED), Size(19, 8)),
            panels.bars(Subject("audit_entries", (entries,)), Size(15, 9)),
            panels.ranking(Subject("audit_entries_total", (by_field,)), Size(9, 9)),
        ),
    )


def _nodes(panels: Panels) -> Section:
    board = board_uid("node", panels.language)
    signs = Query("node_intrusions", _SUM, bucket=None, by=("class",), alias="$tag_class")
    over_time = Query("node_intrusions", _SUM, bucket=STEP, by=("class",), alias="$tag_class", fill="0")
    days = Query("certificate_days", (Select("last"),), bucket=None, by=("node",), table=True)
    return Section(
        "section_nodes",
        (
            panels.number(Subject("node_intrusions", (signs,), at.ANY_IS_BAD), Size(6, 9)),
            panels.bars(Subject("node_intrusions_over_time", (over_time,), at.ANY_IS_BAD), Size(10, 9)),
            panels.rows(
                Subject("certificate_days", (days,), at.CERTIFICATE_DAYS, least=None),
                Size(8, 9),
                node_board=board,
                least_first=True,
            ),
        ),
    )


SECURITY: Final = Board("security", "/console/audit", _variables, _sections)
