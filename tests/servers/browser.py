"""Debian's Chromium without a screen, driven by Playwright; only one at a time in a thread."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright
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


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; while it is open, this thread cannot run an event loop of its own."""
    program = obtain("chromium")
    with pytest.MonkeyPatch.context() as patch:  # for the driver alone, whose node is linked with libatomic
        for name, value in obtain("libatomic1").environment().items():
            patch.setenv(name, value)
        playwright = sync_playwright().start()
    try:
        browser = playwright.chromium.launch(
            executable_path=str(program.program("chromium")),
            args=FLAGS,
            env=dict(os.environ) | program.environment(),
        )
        try:
            yield browser
        finally:
            browser.close()
    finally:
        playwright.stop()
