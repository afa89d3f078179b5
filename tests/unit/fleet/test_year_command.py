import pytest

from fleet.cli import main

SMALL = [
    "year",
    "--cameras",
    "6",
    "--days",
    "1",
    "--recent-hours",
    "0",
    "--until",
    "2026-11-22T00:00:00+07:00",
]


def test_lines_go_to_standard_output_and_their_number_beside(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(SMALL) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert told.err == f"fleet: {len(lines)} points of 6 cameras over 1 days\n"
    assert {line.partition(",")[0] for line in lines} >= {
        "flow",
        "pm25",
        "water_level",
        "city_stage",
        "node_online",
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--until", "2026-11-22T00:00:00"], "has no offset"),
        (["--step", "90"], "whole number of minutes"),
        (["--cameras", "0"], "not a positive whole number"),
    ],
)
def test_a_wrong_option_is_told(wrong: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*SMALL, *wrong])
    assert message in capsys.readouterr().err
