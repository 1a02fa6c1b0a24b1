"""What there is to say of one setting of a training, for all who ask: the checks, the forms, the commands, the reports.

design/declared.py says it of each setting.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
ALL, NONE = "all", "none"
Values = Callable[[str], object]  # of other settings, by their names


def plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Where:
    """A setting takes part only where another one has this value, or any but 0."""

    name: str
    value: object  # None: any but 0
    without: str  # why not elsewhere
    fix: str

    def holds(self, values: Values) -> bool:
        found = values(self.name)
        return bool(found) if self.value is None else bool(found == self.value)

    @property
    def told(self) -> str:
        return f"a {self.name} above 0" if self.value is None else f"{self.name} '{self.value}'"


@dataclass(frozen=True)
class Setting:
    """One field of a config. What has a label has a widget, and what is told of has an option."""

    name: str
    called: str  # in a difference and a report
    told: str = ""  # by the command line
    option: str = ""  # its name there, where that is another
    label: str = ""  # of its widget
    help: str = ""
    step: float = 1  # of the widget's number
    group: str = ""  # of the changes that lead from one config to another
    bounds: tuple[float, float] = (-math.inf, math.inf)
    choices: Mapping[str, str] = field(default_factory=dict)  # in the words of its widget
    words: Callable[[Any], str] = plain  # a value's, in a difference and a report
    zero: str = ""  # what it means there that it is 0 or empty
    where: Where | None = None  # elsewhere it falls back to its default
    fork: bool = False  # may change it: the state still fits
    new_loss: bool = False  # after a change of it, earlier losses compare with nothing
    fed: bool = False  # to each step, and no part of the graph
    constant: bool = False  # of a stand-alone program, by its name in capitals
    free: bool = False  # may differ from a report's, whose numbers stand beside it all the same
    search: str = ""  # the values that a search begins with; empty where none may vary it
    by_factors: bool = False  # ten to a hundred is as far as one to ten
    later: bool = False  # than the first configs: at its default it is not written, so that theirs stay as they are
    declared: str = ""  # the type of the field
    default: object = None

    @property
    def kind(self) -> type:
        return KINDS.get(self.declared.split(" |")[0], tuple)

    @property
    def flag(self) -> str:
        return self.option or self.name.replace("_", "-")

    def unmet(self, values: Values) -> Where | None:
        """What it would need to take part in a training of these settings, where that is not so."""
        return None if self.where is None or self.where.holds(values) else self.where

    def worded(self, value: object) -> str:
        """What is 0 says what that means, for 0 may be what matters most of a model."""
        return self.zero if self.zero and not value else self.words(value)
