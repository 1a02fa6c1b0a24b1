"""Images of your own: uploaded, or read from a folder of this machine; looked at, and only then kept."""

from __future__ import annotations

import re
import shutil
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any
from uuid import uuid4

import streamlit as st

from ui import cached
from ui.cached import datasets
from ui.data import browse
from ui.data.uploads import RUNS, kind, release
from ui.errors import plain, shown
from vae_core.data import catalog, importing
from vae_core.data.fitting import Fitting
from vae_core.errors import LoupeError
from vae_core.runs import files
from vae_core.settings import Settings

KEY, UPLOADS = "data_preview", "data_uploads"
NAMELESS = "images"  # what is suggested where a file's name has no letter that a data set's may have
TYPES = ("npz", "zip", "csv")
UPLOAD, HERE = "Upload", "Folder or file here"
FITS = {
    "fit": "Scale each to fit",
    "pad": "Pad to the largest",
    "crop": "Crop to the middle of the smallest",
    "scale": "Shrink large ones, then pad",
}
FORMS = """
- **.npz** with `x_train` and, if known, `y_train`, `x_test`, `y_test`
- **.zip** with a folder of pictures for each class, these below `train` and `test` where that is known
- **.csv** with a column `label` and one for every pixel, or with a column `path` and the pictures in a .zip beside it
"""
DAY = 86_400


@dataclass(frozen=True)
class Preview:
    """A data set that was read but not kept: it lies in a cache folder of its own."""

    name: str
    where: Settings

    def keep(self, settings: Settings) -> None:
        """What lies in the preview's cache folder goes to the same place of the real one, unless that is taken."""
        if self.name in catalog.names(settings):
            raise LoupeError(f"There is a data set called '{self.name}' already", fix="Choose another name")
        for path in self.where.cache.glob("*/*"):
            target = settings.cache / path.relative_to(self.where.cache)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
        self.discard()

    def discard(self) -> None:
        shutil.rmtree(self.where.cache.parent, ignore_errors=True)


def show() -> None:
    preview: Preview | None = st.session_state.get(KEY)
    if preview and preview.where.cache.is_dir():
        _look(preview)
    else:
        st.session_state.pop(KEY, None)
        _form()


def _form() -> None:
    roots = cached.settings().readable
    st.markdown(FORMS)
    uploads: list[Any] = []
    path = ""
    source = st.segmented_control("From", [UPLOAD, HERE], default=UPLOAD, required=True) if roots else UPLOAD
    if source == UPLOAD:
        number = st.session_state.setdefault(UPLOADS, 0)  # a new key empties the field after each preview
        uploads = (
            st.file_uploader("Files, up to 2 GB", TYPES, accept_multiple_files=True, key=f"{UPLOADS}-{number}") or []
        )
    else:
        path = _typed(st.text_input("Path", key="data_path", placeholder=f"{roots[0]}/...", help=_below(roots)) or "")
    suggested = _suggested(uploads, path)
    name, options = _options(suggested)
    if st.button("Look at it", type="primary", disabled=not (uploads or path)):
        with shown():
            _read(uploads, path, name or suggested, options)


def _options(suggested: str) -> tuple[str, dict[str, Any]]:
    left, middle, right = st.columns([2, 2, 1])
    name = left.text_input("Name", key="data_name", placeholder=suggested, help="Letters, digits, dashes, underscores.")
    fit = middle.selectbox(
        "Pictures of different sizes", list(FITS), format_func=FITS.__getitem__, help="Proportions are never changed."
    )
    size = right.number_input(
        "Side", 0, 256, 0, 8, help="Width and height in pixels that all get. 0: chosen by their sizes."
    )
    return str(name or ""), {"fit": fit, "size": (int(size), int(size)) if size else None}


def _below(roots: tuple[Path, ...]) -> str:
    return f"A path below {' or '.join(str(root) for root in roots)} is expected."


def _suggested(uploads: list[Any], path: str) -> str:
    first = unicodedata.normalize("NFKD", Path(uploads[0].name if uploads else path).stem)
    ascii_only = first.encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", ascii_only).strip("-_")[:64].lower()
    return kept or (NAMELESS if uploads or path else "")


