"""Lists of pictures and tables of pixels: what is read of them, and what is refused."""

import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from picture_files import RANDOM, add, pack, refused, save
from PIL import Image

from vae_core.data import catalog
from vae_core.errors import LoupeError

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
        (lambda rows: [row.replace(".png", ".gif") for row in rows], "lists '00.gif', which is not beside it"),
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


def test_missing_pictures_are_told_and_the_rest_is_taken(tmp_path, settings, listed):
    folder, rows = listed
    found = add(manifest(tmp_path / "shots.csv", [*rows, "60.png,a,train,x,1,n"]), settings)
    assert len(found.train) == 48 and len(found.test) == 12
    told = "1 of the 61 pictures that shots.csv lists are not in shots and were left out, the first is '60.png'"
    assert found.warnings[0] == told
    (tmp_path / "empty").mkdir()
    with pytest.raises(LoupeError, match="None of the 61 pictures"):
        add(tmp_path / "shots.csv", settings, "other", images=tmp_path / "empty")


def inside(path, name, rows):
    path.mkdir(exist_ok=True, parents=True)
    (path / name).write_text("\n".join(rows))
    return path


@pytest.mark.parametrize("header", ["file_name,label", "filename,class", "path,label", "image,label", "Image,Target"])
@pytest.mark.parametrize("name", ["metadata.csv", "labels.tsv"])
def test_lists_inside_a_folder_or_a_zip(tmp_path, settings, listed, header, name):
    folder, rows = listed
    lines = [header, *(",".join(row.split(",")[:2]) for row in rows)]
    lines = [line.replace(",", "\t") for line in lines] if name.endswith("tsv") else lines
    found = add(inside(folder, name, lines), settings, "one")
    assert found.classes == ("a", "b") and len(found.train) + len(found.test) == 60 and not found.warnings
    assert add(pack(folder, tmp_path / "shots.zip"), settings, "two").fingerprint == found.fingerprint
    if name == "labels.tsv":
        assert add(folder / name, settings, "three").fingerprint == found.fingerprint


def test_names_without_endings_and_folders(tmp_path, settings, listed):
    folder, rows = listed
    (tmp_path / "all" / "pets").mkdir(parents=True)
    folder.rename(tmp_path / "all" / "pets" / "images")
    lines = ["id,species", *(f"pets/images/{row.split('.')[0]},{row.split(',')[1]}" for row in rows), "60,a", "61,b"]
    inside(tmp_path / "all" / "pets", "train.csv", lines)
    found = add(tmp_path / "all", settings)
    assert found.classes == ("a", "b") and "The column 'species' was read as the class" in found.notes
    assert found.warnings[0].startswith("2 of the 62 pictures that pets/train.csv lists are not in all")


def test_lists_in_the_folders_of_the_parts(tmp_path, settings):
    """As Hugging Face writes them."""
    for part in ("train", "test"):
        for number in range(20):
            save(tmp_path / "pets" / part, f"{number}.png")
        lines = ["file_name,label,text", *(f"{number}.png,{'ab'[number % 2]},say {number}" for number in range(20))]
        inside(tmp_path / "pets" / part, "metadata.csv", lines)
    found = add(tmp_path / "pets", settings)
    assert len(found.train) == len(found.test) == 20 and found.classes == ("a", "b")
    assert found.train.columns["text"][0] == "say 0"


def test_a_list_without_classes_leaves_them_to_the_folders(tmp_path, settings):
    for name in ("cat", "dog"):
        for number in range(20):
            save(tmp_path / "pets", f"{name}/{number}.png")
    lines = ["file_name,depth", *(f"{name}/{n}.png,{n}.5" for name in ("cat", "dog") for n in range(19))]
    found = add(inside(tmp_path / "pets", "metadata.csv", lines), settings)
    assert found.classes == ("cat", "dog") and found.train.columns["depth"].dtype.kind == "f"
    assert "Left out, as metadata.csv does not list them: cat/19.png, dog/19.png" in found.notes


