"""What word vectors are worth: analogies and similarities people agree on."""

import numpy as np

from mmkeras.word_vectors.corpus import sentences
from mmkeras.word_vectors.neighbours import analogy_values

_BATCH = 1 << 25  # Numbers at a time, of questions by words.


def read_analogies(path):
    """Reads questions in the layout of word2vec's `questions-words.txt`.

        : capital-common-countries
        Athens Greece Baghdad Iraq

    Args:
        path: The file, perhaps compressed by gzip.

    Returns:
        Dict from a section's name to its questions, lists of four words.

    Raises:
        ValueError: If a line is malformed; the error has its number.
    """
    sections, name = {}, ""
    for number, line in enumerate(sentences(path), 1):
        words = line.split()
        if line.startswith(":"):
            name = line[1:].strip()
        elif len(words) == 4:
            sections.setdefault(name, []).append(words)
        elif words:
            raise ValueError(
                f"{path}:{number} must be four words, or the name of a "
                f"section after a colon. Received: {line!r:.80}"
            )
    return _filled(sections, path)


def read_similarities(path):
    """Reads judgements in the layout of WordSim-353: two words and a number.

    Columns are separated by tabs. Lines that begin with `#`, and a first line
    of titles, are passed over.

    Args:
        path: The file, perhaps compressed by gzip.

    Returns:
        List of tuples of two words and a float.

    Raises:
        ValueError: If a line is malformed; the error has its number.
    """
    found = []
    for number, line in enumerate(sentences(path), 1):
        if not line or line.startswith("#"):
            continue
        try:
            first, second, score = line.split("\t")
            found.append((first, second, float(score)))
        except ValueError as error:
            if not found and line.count("\t") == 2 and number == 1:
                continue
            raise ValueError(
                f"{path}:{number} must be two words and a number, separated "
                f"by tabs. Received: {line!r:.80}"
            ) from error
    return _filled(found, path)


def score_analogies(vectors, sections, method="add"):
    """Counts the analogies whose best answer is right.

    The answer is sought among all words but the question's three.

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        sections: Dict from names to questions, as of `read_analogies`.
        method: `"add"` or `"multiply"`; see `mmkeras.word_vectors.analogy`.

    Returns:
        Dict from the names, and `"total"`, to dicts of `"questions"`,
        `"asked"`, of which all four words have vectors, and `"right"`.

    Raises:
        ValueError: If the method is unknown.

    Reference:
        [Mikolov et al., 2013](https://arxiv.org/abs/1301.3781)
    """
    figures = {}
    for name, questions in sections.items():
        found = [[vectors.find(word) for word in four] for four in questions]
        rows = [[row for row, _ in four] for four in found if all(four)]
        rows = np.array(rows, int).reshape(-1, 4)
        figures[name] = {
            "questions": len(questions),
            "asked": len(rows),
            "right": _count_right(vectors, rows, method),
        }
    total = {
        key: sum(figure[key] for figure in figures.values())
        for key in ("questions", "asked", "right")
    }
    return {**figures, "total": total}


def score_similarities(vectors, pairs):
    """Compares cosines with what people say: Spearman's rank correlation.

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        pairs: List of tuples of two words and a number, as of
            `read_similarities`.

    Returns:
        Dict of `"pairs"`, `"asked"`, of which both words have vectors, and
        `"spearman"`, in [-1, 1]; NaN if it is not defined.
    """
    found = [(vectors.find(a), vectors.find(b), n) for a, b, n in pairs]
    known = [(a[0], b[0], n) for a, b, n in found if a and b]
    a, b = (np.array([row[i] for row in known], int) for i in range(2))
    cosines = np.sum(vectors.unit[a] * vectors.unit[b], axis=1)
    judged = np.array([row[2] for row in known])
    rho = spearman(judged, cosines)
    return {"pairs": len(pairs), "asked": len(known), "spearman": rho}


def spearman(x, y):
    """Spearman's rank correlation; equal values share the mean of their ranks.

    Args:
        x: Array of shape `(n,)`.
        y: Array of shape `(n,)`.

    Returns:
        float in [-1, 1]; NaN if one of the two is constant.
    """
    x, y = _ranks(x), _ranks(y)
    if len(x) < 2 or not x.std() or not y.std():
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def _ranks(x):
    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]


def _count_right(vectors, rows, method):
    right = 0
    size = max(_BATCH // max(len(vectors), 1), 1)
    for start in range(0, max(len(rows), 1), size):
        some = rows[start : start + size]
        scores = analogy_values(vectors, some[:, :3], method)
        np.put_along_axis(scores, some[:, :3], -np.inf, axis=1)
        right += int(np.sum(scores.argmax(axis=1) == some[:, 3]))
    return right


def _filled(found, path):
    if not found:
        raise ValueError(
            f"Expected at least one line to evaluate in {path}. Received: no "
            "lines"
        )
    return found
