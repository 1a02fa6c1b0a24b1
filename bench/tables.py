"""Make the tables of docs/measured.md anew: a bench measures each row, and what is new is added below what is there.

    LOUPE_DATA=... python -m bench.tables [NAME ...]

All of them take many hours. Rows are kept in .measured/ as they come: what was broken off goes on where it was, and who
takes that folder away measures again. The other tables there tell which commands made them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench import credit
from bench.rows import Row
from vae_core.look import intervals
from vae_core.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "measured.md"
KEPT = PROJECT / ".measured"
Cells = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    heading: str
    bench: tuple[str, ...]
    cells: Callable[[list[Row]], Iterator[Cells]]  # of what the bench kept


def pairs(rows: list[Row], ended: bool) -> Iterator[Cells]:
    """`ended`: how many trials there were, instead of how long all took."""
    for row in rows:
        both = ("none", row["asked"]["pruner"])
        trials = [f"{row['trials'][name]}" for name in both]
        spent = [f"{row['epochs'][name]:,}" for name in both]
        seconds = [f"{row['seconds'][name]:.0f}" for name in both]
        whole = [f"{row['whole_seconds'][name]:.0f}" for name in both]
        best = [f"{row['best'][name]:.2f}" for name in both]
        ratios = [f"{row[f'{unit}_ratio']:.2f}" for unit in ("epochs", "seconds")]
        cells = (*spent, ratios[0], *seconds, ratios[1])
        told = (*trials, *cells, *best) if ended else (*cells, *whole, *best)
        yield (str(row["seed"]), *told, *origin(row))


def as_many_trials(rows: list[Row]) -> Iterator[Cells]:
    return pairs(rows, ended=False)


def as_many_epochs(rows: list[Row]) -> Iterator[Cells]:
    return pairs(rows, ended=True)


def credited(rows: list[Row]) -> Iterator[Cells]:
    for row in rows:
        for effect, found in row["effects"].items():
            settled = [credit.counted(found, intervals.DIFFERS, minutes) for minutes in credit.MINUTES]
            little, plain = credit.counted(found, intervals.LITTLE), sum(each["plain"] for each in found)
            yield (f"{float(effect):.0%}", *map(str, (*settled, little, plain)), f"{len(found)}", *origin(row))


def judged(rows: list[Row]) -> Iterator[Cells]:
    """A row a group of runs, once all of it is there."""
    for group, words in (
        ("faulty", "a fault put in, one rule after the other"),
        ("mistakes", "the five reports' mistakes 1 to 12, in small trainings that repeat them"),
        (
            "healthy",
            "healthy runs: every recipe's layers in three sizes, the usual beginnings with codes of 2 to 8, the "
            "automatic network",
        ),
    ):
        found = [row for row in rows if row["group"] == group]
        if found:
            missed, false = (sum(bool(row[name]) for row in found) for name in ("missed", "false"))
            told = {"faulty": (missed, false), "mistakes": (missed, "-"), "healthy": ("-", false)}[group]
            yield (words, str(len(found)), *map(str, told), *origin(found[-1]))


def beside_pca(rows: list[Row]) -> Iterator[Cells]:
    for row in rows:
        epochs = f"{row['best_epoch']} of {row['epochs']}"
        told = (f"{row['share_of_pca']:.3f}", f"{row['ssim_above_pca']:+.3f}")
        counted = (f"{row['images']:,}", f"{row['steps']:,}", epochs)
        yield (row["set"], str(row["code"]), *counted, f"{row['trained_seconds']:.0f}", *told, *origin(row))


def trainers(rows: list[Row]) -> Iterator[Cells]:
    for row in rows:
        speed = row["images_per_second"]
        rivals = [
            cell
            for rival, ratio in row["ratios"].items()
            for cell in (f"{speed[row['best'][rival]]:,.0f} ({row['best'][rival]})", f"{ratio:.2f}")
        ]
        ours = (f"{speed['loupe']:,.0f} ({row['versions']['loupe']})", row["half"] or "none")
        alone = "" if row["seconds"] == "seconds" else ", seconds of one core"
        machine, *others = origin(row)
        yield (row["network"], ours[0], *(rivals + ["-", "-"])[:4], ours[1], f"{machine}{alone}", *others)


def origin(row: Row) -> Cells:
    return row["machine"], row["date"], row["commit"]


TABLES = {
    "trials": Table("Ending trials early, with as many trials", ("search", "--seeds", "8"), as_many_trials),
    "epochs": Table(
        "Ending trials early, with as many epochs", ("search", "--seeds", "6", "--budget", "epochs"), as_many_epochs
    ),
    "credit": Table("What a comparison credits", ("credit", "--runs", "80"), credited),
    "doctor": Table("The doctor", ("doctor",), judged),
    "own": Table("Images of one's own", ("own",), beside_pca),
    "train": Table("Images a second", ("train",), trainers),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(TABLES)}")
    for name in parser.parse_args().names or TABLES:
        rows = measured(name, TABLES[name])
        text = DOCUMENT.read_text("utf-8")
        DOCUMENT.write_text(added(text, TABLES[name], rows), "utf-8")


def measured(name: str, table: Table) -> list[Row]:
    out = KEPT / f"{name}.jsonl"
    bench, *words = table.bench
    subprocess.run([sys.executable, "-m", f"bench.{bench}", *words, "--out", str(out)], cwd=PROJECT, check=True)
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def added(text: str, table: Table, rows: list[Row]) -> str:
    """The document with the rows that it does not have yet, below the others of the first table under the heading."""
    lines = text.splitlines()
    under = lines.index(f"## {table.heading}")
    end = next(place for place in range(under, len(lines)) if lines[place].startswith("|"))
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    told = [f"| {' | '.join(cells)} |" for cells in table.cells(rows)]
    return "\n".join([*lines[:end], *(line for line in told if line not in lines), *lines[end:]]) + "\n"


if __name__ == "__main__":
    main()
