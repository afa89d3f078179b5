"""The words of the scene tools in both languages, from messages.toml beside this file."""

import re
from importlib import resources

import msgspec

from edge_agent.doctor.catalogue import Words


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one kind of advice."""

    cause: Words
    next_step: Words


class Translation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A refusal of the parser in Vietnamese: what to look for in the English text, and what to say."""

    match: str
    vi: str


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All words.

    Attributes:
        advice: by code.
        problems: the first that matches is taken.
        page: the editor's own words, by name.
        kinds: names of rules, by kind.
        keys: names of a rule's keys, by key.
        events: names of events, by kind.
    """

    advice: dict[str, Finding]
    problems: tuple[Translation, ...]
    page: dict[str, Words] = {}
    kinds: dict[str, Words] = {}
    keys: dict[str, Words] = {}
    events: dict[str, Words] = {}

    def problem(self, place: str, what: str) -> Words:
        """A refusal in both languages; English stands for both where nobody has translated it."""
        for each in self.problems:
            if found := re.search(each.match, what):
                values = {name: value or "" for name, value in found.groupdict().items()}
                return Words(vi=f"{place}{each.vi.format_map(values)}", en=f"{place}{what}")
        return Words(vi=f"{place}{what}", en=f"{place}{what}")


def load_catalogue() -> Catalogue:
    """The catalogue that ships with this version."""
    text = resources.files("edge_agent.scene_tools").joinpath("messages.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=Catalogue)
