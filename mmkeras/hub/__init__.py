"""Presets: trained tasks that can be used at once, by name."""

from mmkeras.hub.networks import is_network
from mmkeras.hub.presets import CARD
from mmkeras.hub.presets import MODEL_FILES
from mmkeras.hub.presets import check
from mmkeras.hub.presets import find
from mmkeras.hub.presets import folders
from mmkeras.hub.presets import is_preset
from mmkeras.hub.presets import model_file
from mmkeras.hub.presets import read_card
from mmkeras.hub.presets import size