def test_a_part_without_classes_is_left_out(tmp_path, settings):
    """The test part of a contest is to be guessed."""
    for part in ("train", "test"):
        for number in range(20):
            save(tmp_path / "pets" / part, f"{part}{number}.png")
        head, cell = ("id,label", ",a") if part == "train" else ("id,x", ",1")
        inside(tmp_path / "pets", f"{part}.csv", [head, *(f"{part}{number}{cell}" for number in range(20))])
    found = add(tmp_path / "pets", settings)
    assert len(found.train) == 18 and len(found.test) == 2
    assert any(note.startswith("Left out, as train.csv does not list them: test.csv") for note in found.notes)


def test_tables_that_are_no_lists_change_nothing(tmp_path, settings):
    for number in range(20):
        save(tmp_path / "pets", f"cat/{number}.png")
    (tmp_path / "pets" / "prices.csv").write_bytes(b"\xff\xfe,1\n")
    assert add(tmp_path / "pets", settings, "one").classes == ("cat",)
    inside(tmp_path / "pets", "prices.csv", ["what,price", "cat,1"])
    assert add(tmp_path / "pets", settings, "two").classes == ("cat",)
    (tmp_path / "pets" / "labels.csv").write_bytes(b"\xff\xfe,1\n")
    with pytest.raises(LoupeError, match="UTF-8"):
        add(tmp_path / "pets", settings, "three")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["file_name,label", "x.png,a"], "None of the 1 pictures that metadata.csv lists is in pets"),
        (["file_name,label", "0.png,a"], "'0.png' may be cat/0.png or dog/0.png"),
        (["file_name,label", "../0.png,a"], r"Row 2 names the picture '../0.png'"),
        (["file_name,label", "/etc/passwd,a"], "Row 2 names the picture"),
        (["file_name,label", "cat/0.png,"], "fewer|1 image"),
        (["file_name,label", "cat/0.png,", "cat/0.png,b"], "Row 2 of metadata.csv has no label"),
        (["file_name,split", "cat/0.png,tset"], "split 'tset'"),
        (["file_name,label"], "lists no pictures"),
    ],
)
def test_wrong_lists_inside(tmp_path, settings, lines, words):
    for name in ("cat/0.png", "dog/0.png"):
        save(tmp_path / "pets", name)
    refused(inside(tmp_path / "pets", "metadata.csv", lines), settings, words)


def test_bounds_of_lists_inside(tmp_path, settings):
    save(tmp_path / "pets", "cat/0.png")
    inside(tmp_path / "pets", "metadata.csv", ["file_name", *["cat/0.png"] * 30])
    refused(tmp_path / "pets", replace(settings, max_files=20), "lists more than 20 pictures")
    for number in range(40):
        inside(tmp_path / "pets" / str(number), "metadata.csv", ["file_name", "x.png"])
    refused(tmp_path / "pets", settings, "holds 41 lists of pictures")
    for number in range(40):
        (tmp_path / "pets" / str(number) / "metadata.csv").unlink()
    inside(tmp_path / "pets", "metadata.csv", ["file_name", "x" * 1_000_000])
    refused(tmp_path / "pets", replace(settings, max_image_pixels=1000), "At most 8,000 bytes")
    refused(tmp_path / "pets", settings, "a cell of 1000000 letters|cannot be read as CSV")


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


# --- lists of JSON lines


