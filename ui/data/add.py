"""Images of your own: uploaded, or read from a folder of this machine; looked at, and only then kept."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path, PureWindowsPath
from typing import Any

import streamlit as st

from ui import account, cached, limits
from ui.data import look
from ui.data.uploads import RUNS, kind, release
from ui.errors import shown
from vae_core.data import catalog, importing, originals, sheets, sources
from vae_core.data.originals import Original
from vae_core.errors import LoupeError
from vae_core.runs import files
from vae_core.settings import Settings

UPLOADS, HELD = "data_uploads", "data_uploads_held"
TRIED = "data_tried"  # the files that were looked at as soon as they had come
NAMELESS = "images"  # what is suggested where a file's name has no letter that a data set's may have
TYPES = ("npz", "npy", "zip", "tar", "gz", "tgz", "csv", "tsv", "jsonl", "parquet")
UPLOAD, HERE = "Upload", "Folder or file here"
FORMS = """
- **.zip** or **.tar.gz** with a folder of pictures for each class, these below `train` and `test` where that is known,
  or with a list of them such as `labels.csv` or `metadata.jsonl`
- **.csv**, **.tsv** or **.jsonl** that lists the pictures of a .zip beside it
- **.csv** or **.tsv** with a column `label` and one for every pixel
- **.npz** with `x_train`, `y_train`, `x_test`, `y_test`, or with `images` and `labels`; **.npy**
- **.parquet** with pictures; a **.gz** in the form of MNIST's files
"""
NAME_HELP = "Letters, digits, dashes, underscores."


def show() -> None:
    preview = look.opened()
    if preview is None:
        _form()
        return
    with shown():
        look.show(preview, _let_go)
    if not preview.is_anything_read:  # with the words of what is wrong above the form, which still has the files
        preview.discard()
        _form()


def _let_go() -> None:
    """Of the uploads, which are kept as files by now; a new key empties the field."""
    held = st.session_state.pop(HELD, None)
    if held:
        release(held)
        st.session_state[UPLOADS] += 1


def _form() -> None:
    roots = cached.settings().readable
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
    # As a placeholder: a value that comes with the files would take the place of one that is being written.
    name = st.text_input("Name", key="data_name", placeholder=suggested, width=360, help=NAME_HELP)
    asked = st.button("Look at it", type="primary", disabled=not (uploads or path))
    if asked or _has_come(uploads):
        with shown():
            _begin(uploads, path, name or suggested)
    with st.expander("Which files can be read", icon=":material/description:"):
        st.markdown(FORMS)


def _has_come(uploads: list[Any]) -> bool:
    """Whether all that is needed has just been uploaded: a list of pictures waits for its zip."""
    which = tuple(upload.file_id for upload in uploads)
    if st.session_state.get(TRIED) == which or all(_is_list(upload) for upload in uploads):
        return False
    st.session_state[TRIED] = which
    return True


def _is_list(upload: Any) -> bool:
    return sources.suffix(Path(upload.name)) in sheets.SUFFIXES


def _below(roots: tuple[Path, ...]) -> str:
    return f"A path below {' or '.join(str(root) for root in roots)} is expected."


def _suggested(uploads: list[Any], path: str) -> str:
    place = Path(uploads[0].name if uploads else path)
    stem = place.name[: len(place.name) - len(sources.suffix(place))]
    first = unicodedata.normalize("NFKD", stem)
    ascii_only = first.encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", ascii_only).strip("-_")[:64].lower()
    return kept or (NAMELESS if uploads or path else "")


def _begin(uploads: list[Any], path: str, name: str) -> None:
    settings = cached.settings()
    catalog.check_name(name)
    if name.lower() in catalog.names(settings):
        raise LoupeError(f"There is a data set called '{name}' already", fix="Choose another name, or remove that one")
    limits.check_upload(settings, account.name(), sum(upload.size for upload in uploads))
    preview = look.begin(name)
    try:
        folder = originals.folder(name, preview.where)
        source, pictures = _uploaded(uploads, folder) if uploads else (_allowed(path, settings), None)
        look.open_(preview, Original(source, pictures, owner=account.name()))
    except BaseException:  # a click elsewhere ends a script too
        preview.discard()
        raise
    st.session_state[HELD] = uploads
    st.rerun()


def _uploaded(uploads: list[Any], folder: Path) -> tuple[Path, Path | None]:
    """The files on disk, the list of pictures first and its zip second. Their names are not trusted."""
    paths = {}
    folder.mkdir(parents=True)
    for upload in uploads:
        suffix = sources.suffix(Path(upload.name))
        if suffix == ".zip" and kind(upload) == RUNS:
            raise LoupeError("The zip holds exported runs", "Images were expected", "Import it on the page Home")
        if suffix in paths:
            raise LoupeError(f"There are two {suffix} files", "One file, or a .csv with its .zip, was expected")
        paths[suffix] = folder / f"{_suggested([upload], '')}{suffix}"
        with files.told(paths[suffix]), paths[suffix].open("wb") as file:
            shutil.copyfileobj(upload, file)
    if len(paths) == 1:
        return next(iter(paths.values())), None
    lists, archives = (sorted({*paths} & {*each}) for each in (sheets.SUFFIXES, sources.ARCHIVES))
    if (len(lists), len(archives), len(paths)) != (1, 1, 2):
        raise LoupeError("These files do not go together", "One file, or a .csv with its .zip, was expected")
    return paths[lists[0]], paths[archives[0]]


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
