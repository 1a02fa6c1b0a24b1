"""What `model.summary()` prints of the reports' first system, in Keras 2 and in Keras 3, and a writer of such."""

from __future__ import annotations

from collections.abc import Iterator

from vae_core.design.architecture import Architecture, Row

KERAS_2 = """\
Model: "encoder"
__________________________________________________________________________________________________
 Layer (type)                   Output Shape         Param #     Connected to
==================================================================================================
 input_1 (InputLayer)           [(None, 28, 28, 1)]  0           []

 conv2d (Conv2D)                (None, 14, 14, 8)    80          ['input_1[0][0]']

 batch_normalization (BatchNorm  (None, 14, 14, 8)   32          ['conv2d[0][0]']
 alization)

 conv2d_1 (Conv2D)              (None, 7, 7, 16)     1168        ['batch_normalization[0][0]']

 batch_normalization_1 (BatchNo  (None, 7, 7, 16)    64          ['conv2d_1[0][0]']
 rmalization)

 flatten (Flatten)              (None, 784)          0           ['batch_normalization_1[0][0]']

 dense (Dense)                  (None, 20)           15700       ['flatten[0][0]']

 batch_normalization_2 (BatchNo  (None, 20)          80          ['dense[0][0]']
 rmalization)

 z_mean (Dense)                 (None, 2)            42          ['batch_normalization_2[0][0]']

 z_log_var (Dense)              (None, 2)            42          ['batch_normalization_2[0][0]']

 z (Lambda)                     (None, 2)            0           ['z_mean[0][0]',
                                                                  'z_log_var[0][0]']

==================================================================================================
Total params: 17,208
Trainable params: 17,120
Non-trainable params: 88
__________________________________________________________________________________________________
Model: "decoder"
_________________________________________________________________
Layer (type)                 Output Shape              Param #
=================================================================
input_2 (InputLayer)         [(None, 2)]               0
_________________________________________________________________
dense_1 (Dense)              (None, 784)               2352
_________________________________________________________________
batch_normalization_3 (Batch (None, 784)               3136
_________________________________________________________________
reshape (Reshape)            (None, 7, 7, 16)          0
_________________________________________________________________
conv2d_transpose (Conv2DTran (None, 14, 14, 16)        2320
_________________________________________________________________
batch_normalization_4 (Batch (None, 14, 14, 16)        64
_________________________________________________________________
conv2d_transpose_1 (Conv2DTr (None, 28, 28, 8)         1160
_________________________________________________________________
batch_normalization_5 (Batch (None, 28, 28, 8)         32
_________________________________________________________________
conv2d_transpose_2 (Conv2DTr (None, 28, 28, 1)         73
=================================================================
Total params: 9,137
Model: "vae"
_________________________________________________________________
 Layer (type)                Output Shape              Param #
=================================================================
 input_1 (InputLayer)        [(None, 28, 28, 1)]       0
 encoder (Functional)        [(None, 2),               17208
                              (None, 2),
                              (None, 2)]
 decoder (Functional)        (None, 28, 28, 1)         9137
=================================================================
"""

KERAS_3 = """\
Model: "encoder"
┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
│ input_layer         │ (None, 28, 28, 1) │          0 │ -                 │
│ (InputLayer)        │                   │            │                   │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ conv2d (Conv2D)     │ (None, 14, 14, 8) │         80 │ input_layer[0][0] │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ batch_normalization │ (None, 14, 14, 8) │         32 │ conv2d[0][0]      │
│ (BatchNormalizatio… │                   │            │                   │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ conv2d_1 (Conv2D)   │ (None, 7, 7, 16)  │      1,168 │ batch_normalizat… │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ batch_normalizatio… │ (None, 7, 7, 16)  │         64 │ conv2d_1[0][0]    │
│ (BatchNormalizatio… │                   │            │                   │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ flatten (Flatten)   │ (None, 784)       │          0 │ batch_normalizat… │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense (Dense)       │ (None, 20)        │     15,700 │ flatten[0][0]     │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ batch_normalizatio… │ (None, 20)        │         80 │ dense[0][0]       │
│ (BatchNormalizatio… │                   │            │                   │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ z_mean (Dense)      │ (None, 2)         │         42 │ batch_normalizat… │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ z_log_var (Dense)   │ (None, 2)         │         42 │ batch_normalizat… │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ sampling (Sampling) │ (None, 2)         │          0 │ z_mean[0][0],     │
│                     │                   │            │ z_log_var[0][0]   │
└─────────────────────┴───────────────────┴────────────┴───────────────────┘
 Total params: 17,208 (67.22 KB)

Model: "decoder"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ input_layer_1 (InputLayer)      │ (None, 2)              │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 784)            │         2,352 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ batch_normalization_3           │ (None, 784)            │         3,136 │
│ (BatchNormalization)            │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ reshape (Reshape)               │ (None, 7, 7, 16)       │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ conv2d_transpose                │ (None, 14, 14, 16)     │         2,320 │
│ (Conv2DTranspose)               │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ batch_normalization_4           │ (None, 14, 14, 16)     │            64 │
│ (BatchNormalization)            │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ conv2d_transpose_1              │ (None, 28, 28, 8)      │         1,160 │
│ (Conv2DTranspose)               │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ batch_normalization_5           │ (None, 28, 28, 8)      │            32 │
│ (BatchNormalization)            │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ conv2d_transpose_2              │ (None, 28, 28, 1)      │            73 │
│ (Conv2DTranspose)               │                        │               │
└─────────────────────────────────┴────────────────────────┴───────────────┘
"""


def printed(architecture: Architecture) -> str:
    """Of any architecture whose layers are one of Keras' each, as Keras 2 prints a row of layers; no beginnings."""
    tables = {"encoder": architecture.encoder_rows, "decoder": architecture.decoder_rows}
    lines = [line for name, rows in tables.items() for line in (f'Model: "{name}"', HEAD, *_lines(rows, architecture))]
    return "\n".join(lines)


HEAD = "Layer (type)                 Output Shape              Param #"


def _lines(rows: tuple[Row, ...], architecture: Architecture) -> Iterator[str]:
    for number, row in enumerate(rows):
        (call,) = row.layer.keras()
        heads = 2 if row.layer == architecture.code and architecture.kind == "vae" else 1
        shape = f"({', '.join(map(str, (None, *row.output)))}{',' * (not row.output)})"
        for head in range(heads):
            name = f"layer_{number}_{head} ({call.name})"
            yield f"{name:<40} {shape:<25} {row.parameters // heads:<10,}"