def lines(rows, **more):
    """The same pictures as rows of a table, an object each."""
    cells = (row.split(",") for row in rows)
    return [json.dumps({"file_name": name, "label": label, "split": split} | more) for name, label, split, *_ in cells]


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "beside"])
def test_json_lines_say_what_a_table_says(tmp_path, settings, listed, kind):
    folder, rows = listed
    expected = add(manifest(tmp_path / "shots.csv", rows), settings, "one")
    (tmp_path / "shots.csv").unlink()
    place = tmp_path / "shots.jsonl" if kind == "beside" else folder / "metadata.jsonl"
    place.write_text("\n".join(["", *lines(rows, weight=0.5, boxes=[1, 2], is_old=True, note=None)]), "utf-8-sig")
    packed = {"zip": lambda: pack(folder, tmp_path / "shots.zip"), "tar": lambda: tar(folder, tmp_path / "shots.tgz")}
    found = add(packed.get(kind, lambda: place if kind == "beside" else folder)(), settings, "two")
    assert found.classes == ("a", "b") and np.array_equal(found.train.pixels, expected.train.pixels)
    assert np.array_equal(found.train.labels, expected.train.labels)
    assert found.train.columns["weight"][0] == 0.5 and found.train.columns["is_old"][0] == "true"
    assert "boxes" not in found.train.columns and any("Left out: boxes of" in note for note in found.notes)


def tar(folder, path):
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, ".")
    return path


def test_a_key_that_a_line_lacks_is_an_empty_cell(tmp_path, settings, listed):
    folder, rows = listed
    some = [*lines(rows[:30]), *lines(rows[30:59], place="left"), json.dumps({"FILE_NAME": "59.png"})]
    (folder / "metadata.jsonl").write_text("\n".join(some))
    refused(folder, settings, "Row 60 of metadata.jsonl has no label|Row 60 has the split ''")
    (folder / "metadata.jsonl").write_text("\n".join(some[:59]))
    found = add(folder, settings)
    assert list(found.train.columns["place"][[0, 31]]) == ["", "left"]


def test_a_table_of_the_same_name_wins_and_other_lines_change_nothing(tmp_path, settings, listed):
    folder, rows = listed
    inside(folder, "metadata.csv", ["file_name,label", *(",".join(row.split(",")[:2]) for row in rows)])
    (folder / "metadata.jsonl").write_text("\n".join(lines(rows)))
    found = add(folder, settings, "one")
    assert len(found.train) + len(found.test) == 60 and "metadata.jsonl" in found.notes[0]
    (folder / "metadata.jsonl").rename(folder / "talk.jsonl")
    assert add(folder, settings, "two").fingerprint == found.fingerprint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lists no pictures"),
        ("[1]", "Line 1 of metadata.jsonl is no object of JSON"),
        ('{"file_name": "0.png"}\n{"file_name":', "Line 2 of metadata.jsonl is no object of JSON"),
        ("[" * 100_000, "is no object of JSON"),
        ('{"file_name": ' + "9" * 5000 + "}", "is no object of JSON"),
        ('{"a": "0.png", "A ": 1}', "has a key twice"),
        ('{"file_name": "' + "x" * 2000 + '"}', "a cell of 2000 letters"),
        ('{"file_name": "' + "x" * 2_000_000 + '"}', "is no object of JSON"),
        ('{"file_name": "../0.png"}', "Row 1 names the picture '../0.png'"),
        ('{"file_name": ["0.png"]}', "names no pictures"),
        ('{"file_name": "\\ud800"}', "None of the 1 pictures"),
        (json.dumps({"path": "0.png"} | dict.fromkeys(map(str, range(99)), 1)), "more than 64 keys"),
        ('{"file_name": "0.png"}\n' * 30, "lists more than 20 pictures"),
    ],
)
def test_wrong_lines(tmp_path, settings, text, words):
    save(tmp_path / "pets", "0.png")
    (tmp_path / "pets" / "metadata.jsonl").write_text(text)
    refused(tmp_path / "pets", replace(settings, max_files=20), words)


def test_lines_that_name_no_pictures(tmp_path, settings):
    (tmp_path / "talk.jsonl").write_text('{"text": "hello"}')
    refused(tmp_path / "talk.jsonl", settings, "talk.jsonl names no pictures")
    (tmp_path / "talk.jsonl").write_bytes(b"\xff\xfe{}")
    refused(tmp_path / "talk.jsonl", settings, "cannot be read as JSON lines.*UTF-8")


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
