"""What every test shares: hypothesis without deadlines (the machines are noisy), and the real servers."""

import atexit
import os

from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=30)
settings.load_profile("house")

pytest_plugins = ["servers.fixtures"]


@atexit.register
def _let_the_closing_line_be_the_last() -> None:
    """Mute what DuckDB 2.0's binding says of its own types while the interpreter ends.

    The exit status still tells of anything worse.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
