"""A stand-alone program's training by Keras' own `compile` and `fit`: short to read, but of other random numbers."""

from __future__ import annotations

from collections.abc import Iterator

from vae_core.design import keras_training
from vae_core.design.config import Config

LOSS_TEXT = {
    "vae": f"{keras_training.LOSS_TEXT['vae']} Here both are divided by the number of pixels.",
    "ae": "The reconstruction error in nats per pixel.",
}


def sections(config: Config) -> Iterator[tuple[str, str, str]]:
    """Title, text and code of each."""
    yield "The loss", LOSS_TEXT[config.kind], _loss(config)
    yield "Training", _training_text(config), _training(config)


def _training_text(config: Config) -> str:
    """What differs from the exact program."""
    drawn = ["the order of the images", *["the noise of the code"] * (config.kind == "vae")]
    drawn += ["the noise on the images"] * bool(config.noise and not config.noise_once)
    drawn += ["the dropout"] * keras_training.drops(config)
    *some, last = drawn
    listed = f"{', '.join(some)} and {last}" if some else last
    text = (
        "Keras trains by `compile` and `fit`. What differs from the exact program, which writes its loop out: Keras "
        f"draws {listed} by itself, so the losses are those of another seed. All images become floats at once, which "
        "take four times the memory. The losses that it prints are in nats per pixel. "
    )
    if config.kind == "vae":
        text += "The validation images too get other noise in every epoch. "
    text += f"{keras_training.AVERAGE_TEXT.strip()} " * bool(config.ema)
    return f"{text}The same: the first weights, the steps of the optimiser, and that the best epoch's weights are kept."


def _loss(config: Config) -> str:
    of_pixels = RECONSTRUCTION.replace("EACH", keras_training.error(config))
    if config.kind == "ae":
        return of_pixels
    sample = SAMPLE.replace("WEIGHT", "(self.beta if training else BETA)" if config.kl_warmup else "BETA")
    return f"{sample.replace('RISING', RISING if config.kl_warmup else '')}\n\n\n{of_pixels}"


RISING = """
        self.beta = keras.Variable(0.0, trainable=False)"""

SAMPLE = """\
class Sample(layers.Layer):
    \"\"\"Draws a code where the encoder says, and adds the KL divergence to the loss.\"\"\"

    def __init__(self):
        super().__init__()
        self.noise = keras.random.SeedGenerator(SEED)RISING

    def call(self, distribution, training=False):
        mean, log_variance = distribution
        kl = 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_variance) - 1 - log_variance, axis=1)
        self.add_loss(WEIGHT * tf.reduce_mean(kl) / math.prod(IMAGE))
        return mean + tf.exp(0.5 * log_variance) * keras.random.normal(tf.shape(mean), seed=self.noise)"""

RECONSTRUCTION = """\
def reconstruction(pictures, output):
    \"\"\"Of a pixel, which suits any image size; Keras takes the mean over the images.\"\"\"
    return tf.reduce_mean(EACH, axis=(1, 2, 3))"""


def _training(config: Config) -> str:
    training, scheduled = keras_training, _scheduled(config)
    start = [f"optimizer = {training.optimizer(config)}"]
    start += [f"{training.STEPS}\n\n"] * bool(scheduled)
    functions = [training.learning_rate(config), training.beta(config)] if scheduled else []
    schedule = [f"{SCHEDULE}\n{scheduled}\n\n"] * bool(scheduled)
    return "\n".join([*start, *(f"{each}\n\n" for each in functions if each), *schedule, *_fit(config), HISTORY])


def _scheduled(config: Config) -> str:
    """What changes from step to step, if anything."""
    lines = ["        optimizer.learning_rate = learning_rate(step)"] * bool(keras_training.learning_rate(config))
    return "\n".join([*lines, *["        sample.beta.assign(beta_at(step))"] * bool(config.kl_warmup)])


SCHEDULE = """\
class Schedule(keras.callbacks.Callback):
    \"\"\"What changes from step to step.\"\"\"

    def on_train_batch_begin(self, batch, logs=None):
        step = int(optimizer.iterations)"""


def _fit(config: Config) -> list[str]:
    """The images, the model and its training."""
    fresh, sampled = config.noise and not config.noise_once, config.kind == "vae"
    code = "encoder(layers.ReLU(max_value=1)(shown))" if fresh else "encoder(image)"
    seen, seen_others = "seen" if config.noise_once else "pictures", "seen_others" if config.noise else "others"
    stop, average = config.patience or "EPOCHS", "keras.callbacks.SwapEMAWeights(swap_on_epoch=True)"
    callbacks = [*[average] * bool(config.ema), "best", *["Schedule()"] * bool(_scheduled(config))]
    return [
        "pictures, others = (part.astype(np.float32) / 255 for part in (train, held_out))",
        *["seen = noisy.astype(np.float32) / 255"] * config.noise_once,
        *[NOISY_OTHERS] * bool(config.noise),
        "",
        *["shown = layers.GaussianNoise(NOISE)(image)"] * bool(fresh),
        *["sample = Sample()"] * sampled,
        f"autoencoder = keras.Model(image, decoder({f'sample({code})' if sampled else code}))",
        "autoencoder.compile(optimizer, loss=reconstruction)",
        f"best = keras.callbacks.EarlyStopping(patience={stop}, restore_best_weights=True)",
        "fitted = autoencoder.fit(",
        f"    {seen}, pictures, BATCH, EPOCHS, validation_data=({seen_others}, others),",
        f"    callbacks=[{', '.join(callbacks)}], verbose=2,",
        ")",
    ]


NOISY_OTHERS = """\
noise = np.random.default_rng([SEED, 3]).standard_normal(others.shape, dtype=np.float32)
seen_others = np.clip(others + NOISE * noise, 0, 1)"""

HISTORY = """\
names = {"train": "loss", "validation": "val_loss"}
history = {part: np.array(fitted.history[name]) * math.prod(IMAGE) for part, name in names.items()}  # of an image"""
