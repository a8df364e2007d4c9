"""Splits texts into words or characters, as TensorFlow operations."""

import functools
import unicodedata

import numpy as np
import tensorflow as tf

from mmkeras.data.codecs import emoji as emojis
from mmkeras.data.codecs import normalization as forms
from mmkeras.data.codecs import scripts

_LETTER = r"\p{L}\p{M}\p{N}"
# Latin, Greek, Cyrillic and their extensions. Marks of other scripts are
# letters in their own right and are never stripped.
_ACCENTED = 0x2000
# Variation selectors, soft hyphens, non-joiners, direction marks.
_INVISIBLE = (
    "[\u00ad\u061c\u180b-\u180f\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]"
)
_ZERO_WIDTH_SPACE = "\u200b"

_replace = tf.strings.regex_replace


def clean(text, form, emoji):
    """Normalizes texts; white space and controls become single spaces.

    Characters that are invisible within a word are removed from it.

    Args:
        text: String tensor of shape `(n,)`; invalid UTF-8 is replaced.
        form: One of `normalization.FORMS`; or `None`, with which invisible
            characters separate words.
        emoji: bool. Whether each emoji becomes a word of its own.

    Returns:
        String tensor of shape `(n,)`.
    """
    if form is None:
        text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")
        return _replace(text, r"[\pZ\pC]+", " ")
    size = tf.strings.length
    plain = size(text) == size(text, "UTF8_CHAR")
    text = forms.where(~plain, _cleaner(form, emoji), text)
    return _replace(text, rf"[\pZ\p{{Cc}}\p{{Co}}{_ZERO_WIDTH_SPACE}]+", " ")


@functools.cache
def _cleaner(form, emoji):
    """Cleans texts that are not plain ASCII.

    It is a separate function, not inlined, so that its operations cost nothing
    if all texts are ASCII.
    """

    def clean(text):
        text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")
        text = _replace(text, _INVISIBLE, "")
        text = emojis.remove_joiners(emojis.spaced(text) if emoji else text)
        return forms.normalize(text, form)

    return tf.function(
        clean,
        input_signature=[tf.TensorSpec((None,), tf.string)],
        autograph=False,
        experimental_attributes={"_noinline": True},
    )


def words(text, punctuation, emoji, unspaced, limit=-1):
    """Splits cleaned texts into words.

    Args:
        text: String tensor of shape `(n,)`.
        punctuation: `"drop"`, or `"keep"` each sign as a word.
        emoji: bool. Whether emoji are words.
        unspaced: bool. Whether each character of `scripts.UNSPACED` is a
            word.
        limit: int. Number of words needed per text; -1 for all.

    Returns:
        Ragged string tensor of shape `(n, words)`.
    """
    letters = _LETTER + (emojis.CHARACTERS if emoji else "")
    if unspaced:
        text = _replace(text, f"([{scripts.UNSPACED}])", r" \1 ")
    text = _separate(text, punctuation, letters)
    return tf.strings.split(text, maxsplit=limit)


def characters(text, punctuation, emoji, limit=-1):
    """Splits cleaned texts into characters; arguments as for `words`."""
    letters = _LETTER + (emojis.CHARACTERS if emoji else "")
    if punctuation == "drop":
        text = _replace(text, f"[^{letters} ]", "")
    text = tf.strings.strip(_replace(text, " +", " "))
    if limit >= 0:
        text = tf.strings.substr(text, 0, limit, "UTF8_CHAR")
    return tf.strings.unicode_split(text, "UTF-8")


def strip_accents(text):
    """Replaces accented letters by plain ones, and drops other accents.

    Args:
        text: String tensor of shape `(n,)`.

    Returns:
        String tensor of shape `(n,)`.
    """
    letters = tf.strings.unicode_decode(text, "UTF-8")
    points = letters.flat_values
    letter = tf.gather(
        tf.constant(_plain_letters()), tf.minimum(points, _ACCENTED - 1)
    )
    plain = tf.where(points < _ACCENTED, letter, points)
    letters = letters.with_flat_values(plain)
    letters = tf.ragged.boolean_mask(letters, letters > 0)
    return tf.strings.unicode_encode(letters, "UTF-8")


def join(words, unspaced):
    """Joins words with the usual spaces between them.

    Args:
        words: String tensor of shape `(..., words)`.
        unspaced: As for `words`.

    Returns:
        String tensor of shape `(...)`.
    """
    text = tf.strings.reduce_join(words, -1, separator=" ")
    text = tf.strings.strip(_replace(text, " +", " "))
    if unspaced:
        close = scripts.UNSPACED + scripts.PUNCTUATION
        text = _replace(text, f"([{close}]) ", r"\1")
        text = _replace(text, f" ([{close}])", r"\1")
    return _replace(text, r" ([.,;:!?%)\]}…])", r"\1")


def _separate(text, punctuation, letters):
    """Separates words by spaces, and drops or separates punctuation."""
    sign, before, after = "  ", r" \3", " "
    if punctuation == "keep":
        sign, before, after = r"  \1  ", r" \1\2 \3", r" \1 "
    text = _replace(text, "[’ʼ]", "'")
    # Each pattern consumes a space on both sides, so spaces are doubled.
    text = _replace(text, " ", "  ")
    text = _replace(text, f"([^{letters}'\\- ])", sign)
    # Hyphens and apostrophes stay within words. At the front, an apostrophe
    # stays on short endings: 's, 're, n't.
    text = _replace(text, r"([-']+)(?: |$)", after)
    return _replace(
        text,
        f"(?:^| )(?:(-[-']*)|('[-']*)([{letters}]{{3}}))",
        before,
    )


@functools.cache
def _plain_letters():
    """Maps code points below `_ACCENTED` to plain ones, accents to 0."""
    table = np.arange(_ACCENTED, dtype="int32")
    for point in range(_ACCENTED):
        parts = unicodedata.normalize("NFD", chr(point))
        marks = all(0x300 <= ord(part) < 0x370 for part in parts[1:])
        if len(parts) > 1 and marks:
            table[point] = ord(parts[0])
    table[0x300:0x370] = 0
    return table
