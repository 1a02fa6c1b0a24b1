"""Decoding and encoding on LiteRT: any number of rows, any thread, clear errors, no TensorFlow.

Where a .tflite is missing or broken: tests/test_executor.py."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
from support import loaded_by

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.learn import export, models
from vae_core.look.portable import Network, Portable
from vae_core.settings import Settings

COUNTS = (0, 1, 5, 32, 33, 64, 65, 97, 130)


@pytest.fixture(scope="module")
def networks() -> models.Networks:
    keras.utils.set_random_seed(0)
    return models.build(Config("digits", (8, 8, 1), "conv4/2 flatten dense20", latent=3).architecture())


@pytest.fixture(scope="module")
def folder(networks: models.Networks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    for name, model in (("encoder", networks.encoder), ("decoder", networks.decoder)):
        (folder / f"{name}.tflite").write_bytes(export.convert(model, name))
    return folder


@pytest.fixture
def portable(folder: Path) -> Portable:
    return of_files(folder / "encoder.tflite", folder / "decoder.tflite")


def of_files(encoder: Path, decoder: Path) -> Portable:
    return Portable(Network.of(encoder, "encode"), Network.of(decoder, "decode"))


@pytest.mark.parametrize("count", COUNTS)
def test_any_number_of_rows(count: int, portable: Portable, networks: models.Networks) -> None:
    codes = np.random.default_rng(0).normal(size=(count, 3))
    pictures = portable.decode(codes)
    assert pictures.shape == (count, 8, 8, 1) and pictures.dtype == np.float32
    mean, log_variance = portable.encode(pictures)
    assert log_variance is not None and mean.shape == log_variance.shape == (count, 3)
    if count:
        assert np.allclose(pictures, networks.decoder(codes.astype(np.float32)), atol=1e-6)
        assert np.allclose(mean, networks.encoder(pictures)[0], atol=1e-6)


def test_bytes_are_pixels_of_0_to_255(portable: Portable) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 8, 8, 1), dtype=np.uint8)
    assert np.array_equal(portable.encode(pixels)[0], portable.encode(pixels / np.float32(255))[0])


def test_progress_counts_up_to_the_end(portable: Portable) -> None:
    seen: list[tuple[int, int]] = []
    portable.decode(np.zeros((150, 3)), lambda done, total: seen.append((done, total)))
    assert seen == [(64, 150), (128, 150), (150, 150)]


def test_threads_share_one_instance(portable: Portable) -> None:
    codes = np.random.default_rng(0).normal(size=(40, 90, 3))
    expected = [portable.decode(part) for part in codes]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(portable.decode, codes))
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def test_a_missing_form_is_told(folder: Path) -> None:
    with pytest.raises(LoupeError, match="gone.tflite is not a portable network of this program .No such file"):
        of_files(folder / "encoder.tflite", folder / "gone.tflite").decode(np.zeros((1, 3)))


@pytest.mark.parametrize("damage", ["text", "cut", "other half"])
def test_a_broken_form_is_told(damage: str, folder: Path, tmp_path: Path) -> None:
    whole = (folder / "decoder.tflite").read_bytes()
    other = (folder / "encoder.tflite").read_bytes()
    path = tmp_path / "decoder.tflite"
    path.write_bytes({"text": b"not a network", "cut": whole[: len(whole) // 2], "other half": other}[damage])
    with pytest.raises(LoupeError, match="not a portable network"):
        of_files(path, path).decode(np.zeros((1, 3)))


def test_codes_and_images_of_another_size_are_told(portable: Portable) -> None:
    with pytest.raises(LoupeError, match=r"codes of 2 numbers.*takes 3 numbers"):
        portable.decode(np.zeros((1, 2)))
    with pytest.raises(LoupeError, match=r"images of 28x28x1.*takes 8x8x1"):
        portable.encode(np.zeros((1, 28, 28, 1), np.uint8))


def test_decoding_needs_no_tensorflow(folder: Path, settings: Settings) -> None:
    script = f"""
import pathlib, numpy as np
from vae_core.look.portable import Network
folder = pathlib.Path({str(folder)!r})
Network.of(folder / "decoder.tflite", "decode")(np.zeros((2, 3)))
"""
    assert not loaded_by(script, settings) & {"tensorflow", "keras"}
