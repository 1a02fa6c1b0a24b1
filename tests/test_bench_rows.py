"""A bench that was broken off goes on where it was."""

from __future__ import annotations

from pathlib import Path

from bench.rows import Row, Rows


class Bench:
    """Measures a row for each seed, and remembers for which it did."""

    def __init__(self, out: Path) -> None:
        self.out, self.measured = out, list[int]()

    def run(self, seeds: int, **of_all: object) -> list[Row]:
        kept = Rows(self.out, **of_all)
        return [kept.take({"seed": seed}, self._measure, seed) for seed in range(seeds)]

    def _measure(self, seed: int) -> Row:
        self.measured.append(seed)
        return {"pair": (seed, None)}


def test_what_is_kept_is_not_measured_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "new" / "rows.jsonl")
    first, again = bench.run(2), bench.run(3)
    assert bench.measured == [0, 1, 2]
    assert again[:2] == first
    assert {"machine", "date", "commit"} <= first[0].keys()


def test_what_was_asked_otherwise_is_measured_anew(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "rows.jsonl")
    bench.run(1, trials=4)
    bench.run(1, trials=5)
    assert bench.measured == [0, 0]


def test_a_row_that_a_kill_cut_off_is_measured_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "rows.jsonl")
    bench.run(2)
    bench.out.write_bytes(bench.out.read_bytes()[:-9])
    bench.run(2)
    bench.run(2)
    assert bench.measured == [0, 1, 1]
