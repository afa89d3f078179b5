import io
import stat
from pathlib import Path

import pytest

from aggregator.errors import DataDirError
from aggregator.first_start import KEY_FILE, LOGIN_FILE, keep_first_login, make_data_dir
from aggregator.identity.service import FirstLogin

LOGIN = FirstLogin("admin", "pass-word", "mt_key")


def test_the_secrets_are_printed_once_and_kept_for_their_owner_alone(tmp_path: Path) -> None:
    out = io.StringIO()
    (tmp_path / KEY_FILE).write_text("older and open")
    (tmp_path / KEY_FILE).chmod(0o644)
    keep_first_login(LOGIN, tmp_path, "http://here/", out)
    assert (out.getvalue().count("pass-word"), out.getvalue().count("mt_key")) == (1, 1)
    assert (tmp_path / KEY_FILE).read_text() == "mt_key\n"
    for name in (KEY_FILE, LOGIN_FILE):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_data_directory_is_its_owners_alone(tmp_path: Path) -> None:
    make_data_dir(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataDirError, match=r"server\.data_dir"):
        make_data_dir(tmp_path / "file" / "data")
    with pytest.raises(DataDirError, match="free the disk"):
        keep_first_login(LOGIN, tmp_path / "nowhere", "http://here/", io.StringIO())
