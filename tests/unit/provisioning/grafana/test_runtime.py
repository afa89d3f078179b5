"""What a technician's machine runs needs no development package, and words.toml holds nothing unused."""

import re
import subprocess
import sys
from pathlib import Path

import provisioning.grafana
from provisioning.grafana.alerts import RULES
from provisioning.grafana.words import load_words

SOURCE = Path(provisioning.grafana.__file__).parent


def test_provision_starts_without_the_sdk_of_the_dashboards() -> None:
    """The boards' code is for development; what is sent is their committed JSON."""
    script = (
        "import sys; sys.modules['grafana_foundation_sdk'] = None; "
        "from provisioning.cli import main; from provisioning.grafana.command import load_shipped; "
        "shipped = load_shipped(); print(len(shipped.boards['vi']), len(shipped.rules['en']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["10", "8"]


def test_every_title_is_used() -> None:
    code = "\n".join(path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py")))
    named = set(re.findall(r'"([a-z0-9_]+)"', code)) | {f"alert_{rule.name}" for rule in RULES}
    named |= {f"{kind}_{board}" for kind in ("board", "about") for board in named}
    named |= {f"{made}_{site}" for made in ("section", "visitors", "crowding") for site in named}
    named |= {f"{measurement}_worst" for measurement in named}
    sites = {
        f"{made}_{site}"
        for made in ("section", "visitors", "crowding")
        for site in ("health", "education", "tourism")
    }
    assert load_words().titles.keys() - named - sites == set()
