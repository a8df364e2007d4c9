"""Video codec: the bytes of a video to frames."""

import io
import os

import numpy as np
import tensorflow as tf

from mmkeras.data import files
from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs.codec import Codec
from mmkeras.data.codecs.image import Image
from mmkeras.data.decoding import clips
from mmkeras.data.decoding import containers
from mmkeras.data.decoding import frame_files
from mmkeras.data.decoding import headers


class Video(Codec):
    """Decodes a video to a fixed number of frames of one size.

    The frames are evenly spaced: the middles of `length` equal parts of the
    clip, see `decoding.clips.places`; a shorter clip repeats frames. They are
    resized as images are, see `Image`.

    Raw values are the path or the bytes of an animated GIF, of an `.npy` file
    with a uint8 array `(frames, height, width, 3)`, of a ZIP archive of image
    files, or, with the extra `video`, of any container that PyAV reads (MP4,
    AVI, MOV, WebM, ...); the path of a folder of image files, in the order of
    their names; a list of the paths or bytes of images; or such an array.
    A SavedModel decodes GIFs and `.npy` files only.

    Partial frames of a GIF are drawn over the one before, whatever its
    disposal method.

    Args:
        length: int. Number of frames.
        size: Height and width of a frame in pixels.
        limit: int. Maximum number of pixels of all frames of a GIF or an
            array, and of one frame of other videos.
        interpolation: As of `Image`.
        antialias: As of `Image`.
        crop: As of `Image`.

    Raises:
        ValueError: If an argument is not positive, or as of `Image`.
    """

    kind = "video"
    in_file = True
    dtype = "uint8"

    def __init__(
        self,
        length=16,
        size=(64, 64),
        limit=100_000_000,
        interpolation=None,
        antialias=False,
        crop=False,
    ):
        if length < 1:
            raise ValueError(
                f"`length` must be at least 1 frame. Received: length={length}"
            )
        self.length = int(length)
        self.image = Image(size, limit, interpolation, antialias, crop)

    @property
    def shape(self):
        """Shape of one decoded video: `(length, height, width, 3)`."""
        return self.length, *self.image.shape

    def read_file(self, path):
        """See `Codec.read_file`; of a folder, the chosen frames."""
        if not os.path.isdir(path):
            return files.read(path)
        frames = frame_files.names(path)
        if not frames:
            raise ValueError("a folder without images")
        chosen = sorted({*self._places(len(frames)).tolist()})
        return frame_files.pack([frames[i] for i in chosen])

    def try_batch(self, encoded):
        """Decodes a batch of videos, some of which may be bad.

        In a graph, it uses TensorFlow operations alone, and reads GIFs and
        `.npy` files only.

        Args:
            encoded: String tensor of shape `(n,)`.

        Returns:
            Tuple of frames, uint8 `(n, length, height, width, 3)`, black where
            a video is bad, and errors, string `(n,)`, `""` where there is
            none.
        """
        if tf.inside_function():
            frames, errors = self._decode(encoded)
        else:
            frames, errors = self.read(encoded.numpy().tolist())
            frames = tf.constant(frames)
            errors = tf.constant(errors, tf.string)
        return tf.ensure_shape(frames, (None, *self.shape)), errors

    def encode(self, packed):
        """See `Codec.encode`: pixels are uint8."""
        present = tf.strings.length(packed) > 0
        frames, errors = self.try_batch(packed)
        return frames, present, tf.where(present, errors, "")

    def read(self, files):
        """Decodes as `try_batch` does, outside a graph.

        Args:
            files: List of bytes.

        Returns:
            Tuple of NumPy arrays as `try_batch` returns: frames, and errors
            as bytes.
        """
        frames = np.zeros((len(files), *self.shape), "uint8")
        errors = np.full(len(files), b"", object)
        for i, file in enumerate(files):
            try:
                frames[i] = self._read(file)
            except ValueError as error:
                errors[i] = str(error).encode("utf-8", "replace")
        return frames, errors

    def normalize(self, x):
        """Scales uint8 pixels to float32 in [0, 1]; see `Image`."""
        return self.image.normalize(x)

    def samples(self):
        """See `Codec.samples`: GIFs and an array, and unreadable ones."""
        return sample_values.videos()

    def get_config(self):
        return {"length": self.length, **self.image.get_config()}

    def _to_bytes(self, value):
        """Also packs an array of frames, or a list of images."""
        if isinstance(value, (list, tuple, np.ndarray)):
            return to_file(value)
        return super()._to_bytes(value)

    def _read(self, file):
        """Decodes one file; raises a `ValueError` if it is bad."""
        if not file or clips.reads(file):
            [frames], [error] = self._decode(tf.constant([file]))
            if error != b"":
                raise ValueError(error.numpy().decode())
            return frames
        if file.startswith(frame_files.MAGIC):
            return self._read_images(file)
        if headers.kind(file) != headers.UNKNOWN:
            raise ValueError("a still image, not a video")
        frames = containers.read(file, self._places, self.image.limit)
        _, resize = clips.graphs_of(self.image.resizing)
        return resize(frames, self.image.size)

    def _read_images(self, file):
        images, places = frame_files.unpack(file, self._places)
        frames, errors = self.image.read(list(images.values()))
        for name, error in zip(images, errors):
            if error:
                raise ValueError(f"frame {name}: {error.decode()}")
        return frames[places]

    def _decode(self, encoded):
        decode, _ = clips.graphs_of(self.image.resizing)
        return decode(encoded, self.length, self.image.size, self.image.limit)

    def _places(self, count):
        return clips.places(count, self.length).numpy()


def to_file(value):
    """Writes frames as one file, which `Video` reads.

    Args:
        value: uint8 array `(frames, height, width, 3)`, or a list of such
            frames, or of the paths or bytes of image files.

    Returns:
        bytes.

    Raises:
        ValueError: If it is anything else, or a file cannot be read.
    """
    are_images = isinstance(value, (list, tuple)) and all(
        isinstance(frame, (str, bytes, os.PathLike)) for frame in value
    )
    if are_images and value:
        return frame_files.pack(value)
    try:
        frames = np.asarray(value)
    except ValueError:  # Frames of different sizes.
        frames = np.empty(0)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3:
        raise ValueError(
            "Expected a video: a uint8 array (frames, height, width, 3), or a "
            "list of the paths or bytes of images. Received: an array of "
            f"shape {frames.shape}, {frames.dtype}"
        )
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(frames))
    return buffer.getvalue()
