import io
import struct
import zipfile

import clips
import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from mmkeras.data import codecs
from mmkeras.data.decoding import clips as decoding
from mmkeras.data.decoding import gif

RNG = np.random.default_rng(0)
# Few colours, so that a GIF holds them exactly.
CLIP = np.repeat(
    np.repeat(RNG.integers(0, 8, (10, 6, 8, 3)) * 32, 2, 1), 2, 2
).astype("uint8")
CODEC = codecs.Video(5, (12, 16))
PICKED = CLIP[[1, 3, 5, 7, 9]]


def decoded(value, codec=CODEC):
    frames, errors = codec.try_batch(codec.pack([value]))
    assert errors.numpy().tolist() == [b""]
    return frames[0].numpy()


def error_of(value, codec=CODEC):
    """The error of a file; its frames are black."""
    packed, [error] = codec.try_pack([value])
    frames, _, [reason] = codec.encode(packed)
    assert not frames.numpy().any()
    return error or reason.numpy().decode()


@pytest.mark.parametrize(
    "count, expected",
    [
        (1, [0, 0, 0, 0]),
        (3, [0, 1, 1, 2]),
        (4, [0, 1, 2, 3]),
        (8, [1, 3, 5, 7]),
        (9, [1, 3, 5, 7]),
    ],
)
def test_frames_are_the_middles_of_equal_parts(count, expected):
    formula = [int((i + 0.5) * count / 4) for i in range(4)]
    assert decoding.places(count, 4).numpy().tolist() == expected == formula


def test_every_form_of_a_video_has_the_same_frames(tmp_path):
    folder = clips.folder(tmp_path / "frames", CLIP)
    images = [clips.png(image) for image in CLIP]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("notes.txt", b"no image")
        for i in reversed(range(10)):
            file.writestr(f"clip/{i}.png", images[i])
    for value in (
        clips.gif(CLIP),
        clips.array(CLIP),
        CLIP,
        list(CLIP),
        images,
        [str(folder / f"frame {i}.png") for i in range(10)],
        archive.getvalue(),
        CODEC.read_file(folder),
    ):
        np.testing.assert_array_equal(decoded(value), PICKED)


def test_names_are_in_the_order_of_their_numbers(tmp_path):
    clip = np.stack([np.full((4, 4, 3), 20 * i, "uint8") for i in range(12)])
    folder = clips.folder(tmp_path / "frames", clip)
    codec = codecs.Video(12, (4, 4))
    np.testing.assert_array_equal(
        decoded(codec.read_file(folder), codec)[:, 0, 0, 0], 20 * np.arange(12)
    )


@pytest.mark.slow
def test_frames_are_resized_as_images_are(tmp_path):
    for options in ({}, {"interpolation": "bicubic", "crop": True}):
        codec = codecs.Video(5, (9, 7), **options)
        image = codecs.Image((9, 7), **options)
        expected = [image(clips.png(frame)) for frame in PICKED]
        for value in (clips.gif(CLIP), CLIP, [clips.png(x) for x in CLIP]):
            np.testing.assert_array_equal(decoded(value, codec), expected)


def test_an_export_reads_gifs_and_arrays_as_training_does():
    encode = tf.function(CODEC.encode, autograph=False)
    files = CODEC.pack([clips.gif(CLIP), CLIP, None, [clips.png(CLIP[0])]])
    frames, present, errors = encode(files)
    np.testing.assert_array_equal(frames[:2], [PICKED, PICKED])
    assert present.numpy().tolist() == [True, True, False, True]
    assert errors[2] == b""
    assert b"neither an animated GIF nor" in errors[3].numpy()


def test_a_partial_frame_is_drawn_over_the_one_before():
    clip = np.zeros((3, 8, 8, 3), "uint8")
    clip[1:, 2:4, 3:6], clip[2, 5:7, 1:3] = 255, 128
    np.testing.assert_array_equal(
        decoded(clips.gif(clip), codecs.Video(3, (8, 8))), clip
    )


BAD = {
    "truncated GIF": (clips.gif(CLIP)[:-200], "truncated or corrupt GIF"),
    "GIF without frames": (b"GIF89a\x08\0\x08\0\0\0\0\x3b", "truncated or"),
    "still image": (clips.png(CLIP[0]), "a still image"),
    "a text": (b"not a video at all", "not a"),
    "truncated array": (clips.array(CLIP)[:-1], "truncated .npy array"),
    "array of floats": (clips.array(CLIP / 2), "expected an .npy array of ui"),
    "grey frames": (clips.array(CLIP[..., 0]), "expected an .npy array of"),
    "no frames": (clips.array(CLIP[:0]), "without frames"),
    "header alone": (b"\x93NUMPY\x01\0\xff\xff{", "expected an .npy array"),
    "empty archive": (b"PK\5\6" + bytes(18), "a ZIP archive without images"),
    "damaged archive": (b"PK\3\4" + bytes(50), "corrupt ZIP archive"),
    "corrupt frame": (
        [clips.png(CLIP[0]), clips.png(CLIP[1])[:60]],
        "frame 000001.img: truncated PNG",
    ),
    "list of numbers": ([1, 2], "Expected a video"),
    "frames of two sizes": ([CLIP[0], CLIP[1, 1:]], "Expected a video"),
    "empty list": ([], "Expected a video"),
    "missing frame": (["missing.png"], "missing.png: no such file"),
}


