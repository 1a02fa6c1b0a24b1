"""The systems of the five reports as code, in the manner of each: what a person has who wants to train them here."""

from __future__ import annotations

DEEP = ((8, 1), (16, 1), (32, 1), (64, 1))
WIDE = ((128, 2), (256, 2), (512, 1), (1024, 1))
BASE = ((8, 2), (16, 2))

HEAD = """\
import numpy as np
import tensorflow as tf
import keras
from tensorflow.keras import layers
from tensorflow.keras import backend as K
import matplotlib.pyplot as plt

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train = np.expand_dims(x_train, -1).astype("float32") / 255
latent_dim = 2
"""

SAMPLING = """
def sampling(args):
    z_mean, z_log_var = args
    batch = K.shape(z_mean)[0]
    epsilon = K.random_normal(shape=(batch, latent_dim))
    return z_mean + K.exp(0.5 * z_log_var) * epsilon

"""


def _conv(name: str, filters: int, stride: int) -> str:
    options = f'kernel_size=3, activation="relu", strides={stride}, padding="same"'
    return f"x = layers.{name}(filters={filters}, {options})(x)\nx = layers.BatchNormalization()(x)\n"


def _encoder(convolutions: tuple[tuple[int, int], ...]) -> str:
    return (
        "encoder_inputs = layers.Input(shape=(28, 28, 1))\nx = encoder_inputs\n"
        + "".join(_conv("Conv2D", *each) for each in convolutions)
        + "shape_before_flattening = K.int_shape(x)\nx = layers.Flatten()(x)\n"
        + 'x = layers.Dense(units=20, activation="relu")(x)\nx = layers.BatchNormalization()(x)\n'
        + 'z_mean = layers.Dense(units=latent_dim, name="z_mean")(x)\n'
        + 'z_log_var = layers.Dense(units=latent_dim, name="z_log_var")(x)\n'
        + 'z = layers.Lambda(sampling, output_shape=(latent_dim,), name="z")([z_mean, z_log_var])\n'
        + 'encoder = keras.Model(encoder_inputs, [z_mean, z_log_var, z], name="encoder")\nencoder.summary()\n\n'
    )


def _decoder(convolutions: tuple[tuple[int, int], ...]) -> str:
    return (
        "latent_inputs = layers.Input(shape=(latent_dim,))\n"
        + 'x = layers.Dense(units=np.prod(shape_before_flattening[1:]), activation="relu")(latent_inputs)\n'
        + "x = layers.BatchNormalization()(x)\n"
        + "x = layers.Reshape(target_shape=shape_before_flattening[1:])(x)\n"
        + "".join(_conv("Conv2DTranspose", *each) for each in reversed(convolutions))
        + 'outputs = layers.Conv2DTranspose(filters=1, kernel_size=3, activation="sigmoid", padding="same")(x)\n'
        + 'decoder = keras.Model(latent_inputs, outputs, name="decoder")\ndecoder.summary()\n'
    )


def _training(epochs: int, images: str = "x_train") -> str:
    return (
        "\noutputs = decoder(encoder(encoder_inputs)[2])\n"
        'vae = keras.Model(encoder_inputs, outputs, name="vae")\n'
        "vae.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=0.001), loss='binary_crossentropy')\n"
        f"history = vae.fit({images}, {images}, epochs={epochs}, batch_size=128, validation_split=0.2)\n"
    )


NEVER_CONNECTED = """
unused = layers.Conv2DTranspose(filters=64, kernel_size=3, activation="relu", padding="same")(x)
unused = layers.BatchNormalization()(unused)
unused = layers.Conv2DTranspose(filters=32, kernel_size=3, activation="relu", padding="same")(unused)
"""


def _vae(convolutions: tuple[tuple[int, int], ...], epochs: int, back: str = "", images: str = "x_train") -> str:
    return HEAD + SAMPLING + _encoder(convolutions) + (back or _decoder(convolutions)) + _training(epochs, images)


def _as_printed() -> str:
    """Two layers of the decoder take part in nothing."""
    reshaped = "x = layers.Reshape(target_shape=shape_before_flattening[1:])(x)\n"
    return _vae(DEEP, 80, _decoder(DEEP[:2]).replace(reshaped, reshaped + NEVER_CONNECTED))


