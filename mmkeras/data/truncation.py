"""Counts audio files and texts longer than a model's maximum."""

import statistics

from mmkeras.data import codecs

AUDIO_SECONDS = 2.0  # Default of data.audio_seconds,
SPEECH_SECONDS = 10.0  # and of what is transcribed or translated.
_OPTIONS = {"s": "data.audio_seconds", "ids": "data.max_length"}


def measure(field_codecs, rows):
    """Measures the audio and texts of rows.

    Args:
        field_codecs: Dict of codecs by field.
        rows: List of dicts of raw values by field.

    Returns:
        Dict of lists of sizes by field, one per distinct value: of audio in
        seconds, of texts in ids, including the start and the end.
    """
    sizes = {}
    for field, codec in field_codecs.items():
        if getattr(codec, "size_unit", None):  # Codecs of labels have none.
            values = _distinct(row.get(field) for row in rows)
            sizes[field] = codec.sizes(values)
    return sizes


def describe(field_codecs, sizes, remedy="set {} to use more"):
    """Describes the values that are truncated.

    Args:
        field_codecs: Dict of codecs by field.
        sizes: Dict of lists of sizes by field, as of `measure`.
        remedy: Advice; may have a place for the name of the key.

    Returns:
        List of strings, one for each field with truncated values.
    """
    notes = []
    for field, lengths in sizes.items():
        codec = field_codecs[field]
        limit, unit = codec.max_size, codec.size_unit
        if _count_longer(lengths, limit):
            text = _describe_longer(lengths, limit, unit)
            option = remedy.format(_OPTIONS[unit])
            notes.append(f"{field}: {text}; {option}.")
    return notes


def describe_audio(rows, limits):
    """Describes the durations of audio, and how many are truncated.

    Args:
        rows: List of rows of a data set.
        limits: Dict from the seconds that training takes by default to where
            that is, or to `""` if it is everywhere.

    Returns:
        List of one string, or empty without audio.
    """
    sizes = codecs.Audio().sizes(_distinct(row.get("audio") for row in rows))
    if not sizes:
        return []
    note = (
        f"audio: median {statistics.median(sizes):.4g} s, longest "
        f"{max(sizes):.4g} s."
    )
    longer = [
        f"{_describe_longer(sizes, limit, 's')} {where}".rstrip()
        for limit, where in limits.items()
        if _count_longer(sizes, limit)
    ]
    if longer:
        note += (
            f" By default, {'; '.join(longer)}; set data.audio_seconds in "
            "training to use more."
        )
    return [note]


def _distinct(values):
    """Lists distinct files and texts; arrays are neither."""
    return list(dict.fromkeys(v for v in values if isinstance(v, (str, bytes))))


def _count_longer(sizes, limit):
    return sum(size > limit for size in sizes)


def _describe_longer(sizes, limit, unit):
    count = _count_longer(sizes, limit)
    verb = "is" if count == 1 else "are"
    return (
        f"{count} of {len(sizes)} {verb} longer than {limit:g} {unit} and "
        f"{verb} truncated (longest {max(sizes):.4g} {unit})"
    )
