"""Lists of pictures and tables of pixels: what is read of them, and what is refused."""

import numpy as np
import pytest
from picture_files import RANDOM, add, pack, refused, save
from PIL import Image

from vae_core.data import catalog

# --- lists


def manifest(path, rows, header="path,label,split,group,weight,note"):
    path.write_text("\n".join([header, *rows]), encoding="utf-8-sig")
    return path


@pytest.fixture
def listed(tmp_path):
    """Sixty pictures in a folder of their own, and rows that list them."""
    rows = []
    for number in range(60):
        save(tmp_path / "shots", f"{number:02}.png")
        split = "test" if number >= 48 else "val" if number >= 40 else "train"
        rows.append(f"{number:02}.png,{'ab'[number % 2]},{split},g{number // 4},{number / 2},n{number}")
    return tmp_path / "shots", rows


def test_manifest_beside_a_folder(tmp_path, settings, listed):
    folder, rows = listed
    found = add(manifest(tmp_path / "shots.csv", rows), settings)
    assert found.classes == ("a", "b") and len(found.train) == 48 and len(found.test) == 12
    assert np.array_equal(found.validation, np.arange(40, 48))
    assert list(found.groups[:5]) == ["g0", "g0", "g0", "g0", "g1"]
    assert list(found.train.columns) == ["weight", "note"] and found.train.columns["weight"][3] == 1.5
    assert found.test.columns["note"][0] == "n48"
    again = catalog.load("mine", settings)
    assert list(again.groups) == list(found.groups) and again.test.columns["note"][-1] == "n59"
    with Image.open(folder / "07.png") as image:
        assert np.array_equal(found.train.pixels[7, ..., 0], np.asarray(image))


def test_manifest_in_the_folder_beside_a_zip_and_named(tmp_path, settings, listed):
    folder, rows = listed
    inside = add(manifest(folder / "list.csv", rows), settings, "inside")
    (folder / "list.csv").unlink()
    archive = pack(folder, tmp_path / "shots.zip")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = add(manifest(elsewhere / "list.csv", rows), settings, "named", images=archive)
    folder.rename(tmp_path / "gone")
    manifest(tmp_path / "shots.csv", rows)
    beside = add(tmp_path / "shots.csv", settings, "beside")
    by_zip = add(archive, settings, "by-zip")
    assert len({one.fingerprint for one in (inside, named, beside, by_zip)}) == 1


def test_semicolons_and_a_list_without_meanings(tmp_path, settings, listed):
    folder, _ = listed
    rows = [f"{number:02}.png;{number},5" for number in range(60)]
    found = add(manifest(folder / "list.csv", rows, "path;depth"), settings)
    assert found.train.labels is None and found.groups is None and len(found.test) == 6
    assert found.train.columns["depth"].dtype.kind == "U"


def test_groups_of_a_manifest_never_straddle(tmp_path, settings, listed):
    folder, _ = listed
    rows = [f"{number:02}.png,{'' if number < 10 else number // 6}" for number in range(60)]
    found = add(manifest(folder / "list.csv", rows, "path,group"), settings)
    assert found.groups is not None and len(np.unique(found.groups[:5])) == 5  # an empty cell is a group of its own
    train = np.setdiff1d(np.arange(len(found.train)), found.validation)
    assert not set(found.groups[train]) & set(found.groups[found.validation])
    assert 6 <= len(found.test) <= 12


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [*rows, "60.png,a,train,x,1,n"], "1 of 61 listed pictures are not in"),
        (lambda rows: [*rows, "../secret.png,a,train,x,1,n"], "secret.png"),
        (lambda rows: [*rows, "/etc/passwd,a,train,x,1,n"], "passwd"),
        (lambda rows: [*rows[:-1], rows[-1].replace(",b,", ",,")], "Row 61 of shots.csv has no label"),
        (lambda rows: [*rows[:-1], rows[-1].replace("test", "tset")], "split 'tset'"),
        (lambda rows: [*rows, "59.png,a"], "Line 62 of shots.csv has 2 cells"),
        (lambda rows: [row.replace("g12", "g0") for row in rows], "Group 'g0' has images in both"),
        (lambda rows: [], "lists no pictures"),
        (lambda rows: [row + "x" * 2000 for row in rows], "letters"),
    ],
)
def test_wrong_manifests(tmp_path, settings, listed, change, words):
    refused(manifest(tmp_path / "shots.csv", change(listed[1])), settings, words)


