"""Errors of the contract, by whose fault: the text someone wrote, or the caller's own values."""


class WireError(Exception):
    """Base of everything that the contract refuses."""


class ConfigError(WireError):
    """A configuration text is wrong; the message names the key and what to write instead."""


class ManifestError(WireError):
    """An artefact manifest is malformed or does not fit the files beside it."""


class SignatureError(WireError):
    """A signed document is not what it claims; `code` is stable and safe to count.

    Codes: `malformed`, `bad_signature`, `other_node`, `other_topic`, `other_session`, `expired`,
    `stale_version`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class TopicError(WireError):
    """A topic or node id cannot be formed from these values."""


class OversizeError(WireError):
    """A message is larger than a broker is sure to carry; split the batch."""
