"""Turns the bytes of one image into pixels of a given size.

Each format has one function from bytes to pixels. Each branch of a graph costs
about 50 microseconds, as much as a third of decoding a small JPEG, so the
commonest files pass through one branch only.
"""

import functools
import typing

import tensorflow as tf

from mmkeras.data.decoding import exif
from mmkeras.data.decoding import first_frame
from mmkeras.data.decoding import headers

READS_WEBP = hasattr(tf.raw_ops, "DecodeWebP")
_RATIOS = (1, 2, 4, 8)  # Ratios at which libjpeg can decode a reduced image.
# A header to read if a file is not a JPEG: 1 x 1 pixel, grey.
_NO_JPEG = (
    b"\xff\xd8\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0"
    b"\xff\xda\0\x08\x01\x01\0\0\x3f\0"
)


class Resizing(typing.NamedTuple):
    """How images are resized, other than by `decode`'s default.

    Attributes:
        method: An interpolation of `tf.image.resize`, such as `"bicubic"`.
        antialias: Whether to filter an image that shrinks.
        crop: Whether to cut off the longer side, at both ends, so that the
            aspect ratio is not changed.
    """

    method: str = "bilinear"
    antialias: bool = False
    crop: bool = False


def decode(encoded, size, limit, resizing=None):
    """Decodes an image to red, green and blue; transparency is dropped.

    Args:
        encoded: Scalar string tensor.
        size: Height and width of the result, integers or an int32 tensor.
        limit: Maximum number of pixels, an integer or an int64 tensor.
        resizing: A `Resizing`; by default areas are averaged if an image
            shrinks, else interpolation is bilinear.

    Returns:
        Tuple of pixels, uint8 `(*size, 3)`, and a scalar string: an error
        of the header, or `""`. With an error, the pixels are black.

    Raises:
        tf.errors.InvalidArgumentError: If the file is corrupt.
    """
    if resizing:
        return by_kind(resizing)(encoded, size, limit)
    plain = headers.is_plain_jpeg(encoded)
    sides = headers.jpeg_size(tf.where(plain, encoded, _NO_JPEG))
    plain &= tf.reduce_prod(sides) <= limit
    grows = tf.reduce_all(sides <= tf.cast(size, tf.int64))
    index = tf.where(grows, 1, 2 + _ratio_index(sides, size))

    def larger():
        return _larger(_jpeg(encoded), size), tf.constant("")

    def smaller(ratio):
        return _smaller(_jpeg(encoded, ratio), size), tf.constant("")

    return tf.switch_case(
        tf.where(plain, index, 0),
        [lambda: by_kind()(encoded, size, limit), larger]
        + [lambda ratio=ratio: smaller(ratio) for ratio in _RATIOS],
    )


@functools.cache
def by_kind(resizing=None):
    """Makes the function that decodes any image, to any size.

    It is a separate function, since its many operations, inlined in a graph,
    would cost time even if they are not run; and one for all sizes, since
    tracing it takes a second.

    Args:
        resizing: As of `decode`.

    Returns:
        Function of a scalar string, a size, int32 `(2,)`, and a limit, int64,
        with the results of `decode`.
    """
    return tf.function(
        functools.partial(_by_kind, resizing),
        input_signature=[
            tf.TensorSpec((), tf.string),
            tf.TensorSpec((2,), tf.int32),
            tf.TensorSpec((), tf.int64),
        ],
        autograph=False,
        experimental_attributes={"_noinline": True},
    )


def _by_kind(resizing, encoded, size, limit):
    """Decodes any format, with shared steps, so that the graph is small."""
    kind = headers.kind(encoded)
    still, sides = _still(encoded, kind)
    error = tf.where(
        tf.reduce_prod(sides) <= limit, "", _too_large(sides, limit)
    )
    if not READS_WEBP:
        reason = "WebP, which this version of TensorFlow cannot decode"
        error = tf.where(kind == headers.WEBP, reason, error)
    reason = "not a JPEG, PNG, GIF, BMP or WebP image"
    reason = tf.where(encoded == "", "empty", reason)
    error = tf.where(kind == headers.UNKNOWN, reason, error)

    def read():
        orientation = exif.orientation(encoded, kind)
        is_rotated = orientation >= 5
        if resizing:
            pixels = _read(still, kind, sides, sides)
            pixels = _rotate(pixels, is_rotated, orientation)
            return _resize_by(resizing, pixels, size)
        target = tf.where(is_rotated, size[::-1], size)
        pixels = _resize(_read(still, kind, sides, target), target)
        return _rotate(pixels, is_rotated, orientation)

    return tf.cond(error == "", read, lambda: black(size)), error


