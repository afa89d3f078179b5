import pytest

from provisioning.grafana.targets import (
    Condition,
    InfluxTarget,
    Query,
    Select,
    TagChosen,
    TagIn,
    TagIs,
    TagNotStarts,
    TagStarts,
)

SUM = (Select("sum"),)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (TagIs("class", "person"), "\"class\" = 'person'"),
        (TagIs("class", "o'clock\\"), "\"class\" = 'o\\'clock\\\\'"),
        (TagIn("kind", ("a", "b.c")), '"kind" =~ /^(a|b\\.c)$/'),
        (TagStarts("site", ("health-", "tourism-")), '"site" =~ /^(health-|tourism-)/'),
        (TagNotStarts("site", ("health-",)), '"site" !~ /^(health-)/'),
        (TagChosen("site", "site"), '"site" =~ /^${site:regex}$/'),
    ],
)
def test_a_condition_is_quoted(condition: Condition, expected: str) -> None:
    assert expected == condition.text()


def test_buckets_begin_in_local_time() -> None:
    query = Query("flow", SUM, (TagIs("class", "car"),), bucket="1d", by=("site",), fill="0")
    assert query.text() == (
        'SELECT sum("value") AS "value" FROM "flow" WHERE "class" = \'car\' AND $timeFilter '
        "GROUP BY time(1d), \"site\" fill(0) tz('Asia/Ho_Chi_Minh')"
    )


def test_without_a_bucket_the_whole_range_is_joined() -> None:
    assert (
        Query("flow", SUM, bucket=None).text()
        == 'SELECT sum("value") AS "value" FROM "flow" WHERE $timeFilter'
    )


def test_a_target_takes_grafanas_form() -> None:
    made = InfluxTarget(Query("flow", SUM, bucket=None, alias="$tag_x", table=True), "B").to_json()
    assert (made["refId"], made["rawQuery"], made["resultFormat"], made["alias"]) == (
        "B",
        True,
        "table",
        "$tag_x",
    )
