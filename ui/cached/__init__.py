"""All that the pages keep between two runs of a script: bounded, and keyed by plain values. No other room caches.

Here is what is kept of runs and of this server."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Timer
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from ui.serving import ahead
from ui.serving.turn import Turn
from vae_core import settings as settings_file
from vae_core.runs import store
from vae_core.runs.index import Index
from vae_core.runs.store import Run, Summary
from vae_core.settings import Settings

# What looks into runs and data sets is imported where it is used: the first page comes a tenth of a second sooner.
if TYPE_CHECKING:
    import numpy as np

    from vae_core.data.dataset import Part
    from vae_core.look.comparison import Comparison
    from vae_core.look.portable import Portable
    from vae_core.look.program.packed import Packed
    from vae_core.look.projection import Map
    from vae_core.runs.arms import Arm
    from vae_core.runs.tasks import Task

    Arrays = dict[str, np.ndarray[Any, Any]]
KNOWN_IMAGES = 10_000  # training images that a drawing is compared with, and fewer ...
KNOWN_MULTIPLY_ADDS = 3e10  # ... where encoding them would take longer than some seconds
TIDY_SECONDS = 60
PREPARE_SECONDS = 1.5  # after the first page
Made = TypeVar("Made")
ANY = "0.0.0.0"
LIST_SECONDS = 1.0  # that the list of runs may lag behind what another process or tab did


@st.cache_resource(show_spinner=False)
def _tidied() -> list[float]:
    return [time.monotonic()]


def tidy() -> None:
    """What Streamlit would do after every run, also of a page that looks every half second how a training goes."""
    if time.monotonic() - _tidied()[0] > TIDY_SECONDS:
        _tidied()[0] = time.monotonic()
        gc.collect()


@st.cache_resource(show_spinner=False)
def prepare() -> None:
    """For the other pages, once the first page stands."""
    timer = Timer(PREPARE_SECONDS, ahead.for_the_others)
    timer.daemon = True
    timer.start()


@st.cache_resource(show_spinner=False)
def turn() -> Turn:
    """The turn of this server, in which whatever a click starts is started."""
    return Turn()


def kept(key: str, of: object, make: Callable[[], Made]) -> Made:
    """What this session made last under that key; made anew where it was made of something else."""
    known: tuple[object, Made] | None = st.session_state.get(key)
    if not known or known[0] != of:
        st.session_state[key] = known = (of, make())
    return known[1]


def settings() -> Settings:
    """The settings as they are now, the host being the address that this server listens at. One that answers under
    further names is reached from elsewhere, whatever it listens at: a proxy hands on what others ask."""
    is_alone = set(st.get_option("server.allowedHosts") or ()) <= set(settings_file.LOCAL)
    address = st.get_option("server.address") or ANY
    return replace(settings_file.load(), host=address if is_alone else ANY)


# A finished run never changes and a snapshot is written once, so the run's name with its birth is an honest key.


@dataclass(frozen=True)
class Listed:
    """Of all runs those that somebody asked for, the newest first; and all by name, trials of searches among them."""

    asked: tuple[Summary, ...]
    by_name: Mapping[str, Summary]


def runs() -> list[Summary]:
    """All runs that somebody asked for, the newest first: without the trials of searches."""
    return list(_runs(settings()).asked)


def refresh() -> None:
    """For whoever has just started, changed or removed a run and wants to see it at once."""
    _runs.clear()
    _shipped.clear()


@st.cache_resource(ttl=LIST_SECONDS, max_entries=4, show_spinner=False)
def _runs(where: Settings) -> Listed:
    """They are not copied: of thousands that would take longer than to list them."""
    lines = store.list_runs(where, _index(where))
    return Listed(tuple(line for line in lines if not line.study), {line.id: line for line in lines})


@st.cache_resource(max_entries=4, show_spinner=False)
def _index(where: Settings) -> Index:
    return Index(where)


def shipped() -> list[Summary]:
    """The runs that come with Latent Loupe and that nobody hid."""
    where = settings()
    return _shipped(where, where.shipped.stat().st_mtime_ns if where.shipped.is_dir() else 0)


@st.cache_resource(max_entries=4, show_spinner="Unpacking the models that come along...")
def _shipped(where: Settings, changed: int) -> list[Summary]:
    from vae_core.runs import shipped as along

    return along.every(where)


def every() -> list[Summary]:
    """All runs: one's own ones first, then those that come along."""
    return [*runs(), *shipped()]


def find(run_id: str) -> Summary | None:
    return by_name().get(run_id)


def by_name() -> Mapping[str, Summary]:
    """All runs that there are, the trials of searches among them."""
    return {**_runs(settings()).by_name, **{line.id: line for line in shipped()}}


def snapshot(run: Run, epoch: int) -> Arrays:
    return _snapshot(run, born_at(run), epoch)


@st.cache_data(max_entries=64, show_spinner=False)
def _snapshot(run: Run, born: str, epoch: int) -> Arrays:
    from vae_core.look import joined

    return joined.snapshot(run, epoch)


def codes(run: Run) -> Arrays:
    """Of a finished run. They are not copied, so nobody may change them."""
    return _codes(run, born_at(run))


@st.cache_resource(max_entries=8, show_spinner=False)
def _codes(run: Run, born: str) -> Arrays:
    from vae_core.look import joined

    return joined.codes(run)


