"""A stand-in for Grafana's HTTP API: a real HTTP server that keeps state and refuses what Grafana refuses.

What it checks is what Grafana's published API says of each request (versions 11 to 12): who may call it,
which fields it must carry and of what type, what is unique, and that things refer to what exists. Any call
that is not written here is answered 404 and remembered in `unknown`, so that no call passes unchecked.
"""

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

Body = dict[str, Any]
ADMIN: Final = "admin:admin-of-one-test"
_UID_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_RULE_FIELDS: Final = {
    "orgID": int,
    "folderUID": str,
    "ruleGroup": str,
    "title": str,
    "condition": str,
    "data": list,
    "noDataState": str,
    "execErrState": str,
    "for": str,
}


class RefusedError(Exception):
    """Grafana's answer to a request that it does not take."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Organisation:
    """What one organisation holds, by uid."""

    name: str
    members: set[str] = field(default_factory=set)
    datasources: dict[str, Body] = field(default_factory=dict)
    folders: dict[str, Body] = field(default_factory=dict)
    boards: dict[str, Body] = field(default_factory=dict)
    board_folders: dict[str, str] = field(default_factory=dict)
    rules: dict[str, Body] = field(default_factory=dict)


class GrafanaState:
    """Organisations, who may reach them, and every request in the order it came."""

    def __init__(self) -> None:
        self.organisations = {1: Organisation("Main Org.", {"admin"})}
        self.tokens: dict[str, int] = {}
        self.calls: list[tuple[str, str]] = []
        self.unknown: list[tuple[str, str]] = []

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "GET"]

    def answer(self, method: str, target: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        parts = urlsplit(target)
        path = [unquote(part) for part in parts.path.removeprefix("/api/").split("/")]
        self.calls.append((method, parts.path))
        try:
            who, org = self._authorise(headers)
            if path[0] == "orgs":
                return self._orgs(method, path[1:], who, body)
            return self._in_organisation(method, path, org, parse_qs(parts.query), body)
        except RefusedError as refused:
            return refused.status, {"message": str(refused)}

    def _in_organisation(
        self, method: str, path: list[str], number: int, query: dict[str, list[str]], body: Any
    ) -> tuple[int, Any]:
        org = self.organisations[number]
        match path:
            case ["org"]:
                answer = 200, {"id": number, "name": org.name, "address": {}}
            case ["datasources", *rest]:
                answer = self._datasources(method, rest, org, body)
            case ["folders", *rest]:
                answer = self._folders(method, rest, org, body)
            case ["search"]:
                answer = 200, self._search(org, query)
            case ["dashboards", *rest]:
                answer = self._boards(method, rest, org, body)
            case ["v1", "provisioning", "alert-rules", *rest]:
                answer = self._rules(method, rest, number, body)
            case _:
                self.unknown.append((method, "/".join(path)))
                raise RefusedError(404, "Not found")
        return answer

    def _authorise(self, headers: dict[str, str]) -> tuple[str, int]:
        kind, _, secret = headers.get("authorization", "").partition(" ")
        asked = headers.get("x-grafana-org-id")
        if kind == "Basic" and base64.b64decode(secret).decode() == ADMIN:
            org = int(asked) if asked else 1
            if org not in self.organisations or "admin" not in self.organisations[org].members:
                raise RefusedError(401, "Unauthorized")
            return "admin", org
        if kind == "Bearer" and secret in self.tokens:
            org = self.tokens[secret]
            if asked and int(asked) != org:
                raise RefusedError(401, "Unauthorized")
            return "token", org
        raise RefusedError(401, "Invalid API key")

    def _orgs(self, method: str, rest: list[str], who: str, body: Any) -> tuple[int, Any]:
        if who != "admin":
            raise RefusedError(
                403,
                "You'll need additional permissions to perform this action. Permissions needed: orgs:read",
            )
        match method, rest:
            case "GET", ["name", name]:
                for number, org in self.organisations.items():
                    if org.name == name:
                        return 200, {"id": number, "name": name, "address": {}}
                raise RefusedError(404, "Organization not found")
            case "POST", []:
                name = need(body, "name", str)
                if name in {org.name for org in self.organisations.values()}:
                    raise RefusedError(409, "Organization name taken")
                number = max(self.organisations) + 1
                self.organisations[number] = Organisation(name, {"admin"})
                return 200, {"orgId": number, "message": "Organization created"}
            case "DELETE", [number]:
                if int(number) not in self.organisations:
                    raise RefusedError(404, "Failed to delete organization. ID not found")
                del self.organisations[int(number)]
                return 200, {"message": "Organization deleted"}
        self.unknown.append((method, "/".join(rest)))
        raise RefusedError(404, "Not found")

    def _datasources(self, method: str, rest: list[str], org: Organisation, body: Any) -> tuple[int, Any]:
        match method, rest:
            case "GET", []:
                return 200, [shown(each) for each in org.datasources.values()]
            case "POST", []:
                uid = checked_uid(body.get("uid") or "made-by-grafana")
                if uid in org.datasources or need(body, "name", str) in names(org.datasources):
                    raise RefusedError(409, "data source with the same name already exists")
                return 200, {"message": "Datasource added", "datasource": self._keep(org, uid, body)}
            case "PUT", ["uid", uid]:
                known(org.datasources, uid, "Data source not found")
                return 200, {"message": "Datasource updated", "datasource": self._keep(org, uid, body)}
            case "DELETE", ["uid", uid]:
                known(org.datasources, uid, "Data source not found")
                del org.datasources[uid]
                return 200, {"message": "Data source deleted"}
        self.unknown.append((method, "/".join(rest)))
        raise RefusedError(404, "Not found")

    def _keep(self, org: Organisation, uid: str, body: Body) -> Body:
        need(body, "type", str)
        if need(body, "access", str) not in {"proxy", "direct"}:
            raise RefusedError(400, "bad request data")
        if not urlsplit(str(body.get("url", ""))).scheme:
            raise RefusedError(400, "Validation error, invalid URL")
        secure = body.get("secureJsonData", {}) or org.datasources.get(uid, {}).get("secureJsonData", {})
        if not all(isinstance(value, str) for value in secure.values()):
            raise RefusedError(400, "bad request data")
        org.datasources[uid] = {**body, "uid": uid, "id": len(org.datasources) + 1, "secureJsonData": secure}
        return shown(org.datasources[uid])

    def _folders(self, method: str, rest: list[str], org: Organisation, body: Any) -> tuple[int, Any]:
        match method, rest:
            case "GET", []:
                return 200, [
                    {"id": 1, "uid": uid, "title": each["title"]} for uid, each in org.folders.items()
                ]
            case "POST", []:
                uid = checked_uid(body.get("uid") or "made-by-grafana")
                title = need(body, "title", str)
                if uid in org.folders:
                    raise RefusedError(409, "a folder with that uid already exists")
                org.folders[uid] = {"uid": uid, "title": title, "version": 1}
                return 200, org.folders[uid]
            case "PUT", [uid]:
                kept = known(org.folders, uid, "folder not found")
                if not body.get("overwrite") and body.get("version") != kept["version"]:
                    raise RefusedError(412, "the folder has been changed by someone else")
                kept.update(title=need(body, "title", str), version=kept["version"] + 1)
                return 200, kept
            case "DELETE", [uid]:
                known(org.folders, uid, "folder not found")
                if any(rule["folderUID"] == uid for rule in org.rules.values()):
                    raise RefusedError(400, "folder cannot be deleted: folder contains alert rules")
                del org.folders[uid]
                return 200, {"message": "Folder deleted"}
        self.unknown.append((method, "/".join(rest)))
        raise RefusedError(404, "Not found")

    def _search(self, org: Organisation, query: dict[str, list[str]]) -> list[Body]:
        wanted = set(query.get("tag", []))
        return [
            {"uid": uid, "title": board["title"], "type": "dash-db", "folderUid": org.board_folders[uid]}
            for uid, board in org.boards.items()
            if wanted <= set(board.get("tags", []))
        ]

    def _boards(self, method: str, rest: list[str], org: Organisation, body: Any) -> tuple[int, Any]:
        match method, rest:
            case "GET", ["uid", uid]:
                board = known(org.boards, uid, "Dashboard not found")
                return 200, {"dashboard": board, "meta": {"folderUid": org.board_folders[uid], "slug": uid}}
            case "POST", ["db"]:
                return 200, self._save(org, body)
            case "DELETE", ["uid", uid]:
                known(org.boards, uid, "Dashboard not found")
                del org.boards[uid]
                return 200, {"message": "Dashboard deleted", "title": uid}
        self.unknown.append((method, "/".join(rest)))
        raise RefusedError(404, "Not found")

    def _save(self, org: Organisation, body: Body) -> Body:
        board = need(body, "dashboard", dict)
        if not str(board.get("title", "")).strip():
            raise RefusedError(400, "Dashboard title cannot be empty")
        folder = body.get("folderUid", "")
        if folder and folder not in org.folders:
            raise RefusedError(404, "Folder not found")
        uid = checked_uid(board.get("uid") or f"made-by-grafana-{len(org.boards)}")
        same_title = [
            each for each, kept in org.boards.items()
            if kept["title"] == board["title"] and org.board_folders[each] == folder and each != uid
        ]  # fmt: skip
        if same_title:
            raise RefusedError(412, "A dashboard with the same name in the folder already exists")
        before = org.boards.get(uid)
        if before is not None and not body.get("overwrite") and board.get("version") != before["version"]:
            raise RefusedError(412, "The dashboard has been changed by someone else")
        version = (before["version"] if before else 0) + 1
        org.boards[uid] = {**board, "uid": uid, "id": len(org.boards) + 1, "version": version}
        org.board_folders[uid] = folder
        return {"uid": uid, "id": 1, "version": version, "status": "success", "url": f"/d/{uid}", "slug": uid}

    def _rules(self, method: str, rest: list[str], number: int, body: Any) -> tuple[int, Any]:
        org = self.organisations[number]
        match method, rest:
            case "GET", []:
                return 200, list(org.rules.values())
            case "POST", []:
                uid = checked_uid(body.get("uid") or "made-by-grafana")
                if uid in org.rules:
                    raise RefusedError(409, "a rule with that UID already exists")
                return 201, self._keep_rule(org, number, uid, body)
            case "PUT", [uid]:
                known(org.rules, uid, "rule not found")
                return 200, self._keep_rule(org, number, uid, body)
            case "DELETE", [uid]:
                org.rules.pop(uid, None)
                return 204, None
        self.unknown.append((method, "/".join(rest)))
        raise RefusedError(404, "Not found")

    def _keep_rule(self, org: Organisation, number: int, uid: str, body: Body) -> Body:
        for name, kind in _RULE_FIELDS.items():
            need(body, name, kind)
        if body["orgID"] != number:
            raise RefusedError(400, "invalid alert rule: orgID does not match")
        if body["folderUID"] not in org.folders:
            raise RefusedError(400, "invalid alert rule: folder does not exist")
        if body["noDataState"] not in {"Alerting", "NoData", "OK"}:
            raise RefusedError(400, "unknown NoData state option")
        if body["execErrState"] not in {"Alerting", "Error", "OK"}:
            raise RefusedError(400, "unknown Error state option")
        self._check_parts(org, body)
        if any(each["title"] == body["title"] and key != uid for key, each in org.rules.items()):
            raise RefusedError(409, "a rule with the same title already exists in the folder")
        org.rules[uid] = {**body, "uid": uid, "id": len(org.rules) + 1, "provenance": "api"}
        return org.rules[uid]

    def _check_parts(self, org: Organisation, body: Body) -> None:
        parts = {need(part, "refId", str): part for part in body["data"]}
        if body["condition"] not in parts:
            raise RefusedError(
                400, f"condition {body['condition']} does not exist, must be one of {sorted(parts)}"
            )
        for part in parts.values():
            need(part, "model", dict)
            source = need(part, "datasourceUid", str)
            if source != "__expr__" and source not in org.datasources:
                raise RefusedError(400, f"data source {source} does not exist")
            span = need(part, "relativeTimeRange", dict)
            if source != "__expr__" and not span["from"] > span["to"]:
                raise RefusedError(400, "invalid relative time range")


def need(body: Any, name: str, kind: type) -> Any:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, kind) or value == "":
        raise RefusedError(400, f"bad request data: {name} is missing or is no {kind.__name__}")
    return value


def known(held: dict[str, Body], uid: str, message: str) -> Body:
    if uid not in held:
        raise RefusedError(404, message)
    return held[uid]


def checked_uid(uid: str) -> str:
    if len(uid) > 40 or not set(uid) <= _UID_CHARS:
        raise RefusedError(400, "uid contains illegal characters or is too long")
    return uid


def names(held: dict[str, Body]) -> set[str]:
    return {str(each["name"]) for each in held.values()}


def shown(datasource: Body) -> Body:
    """A datasource as Grafana gives it: secrets only by name."""
    secure = datasource["secureJsonData"]
    rest = {key: value for key, value in datasource.items() if key != "secureJsonData"}
    return {**rest, "secureJsonFields": dict.fromkeys(secure, True), "readOnly": False}


class GrafanaFake:
    """The server on a port of its own while the context is open."""

    def __init__(self) -> None:
        self.state = GrafanaState()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self.state))
        self._thread = threading.Thread(target=self._server.serve_forever, name="grafana-fake", args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def handler_of(state: GrafanaState) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                body = json.loads(sent) if sent else {}
            except ValueError:
                status, answer = 400, {"message": "bad request data"}
            else:
                status, answer = state.answer(self.command, self.path, headers, body)
            raw = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815  names of http.server

        def log_message(self, *_: object) -> None:
            """Tests read the state, not a log."""

    return Handler
