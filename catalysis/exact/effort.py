"""Work that would take too long is refused before it begins, in one line: how long, and what would do it."""

from __future__ import annotations

from catalysis.exact.errors import InputError

SILENT_SECONDS, WATCHED_SECONDS = 40, 900
"""How long an answer may take where nothing is told meanwhile, and where progress is."""


class TooLong(InputError):
    """Work refused beforehand: `what` would take so many `seconds`; `work` is the limit that would allow it."""

    def __init__(self, what: str, seconds: float, instead: str, work: int | None = None) -> None:
        self.what, self.seconds, self.work = what, seconds, work
        self.cost = f"{what} would take {duration(seconds)}"
        leave = "" if work is None else f", or leave by max_work={work}"
        super().__init__(f"{self.cost}: expected {instead}{leave}")

    def told(self, instead: str) -> TooLong:
        """The same for a question in which something else takes less."""
        return TooLong(self.what, self.seconds, instead, self.work)


def duration(seconds: float) -> str:
    """A time for people."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"about {round(seconds / size)} {unit}s"
    return f"about {max(2, round(seconds))} seconds"
