"""The words of the trade, each explained once: what stands behind a question mark takes its words from here."""

from __future__ import annotations

from collections.abc import Mapping

TERMS: Mapping[str, Mapping[str, str]] = {
    "What it is": {
        "Autoencoder": "A network that squeezes an image into a few numbers and draws it again from them.",
        "Encoder": "The first half: it reads an image and hands on a few numbers.",
        "Decoder": "The second half: it draws an image from a few numbers.",
        "Code": "Those few numbers. Two of them are a place on a map.",
        "VAE": "A variational autoencoder keeps its codes close together: every place on its map gives an image. "
        "A plain autoencoder draws sharper, but its map has gaps.",
        "Map": "Every image as a dot at its code. Dots close to each other are images that the network finds alike.",
        "Layer": "One step of a network: it turns numbers into other numbers, by weights that training adjusts.",
        "Parameters": "The numbers that training adjusts. More can learn more, and take longer.",
    },
    "How it learns": {
        "Training images": "What the model learns from.",
        "Validation images": "Held back from training; they say which epoch was the best.",
        "Test images": "Seen by no training and no choice. What a model is worth is measured on them.",
        "Step": "One small change of all parameters, after a look at one batch of images.",
        "Batch": "The images of one step. Larger is faster an epoch, with fewer steps to learn from.",
        "Epoch": "One look at all training images. After it the model is looked at: its loss, its map.",
        "Learning rate": "The size of a step. Too large, and the loss jumps or is lost; too small, and it crawls.",
        "Seed": "The number from which all chance is drawn. The same seed gives the same training again.",
        "Overfitting": "A model knows its training images by heart and does worse on others.",
    },
    "How good it is": {
        "Loss": "How unlike the originals the model's images are, and for a VAE how untidy its map is. Lower is "
        "better, within one data set and kind of loss.",
        "Reconstruction": "The part of the loss that compares each image with what is drawn from its code.",
        "KL": "The part of a VAE's loss that asks for a tidy map: how far codes stray from where new ones are drawn.",
        "Beta": "How much the tidy map counts against sharp images. 1 is the standard VAE.",
        "Nats": "The unit of these losses: how surprising the true pixels are to the model. 0.69 nats are one bit.",
        "Mean image": "The average of all training images. A model that draws it for everything has learned nothing.",
        "PCA": "The best that straight mixing can do with as many numbers. A network should beat it.",
        "t-SNE": "Another way to lay codes out flat: neighbours stay neighbours, distances far apart mean little.",
        "Spread": "How far trainings differ that differ only in their seed. Smaller differences are chance.",
    },
}
WORDS: Mapping[str, str] = {name: told for group in TERMS.values() for name, told in group.items()}
