"""What can be wrong with the outbox, by whose fault: the disk's, or the file's."""


class OutboxError(Exception):
    """Anything that keeps facts from being stored."""


class JournalUnavailableError(OutboxError):
    """The disk is full, read-only, broken, or another process holds the file; it may pass.

    Attributes:
        full: space is what is missing, so that dropping the least worthy facts can help.
    """

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


class JournalCorruptError(OutboxError):
    """The file is not a journal, or is damaged; it does not pass: set it aside."""
