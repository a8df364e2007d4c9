"""Evaluation of word vectors by analogies and by rated similarities."""

import numpy as np

from mmkeras.word_vectors.corpus import sentences
from mmkeras.word_vectors.neighbours import analogy_values

_BATCH = 1 << 25  # Scores at a time, of questions by words.


def read_analogies(path):
    """Reads questions in the layout of word2vec's `questions-words.txt`.

        : capital-common-countries
        Athens Greece Baghdad Iraq

    Args:
        path: The file, optionally compressed by gzip.

    Returns:
        Dict from names of sections to questions, lists of four words.

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
    return _check_filled(sections, path)


def read_similarities(path):
    """Reads similarity ratings in the layout of WordSim-353.

    Each line has two words and a number, separated by tabs. Lines that begin
    with `#`, and a first line of titles, are skipped.

    Args:
        path: The file, optionally compressed by gzip.

    Returns:
        List of tuples of two words and a float.

    Raises:
        ValueError: If a line is malformed; the error has its number.
    """
    pairs = []
    for number, line in enumerate(sentences(path), 1):
        if not line or line.startswith("#"):
            continue
        try:
            first, second, score = line.split("\t")
            pairs.append((first, second, float(score)))
        except ValueError as error:
            if not pairs and line.count("\t") == 2 and number == 1:
                continue
            raise ValueError(
                f"{path}:{number} must be two words and a number, separated "
                f"by tabs. Received: {line!r:.80}"
            ) from error
    return _check_filled(pairs, path)


def score_analogies(vectors, sections, method="add"):
    """Counts the analogies whose best answer is right.

    The answer is sought among all words except the three of the question.

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        sections: Dict from names to questions, as from `read_analogies`.
        method: `"add"` or `"multiply"`; see `mmkeras.word_vectors.analogy`.

    Returns:
        Dict from the names, and `"total"`, to dicts of numbers of questions:
        `"questions"`, all; `"with_vectors"`, those all four words of which
        have vectors; and `"correct"`.

    Raises:
        ValueError: If the method is unknown.

    Reference:
        [Mikolov et al., 2013](https://arxiv.org/abs/1301.3781)
    """
    scores = {}
    for name, questions in sections.items():
        matches = [[vectors.find(word) for word in four] for four in questions]
        rows = [[row for row, _ in four] for four in matches if all(four)]
        rows = np.array(rows, int).reshape(-1, 4)
        scores[name] = {
            "questions": len(questions),
            "with_vectors": len(rows),
            "correct": _count_correct(vectors, rows, method),
        }
    total = {
        key: sum(counts[key] for counts in scores.values())
        for key in ("questions", "with_vectors", "correct")
    }
    return {**scores, "total": total}


def score_similarities(vectors, pairs):
    """Computes Spearman's rank correlation of cosines with human ratings.

    Args:
        vectors: A `mmkeras.word_vectors.Vectors`.
        pairs: List of tuples of two words and a number, as from
            `read_similarities`.

    Returns:
        Dict of `"pairs"`, the number of pairs; `"with_vectors"`, the number of
        pairs both words of which have vectors; and `"spearman"`, in [-1, 1];
        NaN if it is not defined.
    """
    matches = [(vectors.find(a), vectors.find(b), n) for a, b, n in pairs]
    rows = [(a[0], b[0], n) for a, b, n in matches if a and b]
    a, b = (np.array([row[i] for row in rows], int) for i in range(2))
    cosines = np.sum(vectors.unit[a] * vectors.unit[b], axis=1)
    ratings = np.array([row[2] for row in rows])
    rho = spearman(ratings, cosines)
    return {"pairs": len(pairs), "with_vectors": len(rows), "spearman": rho}


def spearman(x, y):
    """Computes Spearman's rank correlation; ties have the mean of their ranks.

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


def _count_correct(vectors, rows, method):
    correct = 0
    size = max(_BATCH // max(len(vectors), 1), 1)
    for start in range(0, max(len(rows), 1), size):
        batch = rows[start : start + size]
        scores = analogy_values(vectors, batch[:, :3], method)
        np.put_along_axis(scores, batch[:, :3], -np.inf, axis=1)
        correct += int(np.sum(scores.argmax(axis=1) == batch[:, 3]))
    return correct


def _check_filled(lines, path):
    if not lines:
        raise ValueError(
            f"Expected at least one line to evaluate in {path}. Received: no "
            "lines"
        )
    return lines
