"""Image codec: the bytes of an image file to pixels."""

import functools
import typing

import keras
import numpy as np
import tensorflow as tf

from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs.codec import Codec
from mmkeras.data.decoding import fast_jpeg
from mmkeras.data.decoding import headers
from mmkeras.data.decoding import pixels
from mmkeras.data.decoding import try_else

_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


class Image(Codec):
    """Decodes JPEG, PNG, GIF, BMP and WebP bytes to pixels of one size.

    It uses only core TensorFlow, so it runs in `tf.data` and in a SavedModel
    without Keras. The EXIF rotation of a JPEG, PNG or WebP is applied; only the
    first frame of an animation is used; transparency is dropped; 16 bits per
    channel become 8. WebP needs a TensorFlow that has `tf.raw_ops.DecodeWebP`
    (2.21 has).

    Args:
        size: Height and width of the result, in pixels. Images are
            resized without keeping the aspect ratio: by averaging areas if
            they shrink, else by bilinear interpolation.
        limit: int. Maximum number of pixels (height times width). The size is
            read from the header, so that larger files are rejected before
            they take any memory.
        interpolation: How images are resized instead: `"nearest"`,
            `"bilinear"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`, with
            values rounded; or `None`.
        antialias: bool. Whether this filters images that shrink.
        crop: bool. Whether to cut off the longer side instead of changing the
            aspect ratio; needs `interpolation`.

    Attributes:
        resizing: A `decoding.pixels.Resizing`; `None` by default.

    Raises:
        ValueError: If an argument is not positive, the interpolation is
            unknown, or it is missing.

    Example:

    >>> codec = Image((224, 224))
    >>> dataset.map(lambda example: codec(example["image"]))
    """

    kind = "image"
    in_file = True
    dtype = "uint8"

    def __init__(
        self,
        size=(224, 224),
        limit=50_000_000,
        interpolation=None,
        antialias=False,
        crop=False,
    ):
        size = tuple(int(side) for side in size)
        if len(size) != 2 or min(size) < 1:
            raise ValueError(
                "`size` must be a height and a width of at least one pixel. "
                f"Received: size={size}"
            )
        if limit < 1:
            raise ValueError(
                f"`limit` must be at least 1 pixel. Received: limit={limit}"
            )
        _check_interpolation(interpolation, antialias, crop)
        self.size = size
        self.limit = int(limit)
        self.resizing = interpolation and pixels.Resizing(
            interpolation, bool(antialias), bool(crop)
        )

    @classmethod
    def from_converter(cls, converter, size):
        """Makes the codec that resizes as a pretrained network expects.

        Args:
            converter: A `keras_hub.layers.ImageConverter`, or `None` for the
                default.
            size: Height and width of the images in pixels.

        Returns:
            An `Image`.

        Raises:
            ValueError: If the converter pads images.
        """
        if converter is None:
            return cls(size)
        if converter.pad_to_aspect_ratio:
            raise ValueError(
                "Images that are padded to an aspect ratio are not supported. "
                f"Received: {converter.name} with pad_to_aspect_ratio=True"
            )
        return cls(
            size,
            interpolation=converter.interpolation,
            antialias=converter.antialias,
            crop=converter.crop_to_aspect_ratio,
        )

    @property
    def shape(self):
        """Shape of one decoded image: `(height, width, 3)`."""
        return (*self.size, 3)

    def __call__(self, encoded):
        """Decodes one image.

        Args:
            encoded: Scalar string tensor or bytes.

        Returns:
            uint8 tensor of shape `(height, width, 3)`.

        Raises:
            tf.errors.InvalidArgumentError: If it is not an image, is corrupt
                or is larger than `limit`.
        """
        if not tf.inside_function():
            return self._graphs.one(encoded, self.size, self.limit)
        with tf.device("CPU:0"):  # Inlined: in tf.data a call costs time.
            decoded = _decode_or_raise(
                self.resizing, encoded, self.size, self.limit
            )
        return tf.ensure_shape(decoded, self.shape)

    def batch(self, encoded):
        """Decodes a batch of images, all of which must be good.

        Args:
            encoded: String tensor of shape `(n,)`.

        Returns:
            uint8 tensor of shape `(n, height, width, 3)`.

        Raises:
            tf.errors.InvalidArgumentError: If any image is bad; the error
                says which and why.
        """
        decoded = self._graphs.all(encoded, self.size, self.limit)
        return tf.ensure_shape(decoded, (None, *self.shape))

    def try_batch(self, encoded):
        """Decodes a batch of images, some of which may be bad.

        Args:
            encoded: String tensor of shape `(n,)`.

        Returns:
            Tuple of pixels, uint8 `(n, height, width, 3)`, black where an
            image is bad, and errors, string `(n,)`, `""` where there is none.
            No row depends on another.
        """
        decoded, errors = self._graphs.many(encoded, self.size, self.limit)
        return tf.ensure_shape(decoded, (None, *self.shape)), errors

    def encode(self, packed):
        """See `Codec.encode`: pixels are uint8."""
        present = tf.strings.length(packed) > 0
        pixels, errors = self.try_batch(packed)
        return pixels, present, tf.where(present, errors, "")

    def samples(self):
        """See `Codec.samples`: files of several formats."""
        return sample_values.images()

    def read(self, files):
        """Decodes as `try_batch` does, outside a graph.

        With the extra `fast`, plain JPEG files that are enlarged are decoded
        by other libraries, in less than half the time. Their values differ
        from those of `try_batch` only where a tie is rounded differently, by
        one.

        Args:
            files: List of bytes.

        Returns:
            Tuple of NumPy arrays as `try_batch` returns: pixels, and errors
            as bytes.
        """
        pixels = np.empty((len(files), *self.shape), "uint8")
        errors = np.full(len(files), b"", object)
        remaining = []
        for i, file in enumerate(files):
            image = None
            if self.resizing is None:
                image = fast_jpeg.enlarge(file, self.size, self.limit)
            if image is None:
                remaining.append(i)
            else:
                pixels[i] = image
        if remaining:
            encoded = tf.constant([files[i] for i in remaining], tf.string)
            decoded, causes = self.try_batch(encoded)
            pixels[remaining] = decoded.numpy()
            errors[remaining] = causes.numpy()
        return pixels, errors

    def normalize(self, pixels):
        """Scales uint8 pixels to float32 in [0, 1].

        Args:
            pixels: Array or tensor of any backend, of any shape.

        Returns:
            Tensor of the backend in use, or of TensorFlow in its graphs.
        """
        if tf.is_tensor(pixels):
            if tf.inside_function():
                return tf.cast(pixels, "float32") / 255
            pixels = pixels.numpy()
        return keras.ops.cast(pixels, "float32") / 255

    def blank(self, answers, errors):
        """Blanks the answers for images that could not be read.

        Args:
            answers: Dict of tensors of shape `(n,)`.
            errors: String tensor of shape `(n,)`, as from `try_batch`.

        Returns:
            Dict of the answers, `""` or 0 where there is an error, and
            `"error"`.
        """
        result = {"error": errors}
        for name, answer in answers.items():
            if not tf.is_tensor(answer):
                answer = tf.convert_to_tensor(
                    keras.ops.convert_to_numpy(answer)
                )
            empty = tf.zeros_like(answer)
            result[name] = tf.where(errors == "", answer, empty)
        return result

    def get_config(self):
        config = {"size": list(self.size), "limit": self.limit}
        if self.resizing is None:  # As of earlier versions.
            return config
        method, antialias, crop = self.resizing
        return {
            **config,
            "interpolation": method,
            "antialias": antialias,
            "crop": crop,
        }

    @property
    def _graphs(self):
        return _graphs_of(self.resizing)


