"""Decodes videos such as MP4, AVI, MOV and WebM, with PyAV."""

import io

import numpy as np


def read(data, choose, limit):
    """Decodes chosen frames of a video.

    It is decoded twice, since the number of frames that a file declares may
    be missing or wrong; frames are decoded one by one.

    Args:
        data: The bytes of the file.
        choose: Function of the number of frames to the indices of some, in
            ascending order.
        limit: int. Maximum number of pixels of a frame.

    Returns:
        uint8 array `(frames, height, width, 3)`.

    Raises:
        ValueError: If PyAV is not installed, or the file cannot be decoded.
    """
    try:
        import av
    except ImportError as error:
        raise ValueError(
            "not an animated GIF, an .npy array or a ZIP archive of frames. "
            "Other videos, such as MP4, need PyAV: pip install mmkeras[video]"
        ) from error
    try:
        count = sum(1 for _ in _frames(av, data, limit))
        places = [int(place) for place in choose(count)] if count else []
        wanted, images = set(places), {}
        for i, frame in enumerate(_frames(av, data, limit)):
            if i in wanted:
                images[i] = _to_array(frame)
    except (av.error.FFmpegError, MemoryError) as error:
        raise ValueError(f"not a video that can be decoded: {error}") from error
    if not images:
        raise ValueError("a file without video")
    shapes = {image.shape for image in images.values()}
    if len(shapes) > 1:
        raise ValueError("a video whose frames differ in size")
    return np.stack([images[place] for place in places])


def _frames(av, data, limit):
    with av.open(io.BytesIO(data)) as container:
        if not container.streams.video:
            return
        stream = container.streams.video[0]
        pixels = (stream.width or 0) * (stream.height or 0)
        if pixels > limit:
            raise ValueError(
                f"over {limit} pixels ({stream.height} x {stream.width})"
            )
        yield from container.decode(stream)


def _to_array(frame):
    """Red, green and blue, upright as a player shows it."""
    image = frame.to_ndarray(format="rgb24")
    quarters = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.rot90(image, quarters)
