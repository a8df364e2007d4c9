"""Splits texts into words as GPT-2 and CLIP do, as TensorFlow operations."""

import re

import tensorflow as tf

from mmkeras.data.codecs import normalization

STYLES = ("gpt2", "clip")
_CUT = b"\xff"  # Between words; it is in no valid UTF-8.
# The Unicode property White_Space: `\s` is ASCII alone here.
_SPACE = (
    r"\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}"
    r"\x{205f}\x{3000}"
)
_ENDINGS = "'s|'t|'re|'ve|'m|'ll|'d"
_GPT2 = rf"{_ENDINGS}| ?\pL+| ?\pN+| ?[^{_SPACE}\pL\pN]+|[{_SPACE}]+"
_CLIP = rf"{_ENDINGS}|\pL+|\pN|[^{_SPACE}\pL\pN]+"

_replace = tf.strings.regex_replace


def split(text, style, special=(), prefix_space=False):
    """Splits texts into words, as bytes; special tokens are words as well.

    Args:
        text: String tensor of shape `(n,)`; invalid UTF-8 is replaced.
        style: `"gpt2"`, in which a space is part of the word that follows;
            or `"clip"`, in which letters are lower-cased and white space is
            left out.
        special: List of special tokens.
        prefix_space: bool. Whether a text begins with a space, for `"gpt2"`.

    Returns:
        Tuple of a ragged string tensor of shape `(n, words)`, and booleans
        for its flat values: which are special.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")
    parts, is_special = _special(text, special)
    if style == "gpt2":
        cut = _gpt2(parts.flat_values, prefix_space)
    else:
        cut = _clip(parts.flat_values)
    words = tf.strings.split(tf.where(is_special, parts.flat_values, cut), _CUT)
    is_special = tf.gather(is_special, words.value_rowids())
    words = parts.with_flat_values(words).merge_dims(1, 2)
    return _without_empty(words, is_special)


def _special(text, special):
    """Splits texts at special tokens; returns parts and which are special."""
    if not special:
        parts = tf.RaggedTensor.from_tensor(text[:, None])
        return parts, tf.zeros_like(text, tf.bool)
    longest_first = sorted(special, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    text = _replace(text, f"({pattern})", _CUT + b"\\1" + _CUT)
    parts = tf.strings.split(text, _CUT)
    tokens = tf.constant(longest_first)
    is_special = tf.reduce_any(parts.flat_values[:, None] == tokens, 1)
    return _without_empty(parts, is_special)


def _gpt2(text, prefix_space):
    if prefix_space:
        text = _replace(text, "^([^ ])", r" \1")
    # Of several spaces, the last one is part of the next word.
    text = _replace(
        text,
        f"([{_SPACE}])([{_SPACE}][^{_SPACE}])",
        b"\\1" + _CUT + b"\\2",
    )
    return _replace(text, f"({_GPT2})", b"\\1" + _CUT)


def _clip(text):
    text = normalization.normalize(text, "NFC")
    text = _replace(_lower(text), f"[{_SPACE}]+", _CUT)
    return _replace(text, f"({_CLIP})", b"\\1" + _CUT)


def _lower(text):
    """Lowers the case of each letter, wherever in a word it is."""
    text = _replace(text, "Σ", "σ")  # Not ς.
    # TensorFlow stops at a zero byte: each part between them by itself.
    parts = tf.strings.split(text, "\0")
    lowered = tf.strings.lower(parts.flat_values, "utf-8") + tf.constant("\0")
    text = tf.strings.reduce_join(parts.with_flat_values(lowered), 1)
    sizes = tf.strings.length(text) - 1
    return tf.strings.substr(text, tf.zeros_like(sizes), sizes)


def _without_empty(words, is_special):
    """Removes empty words, and their entries in a mask of the flat values."""
    mask = words != ""
    is_special = tf.boolean_mask(is_special, mask.flat_values)
    return tf.ragged.boolean_mask(words, mask), is_special
