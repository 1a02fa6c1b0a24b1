"""What `make fuzz` has tried, as a table: the sum of what its processes kept, a row a target."""

from __future__ import annotations

from collections.abc import Sequence

from bench.rows import Row, Rows
from vae_core.settings import PROJECT

KEPT = PROJECT / ".measured" / "fuzz.jsonl"
HEAD = (
    "| target | cases | of these refused | s | slowest, s | most memory more, MB | commits | days |\n"
    "|---|---:|---:|---:|---:|---:|---|---|\n"
)


def table() -> str:
    """Empty where nothing was tried on this machine: the table that is there stays."""
    rows = Rows(KEPT).kept
    names = sorted({row["target"] for row in rows})
    lines = [_line(name, [row for row in rows if row["target"] == name]) for name in names]
    return HEAD + "\n".join(lines) + _total(rows) if rows else ""


def _line(name: str, rows: Sequence[Row]) -> str:
    sums = [sum(row.get(key, 0) for row in rows) for key in ("cases", "told", "seconds")]
    most = [max(row.get(key, 0) for row in rows) for key in ("slowest", "more_mb")]
    cells = (name, *(f"{value:,.0f}" for value in sums), f"{most[0]:.2f}", f"{most[1]:.0f}", *_when(rows))
    return f"| {' | '.join(cells)} |"


def _when(rows: Sequence[Row]) -> tuple[str, str]:
    """The commits in their order, and the first and the last day."""
    commits, days = dict.fromkeys(str(row["commit"]) for row in rows), sorted({str(row["date"]) for row in rows})
    return ", ".join(commits), " to ".join(dict.fromkeys((days[0], days[-1])))


def _total(rows: Sequence[Row]) -> str:
    cases = sum(row["cases"] for row in rows)
    guided = sum(row["cases"] for row in rows if row.get("covered"))
    faults = {fault for row in rows for fault in row["faults"]}
    machines = ", ".join(sorted({str(row["machine"]) for row in rows}))
    told = f"{len(faults)} kinds of fault were found in them" if faults else "No fault was found in them"
    return f"\n\n{cases:,} cases, {guided:,} of them guided by coverage, on {machines}. {told}.\n"
