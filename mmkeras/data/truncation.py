"""Says how many sounds and texts are longer than what a model takes."""

import concurrent.futures
import io
import statistics

from mmkeras.data import codecs
from mmkeras.data import files


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
        values = _different(row.get(field) for row in rows)
        if isinstance(codec, codecs.Audio):
            sizes[field] = durations(values)
        elif isinstance(codec, codecs.Words):
            sizes[field] = _lengths(codec, values)
    return sizes


def describe(taken, sizes, remedy="set {} to use more"):
    """Says what is cut.

    Args:
        taken: Dict of codecs by field.
        sizes: Dict of lists of sizes by field, as of `measure`.
        remedy: What to do, with a place for the name of the option.

    Returns:
        List of strings, one for each field of which something is cut.
    """
    notes = []
    for field, found in sizes.items():
        is_sound = isinstance(taken[field], codecs.Audio)
        limit = taken[field].seconds if is_sound else taken[field].length
        option = "--seconds" if is_sound else "--length"
        if _cut(found, limit):
            counted = _counted(found, limit, "s" if is_sound else "ids")
            notes.append(f"{field}: {counted}; {remedy.format(option)}.")
    return notes


def describe_sounds(rows):
    """Says how long the sounds of rows last, and how many would be cut.

    Args:
        rows: List of rows of a data set.

    Returns:
        List of one string, or of none if there are no sounds.
    """
    sizes = durations(_different(row.get("audio") for row in rows))
    if not sizes:
        return []
    note = (
        f"audio: median {statistics.median(sizes):.4g} s, longest "
        f"{max(sizes):.4g} s."
    )
    limit = codecs.Audio().seconds
    if _cut(sizes, limit):
        note += (
            f" By default, {_counted(sizes, limit, 's')}; set --seconds in "
            "training to use more."
        )
    return [note]


def durations(values):
    """Reads how long sounds last, from their headers.

    Args:
        values: List of paths of files, or their bytes.

    Returns:
        List of seconds, of the sounds that can be read.
    """
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = pool.map(_duration, values, chunksize=64)
        return [seconds for seconds in found if seconds is not None]


def _duration(value):
    import soundfile

    if isinstance(value, bytes):
        value = io.BytesIO(value)
    elif not isinstance(value, str) or files.why_unreadable(value):
        return None
    try:
        return soundfile.info(value).duration
    except (soundfile.SoundFileError, ValueError, TypeError):
        return None


def _lengths(codec, values):
    """Lengths of texts in ids, the start and the end included."""
    texts = [value for value in values if _is_text(value)]
    if not texts:
        return []
    return (codec.tokenize(texts).row_lengths() + 2).numpy().tolist()


def _is_text(value):
    try:
        return isinstance(value, str) and bool(value.encode())
    except UnicodeEncodeError:  # Half of a surrogate pair.
        return False


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
