"""The words for every outcome of every check, in both languages, from messages.toml beside this file.

`ANY` holds the outcomes that every check may have: it took too long, or it failed by itself.
"""

from importlib import resources

import msgspec

from edge_agent.doctor.finding import Finding, Status

_ANY = "ANY"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages; `{name}` stands for a value of the finding."""

    vi: str
    en: str

    def filled(self, values: dict[str, str]) -> "Words":
        """The text with its values put in."""
        return Words(vi=self.vi.format_map(values), en=self.en.format_map(values))


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an outcome means; an outcome that is well needs no next step."""

    status: Status
    cause: Words
    next_step: Words = Words(vi="", en="")


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is checked, and its outcomes by name."""

    title: Words
    outcomes: dict[str, Outcome]


class Result(msgspec.Struct, frozen=True):
    """A finding in words: one line of `--json`."""

    code: str
    subject: str
    status: Status
    outcome: str
    title: Words
    cause: Words
    next_step: Words
    values: dict[str, str]
    took_ms: int


Catalogue = dict[str, Check]


def parse_catalogue(text: str) -> Catalogue:
    """Parse a catalogue; raises msgspec.ValidationError naming the entry that is wrong."""
    return msgspec.toml.decode(text, type=Catalogue)


def load_catalogue() -> Catalogue:
    """Read the catalogue that ships with this version."""
    return parse_catalogue(resources.files("edge_agent.doctor").joinpath("messages.toml").read_text("utf-8"))


def in_words(finding: Finding, catalogue: Catalogue, took_ms: int) -> Result:
    """Put a finding into words.

    Raises:
        KeyError: the catalogue lacks the check, the outcome, or the finding a value that its text needs.
    """
    check = catalogue[finding.code]
    outcome = check.outcomes.get(finding.outcome) or catalogue[_ANY].outcomes[finding.outcome]
    values = dict(finding.values)
    return Result(
        code=finding.code,
        subject=finding.subject,
        status=outcome.status,
        outcome=finding.outcome,
        title=check.title,
        cause=outcome.cause.filled(values),
        next_step=outcome.next_step.filled(values),
        values=values,
        took_ms=took_ms,
    )
