"""axe-core, which finds what keeps people from using a page: fetched by npm once, checked, kept in .cache."""

import base64
import hashlib
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

VERSION = "4.10.3"
SHA512 = "Xm7bpRXnDSX2YE2YFfBk2FnF0ep6tmG7xPh8iHee8MIcrgq762Nkce856dYtJYLkuIoYZvGfTs/PbZhideTcEg=="
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "axe"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class AxeError(RuntimeError):
    """axe-core cannot be had; the message says why and what to do."""


def axe_source() -> str:
    """The script, of the one release that is pinned."""
    tarball = CACHE / f"axe-core-{VERSION}.tgz"
    if not tarball.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fetched = subprocess.run(
            ["npm", "pack", f"axe-core@{VERSION}", "--silent"],
            cwd=CACHE,
            capture_output=True,
            timeout=120,
            check=False,
        )
        if fetched.returncode:
            raise AxeError(f"npm cannot fetch axe-core {VERSION}: {fetched.stderr.decode()[-300:]}")
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if digest != SHA512:
        tarball.unlink()
        raise AxeError(
            f"axe-core {VERSION} is not what was pinned ({digest}): run again, or look at the registry"
        )
    with tarfile.open(tarball) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical on a page, a line each; the page's policy stays."""
    page.evaluate(axe_source())
    found: dict[str, Any] = page.evaluate(
        "(values) => axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] })",
        RULES,
    )
    return [
        f"{each['impact']} {each['id']}: {each['help']}: {node['target']} {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
