from string import Formatter

import pytest

from edge_agent.doctor.catalogue import Words
from edge_agent.scene_tools.rule_forms import rule_forms, table_forms
from edge_agent.scene_tools.words import Catalogue, load_catalogue
from fleet.wire import kinds


def test_every_rule_and_key_of_this_version_has_a_name_in_both_languages() -> None:
    words = load_catalogue()
    forms = rule_forms(words)
    assert [form.name for form in forms if form.name not in words.kinds] == []
    fields = [field.key for form in (*forms, *table_forms(words).values()) for field in form.fields]
    assert [key for key in fields if key not in words.keys] == []


def test_every_event_of_the_wire_has_a_name() -> None:
    known = {name for group in (kinds.ALARM_KINDS, kinds.RECORD_KINDS) for name in group}
    assert known - load_catalogue().events.keys() == set()


def texts(words: Catalogue) -> list[tuple[str, Words]]:
    advice = [
        (f"{code} {part}", getattr(each, part))
        for code, each in words.advice.items()
        for part in ("cause", "next_step")
    ]
    plain = [
        (name, each)
        for table in (words.page, words.kinds, words.keys, words.events)
        for name, each in table.items()
    ]
    return [*advice, *plain]


def test_both_languages_mention_the_same_values() -> None:
    def values(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    words = load_catalogue()
    assert [name for name, each in texts(words) if values(each.vi) != values(each.en)] == []
    assert [name for name, each in texts(words) if not (each.vi and each.en)] == []


@pytest.mark.parametrize(
    ("what", "vi"),
    [
        ("unknown key 'colour': did you mean 'color'?", "khoá colour không có: có phải là color?"),
        ("unknown key 'x': known keys are a, b", "khoá x không có: các khoá là a, b"),
        (
            "its edges from corner 1 and from corner 3 cross: list",
            "cạnh từ góc 1 và cạnh từ góc 3 cắt nhau: xếp các góc theo thứ tự vòng quanh vùng",
        ),
        ("nobody has translated this", "nobody has translated this"),
    ],
)
def test_a_refusal_is_told_in_vietnamese_too(what: str, vi: str) -> None:
    assert load_catalogue().problem("[[zones]] 1: ", what) == Words(
        vi=f"[[zones]] 1: {vi}", en=f"[[zones]] 1: {what}"
    )
