"""Unicode normalization forms NFC and NFKC, as TensorFlow operations.

Core TensorFlow has no such operation. The tables are those of Python's
`unicodedata`; they become constants of the graph.
"""

import functools
import typing
import unicodedata

import numpy as np
import tensorflow as tf

FORMS = ("NFC", "NFKC")

_END = 0x30000  # Above, no code point is decomposed or a mark.
_SHIFT = 2**21  # Above every code point.
_LEAD, _VOWEL, _TAIL, _SYLLABLE = 0x1100, 0x1161, 0x11A7, 0xAC00  # Hangul.
_LEADS, _VOWELS, _TAILS = 19, 21, 28


def where(mask, function, text):
    """Applies a function to the strings of a mask.

    Args:
        mask: Booleans of shape `(n,)`.
        function: Function from strings of shape `(m,)` to such strings.
        text: String tensor of shape `(n,)`.

    Returns:
        String tensor of shape `(n,)`.
    """

    def apply():
        values = function(tf.boolean_mask(text, mask))
        return tf.tensor_scatter_nd_update(text, tf.where(mask), values)

    return tf.cond(tf.reduce_any(mask), apply, lambda: tf.identity(text))


def normalize(text, form="NFC"):
    """Converts strings to a normalization form.

    Args:
        text: String tensor of shape `(n,)`, valid UTF-8.
        form: `"NFC"` or `"NFKC"`.

    Returns:
        String tensor of shape `(n,)`, equal to `unicodedata.normalize`.

    Reference:
        [Unicode Standard Annex #15](https://unicode.org/reports/tr15/)
    """
    tables = _tables(form)
    mask = tf.strings.regex_full_match(text, tables.pattern)
    return where(mask, functools.partial(_normalize, tables), text)


def strip_marks(text):
    """Decomposes strings (NFD) and removes all accents and other marks.

    Args:
        text: String tensor of shape `(n,)`, valid UTF-8.

    Returns:
        String tensor of shape `(n,)`.
    """
    ragged = tf.strings.unicode_decode(text, "UTF-8")
    points, rows = _decompose_syllables(
        ragged.flat_values, ragged.value_rowids()
    )
    points, rows = _decompose(_tables("NFC"), points, rows)
    ragged = tf.RaggedTensor.from_value_rowids(points, rows, ragged.nrows())
    text = tf.strings.unicode_encode(ragged, "UTF-8")
    return tf.strings.regex_replace(text, r"\p{Mn}", "")


class _Tables(typing.NamedTuple):
    """Tables of a form; all arrays of code points are sorted."""

    pattern: str  # Matches strings that may not be normalized.
    points: np.ndarray  # Code points that are decomposed ...
    starts: np.ndarray  # ... into `parts[starts[i] : starts[i + 1]]`.
    parts: np.ndarray
    marks: np.ndarray  # Code points of a combining class other than 0 ...
    classes: np.ndarray  # ... and their classes.
    pairs: np.ndarray  # `first * _SHIFT + second` ...
    composed: np.ndarray  # ... and their compositions.


@functools.cache
def _tables(form):
    decomposed, pairs, classes, unsafe = {}, {}, {}, set()
    for point in range(_END):
        letter = chr(point)
        if unicodedata.combining(letter):
            classes[point] = unicodedata.combining(letter)
        if _is_syllable(point) or not unicodedata.decomposition(letter):
            continue
        parts = unicodedata.normalize(form.replace("C", "D"), letter)
        if parts != letter:
            decomposed[point] = [ord(part) for part in parts]
        if unicodedata.normalize(form, letter) != letter:
            unsafe.add(point)
        elif len(parts := unicodedata.decomposition(letter).split()) == 2:
            if not parts[0].startswith("<"):
                first, second = (int(part, 16) for part in parts)
                pairs[first * _SHIFT + second] = point
                unsafe.add(second)
    jamo = [*range(_VOWEL, _VOWEL + _VOWELS), *range(_TAIL, _TAIL + _TAILS)]
    lengths = [len(parts) for parts in decomposed.values()]
    keys = sorted(pairs)
    unsafe, marks = _ranges(unsafe.union(jamo)), _ranges(classes)
    return _Tables(
        pattern=f"(?s).*(?:[{unsafe}]|[{marks}][{marks}]).*",
        points=np.array(list(decomposed), "int32"),
        starts=np.cumsum([0, *lengths], dtype="int32"),
        parts=np.array(sum(decomposed.values(), []), "int32"),
        marks=np.array(list(classes), "int32"),
        classes=np.array(list(classes.values()), "int32"),
        pairs=np.array(keys, "int64"),
        composed=np.array([pairs[key] for key in keys], "int32"),
    )


def _is_syllable(point):
    return 0 <= point - _SYLLABLE < _LEADS * _VOWELS * _TAILS


def _ranges(points):
    """Formats code points as the inside of a character class."""
    points = sorted(points)
    breaks = np.flatnonzero(np.diff(points) > 1) + 1
    runs = np.split(points, breaks)
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


def _normalize(tables, text):
    ragged = tf.strings.unicode_decode(text, "UTF-8")
    points, rows = _decompose(tables, ragged.flat_values, ragged.value_rowids())
    points, classes = _reorder(tables, points, rows)
    points, rows = _compose(tables, points, classes, rows)
    ragged = tf.RaggedTensor.from_value_rowids(points, rows, ragged.nrows())
    return tf.strings.unicode_encode(ragged, "UTF-8")


