"""What the doctor says: one finding a rule, with what it rests on and what would put it right."""

from __future__ import annotations

from dataclasses import dataclass, field

from vae_core.design.config import Changes
from vae_core.look import evidence
from vae_core.look.evidence import Evidence
from vae_core.runs.forks import CHANGEABLE

PROBLEM, HINT = "problem", "hint"  # a hint may be meant so


@dataclass(frozen=True)
class Repair:
    """In words, and as changes of the config; none where it is nothing that a config could change."""

    words: str
    changes: Changes = field(default_factory=dict)
    afresh: bool = False  # even where a fork could change these: what went wrong lies in the weights

    @property
    def way(self) -> str:
        """'fork' where the run can go on from where it stands, 'train' where it must begin anew, else empty."""
        if not self.changes:
            return ""
        return "train" if self.afresh or set(self.changes) - set(CHANGEABLE) else "fork"


@dataclass(frozen=True)
class Finding:
    rule: str
    title: str  # what is wrong, in a few words
    words: str  # what was seen, with its numbers
    meaning: str  # for who has never heard of it
    evidence: Evidence
    repair: Repair
    severity: str = PROBLEM

    def to_json(self) -> dict[str, object]:
        repair = {"words": self.repair.words, "changes": self.repair.changes, "way": self.repair.way}
        return {
            "rule": self.rule,
            "severity": self.severity,
            "title": self.title,
            "words": self.words,
            "meaning": self.meaning,
            "evidence": evidence.to_json(self.evidence),
            "repair": repair,
        }


@dataclass(frozen=True)
class Fault:
    """What is said of every run that has it; what was seen in one of them is added by the rule that looks for it."""

    rule: str
    title: str
    meaning: str
    severity: str = PROBLEM

    def seen(self, words: str, evidence: Evidence, repair: Repair) -> Finding:
        return Finding(self.rule, self.title, words, self.meaning, evidence, repair, self.severity)
