"""Reads the durations of audio files from their headers."""

import concurrent.futures
import io

from mmkeras.data import files


def durations(values):
    """Reads the durations of audio files without decoding them.

    Args:
        values: List of paths or of the bytes of files.

    Returns:
        List of the durations in seconds of all readable files.
    """
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = pool.map(duration, values, chunksize=64)
        return [seconds for seconds in results if seconds is not None]


def duration(value):
    """Reads the duration of an audio file.

    Args:
        value: Its path, or its bytes.

    Returns:
        Seconds; `None` if it cannot be read.
    """
    import soundfile

    if isinstance(value, bytes):
        value = io.BytesIO(value)
    elif not isinstance(value, str) or files.why_unreadable(value):
        return None
    try:
        return soundfile.info(value).duration
    except (soundfile.SoundFileError, ValueError, TypeError):
        return None
