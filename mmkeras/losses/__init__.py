"""Losses: pure functions, and the Keras losses that call them."""

from mmkeras.losses.tokens import TokenCrossentropy
from mmkeras.losses.tokens import token_crossentropy
