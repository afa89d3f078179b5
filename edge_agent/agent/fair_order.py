"""Whose turn it is on a detector that several cameras share. Pure: knows neither threads nor the time of day.

Each camera is due a detection every `period_s`, the period of its configured rate, while it asks. Dues stand
on a clock of the detector's own, in seconds of need: it moves to the due of whoever was served last, so while
the detector cannot follow, it runs slow for every camera alike. The earliest due goes first: that is the
camera which has waited longest past its due. So an overload costs every camera the same share of its need,
whatever its rate, and one that asks for less than its share waits for nobody (start-time fair queueing,
Goyal 1996). Who did not ask for a while comes back with one period in hand and no more: what has just begun
to move is looked at soon, and nobody saves up.
"""


class FairOrder:
    """The cameras that wait, and what each is due.

    Invariant: one entry a camera, so the state is bounded by the configuration.
    """

    def __init__(self) -> None:
        self._served_s = 0.0
        self._due_s: dict[str, float] = {}
        self._waiting: dict[str, float] = {}  # period by camera, in the order of asking

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def ask(self, camera: str, period_s: float) -> None:
        """A camera wants its turn; one that waits already keeps its place."""
        due_s = self._due_s.get(camera, self._served_s)
        self._due_s[camera] = max(due_s, self._served_s - period_s)
        self._waiting.setdefault(camera, period_s)

    def next(self) -> str | None:
        """Take out the camera whose due is earliest; who asked first among equals; None when nobody waits."""
        if not self._waiting:
            return None
        camera = min(self._waiting, key=self._due_s.__getitem__)
        due_s = self._due_s[camera]
        self._served_s = max(self._served_s, due_s)
        self._due_s[camera] = due_s + self._waiting.pop(camera)
        return camera
