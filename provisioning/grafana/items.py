"""What a Grafana organisation holds and should hold, as plain items (pure)."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from provisioning.grafana.marks import (
    BOARD_TAG,
    CONSOLE_VARIABLE,
    DATABASE,
    DATASOURCE_FIELD,
    DATASOURCE_MADE_BY,
    DATASOURCE_UID,
    KEY_FIELD,
    RULE_LABEL,
    RULE_MADE_BY,
    UID_PREFIX,
    folder_uid,
)

Json = dict[str, object]
_DIGEST_CHARS: Final = 16


class ItemKind(StrEnum):
    """Kinds of items, in the order in which they are made: rules need folders, boards a datasource."""

    DATASOURCE = "datasource"
    FOLDER = "folder"
    BOARD = "dashboard"
    RULE = "alert-rule"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of an organisation; `secret` is sent and never read back."""

    kind: ItemKind
    uid: str
    body: Json
    folder: str = ""
    secret: Json = field(default_factory=dict, repr=False)

    @property
    def ours(self) -> bool:
        """Whether it carries our mark."""
        match self.kind:
            case ItemKind.DATASOURCE:
                return _at(self.body, "jsonData", DATASOURCE_FIELD) == DATASOURCE_MADE_BY
            case ItemKind.FOLDER:
                return self.uid.startswith(UID_PREFIX)
            case ItemKind.BOARD:
                tags = self.body.get("tags")
                return self.uid.startswith(UID_PREFIX) and isinstance(tags, list) and BOARD_TAG in tags
            case ItemKind.RULE:
                return _at(self.body, "labels", RULE_LABEL) == RULE_MADE_BY


@dataclass(frozen=True, slots=True)
class Scope:
    """One organisation: whoever is in it sees what its key may see, and nothing else."""

    organisation: str
    key: str = field(repr=False)
    language: str = "vi"


@dataclass(frozen=True, slots=True)
class Shipped:
    """What this version ships: boards by language, rules and folder titles by language."""

    boards: dict[str, tuple[Json, ...]]
    rules: dict[str, tuple[Json, ...]]
    folders: dict[str, str]


def desired_items(
    scope: Scope, shipped: Shipped, *, aggregator_url: str, console_url: str
) -> tuple[Item, ...]:
    """Everything that the organisation of `scope` should hold; alert rules in its own language alone."""
    boards = [
        Item(ItemKind.BOARD, _text(board, "uid"), _with_console(board, console_url), folder_uid(language))
        for language, all_boards in shipped.boards.items()
        for board in all_boards
    ]
    folders = [
        Item(ItemKind.FOLDER, folder_uid(language), {"title": title})
        for language, title in shipped.folders.items()
    ]
    rules = [
        Item(ItemKind.RULE, _text(rule, "uid"), rule, _text(rule, "folderUID"))
        for rule in shipped.rules[scope.language]
    ]
    return (_datasource(scope, aggregator_url), *folders, *boards, *rules)


def _datasource(scope: Scope, aggregator_url: str) -> Item:
    body: Json = {
        "name": DATASOURCE_UID,
        "type": "influxdb",
        "access": "proxy",
        "url": aggregator_url,
        "isDefault": True,
        "jsonData": {
            "dbName": DATABASE,
            "version": "InfluxQL",
            "httpMode": "POST",
            "timeInterval": "1m",
            "httpHeaderName1": "Authorization",
            DATASOURCE_FIELD: DATASOURCE_MADE_BY,
            KEY_FIELD: hashlib.sha256(scope.key.encode()).hexdigest()[:_DIGEST_CHARS],
        },
    }
    secret: Json = {"secureJsonData": {"httpHeaderValue1": f"Bearer {scope.key}"}}
    return Item(ItemKind.DATASOURCE, DATASOURCE_UID, body, secret=secret)


def _with_console(board: Json, console_url: str) -> Json:
    templating = board["templating"]
    if not isinstance(templating, dict):
        return board
    variables = [
        {**variable, "query": console_url} if variable["name"] == CONSOLE_VARIABLE else variable
        for variable in templating["list"]
    ]
    return {**board, "templating": {"list": variables}}


def _at(body: Json, *keys: str) -> object:
    found: object = body
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _text(body: Json, key: str) -> str:
    return str(body[key])
