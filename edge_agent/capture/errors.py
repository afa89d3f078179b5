"""What can be wrong with a camera, by whose fault: the configuration's, or the camera's."""

from typing import Literal

Reason = Literal[
    "missing",
    "busy",
    "unreachable",
    "unauthorised",
    "no_such_stream",
    "no_picture",
    "stalled",
    "not_installed",
]


class CaptureError(Exception):
    """Anything that keeps frames from coming."""


class SourceError(CaptureError):
    """A `source` string of the configuration cannot be understood."""


class CameraUnavailableError(CaptureError):
    """A camera does not open, or has stopped to deliver.

    Attributes:
        reason: stable word for programs.
        problem: what is wrong, for people; never holds a password.
        next_step: what to do about it.
    """

    def __init__(self, reason: Reason, problem: str, next_step: str) -> None:
        super().__init__(f"{problem}; {next_step}")
        self.reason: Reason = reason
        self.problem = problem
        self.next_step = next_step
