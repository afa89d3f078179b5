"""`make soak`'s box with four cameras, scaled down: the real agent on two cores, real video, a real broker.

How much of its due each camera gets depends on what else the machine does; that all get alike does not.
"""

from pathlib import Path

from builders.camera_box import FATES, REAL_VIDEO, Memory, camera_box, slope_mb_per_h

GONE = ("no-such-video.mp4", "street.toml")
CAMERAS = [f"cam-{number}" for number in range(1, 5)]


def test_four_cameras_get_alike_beside_one_that_is_gone(tmp_path: Path) -> None:
    with camera_box(tmp_path, fps=2.0, health_s=1.0, videos=(*REAL_VIDEO, GONE)) as box:
        box.keeper.wait(lambda: bool(box.keeper.rows), 60)
        for _ in range(60):
            box.watch(1.0, 1.0)
            accounts = {account.camera: account for account in box.accounts()}
            if all(name in accounts and accounts[name].frames["detected"] >= 12 for name in CAMERAS):
                break
        states = {camera.camera: camera for camera in box.keeper.states[-1].cameras}
    shares = {name: accounts[name].share for name in CAMERAS}
    assert min(shares.values()) >= 0.75 * max(shares.values()) > 0, accounts
    for name in CAMERAS:
        assert accounts[name].frames.keys() == set(FATES)
        assert accounts[name].frames["failed"] == 0
    assert {name: states[name].status for name in CAMERAS} == dict.fromkeys(CAMERAS, "online")
    assert states["cam-5"].status == "offline"
    assert "no-such-video.mp4" in states["cam-5"].detail
    assert box.keeper.refused == []
    assert 0 < box.memory[-1].rss_mb < 500


def test_the_slope_is_that_of_a_straight_line() -> None:
    samples = [Memory(at_s=60.0 * minute, rss_mb=100 + 0.5 * minute) for minute in range(10)]
    assert round(slope_mb_per_h(samples), 6) == 30.0
