"""All that changes, stops or removes what belongs to somebody: pages do it through here and in no other way.

Each act asks anew whose it is, so that nothing that a browser sends, as the press of a button that is greyed out, is a
way round. `tests/test_house.py` holds the other rooms to this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui import account, cached
from vae_core.errors import LoupeError
from vae_core.runs import jobs, store, tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import Work

if TYPE_CHECKING:
    from vae_core.search.study import Study
    from vae_core.settings import Settings

OWN = "Its owner or a teacher was expected"
INSTEAD = "Fork it, or train your own"


def may(work: Work) -> bool:
    """Whether whoever asks may act on it; on what was found of a run, who asked for it or owns the run."""
    owners = (work, work.run) if isinstance(work, Task) else (work,)
    return not cached.settings().sign_in or any(account.may(owner_of(each)) for each in owners)


def owner_of(work: Work) -> str:
    """What cannot be read is nobody's, and so left to teachers."""
    try:
        return work.owner
    except (LoupeError, OSError):
        return ""


def must(work: Work) -> None:
    """Refuse whoever may not act on it."""
    if not may(work):
        raise _refused(work.id, owner_of(work), INSTEAD)


def _refused(what: str, owner: str, fix: str = "") -> LoupeError:
    return LoupeError(f"{what} belongs to {owner}" if owner else f"{what} has no owner", OWN, fix)


# Runs, and what is found of them.


def change(run: Run, **card: str | bool) -> None:
    must(run)
    run.set_card(**card)


def stop(work: Work) -> None:
    must(work)
    jobs.request_stop(work)


def remove(run: Run) -> None:
    must(run)
    store.remove(run)


def forget(task: Task) -> None:
    must(task)
    tasks.remove(task)


# Searches.


def _must_search(found: Study) -> None:
    if not account.may(found.owner):
        raise _refused(f"The search {found.name}", found.owner, "Set up one of your own")


def stop_search(found: Study) -> None:
    _must_search(found)
    found.stop()


def go_on(found: Study) -> None:
    _must_search(found)
    found.start(max(1, len(found.workers())))


def add_trials(found: Study, trials: int, minutes: float) -> None:
    _must_search(found)
    found.set_budget(trials, minutes)
    go_on(found)


def remove_search(found: Study) -> None:
    from vae_core.search import study

    _must_search(found)
    study.remove(found)


# Data sets.


def may_data(name: str) -> bool:
    """Whether whoever asks may remove a data set or bring it to another size."""
    return account.may(_added_by(name))


def _added_by(name: str) -> str:
    from vae_core.data import originals

    original = originals.find(name, cached.settings())
    return original.owner if original else ""


def _must_data(name: str) -> None:
    if not may_data(name):
        raise _refused(f"The data set {name}", _added_by(name), "Add the images under another name")


def adopt_data(name: str, elsewhere: Settings, *, is_kept: bool) -> None:
    """Keep what was looked at; of a data set that is kept already it is another version."""
    from vae_core.data import catalog, versions

    if is_kept:
        _must_data(name)
    elif name.lower() in catalog.names(cached.settings()):
        raise LoupeError(f"There is a data set called '{name}' already", fix="Choose another name")
    versions.adopt(name, elsewhere, cached.settings())


def remove_data(name: str) -> None:
    from vae_core.data import catalog

    _must_data(name)
    catalog.remove(name, cached.settings())


def remove_originals(name: str) -> None:
    from vae_core.data import originals

    _must_data(name)
    originals.remove(name, cached.settings())
