"""Two sets of images of one's own, for bench.own, from what stands on a disk and is not kept here.

python -m bench.sets OUT --icons node_modules/emoji-datasource-twitter/img/twitter/64 --faces /usr/share/fonts/truetype

icons.npz: pictures with a transparent ground (any folder of PNGs), on white, 32x32x3.
letters.npz: capital letters in the faces of a folder, 28x28; a face is in the training part or in the test part.
"""

from __future__ import annotations

import argparse
import string
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ICONS, ICON = 1800, 32
FACES, LETTER = 100, 28
TESTED = 6
SKIN = ("1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--icons", type=Path)
    parser.add_argument("--faces", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.icons:
        _save(arguments.out / "icons.npz", icons(arguments.icons))
    if arguments.faces:
        _save(arguments.out / "letters.npz", letters(arguments.faces))


def icons(folder: Path) -> list[np.ndarray]:
    """Without an emoji's other colours of skin, which are nearly the same picture again."""
    files = [path for path in sorted(folder.glob("*.png")) if not any(skin in path.stem for skin in SKIN)]
    chosen = np.random.default_rng(0).permutation(len(files))[:ICONS]
    return [_icon(files[k]) for k in chosen]


def _icon(path: Path) -> np.ndarray:
    image = Image.open(path).convert("RGBA").resize((ICON, ICON), Image.Resampling.BOX)
    ground = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(ground, image).convert("RGB"))


def letters(folder: Path) -> list[np.ndarray]:
    files = [path for path in sorted(folder.rglob("*.[ot]tf")) if "dejavu" not in str(path).lower()]
    faces = [files[k] for k in np.random.default_rng(0).permutation(len(files))]
    drawn = [_alphabet(path) for path in faces]
    return [image for alphabet in [each for each in drawn if each][:FACES] for image in alphabet]


def _alphabet(path: Path) -> list[np.ndarray]:
    """Nothing from a face without letters of its own: two letters that look the same are boxes."""
    drawn = [_letter(letter, path) for letter in string.ascii_uppercase]
    return drawn if len({image.tobytes() for image in drawn}) == len(drawn) else []


def _letter(letter: str, path: Path) -> np.ndarray:
    image = Image.new("L", (LETTER, LETTER))
    middle = (LETTER / 2, LETTER / 2)
    ImageDraw.Draw(image).text(middle, letter, fill=255, anchor="mm", font=ImageFont.truetype(str(path), 22))
    return np.asarray(image)


def _save(file: Path, images: list[np.ndarray]) -> None:
    """The last sixth tests: whole faces, where an alphabet's images stand together."""
    kept = len(images) - len(images) // TESTED
    np.savez(file, x_train=np.stack(images[:kept]), x_test=np.stack(images[kept:]))
    print(f"{file}: {kept} images train, {len(images) - kept} test")


if __name__ == "__main__":
    main()
