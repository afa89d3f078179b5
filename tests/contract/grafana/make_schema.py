"""Makes grafana-schema.json from the TypeScript types of `@grafana/schema` (Apache-2.0), with npm.

    python tests/contract/grafana/make_schema.py

The versions are pinned here; the result is committed, so that no test needs npm. One definition a
panel type: its `options` and the `custom` part of its field configuration.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SCHEMA = "@grafana/schema@11.6.0"
TOOLS = ("ts-json-schema-generator@2.4.0", "typescript@5.8.3")
PANELS = {
    "timeseries": "timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts",
    "stat": "stat/panelcfg/x/StatPanelCfg_types.gen.d.ts",
    "bargauge": "bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.d.ts",
    "table": "table/panelcfg/x/TablePanelCfg_types.gen.d.ts",
    "state-timeline": "statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.d.ts",
}
WITHOUT_CUSTOM = {"stat", "bargauge"}
OUT = Path(__file__).parent / "grafana-schema.json"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run(["npm", "init", "-y"], cwd=root, check=True, capture_output=True)
        subprocess.run(
            ["npm", "install", "--ignore-scripts", SCHEMA, *TOOLS], cwd=root, check=True, capture_output=True
        )
        (root / "tsconfig.json").write_text(
            json.dumps(
                {"compilerOptions": {"strict": True, "moduleResolution": "node", "skipLibCheck": True}}
            )
        )
        types = root / "node_modules/@grafana/schema/dist/esm/raw"
        made = {
            "source": f"{SCHEMA}, Apache-2.0, by {' and '.join(TOOLS)}; see NOTICE",
            "dashboard": generated(root, types / "dashboard/x/dashboard_types.gen.d.ts", "Dashboard"),
            "panels": {
                kind: {
                    "options": generated(root, types / "composable" / path, "Options"),
                    "custom": None
                    if kind in WITHOUT_CUSTOM
                    else generated(root, types / "composable" / path, "FieldConfig"),
                }
                for kind, path in PANELS.items()
            },
        }
    OUT.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n")
    return 0


def generated(root: Path, types: Path, name: str) -> object:
    done = subprocess.run(
        [
            "node_modules/.bin/ts-json-schema-generator",
            "--tsconfig", "tsconfig.json", "--no-type-check", "--path", str(types), "--type", name,
        ],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )  # fmt: skip
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
