"""The layers a line of notation can hold. A kind is one class in one file of this folder, and KINDS lists them all."""

from vae_core.design.layers import (
    activations,
    border,
    convolution,
    dense,
    dropout,
    form,
    norm,
    pool,
    principal,
    residual,
)
from vae_core.design.layers.activations import ACTIVATIONS, Activation
from vae_core.design.layers.base import MAX_ACTIVATION, REPEATED, Call, Layer, Shape, Word, show
from vae_core.design.layers.border import Crop, Pad
from vae_core.design.layers.convolution import Conv, Convolution, Deconv
from vae_core.design.layers.dense import MAX_CODE, Code, Dense
from vae_core.design.layers.dropout import Dropout
from vae_core.design.layers.form import Flatten, Reshape
from vae_core.design.layers.norm import BatchNorm
from vae_core.design.layers.pool import Pool, Up
from vae_core.design.layers.principal import Principal
from vae_core.design.layers.residual import Residual

__all__ = [
    "ACTIVATIONS",
    "KINDS",
    "MAX_ACTIVATION",
    "MAX_CODE",
    "REPEATED",
    "Activation",
    "BatchNorm",
    "Call",
    "Code",
    "Conv",
    "Convolution",
    "Crop",
    "Deconv",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "Pad",
    "Pool",
    "Principal",
    "Reshape",
    "Residual",
    "Shape",
    "Up",
    "Word",
    "show",
]

# In the order in which people are told of them.
FAMILIES = (convolution, dense, principal, dropout, pool, form, border, residual, norm, activations)
KINDS: tuple[type[Layer], ...] = tuple(kind for family in FAMILIES for kind in family.KINDS)