def _still(encoded, kind):
    """Extracts the first frame of an animation, and reads its size."""

    def gif():
        still = first_frame.gif(encoded)
        return still, headers.gif_size(still)

    def webp():
        if not READS_WEBP:
            return unknown()
        still = first_frame.webp(encoded)
        return still, headers.webp_size(still)

    def unknown():
        return tf.identity(encoded), tf.zeros(2, tf.int64)

    return tf.switch_case(
        kind,
        [
            lambda: (tf.identity(encoded), headers.jpeg_size(encoded)),
            lambda: (tf.identity(encoded), headers.png_size(encoded)),
            gif,
            lambda: (tf.identity(encoded), headers.bmp_size(encoded)),
            webp,
            unknown,
        ],
    )


def _read(encoded, kind, sides, size):
    """Decodes a still image; a JPEG, at a reduced size if it is large."""
    jpegs = [lambda ratio=ratio: _jpeg(encoded, ratio) for ratio in _RATIOS]
    others = [
        lambda: tf.io.decode_png(encoded, channels=3),
        lambda: tf.io.decode_gif(encoded)[0],
        lambda: _bmp(encoded, sides),
    ]
    if READS_WEBP:
        others.append(lambda: _webp(encoded))
    is_jpeg = kind == headers.JPEG
    index = tf.where(is_jpeg, _ratio_index(sides, size), kind + 3)
    return tf.switch_case(index, [*jpegs, *others])


def resize(pixels, size, resizing=None):
    """Resizes images, or the frames of a video, as `decode` does.

    Args:
        pixels: uint8 tensor `(..., height, width, 3)`, of rank 3 or 4.
        size: As of `decode`.
        resizing: As of `decode`.

    Returns:
        uint8 tensor `(..., *size, 3)`.
    """
    if resizing:
        return _resize_by(resizing, pixels, size)
    return _resize(pixels, size)


def black(size):
    """Makes an image of zeros, of a size as for `decode`."""
    return tf.zeros(tf.concat([size, [3]], 0), tf.uint8)


def _too_large(sides, limit):
    limit, text = tf.strings.as_string(limit), tf.strings.as_string(sides)
    return tf.strings.join(
        ["over ", limit, " pixels (", text[0], " x ", text[1], ")"]
    )


def _larger(pixels, size):
    """Resizes by bilinear interpolation; no side may shrink."""
    return tf.cast(tf.image.resize(pixels, size) + 0.5, tf.uint8)


def _smaller(pixels, size):
    """Resizes to the mean of the area that each pixel covers.

    If one side grows, it uses antialiased bilinear interpolation, which takes
    twice as long.
    """
    resized = tf.cond(
        tf.reduce_all(tf.shape(pixels)[-3:-1] >= size),
        lambda: tf.image.resize(pixels, size, method="area"),
        lambda: tf.image.resize(pixels, size, antialias=True),
    )
    return tf.cast(resized + 0.5, tf.uint8)


def _resize(pixels, size):
    # If nothing shrinks the two agree, and the first is 3x as fast.
    return tf.cond(
        tf.reduce_all(tf.shape(pixels)[-3:-1] <= size),
        lambda: _larger(pixels, size),
        lambda: _smaller(pixels, size),
    )


def _resize_by(resizing, pixels, size):
    """Resizes as `keras.layers.Resizing` does, to whole numbers."""
    if resizing.crop:
        pixels = _crop(pixels, size)
    pixels = tf.image.resize(
        pixels, size, resizing.method, antialias=resizing.antialias
    )
    pixels = tf.clip_by_value(tf.round(pixels), 0, 255)
    shape = [*[None] * (pixels.shape.rank - 1), 3]
    return tf.ensure_shape(tf.cast(pixels, tf.uint8), shape)


