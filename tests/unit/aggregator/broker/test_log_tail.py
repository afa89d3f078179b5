from pathlib import Path

from aggregator.broker.log_tail import LogTail


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_only_what_comes_after_the_start_is_told_once_and_whole(tmp_path: Path) -> None:
    log = tmp_path / "log"
    append(log, "before\n")
    tail = LogTail(log)
    assert tail.lines() == []
    append(log, "one\ntw")
    assert tail.lines() == ["one"]
    append(log, "o\nthree\n")
    assert tail.lines() == ["two", "three"]
    assert tail.lines() == []
    tail.close()


def test_a_file_that_comes_later_is_read_from_its_beginning(tmp_path: Path) -> None:
    tail = LogTail(tmp_path / "log")
    assert tail.lines() == []
    append(tmp_path / "log", "first\n")
    assert tail.lines() == ["first"]
    tail.close()


def test_a_rotated_file_is_finished_before_the_new_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    append(log, "")
    tail = LogTail(log)
    append(log, "old\n")
    log.rename(tmp_path / "log.1")
    append(log, "new\n")
    assert tail.lines() == ["old"]
    assert tail.lines() == ["new"]
    tail.close()


def test_a_file_cut_in_place_is_read_again_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "log"
    append(log, "a long line before\n")
    tail = LogTail(log)
    log.write_text("short\n")
    assert tail.lines() == ["short"]
    tail.close()


def test_bytes_that_are_no_text_and_endless_lines_do_no_harm(tmp_path: Path) -> None:
    log = tmp_path / "log"
    tail = LogTail(log, from_end=False)
    log.write_bytes(b"\xff\xfe\nx" * 2 + b"y" * 3_000_000 + b"\nlast\n")
    lines: list[str] = []
    while more := tail.lines():
        lines += more
    for _ in range(3):
        lines += tail.lines()
    assert lines[0] == "\ufffd\ufffd"
    assert lines[-1] == "last"
    tail.close()


def test_a_file_that_vanishes_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    append(log, "x\n")
    tail = LogTail(log)
    log.unlink()
    assert tail.lines() == []
    append(log, "back\n")
    assert tail.lines() == ["back"]
    tail.close()
