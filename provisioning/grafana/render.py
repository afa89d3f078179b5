"""Writes the boards' JSON from their code: `python -m provisioning.grafana.render [--check]`."""

import argparse
import json
import sys
from pathlib import Path

from provisioning.grafana.alerts import GROUP, RULES, rule_json
from provisioning.grafana.board import board_json
from provisioning.grafana.boards import BOARDS
from provisioning.grafana.marks import folder_uid
from provisioning.grafana.words import Language, Words, load_words

FOLDER = Path(__file__).parent / "json"
ALERTING = Path(__file__).parent / "files" / "alerting" / "matthan.yaml"
_ALERTING_HEAD = """\
# The alert rules in Vietnamese, for file provisioning: goes to <provisioning>/alerting/.
# Made by python -m provisioning.grafana.render; JSON is YAML too.
"""
_OF_THE_GROUP = ("folderUID", "ruleGroup")


def rendered() -> dict[Path, str]:
    """Text of every file under json/, by its path there: boards and alert rules."""
    file = load_words()
    rules = {
        Path("rules") / f"{language.value}.json": _text(
            {
                "folder": Words(language, file).title("folder"),
                "rules": [
                    rule_json(rule, Words(language, file), folder_uid(language.value)) for rule in RULES
                ],
            }
        )
        for language in Language
    }
    boards = {
        Path(language.value) / f"{board.name}.json": _text(board_json(board, Words(language, file)))
        for language in Language
        for board in BOARDS
    }
    return rules | boards


def _text(plain: dict[str, object]) -> str:
    return json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def alerting_text() -> str:
    """The rules in Vietnamese as a file that Grafana reads at its start."""
    words = Words(Language.VI, load_words())
    rules = [rule_json(rule, words, folder_uid(Language.VI.value)) for rule in RULES]
    kept = [{key: value for key, value in rule.items() if key not in _OF_THE_GROUP} for rule in rules]
    group = {"orgId": 1, "name": GROUP, "folder": words.title("folder"), "interval": "60s", "rules": kept}
    # Grafana puts variables of its environment into such files; a doubled $ stands for itself.
    return _ALERTING_HEAD + _text({"apiVersion": 1, "groups": [group]}).replace("$", "$$")


def out_of_step(folder: Path, wanted: dict[Path, str]) -> list[str]:
    """Files that are missing, changed, or no longer made."""
    found = {path.relative_to(folder): path.read_text("utf-8") for path in sorted(folder.glob("*/*.json"))}
    return sorted(str(path) for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))


def write(folder: Path, wanted: dict[Path, str]) -> None:
    """Write every file, and remove boards that are no longer made."""
    for path, text in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    for path in folder.glob("*/*.json"):
        if path.relative_to(folder) not in wanted:
            path.unlink()


def main() -> int:
    """Write the files, or with --check name those that are out of step (exit 1)."""
    parser = argparse.ArgumentParser(description="Write the dashboards' JSON from their code.")
    parser.add_argument("--check", action="store_true", help="write nothing; name the files out of step")
    wanted = rendered()
    if not parser.parse_args().check:
        write(FOLDER, wanted)
        ALERTING.write_text(alerting_text(), "utf-8")
        return 0
    stale = out_of_step(FOLDER, wanted)
    if ALERTING.read_text("utf-8") != alerting_text():
        stale.append("../files/alerting/matthan.yaml")
    for name in stale:
        sys.stderr.write(f"provisioning/grafana/json/{name} is out of step with its code: run make grafana\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
