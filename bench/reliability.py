"""What is tried against the program, counted from the tests themselves: forms of attack, faults, promises, fuzz.

python -m bench.reliability                 writes the tables in docs/reliability.md anew
python -m bench.reliability --print         prints them
python -m bench.reliability --kills FILE    and that of the kills, from the rows that bench.kill kept there

A test counts by its name: `test_form_08_...` tries form 8, `test_fault_disk_...` a fault of the disk, and each of its
parameters is a variant. A promise names the tests that keep it, and there have to be such.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from bench import fuzzed, kill
from vae_core.settings import PROJECT

PAGE = PROJECT / "docs" / "reliability.md"
FORMS: Mapping[str, tuple[str, str]] = {  # the form, and where others were hit by it
    "01": ("A name of a stranger's that was pointed at this machine", "CVE-2025-14279, CVE-2026-2611"),
    "02": ("A page of another origin, or of another port", "streamlit#16448"),
    "03": ("Code named in the description of a model", "CVE-2025-1550"),
    "04": ("A gadget out of Keras itself", "CVE-2025-8747"),
    "05": ("A refused layer inside a wrapper, or by another name", "CVE-2026-1462"),
    "06": ("Weights that lie in another file", "CVE-2026-1669"),
    "07": ("A layer that is named like a path", "CVE-2026-12479"),
    "08": ("A few bytes that declare gigabytes", "keras PR#23016"),
    "09": ("Two descriptions in one archive", "parser differentials"),
    "10": ("Members, links and devices that lead out of an archive", "CVE-2025-12060, CVE-2024-55459"),
    "11": ("Names of runs, parents, tasks and searches that lead elsewhere", "CVE-2024-1560, CVE-2026-2614"),
    "12": ("Routes and paths that lead out of what may be read", "CVE-2026-33682, CVE-2024-42474"),
    "13": ("Names that Windows takes for a device", "CVE-2026-28414"),
    "14": ("Modes of what is written; what is swapped after its check", "CVE-2026-4137, CVE-2025-10279"),
    "15": ("Forged messages of another session; native code that crashes", "CVE-2026-2651, proofs for LiteRT"),
    "links": ("Links in the folder of a run", ""),
    "markup": ("HTML, Markdown and scripts as names: pages, reports, the file that is taken home", ""),
    "csv": ("Formulas in CSV and TSV", ""),
    "terminal": ("What a terminal obeys, in names", ""),
    "bomb": ("Pictures, zips, tars and JSON that unpack to mountains", ""),
    "long": ("Names of ten megabytes", ""),
}
FAULTS: Mapping[str, tuple[str, str]] = {
    "kill": ("A process is killed in one of its phases", ""),
    "disk": ("A write fails: the disk is full, read-only, failing, gone, slow, or another than the cache's", ""),
    "power": ("The power is cut, and what was not synced is lost", ""),
    "clock": ("The clock jumps", ""),
    "pid": ("The number of a dead process is another's now", ""),
    "mode": ("A folder may not be read", ""),
    "servers": ("Two page servers on one folder", ""),
}
PROMISES: Mapping[str, tuple[str, ...]] = {
    "A killed training goes on and ends as one that was not killed": (
        "test_killed_and_resumed_it_ends_as_if_nothing_had_happened",
        "test_fault_kill_of_a_training",
    ),
    "What has finished does not change, whatever fails later": (
        "test_fault_disk_at_some_writes",
        "test_fault_power_is_cut",
    ),
    "Nothing is seen half-written": ("test_a_reader_never_sees_half_a_file", "test_fault_disk_at_each_write"),
    "What was said to be kept is there after a power cut": ("test_fault_power_is_cut",),
    "A full disk is a sentence, and the training goes on when there is room": (
        "test_a_full_disk_and_one_that_is_read_only",
        "test_a_disk_that_is_full_while_it_saves_leaves_all_epochs_and_goes_on",
    ),
    "No lock, process or temporary file of a dead process stays": (
        "test_fault_kill_of_what",
        "test_what_killed_writers_left_is_swept",
    ),
    "One process at a time has a run": ("test_two_that_start_one_run_get_one_process",),
    "A number of a process that was given out again is not taken for its first holder": (
        "test_fault_pid_is_somebody_elses_now",
    ),
    "A clock that jumps loses nothing, and makes nobody wait": ("test_fault_clock_jumps_in_a_training",),
    "A search loses no trial and doubles none": (
        "test_two_workers_lose_no_trial_and_double_none_even_if_one_is_killed",
    ),
    "A damaged file is a sentence, never a fault of the program": (
        "test_a_damaged_file_is_told_and_never_a_fault_of_the_program",
    ),
    "What a stranger sends computes nothing and leads nowhere": ("test_form_03_", "test_form_10_"),
}
TEST = re.compile(r"^(tests/\S+\.py)::(test_\w+?)(\[.*)?$", re.MULTILINE)
NAMED = re.compile(r"test_(?:form|fault)_(\d\d|[a-z]+)_")


Tests = list[tuple[str, str]]  # each with its file, once for each of its parameters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", action="store_true", help="print the tables and write nothing")
    parser.add_argument("--kills", type=Path, metavar="FILE", help="rows that `bench.kill --out FILE` kept")
    arguments = parser.parse_args()
    tests = collected()
    tables = {
        "forms": written("form", FORMS, tests),
        "faults": written("fault", FAULTS, tests),
        "promises": promises(tests),
    }
    if fuzzing := fuzzed.table():
        tables["fuzz"] = fuzzing
    if arguments.kills:
        tables["kills"] = kill.table(map(json.loads, arguments.kills.read_text("utf-8").splitlines())) + "\n"
    for name, table in tables.items():
        print(table) if arguments.print else _put(name, table)


def _put(name: str, table: str) -> None:
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, _, rest = PAGE.read_text("utf-8").partition(begin)
    PAGE.write_text(f"{before}{begin}{table}{end}{rest.partition(end)[2]}", encoding="utf-8")


def collected() -> Tests:
    """Of the files that have one that counts: to read all of them would take much longer."""
    names = "|".join(name for names in PROMISES.values() for name in names)
    counts = re.compile(rf"def (test_form_|test_fault_|{names})")
    paths = sorted((PROJECT / "tests").rglob("test_*.py"))
    files = [str(path.relative_to(PROJECT)) for path in paths if counts.search(path.read_text("utf-8"))]
    every = "long or not long or engines"
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", every, *files]
    told = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    return [(path, name) for path, name, _ in TEST.findall(told)]


def written(kind: str, known: Mapping[str, tuple[str, str]], tests: Tests) -> str:
    """A row a form or a fault; one without a test, or a test without one, has no place here."""
    found: Counter[str] = Counter()
    places: dict[str, set[str]] = {}
    for path, name in tests:
        if name.startswith(f"test_{kind}_") and (named := NAMED.match(name)):
            found[named[1]] += 1
            places.setdefault(named[1], set()).add(path)
    assert set(found) == set(known), set(found) ^ set(known)
    rows = [_row(each, known[each], str(found[each]), sorted(places[each])) for each in known]
    head = f"| | {kind} | seen elsewhere as | variants tried | tests |\n|---|---|---|---:|---|\n"
    return head + "\n".join(rows) + f"\n\n{len(found)} {kind}s, {found.total()} variants.\n"


def _row(name: str, told: tuple[str, str], count: str, files: list[str]) -> str:
    cells = (name if name.isdigit() else "", *told, count, ", ".join(map(_link, files)))
    return f"| {' | '.join(cells)} |"


def _link(path: str) -> str:
    name = path.rpartition("/")[2].removeprefix("test_").removesuffix(".py")
    return f"[{name.removeprefix('attacks_').replace('_', ' ')}](../{path})"


def promises(tests: Tests) -> str:
    """Each with the tests that keep it."""
    rows = []
    for promise, names in PROMISES.items():
        kept = {path for path, name in tests for wanted in names if name.startswith(wanted)}
        assert all(any(name.startswith(wanted) for _, name in tests) for wanted in names), names
        rows.append(f"| {promise} | {', '.join(map(_link, sorted(kept)))} |")
    return "| promise | kept by |\n|---|---|\n" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
