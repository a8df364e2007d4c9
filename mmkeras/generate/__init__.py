"""Turns a decoder into sentences."""

from mmkeras.generate.agreement import agreement
from mmkeras.generate.agreement import expected_matches
from mmkeras.generate.writer import Writer

__all__ = ["Writer", "agreement", "expected_matches"]
