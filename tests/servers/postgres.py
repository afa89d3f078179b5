"""A real PostgreSQL with fsync on, on loopback and a Unix socket.

PostgreSQL refuses to run as root; then it runs as ``nobody``, its files in a temporary directory that this
user owns (pytest's own are closed to others), its programs copied there if the checkout is closed.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql
from servers.debian import DebianSet, obtain
from servers.ports import LOOPBACK
from servers.process import ServerProcess, ServerStartError

USER = "matthan"
PASSWORD = "only-for-this-test"
UNPRIVILEGED = "nobody"


class PostgresServer(ServerProcess):
    """PostgreSQL on a loopback port; `url(database)` is SQLAlchemy's, `conninfo(database)` psycopg's."""

    name = "postgres"

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        super().__init__(directory, port=port)
        self._packages = obtain("postgresql")
        # Short, because a Unix socket's path has at most 107 bytes; apart, because another user may own it.
        self._home = Path(tempfile.mkdtemp(prefix="matthan-pg-"))
        self.data_dir = self._home / "data"

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://{USER}:{PASSWORD}@{LOOPBACK}:{self.port}/{database}"

    def conninfo(self, database: str = "postgres") -> str:
        """Return psycopg's connection string of a database."""
        return f"host={LOOPBACK} port={self.port} user={USER} password={PASSWORD} dbname={database}"

    def create_database(self, name: str) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database and cut whoever uses it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(statement)

    def prepare(self) -> None:
        """Make the cluster."""
        super().prepare()
        password_file = self._home / "password"
        password_file.write_text(PASSWORD)
        if os.geteuid() == 0:
            account = pwd.getpwnam(UNPRIVILEGED)
            for path in (self._home, password_file):
                os.chown(path, account.pw_uid, account.pw_gid)
            self._packages = _reachable(self._packages, self._home / "programs")
        initdb = [str(self._packages.program("initdb")), "--pgdata", str(self.data_dir), "--username", USER]
        initdb += ["--pwfile", str(password_file), "--auth", "scram-sha-256"]
        initdb += ["--encoding", "UTF8", "--locale", "C.UTF-8"]
        done = subprocess.run(
            _as_unprivileged(initdb),
            env=self.environment(),
            cwd=self._home,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerStartError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def command(self) -> list[str]:
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": str(self._home),
            "fsync": "on",
            "shared_buffers": "32MB",
        }
        command = [str(self._packages.program("postgres")), "-D", str(self.data_dir)]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        # The working directory of a test may be closed to the other user.
        return ["env", f"--chdir={self._home}", *_as_unprivileged(command)]

    def environment(self) -> dict[str, str]:
        return dict(os.environ) | self._packages.environment()

    def is_ready(self) -> bool:
        """Tell whether it takes statements; while it recovers it accepts connections and refuses them."""
        try:
            psycopg.connect(self.conninfo(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, *, timeout_s: float = 15) -> None:
        """Stop it "fast": open sessions are cut (SIGTERM would wait for them)."""
        if self.running:
            self.signal(signal.SIGINT)
        super().stop(timeout_s=timeout_s)

    def close(self) -> None:
        """Stop it and remove its files."""
        super().close()
        shutil.rmtree(self._home, ignore_errors=True)


def _as_unprivileged(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    account = pwd.getpwnam(UNPRIVILEGED)
    ids = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, "--", *command]


def _reachable(packages: DebianSet, copy: Path) -> DebianSet:
    """Return the packages where other users can run them: in place, or copied."""
    if packages.root is None or all(
        part.stat().st_mode & stat.S_IXOTH for part in (packages.root, *packages.root.parents)
    ):
        return packages
    shutil.copytree(packages.root, copy, symlinks=True)
    return DebianSet(packages.packages, copy)
