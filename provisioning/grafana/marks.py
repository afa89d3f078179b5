"""How things of ours are told from what others made in the same Grafana."""

from typing import Final

BOARD_TAG: Final = "matthan"
"""Tag of every board; a board of ours also has a uid that begins with `UID_PREFIX` (a copy has not)."""
UID_PREFIX: Final = "mt-"
RULE_LABEL: Final = "made_by"
RULE_MADE_BY: Final = "matthan"
DATASOURCE_FIELD: Final = "madeBy"
DATASOURCE_MADE_BY: Final = "matthan"
KEY_FIELD: Final = "keyDigest"
"""Grafana never gives a secret back: the digest of the key tells whether it holds the right one."""
DATASOURCE_UID: Final = "matthan"
DATABASE: Final = "matthan"
CONSOLE_VARIABLE: Final = "console"
CONSOLE_URL: Final = "http://127.0.0.1:8080"


def folder_uid(language: str) -> str:
    """Uid of the folder of that language's boards."""
    return f"{UID_PREFIX}{language}"
