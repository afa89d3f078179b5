"""Upkeep of the time-series store as HTTP shows it."""

from pydantic import BaseModel


class BackUpView(BaseModel):
    """A back-up that is whole and on disk; `file` lies on the server."""

    file: str
    bytes: int
    seconds: float


class CompactedView(BaseModel):
    """The store's file before and after it was written anew."""

    bytes_before: int
    bytes_after: int
    seconds: float
