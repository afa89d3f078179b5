"""Debian packages for tests, without root and without touching the system.

A package that the system has is used as it is. Otherwise apt-get, with private state and cache directories,
resolves the package and the dependencies that the system lacks, downloads and verifies them, and they are
unpacked under ``.cache/debian/<release>/<packages>``; nothing is installed. A lock file keeps parallel runs
apart.

    python -m servers.debian mosquitto postgresql chromium      # with tests/ on the path: fetches ahead
"""

import argparse
import contextlib
import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "debian"
COMPLETE = ".complete.json"
LISTS_MAX_AGE_S = 24 * 3600
APT_TIMEOUT_S = 900

PROGRAMS = {
    "mosquitto": ("mosquitto",),
    "nodejs": ("node",),
    "npm": ("npm",),
    "postgresql": ("postgres", "initdb"),
    "chromium": ("chromium",),
    "influxdb": ("influxd",),
}
"""What each package is wanted for; a system that has these programs needs no download."""

PROGRAM_DIRECTORIES = ("usr/lib/postgresql/*/bin", "usr/lib/chromium", "usr/bin", "usr/sbin", "usr/local/bin")
LIBRARY_ROOTS = ("lib", "usr/lib")


class DebianPackageError(RuntimeError):
    """A package cannot be had; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class DebianSet:
    """Packages that are ready to run.

    `root` is where they are unpacked, or None when the system's own are used.
    """

    packages: tuple[str, ...]
    root: Path | None

    def program(self, name: str) -> Path:
        """Return the path of a program; ``DebianPackageError`` if the packages have none of that name."""
        found = _find_program(name, self.root or Path("/"))
        if found is None and self.root is None:
            found = _system_program(name)
        if found is None:
            raise DebianPackageError(f"{' '.join(self.packages)} has no program {name}: name its package")
        return found

    def environment(self) -> dict[str, str]:
        """Return the variables that its programs need, to be laid over the caller's environment."""
        if self.root is None:
            return {}
        libraries = [str(path) for path in _library_directories(self.root)]
        inherited = [part for part in os.environ.get("LD_LIBRARY_PATH", "").split(":") if part]
        binaries = [
            str(self.root / "usr/bin"),
            str(self.root / "usr/sbin"),
            os.environ.get("PATH", os.defpath),
        ]
        variables = {"LD_LIBRARY_PATH": ":".join(libraries + inherited), "PATH": ":".join(binaries)}
        fonts = self.root / "etc/fonts/matthan.conf"
        if fonts.exists():
            variables["FONTCONFIG_FILE"] = str(fonts)
        return variables


def obtain(*packages: str, cache: Path = CACHE) -> DebianSet:
    """Return the packages ready to run, fetching what is missing.

    Raises:
        DebianPackageError: no network and nothing in the cache, no such package, or not a Debian system.
    """
    if all(_system_has(package) for package in packages):
        return DebianSet(packages, None)
    root = cache / _release() / "-".join(packages)
    if _is_complete(root):
        return DebianSet(packages, root)
    with _locked(cache):
        if not _is_complete(root):
            _fetch(packages, root, _Apt(cache / "apt"))
    return DebianSet(packages, root)


def _system_has(package: str) -> bool:
    programs = PROGRAMS.get(package)
    if programs is None:
        return _dpkg_installed(package)
    return all((path := _system_program(name)) is not None and _links(path) for name in programs)


def _system_program(name: str) -> Path | None:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    return Path(found) if found else _find_program(name, Path("/"))


def _find_program(name: str, root: Path) -> Path | None:
    for directory in PROGRAM_DIRECTORIES:
        for path in sorted(root.glob(f"{directory}/{name}"), reverse=True):
            if os.access(path, os.X_OK):
                return path
    return None


def _links(program: Path) -> bool:
    """Tell whether all shared libraries of a program are there (a script has none to miss)."""
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
    return "not found" not in listed.stdout


def _dpkg_installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    asked = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout == "installed"


def _release() -> str:
    with contextlib.suppress(OSError):
        return f"{platform.freedesktop_os_release().get('VERSION_CODENAME', 'unknown')}-{platform.machine()}"
    return f"unknown-{platform.machine()}"


def _is_complete(root: Path) -> bool:
    return (root / COMPLETE).exists()


def _library_directories(root: Path) -> list[Path]:
    tops = [root / top for top in LIBRARY_ROOTS]
    return sorted({path.parent for top in tops if top.exists() for path in top.rglob("lib*.so*")})


