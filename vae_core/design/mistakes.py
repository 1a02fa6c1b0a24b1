"""What the student reports did that a reader should not copy, and what this program does about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    reports: tuple[str, ...]
    what: str
    here: str


MISTAKES = (
    Mistake(
        ("000",),
        "Six times the data, 80 instead of 50 epochs, other strides and more layers at once, and the layers get "
        "the credit. The strides alone let dense20 grow to 1,003,540 of the encoder's 1,028,568 parameters; the "
        "two new convolutions hold 23,136.",
        "The comparison names every change and offers the trainings that make each of them alone.",
    ),
    Mistake(
        ("001",),
        "With the two layers, 8 filters become 128, 16 become 256, and 50 epochs become 5; and the decoder's "
        "parameters are set against the whole baseline's.",
        "Encoder, decoder and the whole are counted apart, for both models.",
    ),
    Mistake(
        ("000",),
        "Two layers of the decoder were built and never connected.",
        "A model is built from one line, and its table shows what is really in it.",
    ),
    Mistake(
        ("000", "001"),
        "A 'VAE' without a KL term: its codes follow no prior.",
        "Such a model is recognised: no prior rings, and samples follow its own codes.",
    ),
    Mistake(
        ("001",),
        "The training ends in an epoch whose validation loss is 0.3467, after 0.1837, and the model is called better.",
        "The best epoch on the validation images is kept, not the last one.",
    ),
    Mistake(
        ("002",),
        "The code ends in a ReLU, so only a quarter of the plane can be used.",
        "The map shows it; a code is linear unless a line says otherwise.",
    ),
    Mistake(
        ("002",),
        "The denoiser is kept at epoch 100, far from its best, which is picked on the test set.",
        "What was chosen on the test images is marked and not ranked.",
    ),
    Mistake(
        ("003",),
        "The steps of an epoch are those of 60,000 images; the training set has 50,000.",
        "Steps follow from the images that really train.",
    ),
    Mistake(
        ("003",),
        "The reconstruction is within half a per cent of a PCA with two components, which is not said; and the "
        "printed total is not the sum of its parts.",
        "Every loss axis shows the baselines, PCA of the same code size among them.",
    ),
    Mistake(
        ("004",),
        "1 - loss is printed as accuracy, and training stops at the first epoch that is no better.",
        "Losses carry their units, and patience is a setting.",
    ),
    Mistake(
        ("004",),
        "The VAE's training error rises while its validation number is the same in every epoch.",
        "Both are computed by one function in one unit, epoch by epoch.",
    ),
    Mistake(
        ("000", "001", "002", "003", "004"),
        "One training each, and 'better' is claimed.",
        "A sentence about layers takes at least three seeds of each and an interval over seeds and images.",
    ),
)
