"""False alarms among those that people judged."""

from aggregator.alarms.verdicts import Rate, Source, SourceRate, Verdict, VerdictCount, rates

GATE = Source("node-1", "cam-1", "yard", "intruded")
ROAD = Source("node-1", "cam-2", "road", "wrong_way")


def test_rates_say_what_they_are_made_of_by_day_and_night() -> None:
    found = rates(
        [
            VerdictCount(GATE, is_day=True, verdict=Verdict.CONFIRMED, alarms=6),
            VerdictCount(GATE, is_day=True, verdict=Verdict.FALSE, alarms=2),
            VerdictCount(GATE, is_day=False, verdict=Verdict.FALSE, alarms=3),
            VerdictCount(ROAD, is_day=False, verdict=Verdict.CONFIRMED, alarms=1),
        ]
    )
    assert found == (
        SourceRate(GATE, Rate(2, 8), Rate(3, 3)),
        SourceRate(ROAD, Rate(0, 0), Rate(0, 1)),
    )
    assert found[0].all == Rate(5, 11)
    assert [found[0].day.share, found[0].night.share, found[1].day.share] == [0.25, 1.0, None]