@pytest.mark.parametrize("value, message", BAD.values(), ids=BAD)
def test_a_bad_video_is_an_error(value, message):
    assert message in error_of(value)


def test_an_empty_file_is_an_error():
    frames, errors = CODEC.read([b"", clips.gif(CLIP)])
    assert errors.tolist() == [b"empty", b""]
    assert not frames[0].any() and (frames[1] == PICKED).all()


def test_a_bad_video_does_not_harm_its_neighbours():
    good = clips.gif(CLIP)
    values = [good, *(value for value, _ in BAD.values()), CLIP]
    packed, _ = CODEC.try_pack(values)
    frames, _, errors = CODEC.encode(packed)
    np.testing.assert_array_equal(frames[0], PICKED)
    np.testing.assert_array_equal(frames[-1], PICKED)
    assert errors[0] == errors[-1] == b""


def test_a_damaged_gif_is_an_error_or_has_frames():
    file, rng = clips.gif(CLIP), np.random.default_rng(1)
    damaged = []
    for _ in range(60):
        changed = bytearray(file)
        for place in rng.integers(13, len(file), 3):
            changed[place] = rng.integers(256)
        damaged.append(bytes(changed))
    frames, errors = CODEC.try_batch(tf.constant(damaged))
    is_bad = errors.numpy() != b""
    assert 10 < is_bad.sum() < 60
    assert not frames.numpy()[is_bad].any()


def test_a_gif_that_declares_too_much_is_refused_before_it_is_decoded():
    file = bytearray(clips.gif(CLIP[:1]))
    place = file.index(b"\x2c", 13 + 3 * 8)
    file[place + 5 : place + 9] = struct.pack("<HH", 60_000, 60_000)
    assert "over 100000000 pixels (1 x 60000 x 60000)" in error_of(bytes(file))
    small = codecs.Video(2, (4, 4), limit=1000)
    message = "over 1000 pixels (10 x 12 x 16)"
    assert message in error_of(clips.gif(CLIP), small)
    assert message in error_of(CLIP, small)


@pytest.mark.parametrize("side", [1, 40, 300])
def test_the_frames_of_a_gif_are_counted(side):
    noise = RNG.integers(0, 256, (3, side, side + 1, 3)).astype("uint8")
    count, sides, complete = gif.measure(tf.constant(clips.gif(noise)))
    assert count == 3 and complete
    assert sides.numpy().tolist() == [side, side + 1]
    assert not gif.measure(tf.constant(clips.gif(noise)[:-1]))[2]


def test_other_videos_are_read_by_pyav(tmp_path):
    av = pytest.importorskip("av")
    clip = np.stack([np.full((48, 64, 3), 25 * i, "uint8") for i in range(10)])
    for name, form in (("mpeg4", "mp4"), ("mpeg4", "avi"), ("vp8", "webm")):
        file = tmp_path / f"clip.{form}"
        with av.open(str(file), "w") as container:
            stream = container.add_stream(name, rate=10)
            stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
            for image in clip:
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        grey = decoded(file.read_bytes()).mean((1, 2, 3))
        np.testing.assert_allclose(grey, [25, 75, 125, 175, 225], atol=12)
    assert error_of(file.read_bytes()[:100])
    limited = codecs.Video(2, (4, 4), limit=1000)
    assert "over 1000 pixels (48 x 64)" in error_of(file.read_bytes(), limited)


def test_without_pyav_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    assert "pip install mmkeras[video]" in error_of(b"\0\0\0\x18ftypmp42")


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(ValueError, match="folder without images"):
        CODEC.read_file(tmp_path)
    with pytest.raises(ValueError, match="no such file"):
        CODEC.read_file(tmp_path / "missing.gif")


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="length=0"):
        codecs.Video(0)
    with pytest.raises(ValueError, match="crop=True"):
        codecs.Video(2, crop=True)


def test_the_configuration_is_that_of_the_frames_and_images():
    codec = codecs.Video(3, (4, 5), interpolation="bicubic", antialias=True)
    again = codecs.from_config(codecs.to_config(codec))
    assert again.get_config() == codec.get_config()
    assert again.shape == (3, 4, 5, 3)


def test_a_still_image_is_a_video_of_one_frame_if_it_is_a_gif():
    file = io.BytesIO()
    PIL.Image.fromarray(CLIP[0]).save(file, "GIF")
    np.testing.assert_array_equal(decoded(file.getvalue()), CLIP[[0] * 5])
