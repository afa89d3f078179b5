import json
from pathlib import Path

import pytest

from aggregator.console.boards import read_boards
from aggregator.console.catalogue import LANGUAGES, load_catalogues
from aggregator.console.pages import BoardTitle, Pages, load_assets
from aggregator.errors import NotFoundError


def test_the_shipped_boards_stand_in_the_order_of_the_menu() -> None:
    boards = read_boards()
    assert [each.name for each in boards.titles("en")] == [
        "city", "alarms", "traffic", "order", "places", "environment", "fleet", "node", "camera", "security",
    ]  # fmt: skip
    assert boards.titles("vi")[0] == BoardTitle("city", "Toàn cảnh thành phố")
    assert json.loads(boards.json("vi", "city"))["uid"] == "mt-city-vi"


@pytest.mark.parametrize(("language", "name"), [("vi", "nothing"), ("fr", "city"), ("vi", "../rules/vi")])
def test_a_board_that_is_not_there_is_told(language: str, name: str) -> None:
    with pytest.raises(NotFoundError, match="choose one in the menu"):
        read_boards().json(language, name)


def test_a_folder_without_boards_gives_an_empty_menu(tmp_path: Path) -> None:
    assert read_boards(tmp_path).titles("vi") == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_every_board_and_marks_its_own(language: str) -> None:
    pages = Pages(load_catalogues(), load_assets())
    titles = (BoardTitle("city", "A & B"), BoardTitle("traffic", "C"))
    page = pages.board(language, "traffic", titles, csrf="c")
    assert '<a href="/console/boards/city">A &amp; B</a>' in page
    assert '<a href="/console/boards/traffic" aria-current="page">C</a>' in page
