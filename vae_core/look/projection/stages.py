"""One count of done work for stages that each count from 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Tell = Callable[[str, float, float], None]  # phase in words, done, of the whole
Progress = Callable[[float, float], None]


class Stages:
    """`shares` says, by the stage's words, about how much of the whole each takes; in the order of the work."""

    def __init__(self, tell: Tell, shares: Sequence[tuple[str, float]]) -> None:
        self._tell = tell
        self._starts: dict[str, tuple[float, float]] = {}
        whole, before = sum(share for _, share in shares), 0.0
        for words, share in shares:
            self._starts[words] = (before / whole, share / whole)
            before += share

    def of(self, words: str) -> Progress:
        """Tells how far that stage is; says at once that it has begun."""
        start, share = self._starts[words]

        def tell(done: float, total: float) -> None:
            self._tell(words, start + share * (done / total if total else 1.0), 1.0)

        tell(0, 1)
        return tell


FIND, FORM = "Finding neighbours", "Forming the map"