FASHION = """\
from keras.models import Sequential
from keras.layers import *
from keras.datasets import fashion_mnist
import numpy as np

(x_train, _), (x_test, y_test) = fashion_mnist.load_data()
x_train = x_train.reshape(-1, 28, 28, 1) / 255.
x_test = x_test.reshape(-1, 28, 28, 1) / 255.
%matplotlib inline

encoder = Sequential()
encoder.add(Conv2D(112, (3, 3), activation='relu', input_shape=(28, 28, 1)))
encoder.add(BatchNormalization())
encoder.add(MaxPooling2D((2, 2)))
encoder.add(Conv2D(112, (3, 3), activation='relu'))
encoder.add(BatchNormalization())
encoder.add(MaxPooling2D(pool_size=(2, 2)))
encoder.add(Flatten())
encoder.add(Dense(2, activation='relu'))
encoder.add(BatchNormalization())

decoder = Sequential(name='decoder')
decoder.add(Dense(4 * 4 * 64, input_dim=2, activation='relu'))
decoder.add(BatchNormalization())
decoder.add(Reshape((4, 4, 64)))
decoder.add(BatchNormalization())
for filters in [112, 112]:
    decoder.add(UpSampling2D((3, 3)))
    decoder.add(Conv2D(filters, (3, 3), activation='relu'))
    decoder.add(BatchNormalization())
decoder.add(Conv2D(1, kernel_size=(1, 1), activation='sigmoid'))

autoencoder = Sequential([encoder, decoder])
autoencoder.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
"""
FIT = "autoencoder.fit(x_train, x_train, epochs=100, batch_size=100, shuffle=True, validation_data=(x_test, x_test))\n"
NOISY_FIT = """\
noise_factor = 0.3
x_train_noisy = np.clip(x_train + noise_factor * np.random.normal(size=x_train.shape), 0., 1.)
x_test_noisy = np.clip(x_test + noise_factor * np.random.normal(size=x_test.shape), 0., 1.)
autoencoder.fit(x_train_noisy, x_train, epochs=100, batch_size=100, validation_data=(x_test_noisy, x_test))
"""

CIFAR = '''\
import tensorflow as tf
from tensorflow.keras.layers import Input, Conv2D, MaxPooling2D as Pool, Flatten, Dense
from tensorflow.keras import layers as L

(x_train, y_train), _ = tf.keras.datasets.cifar10.load_data()


class Sampling(tf.keras.layers.Layer):
    """Uses (z_mean, z_log_var) to sample z."""

    def call(self, inputs):
        z_mean, z_log_var = inputs
        batch, dim = tf.shape(z_mean)[0], tf.shape(z_mean)[1]
        epsilon = tf.keras.backend.random_normal(shape=(batch, dim))
        return z_mean + tf.exp(0.5 * z_log_var) * epsilon


def build_encoder(latent_dim=2):
    inputs = Input(shape=(32, 32, 3))
    x = inputs
    for filters in (512, 256, 128, 64, 32):
        x = Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = Pool()(x)
    x = Conv2D(16, 3, padding="same", activation=tf.nn.relu)(x)
    x = Conv2D(8, 3, padding="same", activation="relu")(x)
    x = Flatten()(x)
    z_mean = Dense(latent_dim, name="z_mean")(x)
    z_log_var = Dense(latent_dim, name="z_log_var")(x)
    z = Sampling()([z_mean, z_log_var])
    return tf.keras.Model(inputs, [z_mean, z_log_var, z], name="encoder")


def build_decoder(latent_dim=2):
    latent_inputs = tf.keras.Input(shape=(latent_dim,))
    x = L.Dense(1 * 1 * 8, activation="relu")(latent_inputs)
    x = L.Reshape((1, 1, 8))(x)
    for filters in [2**n for n in (3, 4, 5, 6, 7)]:
        x = L.Conv2DTranspose(filters, 3, activation="relu", padding="same")(x)
        x = L.UpSampling2D(2)(x)
    return tf.keras.Model(latent_inputs, L.Conv2DTranspose(3, 3, activation="sigmoid", padding="same")(x))


class VAE(tf.keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.total_loss_tracker = tf.keras.metrics.Mean(name="total_loss")

    def train_step(self, data):
        with tf.GradientTape() as tape:
            z_mean, z_log_var, z = self.encoder(data)
            reconstruction = self.decoder(z)
            reconstruction_loss = tf.reduce_mean(
                tf.reduce_sum(tf.keras.losses.binary_crossentropy(data, reconstruction), axis=(1, 2))
            )
            kl_loss = -0.5 * (1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var))
            total_loss = reconstruction_loss + tf.reduce_mean(tf.reduce_sum(kl_loss, axis=1))
        grads = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(grads, self.trainable_weights))
        return {"loss": self.total_loss_tracker.result()}


vae = VAE(build_encoder(), build_decoder())
vae.compile(optimizer=tf.keras.optimizers.Adam())
vae.fit(x_train, epochs=100, batch_size=128)
'''

