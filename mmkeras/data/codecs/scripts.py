"""Writing systems whose words are not separated by spaces."""

import re

# Chinese, Japanese, Thai, Lao, Khmer and Myanmar, as the inside of a
# character class of `re` and of TensorFlow's regular expressions.
UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u3029\u3031-\u3035\u303b\u303c\u3041-\u3096\u3099-\u309f"
    "\u30a1-\u30fa\u30fc-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f"
    "\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
# Their punctuation, which is not separated by spaces either.
PUNCTUATION = "\u3001-\u3003\u3008-\u301f\u30fb\uff01-\uff0f\uff1a-\uff20"

_MIN_SHARE = 0.01  # Of texts; below, they are quotations and names.
_CHARACTER = re.compile(f"([{UNSPACED}])")


def is_unspaced(texts):
    """Checks whether over 1 % of texts use scripts without spaces.

    Args:
        texts: List of strings.
    """
    count = sum(bool(_CHARACTER.search(text)) for text in texts)
    return count > _MIN_SHARE * len(texts)


def spaced(text):
    """Puts spaces around each character of these writing systems.

    Args:
        text: str.

    Returns:
        str, for tokenizers that split at spaces.
    """
    return _CHARACTER.sub(r" \1 ", text)
