"""A Grafana server over its HTTP API, through grafana-client.

Organisations are made by a server administrator (`user:password`) alone; a service account's token
belongs to one organisation and reaches only that one.
"""

from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException, GrafanaUnauthorizedError
from niquests.exceptions import RequestException

from provisioning.errors import ProvisioningError
from provisioning.grafana.items import Item, ItemKind, Json
from provisioning.grafana.marks import BOARD_TAG
from provisioning.grafana.plan import Action, Change

_TIMEOUT_S: Final = 20.0
_NOT_FOUND: Final = 404
_PAGE: Final = 5000
_Api = Any
"""A `GrafanaApi`: grafana-client publishes no types for most of its calls."""


class GrafanaError(ProvisioningError):
    """Grafana refused, is away, or holds something that is not ours; the message says what to do."""


class GrafanaServer:
    """The server at `url`, seen by whoever holds `token` (`user:password`, or a service account's token)."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise GrafanaError(
                f"{url} is no address of a Grafana server: give one like https://grafana.example.vn"
            )
        name, colon, password = token.partition(":")
        self._auth: str | tuple[str, str] = (name, password) if colon else token
        self._administrator = bool(colon)
        self._url = url
        self._parts = parts
        self._apis: dict[int | None, _Api] = {}

    def close(self) -> None:
        """Close the connections."""
        for api in self._apis.values():
            api.client.s.close()
        self._apis.clear()

    def organisation(self, name: str) -> int | None:
        """Id of the organisation, or None when it has to be made.

        Raises:
            GrafanaError: the token belongs to another organisation, or the server refuses it.
        """
        api = self._api()
        if self._administrator:
            found = _or_none(lambda: api.organization.find_organization(name), self._url)
            return None if found is None else _number(found, "id")
        own = _asked(api.organization.get_current_organization, self._url)
        if own.get("name") != name:
            raise GrafanaError(
                f"this token belongs to the organisation {own.get('name')!r}, not {name!r}: give that "
                "organisation's token, or user:password of a server administrator, who may make organisations"
            )
        return _number(own, "id")

    def make_organisation(self, name: str) -> int:
        """Make an organisation; its maker becomes its administrator."""
        return _number(
            _asked(lambda: self._api().organization.create_organization({"name": name}), self._url), "orgId"
        )

    def items(self, organisation: int, wanted: tuple[Item, ...]) -> tuple[Item, ...]:
        """What the organisation holds under the uids of `wanted`, and all that carries our mark."""
        api = self._api(organisation)
        return (*self._datasources(api), *self._folders(api), *self._boards(api, wanted), *self._rules(api))

    def apply(self, organisation: int, change: Change) -> None:
        """Make one change.

        Raises:
            GrafanaError: the server refuses it.
        """
        api = self._api(organisation)
        if change.action is Action.DELETE:
            _asked(lambda: _delete(api, change.item), self._url)
        else:
            _asked(lambda: _write(api, organisation, change), self._url)

    def _api(self, organisation: int | None = None) -> _Api:
        if organisation not in self._apis:
            path = self._parts.path.strip("/")
            self._apis[organisation] = GrafanaApi(
                self._auth,
                host=self._parts.hostname or "",
                port=self._parts.port,
                protocol=self._parts.scheme,
                url_path_prefix=f"{path}/" if path else "",
                timeout=_TIMEOUT_S,
                organization_id=organisation,
            )
        return self._apis[organisation]

    def _datasources(self, api: _Api) -> tuple[Item, ...]:
        found = cast("list[Json]", _asked(api.datasource.list_datasources, self._url))
        return tuple(Item(ItemKind.DATASOURCE, str(each["uid"]), each) for each in found)

    def _folders(self, api: _Api) -> tuple[Item, ...]:
        found = cast("list[Json]", _asked(api.folder.get_all_folders, self._url))
        return tuple(Item(ItemKind.FOLDER, str(each["uid"]), each) for each in found)

    def _boards(self, api: _Api, wanted: tuple[Item, ...]) -> tuple[Item, ...]:
        tagged = cast(
            "list[Json]",
            _asked(
                lambda: api.search.search_dashboards(tag=BOARD_TAG, type_="dash-db", limit=_PAGE), self._url
            ),
        )
        uids = dict.fromkeys(item.uid for item in wanted if item.kind is ItemKind.BOARD)
        uids |= dict.fromkeys(str(each["uid"]) for each in tagged)
        found = (_or_none(_board_getter(api, uid), self._url) for uid in uids)
        return tuple(
            Item(
                ItemKind.BOARD,
                uid,
                _object(each, "dashboard"),
                str(_object(each, "meta").get("folderUid", "")),
            )
            for uid, each in zip(uids, found, strict=True)
            if each is not None
        )

    def _rules(self, api: _Api) -> tuple[Item, ...]:
        found = cast("list[Json]", _asked(api.alertingprovisioning.get_alertrules_all, self._url))
        return tuple(Item(ItemKind.RULE, str(each["uid"]), each, str(each["folderUID"])) for each in found)


def _write(api: _Api, organisation: int, change: Change) -> object:
    item, new = change.item, change.action is Action.CREATE
    match item.kind:
        case ItemKind.DATASOURCE:
            body = {"uid": item.uid, **item.body, **item.secret}
            data = api.datasource
            return data.create_datasource(body) if new else data.update_datasource_by_uid(item.uid, body)
        case ItemKind.FOLDER:
            title = item.body["title"]
            folder = api.folder
            return (
                folder.create_folder(title, item.uid)
                if new
                else folder.update_folder(item.uid, title, overwrite=True)
            )
        case ItemKind.BOARD:
            board = {**item.body, "id": None}
            return api.dashboard.update_dashboard(
                {"dashboard": board, "folderUid": item.folder, "overwrite": True}
            )
        case ItemKind.RULE:
            rule = {"orgID": organisation, **item.body}
            rules = api.alertingprovisioning
            return rules.create_alertrule(rule) if new else rules.update_alertrule(item.uid, rule)


def _delete(api: _Api, item: Item) -> object:
    match item.kind:
        case ItemKind.DATASOURCE:
            return api.datasource.delete_datasource_by_uid(item.uid)
        case ItemKind.FOLDER:
            return api.folder.delete_folder(item.uid)
        case ItemKind.BOARD:
            return api.dashboard.delete_dashboard(item.uid)
        case ItemKind.RULE:
            return api.alertingprovisioning.delete_alertrule(item.uid)


def _board_getter(api: _Api, uid: str) -> Callable[[], object]:
    return lambda: api.dashboard.get_dashboard(uid)


def _or_none(ask: Callable[[], object], url: str) -> Json | None:
    try:
        return _asked(ask, url, missing_is_none=True)
    except _MissingError:
        return None


class _MissingError(Exception):
    """The server has no such thing."""


def _asked(ask: Callable[[], object], url: str, *, missing_is_none: bool = False) -> Json:
    try:
        return cast("Json", ask())
    except GrafanaUnauthorizedError as error:
        raise GrafanaError(f"Grafana at {url} does not accept this token: make a new one") from error
    except GrafanaClientError as error:
        if missing_is_none and error.status_code == _NOT_FOUND:
            raise _MissingError from error
        raise GrafanaError(f"Grafana at {url} refuses: {error.message}") from error
    except GrafanaException as error:
        raise GrafanaError(f"Grafana at {url} cannot answer: {error.message}") from error
    except RequestException as error:
        raise GrafanaError(
            f"Grafana at {url} is not reachable: check the address and that it runs"
        ) from error


def _number(body: Json, key: str) -> int:
    return int(str(body[key]))


def _object(body: Json, key: str) -> Json:
    return cast("Json", body[key])