def test_manifests_reach_nothing_through_links(tmp_path, settings, listed):
    folder, rows = listed
    save(tmp_path, "outside/secret.png")
    (folder / "door").symlink_to(tmp_path / "outside")
    refused(manifest(folder / "list.csv", [*rows, "door/secret.png,a,train,x,1,n"]), settings, "holds a link")


def test_manifests_that_are_no_text(tmp_path, settings):
    (tmp_path / "a.csv").write_bytes(b"path,label\n\xff\xfe,1\n")
    refused(tmp_path / "a.csv", settings, "UTF-8|CSV")
    (tmp_path / "a.csv").write_bytes(b"")
    refused(tmp_path / "a.csv", settings, "empty")
    refused(manifest(tmp_path / "b.csv", ["x.png"], "path,path"), settings, "two columns called 'path'")
    refused(manifest(tmp_path / "b.csv", ["x.png"], "path"), settings, "not beside it")
    (tmp_path / "p").mkdir()
    refused(tmp_path / "p", settings, "no list of pictures", images=tmp_path)


# --- tables of pixels


def table(path, values, labels=None, header=None):
    columns = values if labels is None else np.column_stack([labels, values])
    lines = [",".join(map(str, row)) for row in columns]
    path.write_text("\n".join([header, *lines] if header else lines))
    return path


@pytest.mark.parametrize("header", [None, "label," + ",".join(f"pixel{place}" for place in range(100))])
def test_labels_and_pixels(tmp_path, settings, header):
    values, labels = RANDOM.integers(0, 256, (40, 100)), np.arange(40) % 4
    found = add(table(tmp_path / "t.csv", values, labels, header), settings)
    assert found.image == (10, 10, 1) and found.classes == ("0", "1", "2", "3") and len(found.test) == 4
    everything = np.concatenate([found.train.pixels, found.test.pixels]).reshape(40, -1)
    assert set(map(bytes, everything)) == set(map(bytes, values.astype(np.uint8)))


def test_pixels_alone_colours_and_words(tmp_path, settings):
    values = RANDOM.integers(0, 256, (40, 192))
    assert add(table(tmp_path / "a.csv", values[:, :64]), settings, "grey").train.labels is None
    header = "label," + ",".join(f"p{place}" for place in range(192))
    words = np.array(["up", "down"] * 20)
    found = add(table(tmp_path / "b.csv", values.astype(object), words, header), settings, "colour")
    assert found.image == (8, 8, 3) and found.classes == ("down", "up")


def test_split_and_group_columns_of_a_table(tmp_path, settings):
    values = RANDOM.integers(0, 256, (40, 64))
    front = np.array([[f"g{n // 4}", "test" if n >= 30 else "train"] for n in range(40)], object)
    path = table(
        tmp_path / "a.csv", values.astype(object), front, "group,split," + ",".join(f"p{n}" for n in range(64))
    )
    refused(path, settings, "Group 'g7'")
    front[28:32, 1] = "test"
    path = table(
        tmp_path / "a.csv", values.astype(object), front, "group,split," + ",".join(f"p{n}" for n in range(64))
    )
    found = add(path, settings)
    assert len(found.train) == 28 and found.groups[4] == "g1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,age\nann,7\n", "holds words"),
        ("label," + ",".join(f"p{n}" for n in range(50)) + "\n" + "1," * 50 + "1\n", "square"),
        ("label," + ",".join(f"p{n}" for n in range(64)) + "\n1,2,3\n" * 12, "NaN"),
        ("label," + ",".join(f"p{n}" for n in range(64)) + ("\n1" + ",3" * 64) * 12 + "\n" + ",3" * 64, "has no label"),
        ("label," + ",".join(f"p{n}" for n in range(64)) + "\n", "empty|words"),
        ("1,2\n1,2,3,4\n", "read as CSV"),
        (
            "label," + ",".join(f"p{n}" for n in range(64)) + ("\na," + "7," * 63 + "1") * 9 + "\n," + "7," * 63 + "1",
            "Row 11",
        ),
    ],
)
def test_wrong_tables(tmp_path, settings, text, words):
    (tmp_path / "t.csv").write_text(text)
    refused(tmp_path / "t.csv", settings, words)
