"""Splits texts into words as BERT does, as TensorFlow operations."""

import tensorflow as tf

from mmkeras.data.codecs import normalization

# Controls except tab and line ends, format characters, private use.
_REMOVED = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{fffd}\p{Cf}\p{Co}\p{Cs}]"
_SPACE = r"[\t\n\r\p{Z}]+"
_IDEOGRAPHS = (
    r"\x{4e00}-\x{9fff}\x{3400}-\x{4dbf}\x{20000}-\x{2a6df}"
    r"\x{2a700}-\x{2b73f}\x{2b740}-\x{2b81f}\x{2b920}-\x{2ceaf}"
    r"\x{f900}-\x{faff}\x{2f800}-\x{2fa1f}"
)
_SIGNS = r"!-/:-@\[-`{-~\p{P}"


def split(text, lowercase, strip_accents):
    """Splits texts into words; each punctuation mark is one.

    Args:
        text: String tensor of shape `(n,)`; invalid UTF-8 is removed.
        lowercase: bool. Whether to lower the case of letters.
        strip_accents: bool. Whether to remove accents.

    Returns:
        Ragged string tensor of shape `(n, words)`.
    """
    replace = tf.strings.regex_replace
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")
    text = replace(text, _REMOVED, "")
    text = replace(text, _SPACE, " ")
    text = replace(text, f"([{_IDEOGRAPHS}])", r" \1 ")
    if strip_accents:
        plain = tf.strings.length(text) == tf.strings.length(text, "UTF8_CHAR")
        text = normalization.where(~plain, normalization.strip_marks, text)
    if lowercase:
        text = replace(text, "Σ", "σ")  # Not ς, wherever in a word it is.
        text = tf.strings.lower(text, "utf-8")
    return tf.strings.split(replace(text, f"([{_SIGNS}])", r" \1 "))
