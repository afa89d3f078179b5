"""A real server and a real browser (Debian's chromium, driven by Playwright)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from servers.aggregator import AggregatorServer
from servers.browser import chromium

PATIENCE_MS = 15_000
"""Three times playwright's own: a browser, a server and a broker share the cores with whatever else runs."""
expect.set_options(timeout=PATIENCE_MS)
SCREENSHOTS = Path(__file__).resolve().parents[2] / ".cache" / "screenshots"


@pytest.fixture(scope="module")  # not longer: while the driver runs, no other test could run an event loop
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AggregatorServer]:
    with AggregatorServer(tmp_path_factory.mktemp("aggregator")) as running:
        yield running


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the run go; build output, not kept in the repository."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
