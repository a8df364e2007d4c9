"""Words and their vectors."""

import difflib
import functools

import numpy as np

# GloVe's token for all rare words, in files that have a vector for it.
_OTHER_NAMES = {"<unknown>": ("<unk>",)}
_SUGGESTED = 20_000  # Comparing a word with millions would take a minute.


class Vectors:
    """Vectors that are looked up by word.

    Args:
        words: Iterable of n different strings; in most files, the commonest
            first.
        array: Array of shape `(n, dim)`.

    Attributes:
        words: List of strings.
        array: float32 array of shape `(n, dim)`.

    Raises:
        ValueError: If there is not one row per word, or a word occurs twice.

    Example:

    >>> vectors = Vectors(["dog", "cat"], [[1.0, 0.0], [0.8, 0.6]])
    >>> vectors["cat"]
    array([0.8, 0.6], dtype=float32)
    """

    def __init__(self, words, array):
        self.words = list(words)
        self.array = np.asarray(array, "float32")
        if self.array.ndim != 2 or len(self.array) != len(self.words):
            raise ValueError(
                "`array` must have one row per word. Received: "
                f"array.shape={self.array.shape} for {len(self.words)} words"
            )
        self._rows = {word: i for i, word in enumerate(self.words)}
        if len(self._rows) < len(self.words):
            raise ValueError(
                f"`words` must be distinct. Received: {len(self.words)} "
                f"words, {len(self._rows)} of them distinct"
            )

    def __len__(self):
        """Number of words."""
        return len(self.words)

    def __contains__(self, word):
        return word in self._rows

    def __getitem__(self, word):
        """Returns the vector of a word, spelled as `find` allows.

        Raises:
            ValueError: If it has no vector; the error suggests a word.
        """
        return self.array[self.row(word)]

    @property
    def dim(self):
        """Size of a vector."""
        return self.array.shape[1]

    @functools.cached_property
    def unit(self):
        """The vectors at length 1, shape `(n, dim)`; zeros stay zeros."""
        norms = np.linalg.norm(self.array, axis=1, keepdims=True)
        return self.array / np.where(norms > 0, norms, 1)

    def find(self, word):
        """Finds a word by the first of its `spellings` that has a vector.

        Args:
            word: str.

        Returns:
            Tuple of its row and the index of the spelling: 0 as it is, 1 lower
            case, 2 capitalised, 3 under another name. `None` if no spelling
            has a vector.
        """
        for place, spelling in enumerate(spellings(word)):
            if spelling in self._rows:
                return self._rows[spelling], place
        return None

    def row(self, word):
        """Returns the row of a word, spelled as `find` allows.

        Raises:
            ValueError: If it has no vector; the error suggests a word.
        """
        match = self.find(word)
        if match is None:
            close = difflib.get_close_matches(
                word, self.words[:_SUGGESTED], n=1
            )
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(
                f"{word!r} is not among the {len(self):,} words with a "
                f"vector.{hint}"
            )
        return match[0]


def spellings(word):
    """Lists the spellings of a word in a file of vectors.

    Args:
        word: str.

    Returns:
        Tuple of the word as it is, in lower case, and capitalised; for the
        codec's `"<unknown>"` also `"<unk>"`.
    """
    capitalised = word[:1].upper() + word[1:]
    return word, word.lower(), capitalised, *_OTHER_NAMES.get(word, ())
