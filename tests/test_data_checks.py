"""What is found in a data set and told before anybody trains on it."""

import numpy as np
import pytest

from vae_core.data.checks import with_warnings
from vae_core.data.dataset import Dataset, Part

RANDOM = np.random.default_rng(0)


def images(count, side=16, channels=1):
    """Smooth random pictures, so that no two are alike."""
    coarse = RANDOM.integers(0, 256, (count, 4, 4, channels)).astype(np.uint8)
    return coarse.repeat(side // 4, axis=1).repeat(side // 4, axis=2)


def warnings(train, test, labels=None, test_labels=None, classes=("a", "b")):
    if labels is None:
        labels = RANDOM.integers(2, size=len(train))
    if test_labels is None:
        test_labels = RANDOM.integers(2, size=len(test))
    parts = Part(train, labels.astype(np.int32)), Part(test, test_labels.astype(np.int32))
    return with_warnings(Dataset("things", "Things", *parts, classes)).warnings


def test_nothing_is_said_of_sound_data():
    assert warnings(images(300), images(100)) == ()


def test_sorted_data():
    (found,) = warnings(images(300), images(100), labels=np.repeat([0, 1], 150))
    assert "sorted by class" in found


def test_data_in_stretches_counts_as_sorted():
    (found,) = warnings(images(300), images(100), labels=np.tile(np.repeat([0, 1], 10), 15))
    assert "sorted by class" in found


def test_an_uneven_mixture_is_not_sorted():
    labels = RANDOM.permutation(np.repeat([0, 1], [40, 560]))
    assert warnings(images(600), images(100), labels=labels) == ()


def test_exact_copies_of_test_images_in_the_training_set():
    train, test = images(300), images(100)
    train[5:12] = test[:7]
    (found,) = warnings(train, test)
    assert found.startswith("7 of 100 test images are in the training set too")


@pytest.mark.parametrize("channels", [1, 3])
def test_near_copies_of_test_images_in_the_training_set(channels):
    train, test = images(300, channels=channels), images(100, channels=channels)
    noise = RANDOM.integers(-2, 3, test[:9].shape)
    train[20:29] = np.clip(test[:9].astype(int) + noise, 0, 255)
    (found,) = warnings(train, test)
    assert found.startswith("9 of 100 test images are nearly the same")


def test_copies_within_the_training_set():
    train = images(300)
    train[100:103] = train[:3]
    train[200:204] = np.clip(train[10:14].astype(int) + 1, 0, 255)
    near, exact = warnings(train, images(100))  # the first spoils more
    assert exact.startswith("3 of 300 images that train or validate are exact copies")
    assert near.startswith("8 of 297 images that train or validate are nearly the same")


def test_faint_images_are_not_taken_for_copies():
    faint = lambda count: (128 + images(count).astype(int) // 32).astype(np.uint8)  # noqa: E731
    assert warnings(faint(300), faint(100)) == ()


def test_constant_images():
    train = images(300)
    train[[3, 50]] = np.array([0, 99], np.uint8)[:, None, None, None]
    (found,) = warnings(train, images(100))
    assert found == "2 of 400 images are one flat colour"


def test_one_class_and_few_images_of_a_class():
    one = warnings(images(300), images(100), np.zeros(300, int), np.zeros(100, int), classes=("good",))
    assert len(one) == 1 and "one class, 'good'" in one[0]
    labels = RANDOM.permutation(np.repeat([0, 1], [280, 20]))
    (few,) = warnings(images(300), images(100), labels, np.repeat([0, 1], [91, 9]))
    assert few == "Classes with fewer than 30 images: b (29)"


def test_unlabelled_data_is_checked_too():
    train, test = images(50), images(20)
    train[0] = test[0]
    (found,) = with_warnings(Dataset("things", "Things", Part(train), Part(test))).warnings
    assert "1 of 20 test images" in found