def networks(run: Run) -> Packed:
    """The networks of a run as the browser gets them, or why it gets none."""
    return _networks(run, born_at(run))


@st.cache_resource(max_entries=8, show_spinner="Making the model ready for the browser...")
def _networks(run: Run, born: str) -> Packed:
    from vae_core.look.program import packed

    return packed.of(run)


def portable(run: Run) -> Portable:
    """The model of a run, for use on this server."""
    return _portable(run, born_at(run))


@st.cache_resource(max_entries=2, show_spinner=False)
def _portable(run: Run, born: str) -> Portable:
    from vae_core.look.portable import Portable

    return Portable.plain(run)


def drawn(run: Run, codes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What the decoder draws of these codes (n, d), as uint8."""
    import numpy as np

    return _drawn(run, born_at(run), np.asarray(codes, np.float32))


@st.cache_data(max_entries=64, show_spinner="Decoding...")
def _drawn(run: Run, born: str, codes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    from vae_core.look import pictures

    return pictures.as_bytes(_portable(run, born).decode(codes))


def samples(run: Run, codes: np.ndarray[Any, Any], count: int, seed: int) -> np.ndarray[Any, Any]:
    """Random codes. Without a prior they follow a mixture of the run's own codes, which takes a moment to fit."""
    return _samples(run, born_at(run), codes, count, seed)


@st.cache_data(max_entries=64, show_spinner="Drawing codes...")
def _samples(run: Run, born: str, _codes: np.ndarray[Any, Any], count: int, seed: int) -> np.ndarray[Any, Any]:
    from vae_core.look import codes as places

    return places.samples(_codes, run.config().has_prior, count, seed)


def known(run: Run) -> tuple[Part, np.ndarray[Any, Any]]:
    """Training images all over the file, and their codes. Not to be changed."""
    return _known(run, born_at(run), settings())


@st.cache_resource(max_entries=2, show_spinner="Encoding training images...")
def _known(run: Run, born: str, where: Settings) -> tuple[Part, np.ndarray[Any, Any]]:
    from vae_core.data import catalog
    from vae_core.look.rows import spread

    config = run.config()
    cost = max(1, sum(row.multiply_adds for row in config.architecture().encoder_rows))
    train = catalog.load(run.data_name(), where).train
    some = train.take(spread(len(train), int(min(KNOWN_IMAGES, max(100, KNOWN_MULTIPLY_ADDS // cost)))))
    return some, _portable(run, born).encode(some.pixels)[0]


def projection(task: Task) -> Map:
    """A finished map. Its arrays are not copied, so nobody may change them."""
    return _projection(task, str(task.asked()["created"]))


@st.cache_resource(max_entries=8, show_spinner=False)
def _projection(task: Task, created: str) -> Map:
    from vae_core.look import projection as projections

    return projections.read(task)


def arrays(task: Task) -> Arrays:
    """Of a finished task. They are not copied, so nobody may change them."""
    return _arrays(task, str(task.asked()["created"]))


@st.cache_resource(max_entries=4, show_spinner=False)
def _arrays(task: Task, created: str) -> Arrays:
    return task.arrays()


def arm(run: Run) -> Arm:
    """The finished and the waiting runs that share this run's config but for the seed."""
    from vae_core.runs import arms

    return arms.of(run, runs())


def comparison(a: Run, b: Run, comparisons: int) -> Comparison:
    """Counted anew where another seed is done or another number was measured."""
    from vae_core.look import scores

    seeds = [each for run in (a, b) for each in arm(run).done]
    known = tuple((each.id, born_at(each), scores.finished(each) is not None) for each in seeds)
    names = (str(a.card()["name"]), str(b.card()["name"]))
    return _comparison(a, b, comparisons, (born_at(a), born_at(b), *names), known)


@st.cache_resource(max_entries=24, show_spinner="Drawing the test images again and again...")
def _comparison(a: Run, b: Run, comparisons: int, of: tuple[str, ...], known: tuple[Any, ...]) -> Comparison:
    from vae_core.look import comparison as comparing

    return comparing.compare(a, b, comparisons=comparisons, lines=runs())


def thumbs(summary: Summary) -> bytes | None:
    """The run's little pictures, from its newest snapshot while it has no others; None before its first epoch."""
    where = settings()
    kept = _kept_thumbs(Run(summary.id, where), summary.created, summary.state)
    return kept or _young_thumbs(Run(summary.id, where), summary.created, summary.epoch)


@st.cache_data(max_entries=512, show_spinner=False)
def _kept_thumbs(run: Run, born: str, state: str) -> bytes | None:
    return run.thumbs()


@st.cache_data(max_entries=64, show_spinner=False)
def _young_thumbs(run: Run, born: str, epoch: int) -> bytes | None:
    from vae_core.look import pictures

    epochs = run.snapshot_epochs()
    return pictures.thumbs(run.snapshot(epochs[-1])["reconstruction"]) if epochs else None


def born_at(run: Run) -> str:
    """A folder that was removed and made anew is another run."""
    return str(run.document().get("created"))


def refresh_images() -> None:
    """Where the images of runs are others now, or the classes of those of shipped runs may be here."""
    _known.clear()
    _codes.clear()
    _snapshot.clear()