@contextlib.contextmanager
def _locked(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Apt:
    """apt-get with its own state and cache, so that it needs neither root nor the system's package lists."""

    def __init__(self, directory: Path) -> None:
        for tool in ("apt-get", "dpkg"):
            if shutil.which(tool) is None:
                raise DebianPackageError(f"{tool} is not here: install the server by this system's own means")
        self.lists = directory / "state/lists"
        self.archives = directory / "cache/archives"
        for path in (self.lists / "partial", self.archives / "partial"):
            path.mkdir(parents=True, exist_ok=True)
        self._stamp = directory / "updated"
        self._options = [
            *("-o", f"Dir::State={directory / 'state'}", "-o", f"Dir::Cache={directory / 'cache'}"),
            # The sandbox user _apt could not enter a private directory of root's.
            *("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User="),
            *(
                "-o",
                "Acquire::Languages=none",
                "-o",
                "Acquire::Retries=3",
                "-o",
                "APT::Update::Post-Invoke-Success=",
            ),
        ]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(
            ["apt-get", *self._options, "-q", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=APT_TIMEOUT_S,
        )

    def lists_are_fresh(self) -> bool:
        try:
            age_s = _file_clock_s(self.lists) - self._stamp.stat().st_mtime
        except FileNotFoundError:
            return False
        return age_s < LISTS_MAX_AGE_S

    def update(self) -> None:
        done = self.run("update")
        if done.returncode != 0 and not any(self.lists.glob("*_Packages*")):
            raise DebianPackageError(
                f"cannot read the Debian package lists: check the network; apt-get says:\n{_last_lines(done)}"
            )
        self._stamp.touch()

    def download(self, packages: Sequence[str]) -> subprocess.CompletedProcess[str]:
        for old in self.archives.glob("*.deb"):
            old.unlink()
        return self.run("install", "--yes", "--no-install-recommends", "--download-only", *packages)


def _file_clock_s(directory: Path) -> float:
    """Return the file system's idea of now, so that ages of files compare like with like."""
    probe = directory / ".now"
    probe.touch()
    return probe.stat().st_mtime


def _fetch(packages: Sequence[str], root: Path, apt: _Apt) -> None:
    started = time.monotonic()
    print(f"fetching Debian packages: {' '.join(packages)} …", file=sys.stderr, flush=True)
    if not apt.lists_are_fresh():
        apt.update()
    done = apt.download(packages)
    if done.returncode != 0:  # lists that name versions the mirror has replaced, or a package new to them
        apt.update()
        done = apt.download(packages)
    if done.returncode != 0:
        raise DebianPackageError(
            f"cannot fetch {' '.join(packages)}: check the network and the name, or install it with"
            f" `sudo apt-get install {' '.join(packages)}`; apt-get says:\n{_last_lines(done)}"
        )
    archives = sorted(apt.archives.glob("*.deb"))
    if not archives:
        raise DebianPackageError(
            f"apt-get has nothing to fetch for {' '.join(packages)}, yet its programs do not run:"
            f" repair it with `sudo apt-get install --reinstall {' '.join(packages)}`"
        )
    _unpack(archives, root)
    print(f"  {len(archives)} packages in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def _unpack(archives: Sequence[Path], root: Path) -> None:
    partial = root.with_name(root.name + ".partial")
    for path in (partial, root):
        shutil.rmtree(path, ignore_errors=True)
    partial.mkdir(parents=True)
    for archive in archives:
        subprocess.run(["dpkg", "-x", str(archive), str(partial)], check=True)
    _write_font_configuration(partial, root)
    (partial / COMPLETE).write_text(json.dumps([archive.name for archive in archives], indent=1))
    partial.rename(root)
    for archive in archives:
        archive.unlink()


def _write_font_configuration(partial: Path, root: Path) -> None:
    """Point fontconfig at the unpacked fonts; a browser without any font draws boxes."""
    if not (partial / "etc/fonts").exists():
        return
    (partial / "etc/fonts/matthan.conf").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n'
        f"  <dir>{root}/usr/share/fonts</dir>\n  <dir>/usr/share/fonts</dir>\n"
        f"  <cachedir>{root}/var/cache/fontconfig</cachedir>\n</fontconfig>\n"
    )


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join((done.stdout + done.stderr).strip().splitlines()[-6:])


def main() -> int:
    """Fetch the named packages ahead, each as its own set."""
    parser = argparse.ArgumentParser(prog="servers.debian", description=main.__doc__)
    parser.add_argument("packages", nargs="+")
    for package in parser.parse_args().packages:
        try:
            found = obtain(package)
        except DebianPackageError as error:
            print(f"servers.debian: {error}", file=sys.stderr)
            return 1
        print(f"{package}: {found.root or 'the system has it'}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
