"""A real OpenID provider (npm's certified `oidc-provider`) on loopback, for sign-on.

Its packages are pinned with their hashes in `oidc_provider/package-lock.json` and unpacked under
``.cache/oidc-provider``; nothing is installed in the system.

    python -m servers.oidc      # with tests/ on the path: fetches ahead
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from servers.debian import obtain
from servers.ports import LOOPBACK
from servers.process import ServerProcess

SOURCE = Path(__file__).with_name("oidc_provider")
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "oidc-provider"
INSTALL_TIMEOUT_S = 600


class OidcProvider(ServerProcess):
    """The provider, with one client; `people` maps a login to their claims (any password is right)."""

    name = "oidc-provider"
    ready_timeout_s = 60.0

    def __init__(self, directory: Path, *, client: Mapping[str, Any], people: Mapping[str, Any]) -> None:
        super().__init__(directory)
        self._client = dict(client)
        self._people = dict(people)
        self.client_port = 0

    @property
    def issuer(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def command(self) -> list[str]:
        config = self.directory / "provider.json"
        config.write_text(json.dumps({"client": self._client, "people": self._people}))
        node = obtain("nodejs").program("node")
        return [str(node), str(obtain_provider() / "provider.mjs"), str(self.port), str(config)]

    def environment(self) -> dict[str, str]:
        return dict(os.environ) | obtain("nodejs").environment() | {"NODE_ENV": "production"}

    def is_ready(self) -> bool:
        try:
            answer = httpx.get(f"{self.issuer}/.well-known/openid-configuration", timeout=2)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK


def obtain_provider() -> Path:
    """The folder in which the provider can run, made on the first call; parallel runs wait."""
    names = ("package.json", "package-lock.json", "provider.mjs")
    wanted = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in names)).hexdigest()[:16]
    folder = CACHE / wanted
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".complete").exists():
            folder.mkdir(exist_ok=True)
            for name in names:
                shutil.copy(SOURCE / name, folder / name)
            _install(folder)
            (folder / ".complete").touch()
    return folder


def _install(folder: Path) -> None:
    packages = obtain("npm")
    command = [
        str(packages.program("npm")),
        "ci",
        "--omit=dev",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]
    environment = dict(os.environ) | packages.environment() | {"npm_config_cache": str(folder / ".npm")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"npm could not fetch the OpenID provider of the tests:\n{done.stderr[-2000:]}")
    shutil.rmtree(folder / ".npm", ignore_errors=True)


if __name__ == "__main__":
    obtain_provider()
