"""A real server and a real browser (Debian's chromium, driven by Playwright)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from servers.aggregator import AggregatorServer
from servers.debian import obtain

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 15_000
"""Three times playwright's own: a browser, a server and a broker share the cores with whatever else runs."""
expect.set_options(timeout=PATIENCE_MS)
SCREENSHOTS = Path(__file__).resolve().parents[2] / ".cache" / "screenshots"


@pytest.fixture(scope="module")  # not longer: while the driver runs, no other test could run an event loop
def browser() -> Iterator[Browser]:
    chromium = obtain("chromium")
    environment = chromium.environment()
    with pytest.MonkeyPatch.context() as patch:  # for the driver alone, whose node is linked with libatomic
        for name, value in obtain("libatomic1").environment().items():
            patch.setenv(name, value)
        playwright = sync_playwright().start()
    started = playwright.chromium.launch(
        executable_path=str(chromium.program("chromium")), args=FLAGS, env=dict(os.environ) | environment
    )
    yield started
    started.close()
    playwright.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AggregatorServer]:
    with AggregatorServer(tmp_path_factory.mktemp("aggregator")) as running:
        yield running


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the run go; build output, not kept in the repository."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