def _read(uploads: list[Any], path: str, name: str, options: dict[str, Any]) -> None:
    settings = cached.settings()
    catalog.check_name(name)
    if name.lower() in catalog.names(settings):
        raise LoupeError(f"There is a data set called '{name}' already", fix="Choose another name, or remove that one")
    previews = settings.cache / "previews"
    files.sweep(previews, "", DAY)
    folder = previews / uuid4().hex
    preview = Preview(name, replace(settings, cache=folder / "cache", data=None))
    try:
        source, pictures = _uploaded(uploads, folder) if uploads else (_allowed(path, settings), None)
        with browse.progress() as tell:
            catalog.add(source, name, preview.where, Fitting(**options), images=pictures, progress=tell)
    except BaseException:  # a click elsewhere ends a script too
        preview.discard()
        raise
    release(uploads)
    st.session_state[KEY] = preview
    st.session_state[UPLOADS] += 1
    st.rerun()


def _uploaded(uploads: list[Any], folder: Path) -> tuple[Path, Path | None]:
    """The files on disk, the list of pictures first and its zip second. Their names are not trusted."""
    paths = {}
    folder.mkdir(parents=True)
    for upload in uploads:
        suffix = Path(upload.name).suffix.lower()
        if suffix == ".zip" and kind(upload) == RUNS:
            raise LoupeError("The zip holds exported runs", "Images were expected", "Import it on the page Home")
        if suffix in paths:
            raise LoupeError(f"There are two {suffix} files", "One file, or a .csv with its .zip, was expected")
        paths[suffix] = folder / f"{_suggested([upload], '')}{suffix}"
        with files.told(paths[suffix]), paths[suffix].open("wb") as file:
            shutil.copyfileobj(upload, file)
    if len(paths) == 1:
        return next(iter(paths.values())), None
    if set(paths) != {".csv", ".zip"}:
        raise LoupeError("These files do not go together", "One file, or a .csv with its .zip, was expected")
    return paths[".csv"], paths[".zip"]


def _typed(text: str) -> str:
    """File managers copy a path with quotes around it."""
    text = text.strip()
    return text[1:-1].strip() if text[:1] in ("'", '"') and text[1:].endswith(text[0]) else text


def _allowed(text: str, settings: Settings) -> Path:
    """A path below one of the roots, links followed first; but Windows signs in at a host that is only looked at."""
    roots = settings.readable
    if _is_of_another_host(text, roots):
        raise LoupeError(f"{text} names another computer", _below(roots), "Copy the images to this one")
    path = Path(text)
    path = importing.located(path if path.is_absolute() or text.startswith("~") else roots[0] / path)
    if not any(path.is_relative_to(root) for root in roots):
        raise LoupeError(
            f"{text} is outside the folders that may be read",
            _below(roots),
            "Change the setting roots if this is meant",
        )
    return path


def _is_of_another_host(text: str, roots: tuple[Path, ...]) -> bool:
    """By its text alone. A home may lie on a server; that one this computer is signed in at."""
    is_host = text[:2].replace("/", "\\") == "\\\\"
    return is_host and not any(PureWindowsPath(text).is_relative_to(root) for root in roots if root.drive)


def _look(preview: Preview) -> None:
    """The preview, with all that the loader has to say about it."""
    data = catalog.describe(preview.name, preview.where)
    st.success(f"This is what **{plain(preview.name)}** would be. Nothing is kept yet.", icon=":material/preview:")
    with st.container(horizontal=True):
        if st.button("Keep it", type="primary", icon=":material/check:"):
            with shown():
                preview.keep(cached.settings())
                st.session_state.pop(KEY)
                datasets.refresh()
                browse.open_next(preview.name)
                st.rerun()
        if st.button("Discard", icon=":material/close:"):
            preview.discard()
            st.session_state.pop(KEY)
            st.rerun()
    browse.overview(data)
    browse.samples(datasets.view(preview.name, preview.where))
