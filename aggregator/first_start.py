"""What the first start leaves for the person who set the server up, and nobody else.

Invariant: the files are readable by their owner alone from the moment they exist, and are on disk
before the secrets are printed.
"""

import os
import sys
from pathlib import Path
from typing import TextIO

from aggregator.errors import DataDirError
from aggregator.identity.service import FirstLogin

LOGIN_FILE = "first-login.txt"
KEY_FILE = "api-key"


def keep_first_login(login: FirstLogin, directory: Path, console_url: str, out: TextIO = sys.stderr) -> None:
    """Write the secrets with mode 0600 and print them once; raises DataDirError."""
    text = (
        f"console:  {console_url}\nuser:     {login.user}\npassword: {login.password}\n"
        f"API key:  {login.api_key}\n"
    )
    _write_private(directory / KEY_FILE, login.api_key + "\n")
    _write_private(directory / LOGIN_FILE, text)
    out.write(f"first start; this is shown once, and kept in {directory / LOGIN_FILE}:\n{text}")
    out.flush()


def make_data_dir(directory: Path) -> None:
    """Make the data directory, for its owner alone; raises DataDirError."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataDirError(
            f"cannot make the data directory {directory}: {error.strerror}; "
            "give one that this user may write with server.data_dir"
        ) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise DataDirError(f"the data directory {directory} is not writable: give it to this user")


def _write_private(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DataDirError(
            f"cannot write {path}: {error.strerror}; free the disk or mend its permissions"
        ) from error
