"""Records the signatures of picamera2 that the camera class uses, from the package's source.

    pip download --no-deps --no-binary :all: picamera2==0.3.38
    python tests/fakes/record_picamera2.py picamera2-0.3.38.tar.gz > tests/fakes/picamera2_interface.json

picamera2 imports only on a Raspberry Pi, so its source is parsed, not imported.
"""

import ast
import json
import sys
import tarfile
from pathlib import Path

USED = {
    "picamera2/picamera2.py": {
        "Picamera2": (
            "__init__",
            "create_video_configuration",
            "configure",
            "start",
            "capture_request",
            "cancel_all_and_flush",
            "close",
        )
    },
    "picamera2/request.py": {"CompletedRequest": ("make_array", "get_metadata", "release")},
}


def parameters(function: ast.FunctionDef) -> list[str]:
    """Names in order, those with a default marked with `=`; `self` left out."""
    names = [argument.arg for argument in function.args.args]
    without_default = len(names) - len(function.args.defaults)
    return [name if number < without_default else f"{name}=" for number, name in enumerate(names)][1:]


def record(archive: Path) -> dict[str, dict[str, list[str]]]:
    """Class to method to parameters; of overloads the last, which is the implementation."""
    found: dict[str, dict[str, list[str]]] = {}
    root = archive.name.removesuffix(".tar.gz")
    with tarfile.open(archive) as tar:
        for path, classes in USED.items():
            source = tar.extractfile(f"{root}/{path}")
            if source is None:
                raise SystemExit(f"{archive} has no {path}: is it picamera2's source archive?")
            for node in ast.parse(source.read()).body:
                if isinstance(node, ast.ClassDef) and node.name in classes:
                    found[node.name] = {
                        item.name: parameters(item)
                        for item in node.body
                        if isinstance(item, ast.FunctionDef) and item.name in classes[node.name]
                    }
    return {"recorded_from": {root: []}} | found


if __name__ == "__main__":
    json.dump(record(Path(sys.argv[1])), sys.stdout, indent=1)
    print()