TORCH = """\
import torch
from torch import nn
import torch.nn.functional as F

class Encoder(nn.Module):
    def __init__(self, encoded_space_dim, fc2_input_dim):
        super().__init__()
        self.encoder_cnn = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.ReLU(True),
            nn.Dropout(0.5),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(True),
            nn.Dropout(0.5),
            nn.Conv2d(16, 32, 3, stride=2, padding=0),
            nn.ReLU(True)
        )
        self.flatten = nn.Flatten(start_dim=1)
        self.encoder_lin = nn.Sequential(
            nn.Linear(3 * 3 * 32, fc2_input_dim),
            nn.ReLU(True),
HEADS        )

    def forward(self, x):
        x = self.encoder_cnn(x)
        x = self.flatten(x)
        x = self.encoder_lin(x)
FORWARD

class Decoder(nn.Module):
    def __init__(self, encoded_space_dim, fc2_input_dim):
        super().__init__()
        self.decoder_lin = nn.Sequential(
            nn.Linear(encoded_space_dim, fc2_input_dim),
            nn.ReLU(True),
            nn.Linear(fc2_input_dim, 3 * 3 * 32),
            nn.ReLU(True)
        )
        self.unflatten = nn.Unflatten(dim=1, unflattened_size=(32, 3, 3))
        self.decoder_conv = nn.Sequential(
            nn.ConvTranspose2d(32, 16, 3, stride=2, output_padding=0),
            nn.BatchNorm2d(16),
            nn.Dropout(0.2),
            nn.ReLU(True),
            nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1),
            nn.BatchNorm2d(8),
            nn.Dropout(0.1),
            nn.ReLU(True),
            nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1)
        )

    def forward(self, x):
        x = self.decoder_lin(x)
        x = self.unflatten(x)
        x = self.decoder_conv(x)
        return torch.sigmoid(x)

loss_fn = torch.nn.MSELoss()
lr = RATE
torch.manual_seed(0)
d = 2
encoder = Encoder(encoded_space_dim=d, fc2_input_dim=128)
decoder = Decoder(encoded_space_dim=d, fc2_input_dim=128)
params = [{'params': encoder.parameters()}, {'params': decoder.parameters()}]
optim = torch.optim.Adam(params, lr=lr, weight_decay=1e-05)
num_epochs = 30
for epoch in range(num_epochs):
    encoder.train()
    for image_batch, _ in train_loader:
        loss = loss_fn(decoder(encoder(image_batch.to(device))), image_batch)
"""
ONE = {
    "HEADS": "            nn.Linear(fc2_input_dim, encoded_space_dim)\n",
    "FORWARD": "        return x\n",
    "RATE": "0.0128",
}
TWO = {
    "HEADS": "        )\n        heads = [nn.Linear(fc2_input_dim, encoded_space_dim) for _ in range(2)]\n"
    "        self.mu, self.log_sigma = heads\n"
    "        self.N = torch.distributions.Normal(0, 1\n",
    "FORWARD": "        mu = self.mu(x)\n        sigma = torch.exp(self.log_sigma(x))\n"
    "        self.kl = (sigma**2 + mu**2 - torch.log(sigma) - 1/2).sum()\n"
    "        return mu + sigma * self.N.sample(mu.shape)\n",
    "RATE": "0.0114",
}


def _torch(words: dict[str, str]) -> str:
    text = TORCH
    for word, code in words.items():
        text = text.replace(word, code)
    return text


CODE = {
    "mnist-baseline": _vae(BASE, 50, images="x_train[:10000]"),
    "mnist-deeper": _vae(DEEP, 80),
    "mnist-deeper-as-printed": _as_printed(),
    "mnist-wide": _vae(WIDE, 5),
    "fashion-cae": FASHION + FIT,
    "fashion-denoising": FASHION + NOISY_FIT,
    "cifar-vae": CIFAR,
    "fashion-dropout-ae": _torch(ONE),
    "fashion-dropout-vae": _torch(TWO),
}
# What code of this kind says of the training. What it does not say stays as the form has it.
STATED = ("kind", "loss", "optimizer", "learning_rate", "batch", "epochs", "split", "beta", "noise", "train_size")
