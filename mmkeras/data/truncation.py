"""Says how many sounds and texts are longer than what a model takes."""

import statistics

from mmkeras.data import codecs

_OPTIONS = {"s": "data.audio_seconds", "ids": "data.max_length"}


def measure(taken, rows):
    """Measures the sounds and texts of rows.

    Args:
        taken: Dict of codecs by field.
        rows: List of dicts of raw values by field.

    Returns:
        Dict of lists of sizes by field, each different value once: of sounds
        in seconds, of texts in ids, the start and the end included.
    """
    sizes = {}
    for field, codec in taken.items():
        if getattr(codec, "size_unit", None):  # Those of labels have none.
            values = _different(row.get(field) for row in rows)
            sizes[field] = codec.sizes(values)
    return sizes


def describe(taken, sizes, remedy="set {} to use more"):
    """Says what is cut.

    Args:
        taken: Dict of codecs by field.
        sizes: Dict of lists of sizes by field, as of `measure`.
        remedy: What to do, with a place for the name of the key.

    Returns:
        List of strings, one for each field of which something is cut.
    """
    notes = []
    for field, found in sizes.items():
        limit, unit = taken[field].max_size, taken[field].size_unit
        if _cut(found, limit):
            counted = _counted(found, limit, unit)
            option = remedy.format(_OPTIONS[unit])
            notes.append(f"{field}: {counted}; {option}.")
    return notes


def describe_sounds(rows):
    """Says how long the sounds of rows last, and how many would be cut.

    Args:
        rows: List of rows of a data set.

    Returns:
        List of one string, or of none if there are no sounds.
    """
    codec = codecs.Audio()
    sizes = codec.sizes(_different(row.get("audio") for row in rows))
    if not sizes:
        return []
    note = (
        f"audio: median {statistics.median(sizes):.4g} s, longest "
        f"{max(sizes):.4g} s."
    )
    limit = codec.max_size
    if _cut(sizes, limit):
        note += (
            f" By default, {_counted(sizes, limit, 's')}; set "
            "data.audio_seconds in training to use more."
        )
    return [note]


def _different(values):
    """Each value once; arrays are no files and no texts."""
    return list(dict.fromkeys(v for v in values if isinstance(v, (str, bytes))))


def _cut(sizes, limit):
    return sum(size > limit for size in sizes)


def _counted(sizes, limit, unit):
    cut = _cut(sizes, limit)
    verb = "is" if cut == 1 else "are"
    return (
        f"{cut} of {len(sizes)} {verb} longer than {limit:g} {unit} and "
        f"{verb} truncated (longest {max(sizes):.4g} {unit})"
    )
