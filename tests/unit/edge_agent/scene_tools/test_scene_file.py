from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge_agent.scene_tools.errors import SceneChangedError, SceneFileError
from edge_agent.scene_tools.scene_file import BACKUPS, SceneFile

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


def test_a_file_that_is_not_there_yet_is_empty_and_can_be_made(tmp_path: Path) -> None:
    file = SceneFile(tmp_path / "s.toml")
    assert (file.read().text, file.read().digest) == ("", "")
    after = file.write("a = 1\n", expected="", now=NOW)
    assert (file.path.read_text("utf-8"), after, file.backups()) == ("a = 1\n", file.read(), [])


def test_the_old_content_is_kept_and_only_the_latest_of_it(tmp_path: Path) -> None:
    file = SceneFile(tmp_path / "s.toml")
    for number in range(BACKUPS + 4):
        file.write(f"a = {number}\n", expected=file.read().digest, now=NOW + timedelta(seconds=number))
    kept = [path.read_text("utf-8") for path in file.backups()]
    assert kept == [f"a = {number}\n" for number in range(3, BACKUPS + 3)]


def test_rights_and_links_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text("a = 1\n", encoding="utf-8")
    real.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(real)
    file = SceneFile(link)
    file.write("a = 2\n", expected=file.read().digest, now=NOW)
    assert (link.is_symlink(), real.read_text("utf-8"), real.stat().st_mode & 0o777) == (
        True,
        "a = 2\n",
        0o640,
    )


def test_what_another_hand_wrote_is_not_written_over(tmp_path: Path) -> None:
    file = SceneFile(tmp_path / "s.toml")
    before = file.write("a = 1\n", expected="", now=NOW)
    file.path.write_text("a = 3\n", encoding="utf-8")
    with pytest.raises(SceneChangedError, match="changed on disk"):
        file.write("a = 2\n", expected=before.digest, now=NOW)
    assert file.path.read_text("utf-8") == "a = 3\n"


def test_a_read_only_file_is_refused_and_stays(tmp_path: Path) -> None:
    file = SceneFile(tmp_path / "s.toml")
    before = file.write("a = 1\n", expected="", now=NOW)
    file.path.chmod(0o444)
    with pytest.raises(SceneFileError, match="read-only"):
        file.write("a = 2\n", expected=before.digest, now=NOW)
    assert file.path.read_text("utf-8") == "a = 1\n"


def test_a_folder_that_is_not_there_and_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(SceneFileError, match="no folder"):
        SceneFile(tmp_path / "no" / "s.toml").check_writable()
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SceneFileError, match="UTF-8"):
        SceneFile(tmp_path / "b.toml").read()
    with pytest.raises(SceneFileError, match="cannot be read"):
        SceneFile(tmp_path).read()
