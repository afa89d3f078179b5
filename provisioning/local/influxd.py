"""An InfluxDB 1.x for a run on one machine: the system's influxd, or Debian's, unpacked and not installed.

Debian's package is one program without dependencies, so fetching it needs neither root nor the system's
package lists: apt-get runs with its own state under `.cache/debian`, which `make clean` removes.
"""

import os
import platform
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final

from provisioning.errors import LocalSetupError, PartFailedError
from provisioning.local.process import Part

_PACKAGE: Final = "influxdb"
_PROGRAM: Final = "usr/bin/influxd"
_FETCH_S: Final = 600
_READY_S: Final = 60.0
_HOST: Final = "127.0.0.1"


def start_influxd(
    program: Path, folder: Path, log: Path, ports: tuple[int, int], stop: Callable[[], bool]
) -> tuple[Part, str]:
    """Start it on loopback with its files in `folder`; returns it and its URL once it answers.

    `ports` are those of HTTP and of its own back-ups.

    Raises:
        PartFailedError: it ended, or did not answer in a minute.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "influxdb.conf"
    config.write_text(influxd_config(folder, *ports), "utf-8")
    part = Part("InfluxDB", [str(program), "run", "-config", str(config)], log)
    url = f"http://{_HOST}:{ports[0]}"
    deadline_s = time.monotonic() + _READY_S
    while not _answers(url):
        if part.ended() is not None or time.monotonic() >= deadline_s or stop():
            part.ask_to_stop()
            part.wait(_READY_S)
            raise PartFailedError(f"InfluxDB did not become ready. {part.complaint()}")
        time.sleep(0.1)
    return part, url


def influxd_config(folder: Path, port: int, spare_port: int) -> str:
    """TOML of a server that listens on loopback alone and tells nobody about itself."""
    return (
        f'reporting-disabled = true\nbind-address = "{_HOST}:{spare_port}"\n'
        f'[meta]\ndir = "{folder}/meta"\n'
        f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\nquery-log-enabled = false\n'
        f'[http]\nbind-address = "{_HOST}:{port}"\nlog-enabled = false\n'
        "[monitor]\nstore-enabled = false\n"
    )


def find_influxd(cache: Path, say: Callable[[str], None]) -> Path:
    """The system's influxd, or Debian's under `cache`, fetched when it is not there yet.

    Raises:
        LocalSetupError: it is not here and cannot be fetched.
    """
    installed = shutil.which("influxd") or shutil.which("influxd", path="/usr/bin:/usr/sbin:/usr/local/bin")
    if installed:
        return Path(installed)
    root = cache / _release() / _PACKAGE
    if not (root / _PROGRAM).exists():
        say("fetching Debian's influxdb (once) …")
        _fetch(cache, root)
    return root / _PROGRAM


def _fetch(cache: Path, root: Path) -> None:
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise LocalSetupError(f"there is no {tool} here: install InfluxDB 1.x so that `influxd` is found")
    state, download = cache / "apt", cache / "influxdb.download"
    shutil.rmtree(download, ignore_errors=True)
    for path in (state / "state/lists/partial", state / "cache/archives/partial", download):
        path.mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::State={state / 'state'}", "-o", f"Dir::Cache={state / 'cache'}"]
    options += ["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none"]
    if not _apt([*options, "download", _PACKAGE], download):
        _apt([*options, "update"], download)
        if not _apt([*options, "download", _PACKAGE], download):
            raise LocalSetupError(
                "cannot fetch Debian's influxdb: check the network, or install InfluxDB 1.x"
                " (sudo apt-get install influxdb), or run without --store influx"
            )
    (archive,) = download.glob("*.deb")
    partial = root.with_name(f"{root.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    subprocess.run(["dpkg", "-x", str(archive), str(partial)], check=True)
    shutil.rmtree(root, ignore_errors=True)
    partial.rename(root)
    shutil.rmtree(download, ignore_errors=True)


def _apt(arguments: list[str], directory: Path) -> bool:
    environment = os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "-q", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        check=False,
        timeout=_FETCH_S,
    )
    return done.returncode == 0


def _release() -> str:
    try:
        name = platform.freedesktop_os_release().get("VERSION_CODENAME", "unknown")
    except OSError:
        name = "unknown"
    return f"{name}-{platform.machine()}"


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/ping", timeout=2) as response:
            return bool(response.status == HTTPStatus.NO_CONTENT)
    except (urllib.error.URLError, OSError):
        return False
