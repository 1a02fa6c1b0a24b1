"""The loss and the training loop of a stand-alone program. They follow the trainer's conventions number for number."""

from __future__ import annotations

from collections.abc import Iterator

from vae_core.design.config import Config
from vae_core.design.layers import Dropout, Layer, Residual

LOSS_TEXT = {
    "vae": "The reconstruction error, and the KL divergence of the code's distribution from a standard normal one, in "
    "nats per image. A code is drawn as mean + deviation * noise, so that gradients flow through it.",
    "ae": "The reconstruction error in nats per image.",
}
TRAINING_TEXT = (
    "The order of the images, the noise and the dropout follow from the seed and the number of the step alone, so that "
    "the training can be repeated. The weights of the best epoch are kept."
)
AVERAGE_TEXT = " The moving average of the weights is what validates and what is kept."


def sections(config: Config) -> Iterator[tuple[str, str, str]]:
    """Title, text and code of each."""
    loss = VAE_LOSS if config.kind == "vae" else AE_LOSS
    yield "The loss", LOSS_TEXT[config.kind], loss.replace("EACH", error(config))
    yield "Training", TRAINING_TEXT + AVERAGE_TEXT * bool(config.ema), _training(config)


def error(config: Config) -> str:
    """That of each pixel, in nats."""
    target = "tf.cast(pictures >= 0.5, tf.float32)" if config.loss == "bce-binary" else "pictures"
    if config.loss == "mse":
        return f"tf.square({target} - output) / (2 * SIGMA**2)"
    return f"tf.nn.sigmoid_cross_entropy_with_logits({target}, output)"


VAE_LOSS = """\
def sample(mean, log_variance, noise):
    return mean + tf.exp(0.5 * log_variance) * noise


def losses(seen, pictures, seed, training):
    \"\"\"Reconstruction and KL of each image.\"\"\"
    mean, log_variance = encoder(seen, training=training)
    noise = tf.random.stateless_normal(tf.shape(mean), seed)
    output = decoder(sample(mean, log_variance, noise), training=training)
    reconstruction = tf.reduce_sum(EACH, axis=(1, 2, 3))
    kl = 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_variance) - 1 - log_variance, axis=1)
    return reconstruction, kl"""

AE_LOSS = """\
def losses(seen, pictures, training):
    \"\"\"Reconstruction of each image.\"\"\"
    output = decoder(encoder(seen, training=training), training=training)
    return tf.reduce_sum(EACH, axis=(1, 2, 3))"""

OPTIMIZERS = {
    "adam": "keras.optimizers.Adam(LEARNING_RATE)",
    "adamw": "keras.optimizers.AdamW(LEARNING_RATE, weight_decay=0.004)",
    "sgd": "keras.optimizers.SGD(LEARNING_RATE, momentum=0.9)",
}


def optimizer(config: Config) -> str:
    made = OPTIMIZERS[config.optimizer]
    return f"{made[:-1]}, use_ema=True, ema_momentum=EMA)" if config.ema else made


STEPS = "steps = -(-len(train) // BATCH)  # of an epoch"
GIVEN = "steps = STEPS  # of an epoch"


def _training(config: Config) -> str:
    start = f"optimizer = {optimizer(config)}\n{GIVEN if config.steps else STEPS}"
    blocks = [start, learning_rate(config), beta(config), _step(config), _validation(config), _loop(config)]
    return "\n\n\n".join(block for block in blocks if block)


def learning_rate(config: Config) -> str:
    if config.schedule == "constant" and not config.warmup:
        return ""
    lines = ["def learning_rate(step):", '    """A linear rise at the start, if any, then the schedule."""']
    lines += [f"    rise = {config.warmup!r} * steps"]
    lines += ["    if step < rise:", "        return LEARNING_RATE * (step + 1) / (rise + 1)"]
    if config.schedule == "cosine":
        lines.append("    done = (step - rise) / max(1, EPOCHS * steps - rise)")
        lines.append("    return LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * min(1, done)))")
    else:
        lines.append("    return LEARNING_RATE")
    return "\n".join(lines)


def beta(config: Config) -> str:
    rise = f"def beta_at(step):\n    return BETA * min(1.0, step / ({config.kl_warmup} * steps))"
    return rise if config.kl_warmup else ""


def _step(config: Config) -> str:
    vae, dropout = config.kind == "vae", drops(config)
    arguments = ["pixels", *["noisy_pixels"] * config.noise_once, "step", *["beta"] * vae]
    lines = [DROPOUTS, "", ""] if dropout else []
    lines += ["@tf.function", f"def train_step({', '.join(arguments)}):"]
    lines += ["    pictures = tf.cast(pixels, tf.float32) / 255", f"    seen = {_seen(config)}"]
    lines += [SEED_DROPOUTS] if dropout else []
    lines += [VAE_STEP if vae else AE_STEP]
    return "\n".join(lines)


def _seen(config: Config) -> str:
    """What the encoder is shown in a training step."""
    if config.noise_once:
        return "tf.cast(noisy_pixels, tf.float32) / 255"
    if config.noise:
        noise = "tf.random.stateless_normal(tf.shape(pictures), [SEED + 1, step])"
        return f"tf.clip_by_value(pictures + NOISE * {noise}, 0, 1)"
    return "pictures"


