import io
import json
import subprocess
import sys

import image_files
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
import tensorflow as tf

from mmkeras.data import codecs
from mmkeras.data.codecs import image
from mmkeras.data.decoding.pixels import READS_WEBP
from mmkeras.data.decoding.pixels import by_kind

ALL = image_files.every_kind()
FILES = {
    name: file
    for name, file in ALL.items()
    if READS_WEBP or not name.startswith("webp")
}
needs_webp = pytest.mark.skipif(
    not READS_WEBP, reason="this TensorFlow has no DecodeWebP"
)
SIZE = (60, 80)


def by_pillow(file, size=SIZE):
    image = PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(file)))
    image = image.convert("RGB")
    target = size[::-1]
    shrinks = all(a >= b for a, b in zip(image.size, target))
    resampling = PIL.Image.Resampling
    method = resampling.BOX if shrinks else resampling.BILINEAR
    if image.size != target:
        image = image.resize(target, method)
    return np.array(image)


@pytest.fixture(scope="module")
def codec():
    return codecs.Image(SIZE)


@pytest.mark.parametrize("name", FILES)
def test_reads_every_kind_as_pillow_does(codec, name):
    pixels = codec(FILES[name]).numpy()
    assert pixels.dtype == np.uint8
    expected = by_pillow(FILES[name])
    np.testing.assert_allclose(pixels, expected, atol=1.01, rtol=0)


@pytest.fixture(scope="module")
def upright_codec():
    return codecs.Image(SIZE[::-1])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turns_by_exif(codec, upright_codec, orientation):
    file = FILES[f"jpeg turned {orientation}"]
    plain = codec(FILES["jpeg turned 1"]).numpy()
    turned = (codec if orientation < 5 else upright_codec)(file).numpy()
    # By the position of row 0 and column 0 of the file in the upright image.
    upright = {
        1: plain,
        2: plain[:, ::-1],
        3: plain[::-1, ::-1],
        4: plain[::-1],
        5: plain.transpose(1, 0, 2),
        6: np.rot90(plain, -1),
        7: plain[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(plain, 1),
    }[orientation]
    np.testing.assert_array_equal(turned, upright)


def test_finds_big_endian_exif_after_other_segments(codec):
    file = FILES["jpeg turned 1"]
    tag = b"\x01\x12\0\x03\0\0\0\x01\0\x03\0\0"
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + tag + b"\0\0\0\0"
    comment = b"\xff\xfe\0\x06abcd"
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    plain = image_files.save(image_files.ramp(), "JPEG", quality=95)
    turned = plain[:2] + comment + segment + plain[2:]
    np.testing.assert_array_equal(
        codec(turned), codec(file).numpy()[::-1, ::-1]
    )


def test_16_bits_keep_the_high_byte(codec):
    deep = (image_files.ramp()[..., 0].astype("uint16") << 8) + 77
    pixels = codec(image_files.save(deep, "PNG")).numpy()
    np.testing.assert_array_equal(pixels[..., 0], image_files.ramp()[..., 0])
    np.testing.assert_array_equal(pixels[..., 0], pixels[..., 2])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("shape", [(480, 640), (30, 200), (20, 30), (1, 1)])
def test_resizes_as_pillow_does(codec, kind, shape):
    file = image_files.save(image_files.ramp(*shape), kind, quality=95)
    np.testing.assert_allclose(codec(file), by_pillow(file), atol=3, rtol=0)


def test_bmp_from_the_top_down(codec):
    file = bytearray(FILES["bmp"])
    file[22:26] = (-SIZE[0]).to_bytes(4, "little", signed=True)
    np.testing.assert_array_equal(
        codec(bytes(file)), codec(FILES["bmp"]).numpy()[::-1]
    )


def test_runs_in_a_dataset(codec):
    files = [FILES["jpeg"], FILES["png"], FILES["jpeg turned 6"]]
    dataset = tf.data.Dataset.from_tensor_slices(files).map(codec)
    assert dataset.element_spec == tf.TensorSpec((60, 80, 3), tf.uint8)
    for pixels, file in zip(dataset, files, strict=True):
        np.testing.assert_array_equal(pixels, codec(file))


def test_batch_equals_single_images(codec):
    files = list(FILES.values())
    pixels = codec.batch(files).numpy()
    for row, file in zip(pixels, files, strict=True):
        np.testing.assert_array_equal(row, codec(file))
    assert codec.batch(tf.zeros((0,), tf.string)).shape == (0, 60, 80, 3)


def test_batch_names_the_bad_rows(codec):
    with pytest.raises(tf.errors.InvalidArgumentError, match="1: empty"):
        codec.batch([FILES["png"], b""])


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (b"", "empty"),
        (b"hello", "not a JPEG, PNG, GIF, BMP or WebP image"),
        (image_files.save(image_files.ramp(), "TIFF"), "not a JPEG, PNG, GIF"),
        (FILES["jpeg"][:-9], "truncated JPEG"),
        (FILES["jpeg"][:30], "truncated JPEG"),
        (FILES["png"][:-20], "truncated PNG"),
        (FILES["png"][:20], "truncated PNG"),
        (FILES["gif"][:-9], "truncated GIF"),
        (FILES["gif"][:11], "truncated GIF"),
        (FILES["bmp"][:-9], "truncated BMP"),
        pytest.param(ALL["webp"][:-9], "truncated WebP", marks=needs_webp),
        pytest.param(
            ALL["webp animated"][:99], "truncated WebP", marks=needs_webp
        ),
        (image_files.bomb(), "over 50000000 pixels (60000 x 60000)"),
        (FILES["png"].replace(b"IDAT", b"IDAZ"), "corrupt or unusual PNG"),
    ],
)
def test_says_what_is_wrong(codec, file, error):
    pixels, errors = codec.try_batch([FILES["png"], file])
    assert errors[0] == b""
    assert errors[1].numpy().decode().startswith(error)
    assert not pixels[1].numpy().any()
    np.testing.assert_array_equal(pixels[0], codec(FILES["png"]))
    with pytest.raises(tf.errors.InvalidArgumentError):
        codec(file)


