from collections.abc import Callable

import cv2
import numpy as np
import pytest
from fakes.street_pictures import (
    HEIGHT,
    WIDTH,
    Change,
    Picture,
    darkened,
    empty_street,
    noisy,
    shifted,
    with_bag,
)

from edge_agent.perception.static_objects import StaticObjects, StaticSettings, StillThing

PLACE = (100, 147)
FPS = 4.0
BEGIN_S = 4.0
Box = tuple[float, float, float, float]
PERSON: Box = (
    PLACE[0] / WIDTH - 0.06,
    PLACE[1] / HEIGHT - 0.25,
    PLACE[0] / WIDTH + 0.06,
    PLACE[1] / HEIGHT + 0.02,
)


def same(image: Picture) -> Picture:
    return image


def watched(
    change: Callable[[float], Change],
    *,
    until_s: float = 10.0,
    fps: float = FPS,
    hidden: Callable[[float], list[Box]] = lambda _: [],
    settings: StaticSettings | None = None,
) -> list[tuple[float, tuple[StillThing, ...]]]:
    """What is found in the street while this happens to it."""
    subject = StaticObjects(settings)
    found = []
    for index in range(round(until_s * fps)):
        at_s = index / fps
        image = noisy(change(at_s)(empty_street()), index % 5)
        things = tuple(
            StillThing(each.number, each.xyxy, each.born_s, each.still_s, each.seen_s)
            for each in subject.look(image, at_s, hidden(at_s))
        )
        found.append((at_s, things))
    return found


def after(at_s: float, change: Change, until_s: float = 1e9) -> Callable[[float], Change]:
    return lambda now: change if at_s <= now < until_s else same


def is_there(things: tuple[StillThing, ...]) -> bool:
    x, y = PLACE[0] / WIDTH, (PLACE[1] - 5) / HEIGHT
    return any(x1 <= x <= x2 and y1 <= y <= y2 for x1, y1, x2, y2 in (each.xyxy for each in things))


def shaken(now: float, change: Change) -> Change:
    step = round(now * FPS)
    return lambda image: shifted(1.4 * (-1) ** step, 1.0 * (-1) ** (step // 2))(change(image))


def rain(image: Picture) -> Picture:
    result = image.copy()
    rng = np.random.default_rng(int(image[0, 0, 0]))
    for x, y in zip(rng.integers(0, WIDTH, 80).tolist(), rng.integers(0, HEIGHT, 80).tolist(), strict=True):
        cv2.line(result, (x, y), (x + 1, y + 8), (200, 200, 200), 1)
    return noisy(result, 3, 5)


def headlight(image: Picture) -> Picture:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    glow = 80 * np.exp(-(((columns - PLACE[0]) / 21) ** 2) - ((rows - PLACE[1]) / 11) ** 2)
    return np.clip(image + glow[..., None], 0, 255).astype(np.uint8)


def lorry(image: Picture) -> Picture:
    result = image.copy()
    result[:, int(WIDTH * 0.25) : int(WIDTH * 0.75)] = (200, 205, 210)
    result[HEIGHT // 2 : HEIGHT // 2 + 4, int(WIDTH * 0.25) : int(WIDTH * 0.75)] = (30, 30, 150)
    return result


BAG = with_bag(*PLACE, 10)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(after(BEGIN_S, BAG), id="a bag"),
        pytest.param(after(BEGIN_S, with_bag(*PLACE, 10, (30, 30, 40))), id="a dark bag"),
        pytest.param(after(BEGIN_S, with_bag(*PLACE, 26)), id="a heap"),
        pytest.param(lambda now: shaken(now, after(BEGIN_S, BAG)(now)), id="wind shakes the camera"),
        pytest.param(lambda now: lambda image: rain(after(BEGIN_S, BAG)(now)(image)), id="rain"),
        pytest.param(
            lambda now: lambda image: darkened(1.0, 1 - now / 20)(after(BEGIN_S, BAG)(now)(image)), id="dusk"
        ),
    ],
)
def test_what_somebody_leaves_is_found_within_five_seconds(change: Callable[[float], Change]) -> None:
    found = watched(change)
    assert not any(is_there(things) for at_s, things in found if at_s < BEGIN_S)
    assert all(is_there(things) for at_s, things in found if at_s > BEGIN_S + 5)


def test_it_keeps_its_number_and_knows_when_it_came() -> None:
    latest = watched(after(BEGIN_S, BAG))[-1][1]
    assert [each.number for each in latest] == [1]
    assert latest[0].born_s == pytest.approx(BEGIN_S, abs=1.5)
    assert latest[0].still_s == latest[0].born_s
    x1, y1, x2, y2 = latest[0].xyxy
    assert (x2 - x1, y2 - y1) == pytest.approx((10 / WIDTH, 8 / HEIGHT), abs=0.03)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(after(0.0, same), id="nothing"),
        pytest.param(after(0.0, BAG), id="it was there before"),
        pytest.param(after(0.0, BAG, BEGIN_S), id="it was taken away"),
        pytest.param(after(BEGIN_S, BAG, BEGIN_S + 1), id="it only passed"),
        pytest.param(after(BEGIN_S, headlight), id="a headlight"),
        pytest.param(after(BEGIN_S, darkened(1.0, 0.6)), id="a cloud"),
        pytest.param(after(BEGIN_S, darkened(1.0, 1.25)), id="a lamp goes on"),
        pytest.param(after(BEGIN_S, lorry, BEGIN_S + 5), id="a lorry for five seconds"),
        pytest.param(lambda now: shaken(now, same), id="wind shakes the camera"),
        pytest.param(lambda _: rain, id="rain"),
    ],
)
def test_what_is_no_thing_is_not_found(change: Callable[[float], Change]) -> None:
    assert {each.xyxy for _, things in watched(change) for each in things} == set()


