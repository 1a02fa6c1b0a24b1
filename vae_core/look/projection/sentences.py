"""What a projection says of itself, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vae_core.checked import Json
from vae_core.look.projection import IMAGES, Projection
from vae_core.look.projection.methods import Made
from vae_core.look.projection.prepared import Prepared

MISLEADS = (
    "Sizes of clusters and distances between them mean little here: only who is near whom can be read from this map."
)
TWO_NUMBERS = "These codes have two numbers each: the map of the codes themselves shows all of them, and needs no {}."
WALK = {"codes": "plane", "pixels": "pixels"}


def told(spec: Projection, made: Made, quality: Mapping[str, Any], given: Prepared) -> dict[str, Json]:
    points, dimensions = given.values.shape
    return {
        "title": spec.title,
        "words": f"{spec.title}, {points:,} {IMAGES[spec.images].removeprefix('all ')}.",
        "spec": made.spec.to_json(),
        "points": points,
        "left_out": given.left_out,
        "dimensions": dimensions,
        "engine": made.engine,
        "explained": made.explained,
        "divergence": made.divergence,
        "walk": WALK.get(spec.of, "neighbours") if spec.method == "pca" else "neighbours",
        "quality": dict(quality),
        "honesty": honesty(spec, quality, points),
        "notes": [*made.notes, *_notes(spec, given.left_out, dimensions)],
    }


def honesty(spec: Projection, quality: Mapping[str, Any], points: int) -> list[str]:
    if quality["kept"] is None:
        return ["There are too few images to say how far this map can be trusted."]
    near = quality["neighbours"]
    sentences = [
        f"Of a point's {near} neighbours here, on average {quality['kept']:.1f} are among its {near} nearest in the "
        "original space."
    ]
    if quality["asked"] < points:
        sentences.append(f"That was measured at {quality['asked']:,} of the {points:,} points.")
    if quality["trustworthiness"] is not None and quality["sample"] < points:
        sentences.append(f"Trustworthiness and continuity were measured among {quality['sample']:,} random points.")
    return sentences if spec.method == "pca" else [*sentences, MISLEADS]


def _notes(spec: Projection, left_out: int, dimensions: int) -> list[str]:
    notes = []
    if left_out:
        image = "image is" if left_out == 1 else "images are"
        notes.append(f"{left_out:,} {image} left out: their numbers are not finite.")
    if spec.of == "codes" and dimensions == 2 and spec.method != "pca":
        notes.append(TWO_NUMBERS.format(spec.title.split(" of ")[0]))
    return notes
