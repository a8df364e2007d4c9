"""Decoding of image and audio files, mostly as TensorFlow operations."""
