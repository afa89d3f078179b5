"""What lies under the map, in a real browser: nothing by default; the city's file and tiles if configured."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from servers.aggregator import AggregatorServer
from servers.process import ServerStartError

HUE = (16.4637, 107.5909)
RIVER = [[107.55, 16.44], [107.58, 16.462], [107.60, 16.466], [107.63, 16.49]]
PARK = [[[107.585, 16.455], [107.595, 16.455], [107.595, 16.46], [107.585, 16.455]]]
CITY = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"kind": kind}, "geometry": {"type": form, "coordinates": points}}
        for kind, form, points in (("water", "LineString", RIVER), ("green", "Polygon", PARK))
    ],
}


@contextmanager
def tile_server() -> Iterator[tuple[str, list[str]]]:
    """A server of one grey tile, and what it was asked for."""
    asked: list[str] = []
    _, png = cv2.imencode(".png", np.full((256, 256, 3), 90, np.uint8))

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(png.tobytes())

        def log_message(self, *_said: object) -> None: ...

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    thread = threading.Thread(target=serving.serve_forever, name="tiles")
    thread.start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}", asked
    finally:
        serving.shutdown()
        thread.join()
        serving.server_close()


@contextmanager
def open_map(browser: Browser, server: AggregatorServer) -> Iterator[tuple[Page, list[str]]]:
    """The map with one site, and every address that the browser asked for."""
    with server.client() as client:
        site = {"name": "Cầu Trường Tiền", "lat": HUE[0], "lon": HUE[1]}
        client.put("/api/v1/sites/cau-truong-tien", json=site).raise_for_status()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{server.url}/console/sign-in?lang=vi")
    page.locator("#name").fill("admin")
    page.locator("#password").fill(server.password())
    page.locator("button[type=submit]").click()
    expect(page).to_have_url(re.compile("/console$"))
    page.locator(".menu a[href='/console/map']").click()
    expect(page.locator(".map-site")).to_have_count(1)
    yield page, requested
    page.close()


def test_by_default_nothing_lies_under_the_map_and_no_other_server_is_asked(
    browser: Browser, server: AggregatorServer
) -> None:
    with open_map(browser, server) as (page, requested):
        assert page.locator(".map-tile, .map-ground").count() == 0
        assert [url for url in requested if not url.startswith((server.url, "data:"))] == []


def test_the_city_s_own_lines_and_tiles_lie_under_the_map(
    browser: Browser, tmp_path: Path, screenshots: Path
) -> None:
    basemap = tmp_path / "city.geojson"
    basemap.write_text(json.dumps(CITY))
    with tile_server() as (tiles, asked):
        section = (
            f'[map]\nbasemap = "{basemap}"\ntiles = "{tiles}/{{z}}/{{x}}/{{y}}.png"\nattribution = "© Huế"\n'
        )
        with (
            AggregatorServer(tmp_path, more=section) as server,
            open_map(browser, server) as (page, _),
        ):
            expect(page.locator(".map-tile").first).to_be_attached()
            for _ in range(12):
                page.get_by_role("button", name="Thu nhỏ").click()
            expect(page.locator(".map-ground")).to_have_count(2)
            expect(page.locator(".map-attribution")).to_have_text("© Huế")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=screenshots / "map-ground.png")
    zoom, x, y = (int(each) for each in re.findall(r"\d+", asked[0]))
    share = 2**zoom
    assert x / share == pytest.approx((HUE[1] + 180) / 360, abs=3 / share)
    assert 0 <= y < share


@pytest.mark.parametrize("part", ['tiles = "https://tiles.example/{z}"', 'basemap = "nowhere.geojson"'])
def test_a_server_does_not_start_over_half_a_ground(part: str, tmp_path: Path) -> None:
    server = AggregatorServer(tmp_path, more=f"[map]\n{part}\n")
    with pytest.raises(ServerStartError, match=r"map\."), server:
        pass
