"""Reading the configuration file, and its last good copy when the file is damaged.

A file that a power cut left empty or torn must not silence a node: the copy kept at the last good start is
used instead, loudly. A file that is whole but wrong is somebody's mistake, and refused with its line.
"""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from fleet.wire.errors import ConfigError
from fleet.wire.node_config import NodeConfig, parse_node_config

COPY_NAME: Final = "config.last-good.toml"


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A configuration in force; `problem` says why it is not the file's, or is empty."""

    config: NodeConfig
    text: str
    problem: str = ""


def load(path: Path, environment: Mapping[str, str]) -> LoadedConfig:
    """Read the configuration, or its last good copy when the file is empty, torn or gone.

    Raises:
        ConfigError: it is wrong, or damaged and there is no copy; one line with the next step.
    """
    try:
        text = path.read_text("utf-8")
        config = parse_node_config(text)
    except (OSError, UnicodeDecodeError) as error:
        damage = f"{path}: cannot be read ({error})"
        cause: Exception = error
    except ConfigError as error:
        damage = f"{path}: {error}"
        if not is_damaged(text, error):
            raise ConfigError(damage) from error
        cause = error
    else:
        return LoadedConfig(config, text)
    for copy in copies_of(path, environment):
        with contextlib.suppress(OSError, UnicodeDecodeError, ConfigError):
            text = copy.read_text("utf-8")
            return LoadedConfig(
                parse_node_config(text), text, f"{damage}: the last good copy is in force; write it again"
            )
    raise ConfigError(f"{damage}; there is no good copy of it: write it again") from cause


def keep_copy(loaded: LoadedConfig, path: Path) -> None:
    """Keep the text in force where `load` will look for it: in the data folder, and beside the file.

    Both, because the data folder is named by the very file that may be damaged. What cannot be written is
    left.
    """
    for copy in (Path(loaded.config.node.data_dir) / COPY_NAME, beside(path)):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if not copy.exists() or copy.read_text("utf-8") != loaded.text:
                _write_whole(copy, loaded.text)


def copies_of(path: Path, environment: Mapping[str, str]) -> list[Path]:
    """Where a copy may be: beside the file, and in the state folder that systemd names."""
    state = environment.get("STATE_DIRECTORY", "")
    return [beside(path), *(Path(folder) / COPY_NAME for folder in state.split(":") if folder)]


def beside(path: Path) -> Path:
    """The copy that lies next to the file."""
    return path.with_name(f".{path.name}.last-good")


def is_damaged(text: str, error: ConfigError) -> bool:
    """Whether the text looks torn rather than mistaken: empty, no TOML, or ending before what is required."""
    cause = error.__cause__
    torn = isinstance(cause, msgspec.DecodeError) and not isinstance(cause, msgspec.ValidationError)
    return not text.strip("\0 \t\r\n") or torn or "missing required field" in str(error)


def _write_whole(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
