from pathlib import Path

from provisioning.grafana.render import out_of_step, write

WANTED = {Path("vi/a.json"): "1\n", Path("en/a.json"): "2\n"}


def test_what_was_written_is_in_step(tmp_path: Path) -> None:
    write(tmp_path, WANTED)
    assert out_of_step(tmp_path, WANTED) == []


def test_missing_changed_and_left_over_files_are_named(tmp_path: Path) -> None:
    write(tmp_path, {**WANTED, Path("vi/old.json"): "3\n"})
    (tmp_path / "vi/a.json").write_text("changed")
    (tmp_path / "en/a.json").unlink()
    assert out_of_step(tmp_path, WANTED) == ["en/a.json", "vi/a.json", "vi/old.json"]
    write(tmp_path, WANTED)
    assert out_of_step(tmp_path, WANTED) == []
