"""What was uploaded: of which kind it is, and letting go of what is no longer needed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import PurePosixPath

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from vae_core.data.archives import DAMAGED
from vae_core.runs.run import is_kept

RUNS, IMAGES = "runs", "images"
ARRAYS = (".npy", ".npz", ".csv", ".tsv", ".parquet")


def kind(upload: UploadedFile) -> str:
    """What a zip holds, by its names: most of them are those of a run's files, or some are those of images."""
    from vae_core.data import heic, images  # with numpy, which the first page does without

    try:
        with zipfile.ZipFile(upload) as archive:
            names = [PurePosixPath(info.filename) for info in archive.infolist() if not info.is_dir()]
    except DAMAGED:
        return ""  # whoever reads it says what is wrong with it
    finally:
        upload.seek(0)
    known = (*images.SUFFIXES, *heic.SUFFIXES, *ARRAYS)
    if sum(is_kept("/".join(name.parts[1:]), with_state=True) for name in names) * 2 > len(names):
        return RUNS
    return IMAGES if any(name.suffix.lower() in known for name in names) else ""


def release(uploads: Iterable[UploadedFile]) -> None:
    """Streamlit itself holds uploaded files in memory, up to gigabytes, until the page has been closed for minutes."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for upload in uploads:
            context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=upload.file_id)