def _crop(pixels, size):
    """The largest part at the centre that has the aspect ratio of a size."""
    sides = tf.shape(pixels)[-3:-1]
    target = tf.cast(size, tf.float32)
    part = tf.cast(sides[::-1], tf.float32) * target / target[::-1]
    part = tf.maximum(tf.minimum(sides, tf.cast(part, tf.int32)), 1)
    top, left = tf.unstack((sides - part) // 2)
    height, width = tf.unstack(part)
    return pixels[..., top : top + height, left : left + width, :]


def _ratio_index(sides, size):
    """Finds the largest ratio that leaves at least twice the target size.

    Large photographs are decoded several times faster; after resizing, they
    differ by less than one grey value in the mean.
    """
    twice = 2 * tf.cast(size, tf.int64)
    fits = [tf.reduce_all(sides // ratio >= twice) for ratio in _RATIOS[1:]]
    return tf.reduce_sum(tf.cast(fits, tf.int32))


def _jpeg(encoded, ratio=1):
    return tf.io.decode_jpeg(
        encoded, channels=3, ratio=ratio, dct_method="INTEGER_ACCURATE"
    )


def _rotate(pixels, is_rotated, orientation):
    """Rotates and flips an image as its EXIF orientation requires."""
    pixels = tf.transpose(pixels, tf.where(is_rotated, [1, 0, 2], [0, 1, 2]))
    across = tf.reduce_any(orientation == [2, 3, 6, 7])
    down = tf.reduce_any(orientation == [3, 4, 7, 8])
    return tf.raw_ops.Reverse(
        tensor=pixels, dims=tf.stack([down, across, False])
    )


def _webp(encoded):
    # `channels` must not be 0, with which an animation writes out of bounds.
    read = tf.raw_ops.DecodeWebP
    return tf.cond(
        headers.webp_has_alpha(encoded),
        lambda: read(contents=encoded, channels=4)[0, ..., :3],
        lambda: read(contents=encoded, channels=3)[0],
    )


def _bmp(encoded, sides):
    """Reads an uncompressed BMP of 1, 4, 8, 24 or 32 bits per pixel.

    TensorFlow's own decoder interprets the indices of a palette as grey values.
    """
    head = headers.read(encoded, 0, 54)
    bits, compression, start, header_size, height = headers.numbers(
        head, [(28, 2), (30, 4), (10, 4), (14, 4), (22, 4)]
    )
    supported = tf.reduce_any(bits == [1, 4, 8, 24, 32])
    supported &= tf.reduce_any(compression == [0, 3])
    with tf.control_dependencies(
        [tf.debugging.Assert(supported, ["Unsupported kind of BMP."])]
    ):
        stride = (sides[1] * bits + 31) // 32 * 4
    data = tf.strings.substr(encoded, start, sides[0] * stride)
    rows = tf.reshape(tf.io.decode_raw(data, tf.uint8), (sides[0], stride))
    pixels = tf.cond(
        bits <= 8,
        lambda: _apply_palette(encoded, rows, bits, 14 + header_size, sides[1]),
        lambda: tf.reshape(
            rows[:, : sides[1] * bits // 8], (*tf.unstack(sides), bits // 8)
        ),
    )[:, :, 2::-1]
    upward = headers.signed(height) > 0
    return tf.raw_ops.Reverse(
        tensor=pixels, dims=tf.stack([upward, False, False])
    )


def _apply_palette(encoded, rows, bits, start, width):
    """Looks up palette indices of 1, 4 or 8 bits."""
    shifts = tf.range(8 - bits, -1, -bits)
    mask = tf.bitwise.left_shift(tf.constant(1, tf.int64), bits) - 1
    rows = tf.cast(rows, tf.int64)[..., None]
    indices = tf.bitwise.right_shift(rows, shifts)
    indices = tf.bitwise.bitwise_and(indices, mask)
    indices = tf.reshape(indices, (tf.shape(rows)[0], -1))[:, :width]
    palette = headers.read(encoded, start, 4 * 256)
    palette = tf.cast(tf.reshape(palette, (256, 4)), tf.uint8)
    return tf.gather(palette, indices)