def _find(keys, values):
    """Returns places of values among sorted keys, and whether they occur."""
    place = tf.minimum(tf.searchsorted(keys, values), len(keys) - 1)
    return place, tf.gather(keys, place) == values


def _decompose(tables, points, rows):
    place, in_table = _find(tables.points, points)
    start = tf.gather(tables.starts, place)
    length = tf.where(in_table, tf.gather(tables.starts, place + 1) - start, 1)
    whole, part = _parts(length)
    index = tf.where(
        tf.gather(in_table, whole), tf.gather(start, whole) + part, 0
    )
    parts = tf.where(
        tf.gather(in_table, whole),
        tf.gather(tables.parts, index),
        tf.gather(points, whole),
    )
    return parts, tf.gather(rows, whole)


def _decompose_syllables(points, rows):
    """Decomposes Hangul syllables into two or three letters."""
    place = points - _SYLLABLE
    syllable = _within(place, 0, _LEADS * _VOWELS * _TAILS)
    closed = tf.cast(place % _TAILS > 0, tf.int32)
    whole, part = _parts(tf.where(syllable, 2 + closed, 1))
    place, vowels = tf.gather(place, whole), _VOWELS * _TAILS
    letters = [
        _LEAD + place // vowels,
        _VOWEL + place % vowels // _TAILS,
        _TAIL + place % _TAILS,
    ]
    letter = tf.gather(tf.stack(letters, 1), part, batch_dims=1)
    letter = tf.where(
        tf.gather(syllable, whole), letter, tf.gather(points, whole)
    )
    return letter, tf.gather(rows, whole)


def _parts(lengths):
    """For values of so many parts: the value of each part, and its place."""
    whole = tf.repeat(tf.range(tf.size(lengths)), lengths)
    start = tf.gather(tf.cumsum(lengths, exclusive=True), whole)
    return whole, tf.range(tf.size(whole)) - start


def _reorder(tables, points, rows):
    """Sorts the marks between two starters by their combining class."""
    place, is_mark = _find(tables.marks, points)
    classes = tf.where(is_mark, tf.gather(tables.classes, place), 0)
    count = tf.size(points, tf.int64)
    segment = tf.cumsum(tf.cast(_heads(classes, rows), tf.int64))
    key = segment * 256 + tf.cast(classes, tf.int64)
    order = tf.sort(key * count + tf.range(count)) % tf.maximum(count, 1)
    return tf.gather(points, order), tf.gather(classes, order)


def _heads(classes, rows):
    """Marks the code points that begin a segment: a starter and its marks."""
    first = tf.concat([[True], rows[1:] != rows[:-1]], 0)[: tf.size(rows)]
    return (classes == 0) | first


def _compose(tables, points, classes, rows):
    """Composes code points, each starter with one other in each round."""

    def compose(points, classes, rows, passed, _):
        head = _heads(classes, rows)
        index = tf.range(tf.size(points))
        begins = tf.boolean_mask(index, head)
        own = tf.gather(begins, tf.cumsum(tf.cast(head, tf.int32)) - 1)
        before = tf.maximum(index - 1, 0)
        starter = classes == 0
        target = tf.where(starter, before, own)
        adjoins = (index > 0) & (tf.gather(rows, before) == rows)
        rises = tf.gather(classes, before) < classes
        free = adjoins & tf.gather(starter, target)
        free &= (before == target) | (rises & ~starter)
        whole, composes = _pair(tables, tf.gather(points, target), points)
        ready = free & composes & ~passed
        ready &= ~tf.gather(ready & starter, target)
        ready = tf.boolean_mask(index, ready)
        goal = tf.gather(target, ready)
        new = tf.concat([[True], goal[1:] != goal[:-1]], 0)[: tf.size(goal)]
        used, goal = tf.boolean_mask(ready, new), tf.boolean_mask(goal, new)
        points = tf.tensor_scatter_nd_update(
            points, goal[:, None], tf.gather(whole, used)
        )
        until = tf.tensor_scatter_nd_update(
            tf.zeros_like(index), goal[:, None], used
        )
        passed |= ~starter & (index < tf.gather(until, own))
        left = tf.tensor_scatter_nd_update(
            tf.ones_like(passed), used[:, None], tf.zeros_like(used, tf.bool)
        )
        state = [tf.boolean_mask(x, left) for x in (points, classes, rows)]
        return *state, tf.boolean_mask(passed, left), tf.size(used) > 0

    state = (points, classes, rows, tf.zeros_like(points, tf.bool), True)
    points, _, rows, _, _ = tf.while_loop(
        lambda *state: state[-1],
        compose,
        state,
        (*[tf.TensorShape([None])] * 4, tf.TensorShape([])),
    )
    return points, rows


def _pair(tables, first, second):
    """Returns the compositions of pairs, and whether they compose."""
    key = tf.cast(first, tf.int64) * _SHIFT + tf.cast(second, tf.int64)
    place, in_table = _find(tables.pairs, key)
    lead, vowel = first - _LEAD, second - _VOWEL
    both = _within(lead, 0, _LEADS) & _within(vowel, 0, _VOWELS)
    syllable, tail = first - _SYLLABLE, second - _TAIL
    open_ = _within(syllable, 0, _LEADS * _VOWELS * _TAILS)
    open_ &= (syllable % _TAILS == 0) & _within(tail, 1, _TAILS)
    whole = tf.gather(tables.composed, place)
    whole = tf.where(both, _SYLLABLE + (lead * _VOWELS + vowel) * _TAILS, whole)
    return tf.where(open_, first + tail, whole), in_table | both | open_


def _within(value, low, high):
    return (low <= value) & (value < high)
