"""Emoji as tokens, including skin tones, joined emoji and flags."""

import tensorflow as tf

_JOINER = "\u200d"
_FLAGS = "\U0001f1e6-\U0001f1ff"  # Letters of a country code.
_TAGS = "\U000e0020-\U000e007f"  # Letters of a region code.
_TONES = "\U0001f3fb-\U0001f3ff"
_SIGNS = (
    "\u203c\u2049\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23fa"
    "\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2767\u2794-\u27bf"
    "\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f0ff\U0001f170-\U0001f1e5\U0001f200-\U0001f3fa"
    "\U0001f400-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7ff"
    "\U0001f900-\U0001faff"
)
_SEQUENCE = (
    f"[{_FLAGS}]{{2}}|[0-9#*]\u20e3|[{_TONES}]|"
    f"[{_SIGNS}][{_TONES}]?[{_TAGS}]*(?:{_JOINER}[{_SIGNS}][{_TONES}]?)*"
)

# All characters of emoji, as the inside of a character class.
CHARACTERS = _SIGNS + _TONES + _FLAGS + _TAGS + _JOINER


def spaced(text):
    """Puts spaces around each emoji.

    Args:
        text: String tensor, without variation selectors.

    Returns:
        String tensor of the same shape.
    """
    return tf.strings.regex_replace(text, f"({_SEQUENCE})", r" \1 ")


def remove_joiners(text):
    """Removes joiners and tags that are not part of an emoji."""
    loose = f"(^|[^{_SIGNS}{_TONES}{_TAGS}])[{_JOINER}{_TAGS}]+"
    return tf.strings.regex_replace(text, loose, r"\1")
