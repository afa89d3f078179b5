import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.scene_tools.toml_value import toml_key, toml_line, toml_value

VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab c-é", max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    assert tomllib.loads(f"key = {toml_value(value)}")["key"] == value


@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_every_name_can_be_a_key(name: str) -> None:
    assert tomllib.loads(toml_key(name) + " = 1") == {name: 1}


def test_a_long_list_is_written_one_item_a_line() -> None:
    line = toml_line("points", [[0.125, 0.25, 1.5, 2.5]] * 6)
    assert line.count("\n") == 8
    assert toml_line("polygon", [[0.1, 0.2]] * 3) == "polygon = [[0.1, 0.2], [0.1, 0.2], [0.1, 0.2]]\n"


def test_what_toml_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="None"):
        toml_value([None])
