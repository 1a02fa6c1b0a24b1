"""Which images train and which validate: disjoint, seeded, and groups on one side."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_core.data import keeping
from vae_core.data.dataset import Dataset, Part
from vae_core.data.splits import divide, expected, hold_back, split, tested, to_show
from vae_core.errors import LoupeError


def dataset(count=100, labels=True, validation=None, groups=None):
    part = Part(np.zeros((count, 8, 8, 1), np.uint8), np.arange(count, dtype=np.int32) % 3 if labels else None)
    return Dataset(
        "things",
        "Things",
        part,
        part.take(np.arange(30) % count),
        ("a", "b", "c") if labels else (),
        validation,
        groups,
    )


def test_shuffled_is_the_stated_permutation():
    found = split(dataset(), seed=7, split="shuffled", train_size=50)
    order = np.random.default_rng(7).permutation(100)[:50]
    assert np.array_equal(found.train, order[:40]) and np.array_equal(found.validation, order[40:])
    assert not found.from_test


def test_a_twentieth_is_the_end_of_the_same_permutation():
    found, order = split(dataset(), seed=7, split="twentieth"), np.random.default_rng(7).permutation(100)
    assert np.array_equal(found.train, order[:95]) and np.array_equal(found.validation, order[95:])


def test_tail_keeps_file_order():
    found = split(dataset(), seed=7, split="tail", train_size=50)
    assert np.array_equal(found.train, np.arange(40)) and np.array_equal(found.validation, np.arange(40, 50))


def test_test_set_validates_and_holds_nothing_back():
    found = split(dataset(), seed=7, split="test", classes=("b",))
    assert found.from_test and found.validation is None
    assert np.array_equal(found.train, np.arange(100)[np.arange(100) % 3 == 1])
    assert np.array_equal(found.test, np.arange(30)[np.arange(30) % 3 == 1])


def test_chosen_classes_only_on_both_sides():
    found = split(dataset(), seed=1, classes=("a", "c"))
    assert set(np.concatenate([found.train, found.validation]) % 3) == {0, 2}


def test_shuffled_takes_the_permutation_over_the_chosen_images():
    found = split(dataset(), seed=1, classes=("a",), train_size=20)
    chosen = np.flatnonzero(np.arange(100) % 3 == 0)
    order = chosen[np.random.default_rng(1).permutation(len(chosen))][:20]
    assert np.array_equal(found.train, order[:16]) and np.array_equal(found.validation, order[16:])


@pytest.mark.parametrize("kind", ["shuffled", "twentieth", "tail"])
def test_own_validation_part_is_used(kind):
    own = np.arange(90, 100)
    found = split(dataset(validation=own), seed=1, split=kind)
    assert np.array_equal(found.validation, own)
    assert sorted(found.train) == list(range(90))


def test_own_validation_part_never_trains_even_where_the_test_set_validates():
    found = split(dataset(validation=np.arange(10)), seed=1, split="test")
    assert np.array_equal(found.train, np.arange(10, 100))


def test_own_validation_part_keeps_to_the_chosen_classes():
    found = split(dataset(validation=np.arange(90, 100)), seed=1, classes=("a",))
    assert list(found.validation) == [90, 93, 96, 99]


@given(st.integers(0, 5), st.integers(6, 60), st.sampled_from(["shuffled", "twentieth", "tail"]), st.integers(3, 12))
def test_groups_never_straddle(seed, count, kind, number):
    groups = np.random.default_rng(seed).integers(number, size=count)
    if len(np.unique(groups)) < 2:
        return
    found = split(dataset(count, groups=groups), seed=seed, split=kind)
    assert not set(groups[found.train]) & set(groups[found.validation])
    assert len(found.train) and len(found.validation)
    assert sorted(np.concatenate([found.train, found.validation])) == list(range(count))


def test_small_groups_hold_back_about_a_fifth():
    groups = np.repeat(np.arange(50), 4)
    found = split(dataset(200, groups=groups), seed=0)
    assert 40 <= len(found.validation) <= 48


def test_a_group_of_just_twice_the_share_is_held_back_and_a_larger_one_is_not():
    for size, held_back in ((40, True), (41, False)):
        groups = np.array([0] * size + list(range(1, 101 - size)))
        order = np.concatenate([np.arange(size, 100), np.arange(size)])  # the large group is the last
        mask = hold_back(order, groups, 20)
        assert mask[order < size].all() == held_back and 20 <= mask.sum() <= 40


@pytest.mark.parametrize("kind", ["shuffled", "twentieth", "tail", "test", "fold:1/5", "fold:3/7"])
@pytest.mark.parametrize("train_size", [0, 36])
@pytest.mark.parametrize("classes", [(), ("a", "c")])
@pytest.mark.parametrize("own", [None, np.arange(90, 102)])
def test_what_is_foretold_is_what_comes(kind, train_size, classes, own):
    data = dataset(120, validation=own)
    found = split(data, seed=3, split=kind, train_size=train_size, classes=classes)
    held_out = found.test if found.from_test else found.validation
    told = expected(keeping.summarise(data, "added"), kind, train_size, classes)
    assert told == pytest.approx((len(found.train), len(held_out)), abs=2)


def test_one_large_group_stays_in_training():
    groups = np.array([0] * 60 + list(range(1, 41)))
    found = split(dataset(groups=groups), seed=0)
    assert 0 in groups[found.train] and 20 <= len(found.validation) <= 40


@given(st.integers(0, 3), st.integers(30, 80))
def test_divide_gives_disjoint_parts_of_whole_groups(seed, count):
    groups = np.random.default_rng(seed).integers(15, size=count)
    test, validation = divide(count, groups, seed, (0.1, 0.1))
    assert len(test) and len(validation)
    assert not set(groups[test]) & set(groups[validation])
    rest = np.setdiff1d(np.arange(count), np.concatenate([test, validation]))
    assert not set(groups[rest]) & set(groups[np.concatenate([test, validation])])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"train_size": 101}, "101"),
        ({"train_size": 1}, "At least 2"),
        ({"classes": ("z",)}, "'z'"),
    ],
)
def test_impossible_wishes_are_refused(arguments, word):
    with pytest.raises(LoupeError, match=word):
        split(dataset(), **arguments)


def test_classes_of_unlabelled_images_are_refused():
    with pytest.raises(LoupeError, match="no labels"):
        split(dataset(labels=False), classes=("a",))


def test_where_no_test_image_is_of_the_chosen_classes_the_others_are_shown():
    """A class of few images may have none there; the training of it is no mistake."""
    data = dataset()
    data = replace(data, test=data.test.take(np.flatnonzero(data.test.labels == 0)))
    assert np.array_equal(to_show(data, ("b",)), np.arange(len(data.test)))
    assert np.array_equal(to_show(data, ("a",)), tested(data, ()))
    with pytest.raises(LoupeError, match="no images of b"):
        tested(data, ("b",))


def test_one_group_cannot_be_divided():
    with pytest.raises(LoupeError, match="one group"):
        split(dataset(groups=np.zeros(100, int)))


@pytest.mark.parametrize("groups", [None, np.arange(100) // 4], ids=["images", "groups"])
@pytest.mark.parametrize("labels", [True, False])
def test_every_image_is_in_one_fold_and_groups_stay_together(labels, groups):
    data = dataset(labels=labels, groups=groups)
    found = [split(data, seed=3, split=f"fold:{number}/5") for number in range(1, 6)]
    assert sorted(np.concatenate([each.validation for each in found])) == list(range(100))
    for each in found:
        assert set(each.train) | set(each.validation) == set(range(100)) and not set(each.train) & set(each.validation)
        if groups is not None:
            assert not set(groups[each.train]) & set(groups[each.validation])
        elif labels:
            counts = np.bincount(each.validation % 3, minlength=3)
            assert counts.max() - counts.min() <= 1


def test_folds_depend_on_the_seed_alone():
    same = [split(dataset(), seed=3, split="fold:2/5").validation.tolist() for _ in range(2)]
    assert same[0] == same[1] != split(dataset(), seed=4, split="fold:2/5").validation.tolist()


def test_one_image_a_fold_and_too_many_folds():
    assert len(split(dataset(count=6), split="fold:1/6").validation) == 1
    with pytest.raises(LoupeError, match="7 folds were asked for, but there are 6 images"):
        split(dataset(count=6), split="fold:1/7")
    with pytest.raises(LoupeError, match="groups of images"):
        split(dataset(count=20, groups=np.arange(20) // 10), split="fold:1/3")
