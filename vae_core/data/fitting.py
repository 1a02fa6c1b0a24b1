"""Pictures of different sizes come to one size, by a rule that is told and never changes proportions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vae_core.data.dataset import Array, Warned
from vae_core.errors import LoupeError
from vae_core.settings import Settings

FITS = ("fit", "pad", "crop", "scale")
FILLS = ("edge", "white", "black")
BACKGROUNDS = ("auto", "white", "black")
KEPT_SIDE = 128  # pictures keep their size up to here
SIDES = (8, 256)  # what the models are made for
LADDER = (28, 32, 48, 64, 96, 128)  # sides that are chosen by themselves: their halves and quarters are whole, too
MIXED_SIDE = 64  # pictures without a size of their own get no more: 128 costs four times the time of a training
EPOCH = 2**27  # pixels that an epoch may have where the side is chosen: as many as three epochs of MNIST
MOST = 0.9  # of the pictures have one size: it is that of the data set
FILL_WORDS = {"edge": "the colour of their own edge", "white": "white", "black": "black"}
LEVELS = {"white": 255, "black": 0}
FAR = 64  # grey levels that are seen at a glance
Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class Fitting:
    """How pictures come to one size. Proportions are never changed.

    "fit": each is scaled, up or down, until it just fits. "pad": the size of the largest picture. "crop": the size of
    the smallest, the middle of larger ones. "scale": larger pictures are shrunk until they fit. What a picture leaves
    free gets the `fill`; what is transparent is laid on the `background`, "auto" being the one that contrasts more.
    With `frames`, each frame of an animated picture is an image, and each page of a TIFF; else the first alone.
    """

    fit: str = "fit"
    size: Size | None = None
    fill: str = "edge"
    background: str = "auto"
    frames: bool = False

    def __post_init__(self) -> None:
        for name, known in (("fit", FITS), ("fill", FILLS), ("background", BACKGROUNDS)):
            if getattr(self, name) not in known:
                raise LoupeError(f"{name} is '{getattr(self, name)}'", f"One of {', '.join(known)} was expected")
        if self.size and not all(type(side) is int and SIDES[0] <= side <= SIDES[1] for side in self.size):
            raise LoupeError(
                f"The size is {told(self.size)}", f"A width and a height from {SIDES[0]} to {SIDES[1]} were expected"
            )

    @property
    def box(self) -> Size:
        return self.size or (KEPT_SIDE, KEPT_SIDE)

    def common(self, sizes: Sequence[Size], count: int) -> Size:
        """The size that all `count` pictures get, some or all of them having these."""
        if self.size:
            return self.size
        if self.fit == "fit":
            return chosen(sizes, count)
        heights, widths = zip(*(self._inner(size) for size in sizes), strict=True)
        pick = min if self.fit == "crop" else max
        return pick(heights), pick(widths)

    def _inner(self, size: Size) -> Size:
        """What the box holds of a picture."""
        if self.fit == "scale" and (size[0] > self.box[0] or size[1] > self.box[1]):
            return inside(size, self.box)
        return min(size[0], self.box[0]), min(size[1], self.box[1])


EARLIER = Fitting("pad", fill="black", background="white")  # what lies in the local data folder was always read so


@dataclass(frozen=True)
class Plan:
    """A rule for certain pictures: what it left open is decided."""

    rule: Fitting
    size: Size
    background: str = "white"


@dataclass(frozen=True)
class Fitted:
    """A picture as the plan wants it, and what the plan did to it."""

    pixels: Array
    size: Size  # before
    border: float = 0.0  # share of it that was filled
    is_framed: bool = False  # in a colour that is far from its own edge


def told(size: Size) -> str:
    """Width first, as pictures are measured everywhere."""
    return f"{size[1]}x{size[0]}"


def chosen(sizes: Sequence[Size], count: int) -> Size:
    """The size that nearly all pictures have; else a square whose side is near their median, and can be paid for."""
    common, times = Counter(sizes).most_common(1)[0]
    if times >= MOST * len(sizes) and max(common) <= KEPT_SIDE:
        return common
    paid = [side for side in LADDER if side <= MIXED_SIDE and count * side * side <= EPOCH] or LADDER[:1]
    median = float(np.median([max(size) for size in sizes]))
    side = min(paid, key=lambda one: abs(one - median))
    return side, side


def inside(size: Size, box: Size) -> Size:
    """As large as fits the box, proportions kept."""
    factor = min(box[0] / size[0], box[1] / size[1])
    return min(box[0], max(1, round(size[0] * factor))), min(box[1], max(1, round(size[1] * factor)))


def fit_array(pixels: Array, fitting: Fitting, settings: Settings) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """The same rule for images that came as one array; nothing is copied where nothing has to change."""
    height, width = pixels.shape[1:3]
    plan = Plan(fitting, fitting.common([(height, width)], len(pixels)))
    check_sides(plan.size)
    if plan.size == (height, width):
        return pixels, (), ()
    check_bytes(len(pixels) * plan.size[0] * plan.size[1] * pixels.shape[3], settings)
    result = np.empty((len(pixels), *plan.size, pixels.shape[3]), np.uint8)
    account = Account(plan)
    for target, picture in zip(result, pixels, strict=True):
        fitted = place(picture, plan)
        target[...] = fitted.pixels
        account.add(fitted)
    return result, account.notes(), account.warnings()


def place(pixels: Array, plan: Plan) -> Fitted:
    """One picture in the middle of its new size, the rest filled."""
    before = pixels.shape[:2]
    if before == plan.size:
        return Fitted(pixels, before)
    inner = _middle(_scaled(pixels, plan), *plan.size)
    if inner.shape[:2] == plan.size:
        return Fitted(np.ascontiguousarray(inner), before)  # a copy, so that the large picture is let go
    edge = _edge(inner)
    colour = edge if plan.rule.fill == "edge" else np.full_like(edge, LEVELS[plan.rule.fill])
    result = np.empty((*plan.size, pixels.shape[2]), np.uint8)
    result[...] = colour
    _middle(result, *inner.shape[:2])[...] = inner
    border = 1 - inner.shape[0] * inner.shape[1] / (plan.size[0] * plan.size[1])
    return Fitted(result, before, border, bool(np.abs(colour.astype(int) - edge).max() > FAR))


def _scaled(pixels: Array, plan: Plan) -> Array:
    size: Size = pixels.shape[:2]
    box = plan.size if plan.rule.fit == "fit" else plan.rule.box
    is_larger = size[0] > box[0] or size[1] > box[1]
    if plan.rule.fit not in ("fit", "scale") or (plan.rule.fit == "scale" and not is_larger):
        return pixels
    import PIL.Image

    height, width = inside(size, box)
    image = PIL.Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    # Lanczos leaves the sharpest small picture, but draws rings around what it enlarges.
    filter_ = PIL.Image.Resampling.LANCZOS if is_larger else PIL.Image.Resampling.BICUBIC
    scaled = np.asarray(image.resize((width, height), filter_))
    return scaled[..., None] if scaled.ndim == 2 else scaled


def _edge(pixels: Array) -> Array:
    """The median of the outermost pixels, by channel."""
    border = [pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]]
    return np.median(np.concatenate(border), axis=0).astype(np.uint8)


def _middle(pixels: Array, height: int, width: int) -> Array:
    """A view of the middle; all of it along a side that is no longer than asked for."""
    top, left = max(0, (pixels.shape[0] - height) // 2), max(0, (pixels.shape[1] - width) // 2)
    return pixels[top : top + height, left : left + width]


def check_sides(size: Size) -> None:
    if min(size) < SIDES[0]:
        raise LoupeError(
            f"The images are {told(size)} pixels",
            f"At least {SIDES[0]} pixels a side were expected",
            "Let them be scaled to fit a size",
        )


class Account:
    """What is told in the end of what was done to each picture."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.sizes: Counter[Size] = Counter()
        self.borders = self.framed = 0
        self.free = 0.0

    def add(self, fitted: Fitted) -> None:
        self.sizes[fitted.size] += 1
        self.borders += fitted.border > 0
        self.free += fitted.border
        self.framed += fitted.is_framed

    @property
    def total(self) -> int:
        return sum(self.sizes.values())

    def _count(self, sizes: Iterable[Size]) -> int:
        return sum(self.sizes[size] for size in sizes)

    def notes(self) -> tuple[str, ...]:
        height, width = self.plan.size
        larger = [size for size in self.sizes if size[0] > height or size[1] > width]
        found, shape = [], f"{told(self.plan.size)} pixels"
        if len(self.sizes) > 1:
            least, most = min(self.sizes, key=_area), max(self.sizes, key=_area)
            found.append(f"The images came in {len(self.sizes):,} sizes, from {told(least)} to {told(most)}")
        if self.plan.rule.fit == "fit":
            changed = self._count(size for size in self.sizes if size != self.plan.size)
            if changed:
                found.append(f"{self._of(changed)} were scaled to fit {shape}, proportions kept")
        elif larger and self.plan.rule.fit == "scale":
            found.append(f"{self._of(self._count(larger))} were shrunk to fit {shape}, proportions kept")
        elif larger:
            found.append(f"{self._of(self._count(larger))} were cropped to their middle {shape}")
        if self.borders:
            found.append(f"{self._of(self.borders)} were padded with {FILL_WORDS[self.plan.rule.fill]} to {shape}")
        return tuple(found)

    def _of(self, count: int) -> str:
        return f"{count:,} of {self.total:,} images"

    def warnings(self) -> tuple[Warned, ...]:
        """What was nobody's choice, or can hardly have been meant, is said aloud, with what would repair it."""
        return tuple(found for found in (self._lost(), self._padded(), self._frames(), self._enlarged()) if found)

    def _lost(self) -> Warned | None:
        rule, target = self.plan.rule, self.plan.size
        lost = [size for size in self.sizes if size[0] > rule.box[0] or size[1] > rule.box[1]]
        if not lost or rule.size or rule.fit not in ("pad", "crop"):
            return None
        return Warned(
            f"{self._count(lost):,} images are larger than {KEPT_SIDE} pixels a side, up to "
            f"{told(max(lost, key=_area))}: only their middle {told(target)} is kept. Choose a size, or 'fit' to scale "
            "them with their proportions kept",
            {"fit": "fit"},
            self._count(lost) / self.total,
        )

    def _padded(self) -> Warned | None:
        share = self.free / max(1, self.total)
        if share < 0.4 or self.plan.rule.fit == "fit":
            return None
        told = f"{share:.0%} of all pixels are border, which a model learns instead of images"
        return Warned(told, {"fit": "fit"}, share)

    def _frames(self) -> Warned | None:
        if self.framed * 2 <= self.total:
            return None
        fill = self.plan.rule.fill
        told = f"{self._of(self.framed)} have a {fill} frame that is no part of them"
        return Warned(told, {"fill": "edge"}, 0.8 * self.framed / self.total)

    def _enlarged(self) -> Warned | None:
        rule, longest = self.plan.rule, max(self.plan.size)
        small = self._count(size for size in self.sizes if 2 * max(size) <= longest)
        if rule.fit != "fit" or not rule.size or 2 * small <= self.total:
            return None
        return Warned(
            f"{self._of(small)} are enlarged to twice their size or more: there is no more to see, and each step of a "
            "training costs more",
            {"size": None},
            0.3 * small / self.total,
        )


def _area(size: Size) -> tuple[int, Size]:
    return size[0] * size[1], size


def check_bytes(size: int, settings: Settings) -> None:
    if size > settings.max_bytes:
        raise LoupeError(
            f"The images take more than {settings.max_bytes:,} bytes of memory",
            "Less was expected",
            "Bring fewer or smaller images, or raise the setting max_bytes",
        )
