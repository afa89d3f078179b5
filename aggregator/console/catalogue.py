"""Every word that the console shows, in Vietnamese and English: messages/{vi,en}.toml.

Both files have the same keys (tested); `kinds` has words for every kind of event of the contract.
"""

from importlib import resources
from typing import Final

import msgspec

LANGUAGES: Final = ("vi", "en")
"""The first is what a console shows until somebody chooses."""


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Messages of one language, by where they stand."""

    language: str
    page: dict[str, str]
    sign_in: dict[str, str]
    password: dict[str, str]
    sign_on: dict[str, str]
    tiles: dict[str, str]
    nodes: dict[str, str]
    events: dict[str, str]
    charts: dict[str, str]
    boards: dict[str, str]
    menu: dict[str, str]
    work: dict[str, str]
    alarms: dict[str, str]
    alarm_states: dict[str, str]
    severities: dict[str, str]
    fields: dict[str, str]
    history: dict[str, str]
    stages: dict[str, str]
    map: dict[str, str]
    places: dict[str, str]
    site_kinds: dict[str, str]
    users: dict[str, str]
    roles: dict[str, str]
    keys: dict[str, str]
    audit: dict[str, str]
    choose: dict[str, str]
    rules: dict[str, str]
    rule_parts: dict[str, str]
    warnings: dict[str, str]
    cap_status: dict[str, str]
    cap_type: dict[str, str]
    cap_category: dict[str, str]
    cap_severity: dict[str, str]
    cap_urgency: dict[str, str]
    cap_certainty: dict[str, str]
    node: dict[str, str]
    problems: dict[str, str]
    audit_actions: dict[str, str]
    connection: dict[str, str]
    status: dict[str, str]
    why: dict[str, str]
    camera_status: dict[str, str]
    kinds: dict[str, str]
    classes: dict[str, str]
    directions: dict[str, str]
    time: dict[str, str]


def load_catalogue(language: str) -> Catalogue:
    """Read the catalogue of one of LANGUAGES."""
    file = resources.files("aggregator.console").joinpath("messages", f"{language}.toml")
    return msgspec.toml.decode(file.read_bytes(), type=Catalogue)


def load_catalogues() -> dict[str, Catalogue]:
    """Read all of them."""
    return {language: load_catalogue(language) for language in LANGUAGES}
