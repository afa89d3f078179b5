import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.web.cursors import BadCursorError, decode_cursor, encode_cursor


@given(
    st.tuples(
        st.integers(0, 2**62), st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
    )
)
def test_a_cursor_gives_back_its_key(key: tuple[int, str]) -> None:
    assert key == decode_cursor(encode_cursor(key), tuple[int, str])


@given(st.text(max_size=60))
def test_any_other_text_is_refused_or_a_key(text: str) -> None:
    try:
        number, name = decode_cursor(text, tuple[int, str])
    except BadCursorError:
        return
    assert isinstance(number, int)
    assert isinstance(name, str)


@pytest.mark.parametrize("cursor", ["", "=", "AAAA", "á", encode_cursor((1,)), encode_cursor(("a", 1))])
def test_what_was_not_made_for_this_listing_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        decode_cursor(cursor, tuple[int, str])
