"""Renders the voices of `feelings`: tones of rising or falling pitch."""

import io

import numpy as np

RATE = 8000  # Hz.
SECONDS = 0.25


def render_voice(positive, rng):
    """Renders a tone.

        f(t) = f_0 r^(+-(t / T - 1/2))

    with a pitch f_0 of 300 to 700 Hz in the middle and an interval r of 1.8 to
    2.6. Its overtone, loudness and noise vary.

    Args:
        positive: bool. Whether the pitch rises; else it falls.
        rng: A `numpy.random.Generator`.

    Returns:
        Bytes of a WAV file: 0.25 s at 8 kHz, mono, 16 bits.
    """
    import soundfile

    file = io.BytesIO()
    wave = _tone(1 if positive else -1, rng)
    soundfile.write(file, wave, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _tone(sign, rng):
    """Computes the samples, in [-1, 1]."""
    count = int(RATE * SECONDS)
    place = np.arange(count) / count - 0.5
    middle = 300 * (7 / 3) ** rng.random()
    pitch = middle * rng.uniform(1.8, 2.6) ** (sign * place)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE + rng.uniform(0, 2 * np.pi)
    tone = np.sin(phase) + rng.uniform(0, 0.4) * np.sin(2 * phase)
    edge = np.clip((0.5 - abs(place)) / 0.08, 0, 1)  # No click: 20 ms.
    loud = rng.uniform(0.2, 0.6)
    noise = rng.uniform(0, 0.05) * rng.standard_normal(count)
    return np.clip(loud * (edge * tone + noise), -1, 1)