def test_refuses_every_kind_over_the_limit():
    files = list(FILES.values())
    _, errors = codecs.Image(SIZE, limit=60 * 80 - 1).try_batch(files)
    for error in errors.numpy():
        assert error.startswith(b"over 4799 pixels (60 x 80)")
    _, errors = codecs.Image(SIZE, limit=60 * 80).try_batch(files)
    assert set(errors.numpy()) == {b""}


def test_codecs_of_every_size_share_their_graphs():
    for side in (5, 6, 7):
        small = codecs.Image((side, side), limit=60 * 80 + side)
        assert small(FILES["png"]).shape == small.shape
        assert small.batch([FILES["png"]]).shape == (1, *small.shape)
    for graph in image._graphs_of(None):
        assert graph.experimental_get_tracing_count() == 1


def test_no_images_are_a_batch_of_none(codec):
    pixels, errors = codec.try_batch(tf.constant([], tf.string))
    assert pixels.shape == (0, *codec.shape) and errors.shape == (0,)
    assert codec.batch(tf.constant([], tf.string)).shape == (0, *codec.shape)


def test_says_that_webp_needs_a_newer_tensorflow(monkeypatch):
    monkeypatch.setattr("mmkeras.data.decoding.pixels.READS_WEBP", False)
    decode = by_kind.__wrapped__()  # Else it is traced but once.
    _, error = decode(ALL["webp"], SIZE, 60 * 80)
    assert error == b"WebP, which this version of TensorFlow cannot decode"
    _, error = decode(ALL["png"], SIZE, 60 * 80)
    assert error == b""


