"""Forms of attack and the variants of each that are tried, counted from the tests themselves.

python -m bench.reliability           writes the table in docs/reliability.md anew
python -m bench.reliability --print   prints it

A test counts by its name: `test_form_08_...` tries form 8, and each of its parameters is a variant.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping

from vae_core.settings import PROJECT

PAGE = PROJECT / "docs" / "reliability.md"
BEGIN, END = "<!-- forms: begin -->\n", "<!-- forms: end -->\n"
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
TEST = re.compile(r"^(tests/test_\w+\.py)::test_form_(\d\d|[a-z]+)_\w+(\[.*)?$", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", action="store_true", help="print the table and write nothing")
    table = written(*counted())
    if parser.parse_args().print:
        print(table)
        return
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{table}{END}{rest.partition(END)[2]}", encoding="utf-8")


def counted() -> tuple[Counter[str], dict[str, set[str]]]:
    """Variants by form, and the files that they stand in."""
    files = sorted(str(path.relative_to(PROJECT)) for path in (PROJECT / "tests").glob("test_attacks_*.py"))
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "long or not long", *files]
    told = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    found: Counter[str] = Counter()
    places: dict[str, set[str]] = {}
    for path, form, _ in TEST.findall(told):
        found[form] += 1
        places.setdefault(form, set()).add(path)
    return found, places


def written(found: Counter[str], places: Mapping[str, set[str]]) -> str:
    """A row a form; a form without a test, or a test without a form, has no place here."""
    assert set(found) == set(FORMS), set(found) ^ set(FORMS)
    rows = [_row(form, str(found[form]), sorted(places[form])) for form in FORMS]
    head = "| | form | seen elsewhere as | variants tried | tests |\n|---|---|---|---:|---|\n"
    total = f"\n{len(found)} forms, {sum(found.values())} variants.\n"
    return head + "\n".join(rows) + "\n" + total


def _row(form: str, count: str, files: list[str]) -> str:
    cells = (form if form.isdigit() else "", *FORMS[form], count, ", ".join(map(_link, files)))
    return f"| {' | '.join(cells)} |"


def _link(path: str) -> str:
    return f"[{path.removeprefix('tests/test_attacks_').removesuffix('.py')}](../{path})"


if __name__ == "__main__":
    main()
