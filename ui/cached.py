"""All that the pages keep between two runs of a script: bounded, and keyed by plain values. No other file caches."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from ui.serving import ahead
from ui.serving.turn import Turn
from vae_core import settings as settings_file
from vae_core.errors import LoupeError
from vae_core.runs import store
from vae_core.runs.store import Run, Summary
from vae_core.settings import Settings

# What looks into runs and data sets is imported where it is used: the first page comes a tenth of a second sooner.
if TYPE_CHECKING:
    import numpy as np

    from vae_core.data.dataset import Part
    from vae_core.data.dataset import Summary as DataSummary
    from vae_core.look.comparison import Comparison
    from vae_core.look.doctor.finding import Finding
    from vae_core.look.glance import View
    from vae_core.look.portable import Portable
    from vae_core.look.program.packed import Packed
    from vae_core.look.projection import Map
    from vae_core.runs.arms import Arm
    from vae_core.runs.tasks import Task
    from vae_core.search.study import Study
    from vae_core.search.trials import Trial

    Arrays = dict[str, np.ndarray[Any, Any]]
KNOWN_IMAGES = 10_000  # training images that a drawing is compared with, and fewer ...
KNOWN_MULTIPLY_ADDS = 3e10  # ... where encoding them would take longer than some seconds
TIDY_SECONDS = 60
PREPARE_SECONDS = 1.5  # after the first page
DOCTOR_LOOKS = "The doctor looks at it..."
Made = TypeVar("Made")
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
    """The settings as they are now, the host being the address that this server listens at."""
    return replace(settings_file.load(), host=st.get_option("server.address") or "0.0.0.0")


# Runs. A finished run never changes and a snapshot is written once, so the run's name with its birth is an honest key.


def runs() -> list[Summary]:
    """All runs that somebody asked for, the newest first: without the trials of searches."""
    return [run for run in _runs(settings()) if not run.study]


def refresh() -> None:
    """For whoever has just started, changed or removed a run and wants to see it at once."""
    _runs.clear()
    _shipped.clear()


@st.cache_data(ttl=LIST_SECONDS, max_entries=4, show_spinner=False)
def _runs(where: Settings) -> list[Summary]:
    return store.list_runs(where)


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
    return next((summary for summary in (*_runs(settings()), *shipped()) if summary.id == run_id), None)


def snapshot(run: Run, epoch: int) -> Arrays:
    return _snapshot(run, _born(run), epoch)


@st.cache_data(max_entries=64, show_spinner=False)
def _snapshot(run: Run, born: str, epoch: int) -> Arrays:
    from vae_core.look import joined

    return joined.snapshot(run, epoch)


def codes(run: Run) -> Arrays:
    """Of a finished run. They are not copied, so nobody may change them."""
    return _codes(run, _born(run))


@st.cache_resource(max_entries=8, show_spinner=False)
def _codes(run: Run, born: str) -> Arrays:
    from vae_core.look import joined

    return joined.codes(run)


def networks(run: Run) -> Packed:
    """The networks of a run as the browser gets them, or why it gets none."""
    return _networks(run, _born(run))


@st.cache_resource(max_entries=8, show_spinner="Making the model ready for the browser...")
def _networks(run: Run, born: str) -> Packed:
    from vae_core.look.program import packed

    return packed.of(run)


def portable(run: Run) -> Portable:
    """The model of a run, for use on this server."""
    return _portable(run, _born(run))


@st.cache_resource(max_entries=2, show_spinner=False)
def _portable(run: Run, born: str) -> Portable:
    from vae_core.look.portable import Portable

    return Portable.of(run)


def drawn(run: Run, codes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What the decoder draws of these codes (n, d), as uint8."""
    import numpy as np

    return _drawn(run, _born(run), np.asarray(codes, np.float32))


