"""What every test shares: hypothesis without deadlines (the machines are noisy), and the real servers.

`make test` draws the same examples for the same code, so that a commit passes or does not; `make fuzz`
draws new ones, and more, and is where a property is searched rather than kept.
"""

import atexit
import os

from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=30, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("MATTHAN_PROPERTIES", "house"))

pytest_plugins = ["servers.fixtures"]


@atexit.register
def _let_the_closing_line_be_the_last() -> None:
    """Mute what DuckDB 2.0's binding says of its own types while the interpreter ends.

    The exit status still tells of anything worse.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