@pytest.mark.parametrize(
    "kind", ["GIF", pytest.param("WEBP", marks=needs_webp)]
)
def test_reads_the_first_frame_of_an_animation(codec, kind):
    frames = [
        PIL.Image.fromarray(np.full((60, 80), n, "uint8")) for n in range(200)
    ]
    options = {"save_all": True, "append_images": frames[1:]}
    file = image_files.save(frames[0], kind, **options)
    assert codec(file).numpy().max() == 0
    # Later frames may be damaged: they are never read.
    assert codec(file[: len(file) // 2]).numpy().max() == 0


def test_refuses_a_gif_frame_larger_than_its_canvas(codec):
    file = bytearray(FILES["gif"])
    file[6:10] = b"\x02\0\x02\0"
    _, errors = codec.try_batch([bytes(file)])
    assert errors[0] == b"corrupt or unusual GIF"


@pytest.mark.slow
def test_thousand_hostile_files(codec):
    """Each row has a result or an error, and does not affect the others."""
    files = image_files.hostile(1000, seed=7)
    good = list(FILES.values())
    alone = {file: codec(file).numpy() for file in good}
    failed = 0
    for start in range(0, 1000, 20):
        intact = [good[(start // 20 + step) % len(good)] for step in range(2)]
        rows = [intact[0], *files[start : start + 20], intact[1]]
        pixels, errors = (x.numpy() for x in codec.try_batch(rows))
        np.testing.assert_array_equal(pixels[0], alone[intact[0]])
        np.testing.assert_array_equal(pixels[-1], alone[intact[1]])
        assert errors[0] == errors[-1] == b""
        bad = errors != b""
        assert not pixels[bad].any()
        failed += bad.sum()
        again, _ = codec.try_batch(rows[::-1])
        np.testing.assert_array_equal(again.numpy()[::-1], pixels)
    assert 300 < failed < 900


ALONE = """
import json, sys
import tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
files = [bytes.fromhex(file) for file in json.load(sys.stdin)]
outputs = loaded.signatures["serving_default"](image=tf.constant(files))
assert not any(name.startswith("mmkeras") for name in sys.modules)
print(json.dumps({
    "sums": tf.reduce_sum(tf.cast(outputs["pixels"], tf.int64), (1, 2, 3))
        .numpy().tolist(),
    "errors": [error.decode() for error in outputs["errors"].numpy()],
}))
"""


@pytest.mark.slow
def test_serves_without_this_package(tmp_path, codec):
    class Served(tf.Module):
        @tf.function(
            input_signature=[tf.TensorSpec((None,), tf.string, name="image")]
        )
        def serve(self, image):
            pixels, errors = codec.try_batch(image)
            return {"pixels": pixels, "errors": errors}

    served = Served()
    tf.saved_model.save(
        served,
        str(tmp_path),
        signatures={"serving_default": served.serve},
    )
    files = [*FILES.values(), *image_files.hostile(30, seed=3)]
    answer = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path)],
        input=json.dumps([file.hex() for file in files]),
        capture_output=True,
        text=True,
        check=True,
    )
    outputs = json.loads(answer.stdout.splitlines()[-1])
    pixels, errors = (x.numpy() for x in codec.try_batch(files))
    assert outputs["errors"] == [error.decode() for error in errors]
    assert outputs["sums"] == pixels.astype("int64").sum((1, 2, 3)).tolist()


def test_normalize_scales_to_0_to_1(codec):
    scaled = codec.normalize(np.array([0, 51, 255], "uint8"))
    np.testing.assert_allclose(
        np.array(scaled), [0, 0.2, 1], rtol=1e-6, atol=1e-6
    )
    assert codec.normalize(tf.constant([255], tf.uint8)).dtype == tf.float32


def test_blank_empties_answers_to_bad_images(codec):
    answers = {"text": tf.constant(["a", "b"]), "score": np.array([-1.0, -2])}
    errors = tf.constant(["", "empty"])
    blanked = codec.blank(answers, errors)
    assert blanked["text"].numpy().tolist() == [b"a", b""]
    assert blanked["score"].numpy().tolist() == [-1, 0]
    assert blanked["error"] is errors


def test_config():
    codec = codecs.Image((20, 30), limit=1000)
    config = json.loads(json.dumps(codecs.to_config(codec)))
    again = codecs.from_config(config)
    assert again.get_config() == codec.get_config()
    assert again.shape == (20, 30, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": (0, 5)}, "`size`"),
        ({"size": (5,)}, "`size`"),
        ({"limit": 0}, "`limit`"),
    ],
)
def test_refuses_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        codecs.Image(**arguments)


@pytest.mark.parametrize(
    "config",
    [
        None,
        {"name": "os.system", "config": {}},
        {"name": ["Image"], "config": {}},
        {"name": "Image"},
        {"name": "Image", "config": {"module": "os"}},
    ],
)
def test_an_unknown_configuration_is_an_error(config):
    with pytest.raises(ValueError, match="codec"):
        codecs.from_config(config)


def test_an_unknown_codec_is_an_error():
    with pytest.raises(
        ValueError,
        match="`codec` must be one of Audio, AudioWindows, BytePairs",
    ):
        codecs.to_config(object())


@pytest.mark.parametrize(
    "interpolation, crop",
    [
        ("bicubic", True),
        pytest.param("bicubic", False, marks=pytest.mark.slow),
        pytest.param("bilinear", True, marks=pytest.mark.slow),
    ],
)
def test_resizes_as_a_converter_of_keras_hub(interpolation, crop):
    keras_hub = pytest.importorskip("keras_hub")
    options = {"interpolation": interpolation, "antialias": True}
    converter = keras_hub.layers.ImageConverter(
        (12, 12), crop_to_aspect_ratio=crop, **options
    )
    codec = codecs.Image.from_converter(converter, (12, 12))
    images = [image_files.ramp(*size) for size in ((60, 80), (9, 50), (13, 7))]
    files = [image_files.save(x, "PNG") for x in images]
    decoded, errors = codec.try_batch(files)
    assert errors.numpy().tolist() == [b""] * 3
    for pixels, actual in zip(images, decoded.numpy()):
        expected = np.asarray(converter(pixels))
        np.testing.assert_allclose(actual, expected, atol=1)
        assert np.mean(actual != expected) < 0.01  # Ties.


def test_a_rotated_image_is_cropped_as_it_is_shown():
    options = {"interpolation": "bilinear", "crop": True}
    pixels = np.zeros((30, 10, 3), "uint8")
    pixels[10:20] = 200
    upright = codecs.Image((10, 10), **options)(image_files.save(pixels, "PNG"))
    assert upright.numpy().min() == 200
    exif = PIL.Image.Exif()
    exif[0x112] = 6  # The camera was turned by 90 degrees.
    turned = image_files.save(np.rot90(pixels), "PNG", exif=exif)
    again = codecs.Image((10, 10), **options)(turned)
    np.testing.assert_array_equal(again, upright)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"interpolation": "cubic"}, "nearest, bilinear.*'cubic'"),
        ({"crop": True}, "need an `interpolation`.*crop=True"),
        ({"antialias": True}, "need an `interpolation`.*antialias=True"),
    ],
)
def test_an_unknown_resizing_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        codecs.Image((8, 8), **options)


def test_the_resizing_is_in_the_configuration():
    plain, cubic = codecs.Image((8, 6)), codecs.Image((8, 6), 9, "bicubic")
    assert plain.get_config() == {"size": [8, 6], "limit": 50_000_000}
    again = codecs.from_config(codecs.to_config(cubic))
    assert again.get_config() == cubic.get_config()
    assert cubic.get_config()["interpolation"] == "bicubic"
