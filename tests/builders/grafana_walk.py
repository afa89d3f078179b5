"""One walk through `provision grafana`, the same on the stand-in and on a real Grafana server.

    make grafana-check GRAFANA_URL=http://127.0.0.1:3000 GRAFANA_TOKEN=admin:password

It makes two organisations of its own, provisions both, and takes them away again; organisations can be
made by a server administrator alone, so the token is `user:password`. Nothing else on the server is touched.
"""

import argparse
import contextlib
import io
import json
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from provisioning.cli import main as provision

BOARDS = 20
RULES = 8


def walk(url: str, token: str) -> dict[str, Any]:
    """What was found; raises AssertionError where the server does not hold what it should."""
    mark = secrets.token_hex(4)
    names = [f"matthan-check-{mark}-{each}" for each in ("city", "health")]
    user, _, password = token.partition(":")
    with (
        httpx.Client(base_url=f"{url.rstrip('/')}/api", auth=(user, password), timeout=30) as api,
        tempfile.TemporaryDirectory() as folder,
    ):
        scopes = scopes_file(Path(folder), names)
        try:
            return _walk(api, names, ["--url", url, "--token", token, "--scopes", str(scopes)])
        finally:
            for name in names:
                found = api.get(f"/orgs/name/{name}")
                if found.status_code == httpx.codes.OK:
                    api.delete(f"/orgs/{found.json()['id']}").raise_for_status()


def _walk(api: httpx.Client, names: list[str], arguments: list[str]) -> dict[str, Any]:
    code, dry = run([*arguments, "--check"])
    assert (code, dry[-1]["applied"]) == (1, False)
    assert api.get(f"/orgs/name/{names[0]}").status_code == httpx.codes.NOT_FOUND
    code, first = run(arguments)
    assert code == 0
    assert run(arguments) == (0, [{"organisations": 2, "changes": 0, "applied": True}])
    org = str(api.get(f"/orgs/name/{names[0]}").json()["id"])
    headers = {"X-Grafana-Org-Id": org}
    boards = api.get("/search", params={"tag": "matthan", "type": "dash-db"}, headers=headers).json()
    rules = api.get("/v1/provisioning/alert-rules", headers=headers).json()
    sources = api.get("/datasources", headers=headers).json()
    assert (len(boards), len(rules), [each["uid"] for each in sources]) == (BOARDS, RULES, ["matthan"])
    theirs = {"title": "theirs", "panels": [], "schemaVersion": 41, "tags": ["matthan"]}
    kept = api.post(
        "/dashboards/db", json={"dashboard": theirs, "folderUid": "mt-vi"}, headers=headers
    ).json()
    board = api.get("/dashboards/uid/mt-city-vi", headers=headers).json()["dashboard"]
    changed = {"dashboard": {**board, "title": "changed by hand"}, "folderUid": "mt-vi", "overwrite": True}
    api.post("/dashboards/db", json=changed, headers=headers).raise_for_status()
    code, found = run([*arguments, "--check"])
    assert (code, [line.get("uid") for line in found[:-1]]) == (1, ["mt-city-vi"])
    assert run(arguments)[1][-1]["changes"] == 1
    assert api.get(f"/dashboards/uid/{kept['uid']}", headers=headers).status_code == httpx.codes.OK
    return {
        "organisations": len(names),
        "boards": len(boards),
        "rules": len(rules),
        "first_run": first[-1]["changes"],
    }


def run(arguments: list[str]) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = provision(["grafana", *arguments])
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def scopes_file(folder: Path, names: list[str]) -> Path:
    for name in names:
        (folder / f"{name}.key").write_text(f"key-of-{name}")
    file = folder / "scopes.toml"
    file.write_text(
        "".join(f'[[scope]]\norganisation = "{name}"\nkey_file = "{name}.key"\n' for name in names)
    )
    return file


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    args = parser.parse_args()
    if not args.url or ":" not in args.token:
        sys.stderr.write(
            "give GRAFANA_URL=http://… and GRAFANA_TOKEN=user:password of a server administrator\n"
        )
        return 2
    print(json.dumps(walk(args.url, args.token)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