def drops(config: Config) -> bool:
    architecture = config.architecture()
    return _has_dropout((*architecture.encoder, *architecture.decoder))


def _has_dropout(layers: tuple[Layer, ...]) -> bool:
    return any(
        isinstance(layer, Dropout) or (isinstance(layer, Residual) and _has_dropout(layer.body)) for layer in layers
    )


DROPOUTS = """\
both = [*encoder.layers, *decoder.layers]
dropouts = [layer.seed_generator for layer in both if isinstance(layer, layers.Dropout)]"""

SEED_DROPOUTS = """\
    for number, generator in enumerate(dropouts):
        generator.state.assign(tf.cast([SEED + 1000 * (number + 1), step], generator.state.dtype))"""

APPLY = """\
    weights = encoder.trainable_weights + decoder.trainable_weights
    optimizer.apply(tape.gradient(loss, weights), weights)
    return tf.reduce_sum(total)"""

VAE_STEP = f"""\
    with tf.GradientTape() as tape:
        reconstruction, kl = losses(seen, pictures, [SEED, step], training=True)
        total = reconstruction + beta * kl
        loss = tf.reduce_mean(total) / math.prod(IMAGE)  # of a pixel, which suits any image size
{APPLY}"""

AE_STEP = f"""\
    with tf.GradientTape() as tape:
        total = losses(seen, pictures, training=True)
        loss = tf.reduce_mean(total) / math.prod(IMAGE)  # of a pixel, which suits any image size
{APPLY}"""


def _validation(config: Config) -> str:
    lines = VALIDATION.splitlines()
    noise = "tf.random.stateless_normal(pictures.shape, [SEED + 3, number])"
    seen = f"tf.clip_by_value(pictures + NOISE * {noise}, 0, 1)" if config.noise else "pictures"
    lines.append(f"        seen = {seen}")
    if config.kind == "vae":
        lines.append("        reconstruction, kl = losses(seen, pictures, [SEED + 2, number], training=False)")
        lines.append("        total += float(tf.reduce_sum(reconstruction + BETA * kl))")
    else:
        lines.append("        total += float(tf.reduce_sum(losses(seen, pictures, training=False)))")
    return "\n".join([*lines, "    return total / len(held_out)"])


VALIDATION = """\
def validate():
    \"\"\"The mean loss of the images held out.\"\"\"
    total = 0.0
    for number, start in enumerate(range(0, len(held_out), 256)):
        pictures = tf.cast(held_out[start : start + 256], tf.float32) / 255"""


def _loop(config: Config) -> str:
    arguments = ["train[chosen]", *["noisy[chosen]"] * config.noise_once, "tf.constant(step)"]
    if config.kind == "vae":
        arguments.append("tf.constant(beta_at(step), tf.float32)" if config.kl_warmup else "BETA")
    rate = ["        optimizer.learning_rate = learning_rate(step)"] if learning_rate(config) else []
    stop = [f"    elif epoch - best_epoch >= {config.patience}:", "        break"] if config.patience else []
    call = f"        total += float(train_step({', '.join(arguments)}))"
    end = [AVERAGED, LOOP_END, *stop, TRAINED] if config.ema else [LOOP_END, *stop]
    order = GIVEN_ORDER if config.steps else ORDER
    return "\n".join([LOOP_START.replace("ORDER", order), *rate, call, *end, KEEP_BEST])


ORDER = "    order, total = np.random.default_rng([SEED, epoch]).permutation(len(train)), 0.0"

GIVEN_ORDER = """\
    number, begin = divmod(epoch * STEPS * BATCH, len(train))  # so many images of one pass after the other
    passes = range(number, number + -(-(begin + STEPS * BATCH) // len(train)))
    order = np.concatenate([np.random.default_rng([SEED, each]).permutation(len(train)) for each in passes])
    order, total = order[begin : begin + STEPS * BATCH], 0.0"""

LOOP_START = """\
best, best_epoch, best_weights, history = math.inf, 0, None, {"train": [], "validation": []}
for epoch in range(EPOCHS):
ORDER
    for number in range(steps):
        step, chosen = epoch * steps + number, order[number * BATCH : (number + 1) * BATCH]"""

LOOP_END = """\
    validation = validate()
    history["train"].append(total / len(order))
    history["validation"].append(validation)
    print(f"epoch {epoch + 1}/{EPOCHS}  train {total / len(order):.4f}  validation {validation:.4f} nats/image")
    if validation < best:
        best, best_epoch = validation, epoch
        best_weights = encoder.get_weights(), decoder.get_weights()"""

AVERAGED = """\
    trained = encoder.get_weights(), decoder.get_weights()
    optimizer.finalize_variable_values(encoder.trainable_weights + decoder.trainable_weights)  # to their average"""

TRAINED = """\
    encoder.set_weights(trained[0])
    decoder.set_weights(trained[1])"""

KEEP_BEST = """\
encoder.set_weights(best_weights[0])
decoder.set_weights(best_weights[1])"""
