"""Files in MNIST's own format."""

import gzip

import numpy as np


def write_idx(path, array):
    head = bytes([0, 0, 8, array.ndim])
    head += np.array(array.shape, ">i4").tobytes()
    path.write_bytes(gzip.compress(head + array.astype("uint8").tobytes()))
