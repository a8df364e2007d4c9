import image_files
import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data import codecs
from mmkeras.data.decoding import fast_jpeg

pytest.importorskip("cv2")
pytest.importorskip("simplejpeg")

LIMIT = 10_000
KINDS = image_files.every_kind()
NOISE = np.random.default_rng(0).integers(0, 256, (45, 64, 3), "uint8")
PLAIN = {
    "grey": image_files.save(NOISE[..., 0], "JPEG"),
    "4:4:4": image_files.save(NOISE, "JPEG", subsampling=0),
    "4:2:2": image_files.save(NOISE, "JPEG", subsampling=1),
    "4:2:0": image_files.save(NOISE, "JPEG", subsampling=2),
    "progressive": image_files.save(NOISE, "JPEG", progressive=True),
    "comment": image_files.save(NOISE, "JPEG", comment="by hand"),
    "restarts": image_files.save(NOISE, "JPEG", restart_marker_blocks=3),
    "colour profile": image_files.save(
        NOISE, "JPEG", icc_profile=b"\xff" * 400
    ),
}


@pytest.mark.parametrize("size", [(45, 90), (90, 128)])
@pytest.mark.parametrize("name", PLAIN)
def test_enlarges_as_the_graph_does(name, size):
    actual = fast_jpeg.enlarge(PLAIN[name], size, LIMIT)
    assert actual.dtype == np.uint8
    decoded = tf.io.decode_jpeg(
        PLAIN[name], channels=3, dct_method="INTEGER_ACCURATE"
    )
    exact = tf.image.resize(decoded, size).numpy()
    # To the nearest; a tie either way.
    assert abs(actual - exact).max() < 0.5 + 1e-3
    graph, _ = codecs.Image(size).try_batch([PLAIN[name]])
    difference = abs(actual - graph[0].numpy().astype(int))
    assert difference[abs(exact % 1 - 0.5) > 1e-3].max() == 0
    assert difference.max() <= 1


@pytest.mark.parametrize("name", PLAIN)
def test_reads_the_size(name):
    assert fast_jpeg.plain_size(PLAIN[name]) == (45, 64)


@pytest.mark.parametrize("name", [name for name in KINDS if name[:4] != "jpeg"])
def test_leaves_other_kinds(name):
    assert fast_jpeg.plain_size(KINDS[name]) is None


@pytest.mark.parametrize(
    "file",
    [
        KINDS["jpeg turned 1"],
        KINDS["jpeg turned 6"],
        KINDS["jpeg cmyk"],
        PLAIN["4:2:0"].replace(b"\xff\xc0", b"\xff\xc9"),  # Arithmetic coding.
        PLAIN["4:2:0"].replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
        PLAIN["4:2:0"][:100],
        b"",
    ],
)
def test_leaves_files_that_are_not_plain(file):
    assert fast_jpeg.plain_size(file) is None
    assert fast_jpeg.enlarge(file, (90, 128), LIMIT) is None


def test_leaves_files_that_shrink_are_too_large_or_damaged():
    file = PLAIN["4:2:0"]
    assert fast_jpeg.enlarge(file, (45, 64), 45 * 64) is not None
    assert fast_jpeg.enlarge(file, (45, 64), 45 * 64 - 1) is None
    assert fast_jpeg.enlarge(file, (44, 128), LIMIT) is None
    assert fast_jpeg.enlarge(file, (90, 63), LIMIT) is None
    assert fast_jpeg.enlarge(file[:-9], (90, 128), LIMIT) is None


@pytest.fixture(scope="module")
def files():
    return [*PLAIN.values(), *KINDS.values(), *image_files.hostile(150, seed=5)]


def test_reads_any_file_as_the_graph_does(files):
    codec = codecs.Image((90, 128))
    results = [fast_jpeg.enlarge(f, codec.size, codec.limit) for f in files]
    assert len(PLAIN) < sum(x is not None for x in results) < len(files) / 2
    pixels, errors = codec.read(files)
    expected, causes = (x.numpy() for x in codec.try_batch(files))
    assert errors.tolist() == causes.tolist()
    assert abs(pixels.astype(int) - expected).max() <= 1
    assert (pixels != expected).mean() < 1e-3


def test_reads_the_same_without_the_extra(files, monkeypatch):
    monkeypatch.setattr(fast_jpeg, "_libraries", lambda: None)
    codec = codecs.Image((90, 128))
    pixels, errors = codec.read(files)
    expected, causes = codec.try_batch(files)
    np.testing.assert_array_equal(pixels, expected)
    np.testing.assert_array_equal(errors, causes)


def test_reads_no_files():
    pixels, errors = codecs.Image((90, 128)).read([])
    assert pixels.shape == (0, 90, 128, 3)
    assert errors.shape == (0,)