def test_who_stands_there_is_not_a_thing_and_what_he_leaves_is() -> None:
    """Somebody stands at the place from 4 s and leaves after 8 s; what he put down is under him."""

    def change(now: float) -> Change:
        if now < BEGIN_S or now >= 8:
            return BAG if now >= BEGIN_S else same
        return with_bag(PLACE[0], PLACE[1], 20, (60, 40, 40))

    found = watched(change, until_s=14, hidden=lambda now: [PERSON] if BEGIN_S <= now < 8 else [])
    assert not any(things for at_s, things in found if at_s < 8)
    assert all(is_there(things) for at_s, things in found if at_s > 12)
    assert found[-1][1][0].born_s == pytest.approx(8, abs=1.5)


def test_a_thing_that_somebody_stands_before_is_still_there() -> None:
    found = watched(
        lambda now: after(1.0, with_bag(*PLACE, 20, (60, 40, 40)) if 8 <= now < 16 else BAG)(now),
        until_s=18,
        hidden=lambda now: [PERSON] if 8 <= now < 16 else [],
    )
    assert {each.number for at_s, things in found if at_s > 6 for each in things} == {1}
    assert all(is_there(things) for at_s, things in found if at_s > 6)


def test_a_thing_that_is_picked_up_is_gone() -> None:
    found = watched(after(1.0, BAG, 7.0), until_s=14)
    assert is_there(dict(found)[6.0])
    assert not any(things for at_s, things in found if at_s > 11)


def test_what_lies_long_enough_becomes_background() -> None:
    found = watched(after(1.0, BAG), until_s=14, settings=StaticSettings(absorb_s=8))
    assert is_there(dict(found)[8.0])
    assert not any(things for at_s, things in found if at_s > 11)


def test_a_scene_that_has_changed_for_good_is_learned_anew() -> None:
    found = watched(after(2.0, lorry), until_s=14, settings=StaticSettings(relearn_s=5))
    assert not any(things for _, things in found)
    later = watched(
        lambda now: lambda image: (BAG if now > 9 else same)(lorry(image) if now > 2 else image),
        until_s=16,
        settings=StaticSettings(relearn_s=5),
    )
    assert is_there(later[-1][1])


def test_the_number_of_things_is_bounded() -> None:
    def strewn(image: Picture) -> Picture:
        for x in range(20, WIDTH, 24):
            for y in range(100, HEIGHT, 24):
                image = with_bag(x, y, 10)(image)
        return image

    found = watched(after(1.0, strewn), until_s=8, settings=StaticSettings(most=5))
    assert max(len(things) for _, things in found) == 5


def test_frames_that_follow_too_soon_are_not_looked_at() -> None:
    subject = StaticObjects()
    image = empty_street()
    subject.look(image, 0.0, [])
    subject.look(image, 0.05, [])
    assert subject._last_s == 0.0


def test_a_camera_that_changes_its_size_begins_anew() -> None:
    subject = StaticObjects()
    subject.look(empty_street(), 0.0, [])
    assert subject.look(empty_street()[:150].copy(), 1.0, []) == ()


def test_a_thing_that_is_hidden_is_told_as_hidden_and_one_that_is_taken_is_gone_within_a_second() -> None:
    subject = StaticObjects()
    told = []
    for index in range(round(13 * FPS)):
        at_s = index / FPS
        image = noisy((BAG if 1 <= at_s < 10 else same)(empty_street()), index % 5)
        things = subject.look(image, at_s, [PERSON] if 6 <= at_s < 8 else [])
        told.append((at_s, [each.is_hidden for each in things]))
    assert {tuple(hidden) for at_s, hidden in told if 6 <= at_s < 8} == {(True,)}
    assert {tuple(hidden) for at_s, hidden in told if 8.5 <= at_s < 10} == {(False,)}
    assert {tuple(hidden) for at_s, hidden in told if at_s >= 11} == {()}
