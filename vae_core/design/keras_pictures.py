"""What a stand-alone program draws when it has trained: its losses, codes, reconstructions and the decoded plane."""

from __future__ import annotations

from collections.abc import Iterator

from vae_core.design.config import Config


def sections(config: Config) -> Iterator[tuple[str, str, str]]:
    """Title, text and code of each."""
    yield "The losses", "Of the images that train and of those held out, epoch by epoch.", LOSSES
    yield "The map of codes", _map_text(config), _map(config)
    yield "Reconstructions", _reconstructions_text(config), _reconstructions(config)
    yield "The space of codes, decoded", _grid_text(config), _grid(config)


LOSSES = """\
plt.figure(figsize=(7, 4))
for part, values in history.items():
    plt.plot(range(1, len(values) + 1), values, ".-", label=part)
plt.gca().xaxis.get_major_locator().set_params(integer=True)
plt.xlabel("epoch")
plt.ylabel("nats/image")
plt.legend()
plt.savefig("losses.png", dpi=150)
plt.show()"""


def _map_text(config: Config) -> str:
    text = "Where the test images lie in the space of codes, coloured by class."
    return f"{text} The first two dimensions are drawn." if config.architecture().code.size > 2 else text


def _map(config: Config) -> str:
    return MAP.replace("ENCODED", "encoder(pictures)[0]" if config.kind == "vae" else "encoder(pictures)")


MAP = """\
batches = (tf.cast(x_test[start : start + 256], tf.float32) / 255 for start in range(0, len(x_test), 256))
codes = np.concatenate([ENCODED for pictures in batches])
second = min(1, LATENT - 1)

plt.figure(figsize=(7, 6))
if y_test is None:
    plt.scatter(codes[:, 0], codes[:, second], s=4)
else:
    classes, numbers = np.unique(y_test, return_inverse=True)
    colours = plt.get_cmap("tab10" if len(classes) <= 10 else "turbo", len(classes))
    edges = {"vmin": -0.5, "vmax": len(classes) - 0.5}  # so that each class stands in the middle of its colour
    plt.scatter(codes[:, 0], codes[:, second], c=numbers, cmap=colours, s=4, **edges)
    plt.colorbar(ticks=range(len(classes))).set_ticklabels(classes)
plt.gca().set_aspect("equal", "datalim")
plt.title("Codes of the test images")
plt.savefig("codes.png", dpi=150)
plt.show()"""


def _reconstructions_text(config: Config) -> str:
    return "Noisy input, output, original." if config.noise else "The first ten test images, and what comes back."


def _reconstructions(config: Config) -> str:
    seen = "encoder(noisy_pictures)[0]" if config.kind == "vae" else "encoder(noisy_pictures)"
    rows = NOISY_ROWS.replace("ENCODED", seen) if config.noise else "rows = [pictures, decode(codes[:10])]"
    return RECONSTRUCTIONS.replace("ROWS", rows)


NOISY_ROWS = """\
noise = tf.random.stateless_normal(pictures.shape, [SEED + 1, 0])
noisy_pictures = np.clip(pictures + NOISE * noise, 0, 1)
rows = [noisy_pictures, decode(ENCODED), pictures]"""

RECONSTRUCTIONS = """\
pictures = x_test[:10].astype(np.float32) / 255
ROWS
sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])

plt.figure(figsize=(10, len(rows)))
plt.imshow(sheet.squeeze(), cmap="gray", vmin=0, vmax=1)
plt.axis("off")
plt.savefig("reconstructions.png", dpi=150)
plt.show()"""


def _grid_text(config: Config) -> str:
    if config.has_prior:
        return "The region of the first two dimensions where most codes of the prior lie."
    return "Between the 1 and 99 % quantiles of the codes in the first two dimensions, because there is no prior."


def _grid(config: Config) -> str:
    prior, codes = "np.full(LATENT, -2.0), np.full(LATENT, 2.0)", "np.quantile(codes, [0.01, 0.99], axis=0)"
    return GRID.replace("BOUNDS", prior if config.has_prior else codes)


GRID = """\
SIDE = 15
low, high = BOUNDS
grid = np.tile(np.mean(codes, axis=0), (SIDE, SIDE, 1)).astype(np.float32)
grid[..., second] = np.linspace(high[second], low[second], SIDE)[:, None]
grid[..., 0] = np.linspace(low[0], high[0], SIDE)
pictures = decode(grid.reshape(-1, LATENT)).reshape(SIDE, SIDE, *IMAGE)
sheet = pictures.transpose(0, 2, 1, 3, 4).reshape(SIDE * IMAGE[0], SIDE * IMAGE[1], IMAGE[2])

plt.figure(figsize=(8, 8))
plt.imshow(sheet.squeeze(), cmap="gray", extent=(low[0], high[0], low[second], high[second]), aspect="auto")
plt.title("The space of codes, decoded")
plt.savefig("grid.png", dpi=150)
plt.show()"""
