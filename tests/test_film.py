"""What the browser gets of a run: unpacked here as film.js unpacks it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from support import parcel

from ui.components import film
from ui.components.film import pack
from vae_core.look import align
from vae_core.look import codes as look


def snapshot(epoch: int, size: int = 2, channels: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(epoch)
    code = np.float32(random.normal(size=(50, size)))
    pictures = random.integers(0, 256, (10, 8, 6, channels), np.uint8)
    grid = random.integers(0, 256, (16, 16, 8, 6, channels), np.uint8)
    return {
        "index": np.arange(50),
        "code": code,
        "labels": np.arange(50) % 3,
        "plane": look.plane(code, True),
        "original": pictures,
        "reconstruction": pictures[::-1],
        "grid": grid,
    }


def opened(data: bytes) -> tuple[dict, bytes]:
    header, body = parcel(data)
    assert (len(data) - len(body)) % 4 == 0
    return header, body


def part(body: bytes, place: list[int]) -> bytes:
    assert place[0] % 4 == 0
    return body[place[0] : sum(place)]


def test_points_arrive_where_they_are():
    shots = {1: snapshot(1), 2: snapshot(2)}
    header, body = opened(film.data({"run": "a"}, [1, 2], [1], shots.__getitem__, ["x", "y", "z"]))
    assert [frame["epoch"] for frame in header["frames"]] == [2, 1]
    for frame in header["frames"]:
        steps = np.frombuffer(part(body, frame["points"]), "<u2").reshape(-1, 2)
        low, high = np.array(frame["low"]), np.array(frame["high"])
        points = low + steps * (high - low) / (pack.NOWHERE - 1)
        assert points == pytest.approx(shots[frame["epoch"]]["code"], abs=1e-3)
    newest, first = header["frames"]
    assert (newest["previous"], first["previous"]) == (1, None)
    turn = np.array(newest["turn"]).reshape(2, 2)
    assert turn == pytest.approx(align.turn(shots[1]["code"], shots[2]["code"]), abs=1e-5)
    assert header["labels"] == [place % 3 for place in range(50)]


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_arrive_unchanged(channels):
    shot = snapshot(1, channels=channels)
    header, body = opened(film.data({}, [1], [], {1: shot}.__getitem__, []))
    grid = np.asarray(Image.open(io.BytesIO(part(body, header["frames"][0]["grid"]))))
    tile = grid.reshape(16, 8, 16, 6, channels)[3, :, 5]
    assert (tile == shot["grid"][3, 5]).all()
    strip = np.asarray(Image.open(io.BytesIO(part(body, header["originals"])))).reshape(8, 60, channels)
    assert (strip[:, 12:18] == shot["original"][2]).all()


def test_before_the_first_epoch_there_are_no_pictures():
    header, body = opened(film.data({"waiting": "soon"}, [], [], {}.__getitem__, ["0"]))
    assert (header["epochs"], header["frames"], body) == ([], [], b"")


def test_only_what_is_there_and_was_asked_for_is_sent_and_not_too_much_at_once(monkeypatch):
    shots = {epoch: snapshot(epoch) for epoch in range(1, 9)}
    header, _ = opened(film.data({}, list(shots), [3, 99, 8], shots.__getitem__, []))
    assert [frame["epoch"] for frame in header["frames"]] == [8, 3]
    monkeypatch.setattr(pack, "MOST_BYTES", 20_000)
    header, body = opened(film.data({}, list(shots), list(range(1, 8)), shots.__getitem__, []))
    assert header["frames"][0]["epoch"] == 8
    assert 2 <= len(header["frames"]) < 8
    assert len(body) < 60_000


def test_the_slider_of_a_long_run_stops_at_evenly_spaced_epochs_and_the_newest():
    assert pack.stops([1, 2, 3]) == [1, 2, 3]
    stops = pack.stops(list(range(1, 1002)))
    assert len(stops) <= pack.MOST_EPOCHS + 1
    assert (stops[:3], stops[-1]) == ([1, 5, 9], 1001)
    assert set(pack.stops(list(range(1, 1003)))) - {1002} <= set(stops)


def test_equal_codes_do_not_divide_by_zero():
    shot = {**snapshot(1), "code": np.zeros((50, 2), np.float32)}
    header, body = opened(film.data({}, [1], [], {1: shot}.__getitem__, []))
    assert set(part(body, header["frames"][0]["points"])) == {0}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_code_that_is_no_number_is_nowhere_and_moves_no_other(bad):
    shots = {1: snapshot(1), 2: snapshot(2)}
    shots[2]["code"][7] = bad
    header, body = opened(film.data({"run": "a"}, [1, 2], [], shots.__getitem__, []))
    (frame,) = header["frames"]
    steps = np.frombuffer(part(body, frame["points"]), "<u2").reshape(-1, 2)
    others = np.arange(50) != 7
    assert (steps[7] == pack.NOWHERE).all() and (steps[others] < pack.NOWHERE).all()
    assert np.array(frame["low"]) == pytest.approx(shots[2]["code"][others].min(axis=0))
    turn = align.turn(shots[1]["code"][others], shots[2]["code"][others])
    assert np.array(frame["turn"]).reshape(2, 2) == pytest.approx(turn, abs=1e-5)


def test_codes_of_which_none_is_a_number_are_sent_too():
    shot = {**snapshot(1), "code": np.full((50, 2), np.nan, np.float32), "plane": np.full((3, 2), np.nan, np.float32)}
    header, body = opened(film.data({}, [1], [], {1: shot}.__getitem__, []))
    assert set(np.frombuffer(part(body, header["frames"][0]["points"]), "<u2")) == {pack.NOWHERE}
