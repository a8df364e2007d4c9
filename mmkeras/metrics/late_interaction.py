"""Late interaction of regions and words, of all pairs in blocks."""

import numpy as np

_BLOCK = 2**22  # Products at once: 16 MiB in float32.


def late_interaction(regions, words, block=_BLOCK):
    """Compares the regions of images with the words of texts.

        z_ij = 1 / W_j sum_w max_r u_ir . v_jw

    Args:
        regions: Floats of shape `(n, regions, dim)`.
        words: Floats of shape `(m, words, dim)`, zeros in the place of
            padding.
        block: int. Products in memory at once; at least those of one word.

    Returns:
        float32 array of shape `(n, m)`, 0 for texts without words.

    Reference:
        [Khattab and Zaharia, 2020](https://arxiv.org/abs/2004.12832)
    """
    regions, words = np.float32(regions), np.float32(words)
    is_word = words.any(axis=-1)
    texts = np.repeat(np.arange(len(words)), is_word.sum(axis=1))
    words = words[is_word]
    count, size, dim = regions.shape
    sums = np.zeros((len(is_word), count), "float32")
    # Images are innermost: a maximum over the last axis is slow.
    flat = regions.transpose(2, 1, 0).reshape(dim, size * count)
    rows = max(block // max(flat.shape[1], 1), 1)
    for i in range(0, len(words), rows):
        products = words[i : i + rows] @ flat
        closest = products.reshape(-1, size, count).max(axis=1)
        part = texts[i : i + rows]
        starts = np.flatnonzero(np.diff(part, prepend=-1))
        sums[part[starts]] += np.add.reduceat(closest, starts)
    counts = np.maximum(is_word.sum(axis=1), 1)
    return (sums / np.float32(counts)[:, None]).T
