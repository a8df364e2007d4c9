"""Losses, pure functions first."""

from mmkeras.losses.tokens import TokenCrossentropy
from mmkeras.losses.tokens import token_crossentropy
