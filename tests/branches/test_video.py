import keras
import numpy as np
import pytest
from checks import check_saves
from checks import check_trains
from checks import numpy
from checks import randomize

from mmkeras import branches
from mmkeras import layers

VIDEO = np.random.default_rng(0).uniform(0.1, 1, (2, 3, 16, 16, 3))
VIDEO = VIDEO.astype("float32")


def pooled(branch):
    video = keras.Input(branch.input_shape[1:], name="video")
    return keras.Model(video, layers.MaskedPool()(branch(video)))


def small(length=3):
    return branches.video.frames((length, 16, 16, 3), 8)


def test_black_frames_at_the_end_are_padding():
    short, long = small(), small(5)
    randomize(short)
    long.set_weights(short.get_weights())
    longer = np.pad(VIDEO, [(0, 0), (0, 2), *[(0, 0)] * 3])
    assert short.output_shape == (None, 3, 8)
    np.testing.assert_allclose(
        numpy(pooled(long)(longer)),
        numpy(pooled(short)(VIDEO)),
        rtol=1e-4,
        atol=1e-5,
    )


def test_the_order_of_frames_counts():
    model = pooled(randomize(small()))
    forward, backward = numpy(model(VIDEO)), numpy(model(VIDEO[:, ::-1]))
    assert np.abs(forward - backward).max() > 1e-2


def test_every_frame_goes_through_the_image_branch():
    encoder = randomize(branches.image.cnn((16, 16, 3), 4, depth=2))
    branch = branches.video.frames((3, 16, 16, 3), 8, image=encoder)
    features = (
        numpy(encoder(VIDEO.reshape(6, 16, 16, 3))).mean(1).reshape(2, 3, 4)
    )
    gru = branch.get_layer("bidirectional")
    np.testing.assert_allclose(
        numpy(branch(VIDEO)), numpy(gru(features)), rtol=1e-4, atol=1e-5
    )


def test_each_frame_is_encoded_by_itself():
    encoder = randomize(branches.image.cnn((16, 16, 3), 4, depth=2))
    branch = branches.video.each_frame(encoder, 3)
    assert branch.input_shape == (None, 3, 16, 16, 3)
    expected = [numpy(encoder(VIDEO[:, i])).mean(1) for i in range(3)]
    np.testing.assert_allclose(
        numpy(branch(VIDEO)), np.stack(expected, 1), rtol=1e-4, atol=1e-5
    )
    check_saves(branch, VIDEO)


def test_saves_and_learns():
    model = pooled(randomize(small()))
    check_saves(model, VIDEO)
    check_trains(model, VIDEO)


def test_what_is_no_video_is_refused():
    with pytest.raises(ValueError, match=r"video.*shape=\(16, 16, 3\)"):
        branches.video.frames((16, 16, 3))
    with pytest.raises(ValueError, match="dim=5"):
        branches.video.frames((3, 16, 16, 3), 5)
