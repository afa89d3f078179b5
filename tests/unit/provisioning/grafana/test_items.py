from provisioning.grafana.command import load_shipped
from provisioning.grafana.items import Item, ItemKind, Scope, desired_items

SHIPPED = load_shipped()
URLS = {"aggregator_url": "http://a", "console_url": "http://c"}


def items(key: str = "secret", language: str = "vi") -> tuple[Item, ...]:
    return desired_items(Scope("City", key, language), SHIPPED, **URLS)


def test_an_organisation_gets_datasource_folders_boards_and_rules_of_its_language() -> None:
    kinds = [item.kind for item in items(language="en")]
    assert [kinds.count(kind) for kind in ItemKind] == [1, 2, 20, 8]
    assert {item.uid[-2:] for item in items(language="en") if item.kind is ItemKind.RULE} == {"en"}


def test_everything_carries_our_mark() -> None:
    assert [item.uid for item in items() if not item.ours] == []


def test_the_key_goes_only_into_the_secret_and_its_change_shows_in_the_digest() -> None:
    (first,), (second,) = ([i for i in items(key) if i.kind is ItemKind.DATASOURCE] for key in ("one", "two"))
    assert first.secret == {"secureJsonData": {"httpHeaderValue1": "Bearer one"}}
    assert "one" not in str(first.body["jsonData"])
    assert first.body["jsonData"] != second.body["jsonData"]
    assert "one" not in repr(first)
    assert "one" not in repr(Scope("City", "one"))


def test_the_boards_lead_to_the_console_that_was_named() -> None:
    (city,) = [item for item in items() if item.uid == "mt-city-vi"]
    templating = city.body["templating"]
    assert isinstance(templating, dict)
    assert [each["query"] for each in templating["list"] if each["name"] == "console"] == ["http://c"]