def _check_interpolation(interpolation, antialias, crop):
    if interpolation is None and (antialias or crop):
        raise ValueError(
            "`antialias` and `crop` need an `interpolation`, such as "
            f"'bicubic'. Received: antialias={antialias}, crop={crop}"
        )
    if interpolation not in (None, *_INTERPOLATIONS):
        raise ValueError(
            f"`interpolation` must be one of {', '.join(_INTERPOLATIONS)}. "
            f"Received: interpolation={interpolation!r}"
        )


def _all_or_raise(resizing, encoded, size, limit):
    decoded, errors = _graphs_of(resizing).many(encoded, size, limit)
    bad = tf.where(errors != "")[:, 0]
    rows = tf.strings.as_string(bad)
    causes = tf.strings.join([rows, tf.gather(errors, bad)], ": ")
    error = tf.strings.reduce_join(causes, separator="; ")
    error = tf.strings.join(["Images that cannot be decoded, by row: ", error])
    with tf.control_dependencies(
        [tf.debugging.Assert(tf.size(bad) == 0, [error])]
    ):
        return tf.identity(decoded)


def _try_each(resizing, encoded, size, limit):
    """Decodes all together; if that fails, each separately."""

    def decode(encoded):
        return pixels.decode(encoded, size, limit, resizing)

    def explain(encoded):
        return pixels.black(size), _reason(encoded)

    def decode_or_explain(encoded):  # Without the operations of `decode`.
        decode_any = pixels.by_kind(resizing)
        return try_else.try_else(
            lambda encoded: decode_any(encoded, size, limit), explain, encoded
        )

    def decode_all():
        return try_else.try_else(
            functools.partial(_each, decode),
            functools.partial(_each, decode_or_explain),
            encoded,
        )

    def empty():  # `map_fn` could not infer the size.
        return pixels.black(size)[None][:0], tf.constant([], tf.string)

    return tf.cond(tf.size(encoded) > 0, decode_all, empty)


def _decode_or_raise(resizing, encoded, size, limit):
    """Decodes an image, or raises an error in the graph."""
    decoded, error = pixels.decode(encoded, size, limit, resizing)
    with tf.control_dependencies([tf.debugging.Assert(error == "", [error])]):
        return tf.identity(decoded)


def _each(decode, encoded):
    image = tf.TensorSpec((None, None, 3), tf.uint8)
    error = tf.TensorSpec((), tf.string)
    return tf.map_fn(decode, encoded, fn_output_signature=(image, error))


def _reason(encoded):
    """Explains why a file cannot be decoded."""
    kind = headers.kind(encoded)
    whole = headers.complete(encoded, kind)
    state = tf.where(whole, "corrupt or unusual ", "truncated ")
    names = tf.constant([*headers.KINDS, "image"])
    return tf.strings.join([state, tf.gather(names, kind)])


class _Graphs(typing.NamedTuple):
    one: typing.Callable
    many: typing.Callable
    all: typing.Callable


# Size and limit are arguments, so that all codecs share these graphs, which
# take seconds to trace and to optimize.
@functools.cache
def _graphs_of(resizing):
    return _Graphs(
        _graph(_decode_or_raise, resizing, ()),
        _graph(_try_each, resizing, (None,)),
        _graph(_all_or_raise, resizing, (None,)),
    )


def _graph(function, resizing, shape):
    """Compiles a function of strings, for the CPU."""

    def on_cpu(encoded, size, limit):
        with tf.device("CPU:0"):
            return function(resizing, encoded, size, limit)

    signature = [
        tf.TensorSpec(shape, tf.string),
        tf.TensorSpec((2,), tf.int32),
        tf.TensorSpec((), tf.int64),
    ]
    return tf.function(on_cpu, input_signature=signature, autograph=False)
