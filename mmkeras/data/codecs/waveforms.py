"""Writes waveforms as WAV files."""

import io

import numpy as np


def to_wav(samples, rate):
    """Writes a waveform as a WAV file.

    Args:
        samples: Array `(frames,)` or `(frames, channels)`: floats in
            [-1, 1], int16 or int32.
        rate: Sample rate in Hz.

    Returns:
        The bytes of the file.

    Raises:
        ValueError: If it is not such a waveform.
    """
    import soundfile

    file, samples = io.BytesIO(), np.asarray(samples)
    integers = {"int16": "PCM_16", "int32": "PCM_32"}
    subtype = integers.get(samples.dtype.name, "FLOAT")
    try:
        soundfile.write(file, samples, int(rate), subtype, format="WAV")
    except (
        soundfile.SoundFileError,
        IndexError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(
            "Expected audio as a waveform, `(frames,)` or `(frames, "
            "channels)`, of floats in [-1, 1], int16 or int32, and its sample "
            f"rate in Hz. Received: shape {samples.shape}, {samples.dtype}, "
            f"rate={rate}"
        ) from error
    return file.getvalue()
