import pytest
from fakes.street_pictures import (
    Change,
    Picture,
    blurred,
    covered,
    darkened,
    empty_street,
    noisy,
    shifted,
    street,
    turned,
)

from edge_agent.perception.condition import ConditionReader, PictureCondition
from edge_agent.scene.public_specs import CameraHealth

LIMITS = CameraHealth(id="h")


def seen(change: Change, reference: Picture | None = None, *, before: int = 0) -> PictureCondition:
    """What is said of the street after seconds of this, from `before` on."""
    reader = ConditionReader(reference)
    for index in range(len(street()) + before):
        image = street()[index % len(street())]
        latest = reader.look(change(image) if index >= before else image, float(index))
    return latest


def same(image: Picture) -> Picture:
    return image


def faults(found: PictureCondition) -> set[str]:
    """By the limits that a scene has when it says nothing."""
    said = {
        "dark": found.brightness < LIMITS.dark,
        "blurred": found.sharpness < LIMITS.blurred,
        "covered": found.covered > LIMITS.covered,
        "moved": found.moved is not None
        and found.moved > LIMITS.moved
        and found.sharpness >= LIMITS.blurred,  # out of focus nobody knows
    }
    return {name for name, is_so in said.items() if is_so}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(same, set(), id="people walking"),
        pytest.param(darkened(2.0), set(), id="dusk"),
        pytest.param(darkened(0.6), set(), id="glare"),
        pytest.param(darkened(2.2, 0.5), set(), id="night with lamps"),
        pytest.param(shifted(2, 1), set(), id="a nudge of one in a hundred"),
        pytest.param(covered(0.45), set(), id="a lorry before half of the view"),
        pytest.param(lambda image: noisy(image, 1, 8), set(), id="rain and noise"),
        pytest.param(shifted(9, 4), {"moved"}, id="shifted"),
        pytest.param(shifted(-20, 17), {"moved"}, id="shifted far"),
        pytest.param(turned(5), {"moved"}, id="turned"),
        pytest.param(lambda image: image[:, ::-1].copy(), {"moved"}, id="another view"),
        pytest.param(blurred(5), {"blurred"}, id="out of focus"),
        pytest.param(blurred(9), {"blurred"}, id="far out of focus"),
        pytest.param(covered(0.9), {"covered"}, id="covered"),
        pytest.param(covered(1.0), {"covered"}, id="covered altogether"),
    ],
)
def test_what_happens_to_a_camera_is_told_from_what_happens_before_it(
    change: Change, expected: set[str]
) -> None:
    assert expected == faults(seen(change, empty_street()))
    assert expected == faults(seen(change, before=6))


def test_in_the_dark_nobody_knows_whether_it_has_moved() -> None:
    found = seen(lambda image: darkened(6.0, 0.3)(shifted(20, 0)(image)), empty_street())
    assert "dark" in faults(found)
    assert found.moved is None


def test_a_shaking_camera_is_neither_blurred_nor_moved() -> None:
    reader = ConditionReader(empty_street())
    for index in range(16):
        shake = shifted(1.7 * (-1) ** index, 1.0 * (-1) ** (index // 2))
        latest = reader.look(shake(street()[index // 2]), float(index))
    assert faults(latest) == set()


def test_a_shift_is_measured_in_heights() -> None:
    found = seen(shifted(0, 9.6), empty_street())
    assert found.moved == pytest.approx(0.05, abs=0.006)


def test_without_a_reference_nothing_is_moved_until_the_view_is_known() -> None:
    reader = ConditionReader()
    assert reader.look(street()[0], 0.0).moved is None
    assert [reader.look(image, 1.0 + index).moved is None for index, image in enumerate(street()[:8])][
        -1
    ] is False


def test_a_dark_start_gives_no_reference() -> None:
    reader = ConditionReader()
    dark = darkened(6.0, 0.2)
    assert {reader.look(dark(image), float(index)).moved for index, image in enumerate(street())} == {None}


def test_a_reference_of_another_size_is_fitted() -> None:
    small = empty_street()[::2, ::2]
    found = seen(same, small.copy())
    assert found.moved == pytest.approx(0.0, abs=0.02)


def test_only_a_picture_that_is_the_same_to_the_last_bit_is_frozen() -> None:
    reader = ConditionReader()
    image = empty_street()
    speck = image.copy()
    speck[3, 5, 1] ^= 1
    pictures = [image, image.copy(), speck, speck.copy(), noisy(image, 1)]
    frozen = [reader.look(each, index / 10).is_frozen for index, each in enumerate(pictures)]
    assert frozen == [False, True, False, True, False]


def test_a_camera_that_changes_its_size_is_judged_on() -> None:
    reader = ConditionReader()
    for index in range(8):
        reader.look(street()[index], float(index))
    found = reader.look(street()[8][:150].copy(), 8.0)
    assert (found.is_frozen, found.moved) == (False, None)
