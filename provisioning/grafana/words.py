"""Words of the dashboards, in Vietnamese and English, parsed once from words.toml beside this file."""

from enum import StrEnum
from importlib import resources
from typing import Final

import msgspec

from fleet.wire.measurements import load_catalogue


class Language(StrEnum):
    """A language of the wall."""

    VI = "vi"
    EN = "en"


class Saying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    vi: str
    en: str

    def in_language(self, language: Language) -> str:
        """Text in `language`."""
        return self.vi if language is Language.VI else self.en


class WordsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`words.toml`: titles and labels, classes of objects, kinds of events, verdicts, …, columns."""

    titles: dict[str, Saying]
    classes: dict[str, Saying]
    kinds: dict[str, Saying]
    verdicts: dict[str, Saying]
    signs: dict[str, Saying]
    subjects: dict[str, Saying]
    severities: dict[str, Saying]
    domains: dict[str, Saying]
    fields: dict[str, Saying]


class UnknownWordError(LookupError):
    """A dashboard asks for a text that words.toml lacks: add it there, in both languages."""


def load_words() -> WordsFile:
    """Read the catalogue that ships with this version."""
    text = resources.files("provisioning.grafana").joinpath("words.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=WordsFile)


class Words:
    """The catalogue in one language."""

    def __init__(self, language: Language, file: WordsFile) -> None:
        self.language: Final = language
        self._file = file
        self._meanings = load_catalogue()

    def title(self, key: str) -> str:
        """Title or label `key`.

        Raises:
            UnknownWordError: words.toml has no such text.
        """
        saying = self._file.titles.get(key)
        if saying is None:
            raise UnknownWordError(f"words.toml has no titles.{key}: add it in both languages")
        return saying.in_language(self.language)

    def meaning(self, measurement: str) -> str:
        """What a measurement is, from the catalogue of measurements."""
        found = self._meanings[measurement].meaning
        return found.vi if self.language is Language.VI else found.en

    def classes(self) -> dict[str, str]:
        """Names of the classes of objects."""
        return self._pairs(self._file.classes)

    def kinds(self) -> dict[str, str]:
        """Names of the kinds of events."""
        return self._pairs(self._file.kinds)

    def classes_of(self, measurement: str) -> dict[str, str]:
        """Names of what the tag `class` of a measurement may be."""
        file = self._file
        found = {
            "alarms_open": file.severities,
            "alarms_open_kind": file.kinds,
            "alarm_false_share": file.kinds,
            "alarms_judged": file.verdicts,
            "node_intrusions": file.signs,
            "audit_entries": file.subjects,
        }
        return self._pairs(found.get(measurement, file.classes))

    def sources_of(self, measurement: str) -> dict[str, str]:
        """Names of what the tag `source` of a measurement may be, where those are few."""
        return self.domains() if measurement in {"alarms_open", "alarm_age"} else {}

    def domains(self) -> dict[str, str]:
        """Names of the fields of work that alarms come from."""
        return self._pairs(self._file.domains)

    def fields(self) -> dict[str, str]:
        """Names of the columns of tables: tags and times."""
        return self._pairs(self._file.fields)

    def _pairs(self, sayings: dict[str, Saying]) -> dict[str, str]:
        return {key: saying.in_language(self.language) for key, saying in sayings.items()}