@st.cache_data(max_entries=64, show_spinner="Decoding...")
def _drawn(run: Run, born: str, codes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    from vae_core.look import pictures

    return pictures.as_bytes(_portable(run, born).decode(codes))


def samples(run: Run, codes: np.ndarray[Any, Any], count: int, seed: int) -> np.ndarray[Any, Any]:
    """Random codes. Without a prior they follow a mixture of the run's own codes, which takes a moment to fit."""
    return _samples(run, _born(run), codes, count, seed)


@st.cache_data(max_entries=64, show_spinner="Drawing codes...")
def _samples(run: Run, born: str, _codes: np.ndarray[Any, Any], count: int, seed: int) -> np.ndarray[Any, Any]:
    from vae_core.look import codes as places

    return places.samples(_codes, run.config().has_prior, count, seed)


def known(run: Run) -> tuple[Part, np.ndarray[Any, Any]]:
    """Training images all over the file, and their codes. Not to be changed."""
    return _known(run, _born(run), settings())


@st.cache_resource(max_entries=2, show_spinner="Encoding training images...")
def _known(run: Run, born: str, where: Settings) -> tuple[Part, np.ndarray[Any, Any]]:
    from vae_core.data import catalog
    from vae_core.look.rows import spread

    config = run.config()
    cost = max(1, sum(row.multiply_adds for row in config.architecture().encoder_rows))
    train = catalog.load(config.dataset, where).train
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
    known = tuple((each.id, _born(each), scores.finished(each) is not None) for each in seeds)
    names = (str(a.card()["name"]), str(b.card()["name"]))
    return _comparison(a, b, comparisons, (_born(a), _born(b), *names), known)


@st.cache_resource(max_entries=24, show_spinner="Drawing the test images again and again...")
def _comparison(a: Run, b: Run, comparisons: int, of: tuple[str, ...], known: tuple[Any, ...]) -> Comparison:
    from vae_core.look import comparison as comparing

    return comparing.compare(a, b, comparisons=comparisons, lines=runs())


def findings(run: Run, against: Run | None = None) -> list[Finding]:
    """Of a run that has ended. It may be resumed; and where other runs end, there are more seeds to compare."""
    data = _data_of(run)
    with st.spinner(DOCTOR_LOOKS):
        return _findings(run, against, *_examined(run), data)


def look_aside(run: Run) -> Thread:
    """The doctor's first look, which takes seconds; a page that waits for it shows what stood there before, greyed."""
    data = _data_of(run)

    def examine() -> None:
        with suppress(LoupeError, OSError):  # told where the findings are asked for
            _findings(run, None, *_examined(run), data)

    look = Thread(target=examine, daemon=True)
    look.start()
    return look


def _examined(run: Run) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What the doctor's word depends on beside the run's name."""
    ended = tuple((line.id, line.created) for line in runs() if line.state == "done")
    return (_born(run), run.state(), len(run.history())), ended


def _data_of(run: Run) -> DataSummary | None:
    """A finding may point at images, which can be removed or be others by now."""
    with suppress(LoupeError, OSError):
        return data_summary(run.config().dataset)
    return None


@st.cache_data(max_entries=32, show_spinner=False)
def _findings(
    run: Run, against: Run | None, of: tuple[Any, ...], ended: tuple[Any, ...], data: DataSummary | None
) -> list[Finding]:
    from vae_core.look import doctor

    return doctor.examine(run, against)


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


def _born(run: Run) -> str:
    """A folder that was removed and made anew is another run."""
    return str(run.document().get("created"))


# Searches. A storage stays open, so that only what is new is read.


def searches() -> tuple[str, ...]:
    """The names of all searches, the newest first."""
    return _searches(settings())


@st.cache_data(ttl=LIST_SECONDS, max_entries=4, show_spinner=False)
def _searches(where: Settings) -> tuple[str, ...]:
    from vae_core.search import study as studies

    return tuple(each.name for each in studies.every(where))


def refresh_searches() -> None:
    """Read the searches anew: for whoever has just started, changed or removed one."""
    _searches.clear()
    refresh()


def trials(study: Study) -> list[Trial]:
    """The trials that a search has run so far."""
    from vae_core.search import trials as search_trials

    return search_trials.every(study, _storage(study, _begun(study)))


def trial_figure(draw: Callable[..., Any], study: Study, kind: str, goal: int, ended: int) -> Any:
    """What this draws of a search with trials; where another one has ended, it is drawn anew."""
    return _trial_figure(draw, study, _begun(study), kind, goal, ended)


@st.cache_data(max_entries=32, show_spinner="Drawing...")
def _trial_figure(_draw: Callable[..., Any], study: Study, begun: str, kind: str, goal: int, ended: int) -> Any:
    from vae_core.search import trials as search_trials

    trials = search_trials.opened(study, _storage(study, begun))
    return _draw(trials, study.search(), kind, goal) if trials else None


def trial_history(run: Run, ended: bool) -> list[dict[str, Any]]:
    """The epochs of a trial; those of a training that ended change no more."""
    return _trial_history(run, _born(run)) if ended else run.history()


@st.cache_data(max_entries=2048, show_spinner=False)
def _trial_history(run: Run, born: str) -> list[dict[str, Any]]:
    return run.history()


def _begun(study: Study) -> str:
    return str(study.document()["created"])


@st.cache_resource(max_entries=4, show_spinner="Opening the trials...")
def _storage(study: Study, born: str) -> Any:
    return study.storage()


# Data sets. The page looks at a few images of each and forgets the rest: the server stays small.


def data_names() -> tuple[str, ...]:
    from vae_core.data import catalog

    return catalog.names(settings())


def data_summary(name: str) -> DataSummary:
    return _data_summary(name, settings())


@st.cache_data(ttl=60, max_entries=64, show_spinner="Looking at the images...")
def _data_summary(name: str, where: Settings) -> DataSummary:
    from vae_core.data import catalog

    return catalog.describe(name, where)


def classes(name: str) -> tuple[str, ...]:
    """Of a data set that may be gone; the runs on it stay."""
    with suppress(LoupeError):
        return data_summary(name).classes
    return ()


def data_view(name: str, where: Settings | None = None) -> View:
    """Some images of a data set and how many there are of each class. The first time may take some seconds."""
    where = where or settings()
    return _data_view(name, where, _data_summary(name, where))


@st.cache_data(max_entries=16, show_spinner="Reading the images...")
def _data_view(name: str, where: Settings, summary: DataSummary) -> View:
    from vae_core.data import catalog
    from vae_core.look import glance

    return glance.view(catalog.load(name, where))


def test_images(name: str) -> tuple[np.ndarray[Any, Any], str]:
    """All test images, and the fingerprint of the data set. They are not copied, so nobody may change them."""
    where = settings()
    return _test_images(name, where, _data_summary(name, where))


@st.cache_resource(max_entries=2, show_spinner="Reading the images...")
def _test_images(name: str, where: Settings, summary: DataSummary) -> tuple[np.ndarray[Any, Any], str]:
    from vae_core.data import catalog

    data = catalog.load(name, where)
    return data.test.pixels, data.fingerprint


def train_images(name: str) -> np.ndarray[Any, Any]:
    """All training images. They are not copied, so nobody may change them."""
    where = settings()
    return _train_images(name, where, _data_summary(name, where))


@st.cache_resource(max_entries=1, show_spinner="Reading the training images...")
def _train_images(name: str, where: Settings, summary: DataSummary) -> np.ndarray[Any, Any]:
    from vae_core.data import catalog

    return catalog.load(name, where).train.pixels


def baselines(name: str, size: int, binary: bool = False) -> dict[str, Any]:
    """Losses on the test images by simple means, for a code of this size; counted once for every data set."""
    return _baselines(name, size, binary, settings())


@st.cache_data(max_entries=32, show_spinner=False)
def _baselines(name: str, size: int, binary: bool, where: Settings) -> dict[str, Any]:
    from vae_core.data import catalog
    from vae_core.look import baselines as strip

    return strip.strip(catalog.load(name, where), size, where, binary)


def refresh_data() -> None:
    """Look for data sets anew: for whoever has just added, fetched or removed one."""
    _data_summary.clear()
    _data_view.clear()
    _test_images.clear()
    _train_images.clear()
    _known.clear()
    _baselines.clear()
    _codes.clear()  # of shipped runs: the classes of their images may be here now
    _snapshot.clear()
