import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data import pipeline

OWNERS = np.array([0, 0, 0, 0, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
LENGTHS = 2 + np.arange(14) % 6
# A sentence begins with its number, so that batches can be read.
TOKENS = np.where(np.arange(9) < LENGTHS[:, None], 20, 0)
TOKENS[:, 0] = 1 + np.arange(14)
# The number of an image, and after the point that of the view.
IMAGES = np.arange(5.0)[None, :, None] + [[[0.0]], [[0.5]]]


def read(batch_size, epochs, **options):
    batches = pipeline.teaching(
        IMAGES, OWNERS, TOKENS, batch_size, epochs, **options
    )
    return [
        (x["image"][:, 0], x["tokens"], y)
        for x, y in batches.as_numpy_iterator()
    ]


def test_each_caption_comes_with_its_image_once_an_epoch():
    batches = read(7, 2)
    assert len(batches) == 4
    for epoch in (batches[:2], batches[2:]):
        said = np.concatenate([tokens[:, 0] for _, tokens, _ in epoch]) - 1
        seen = np.concatenate([image for image, _, _ in epoch])
        assert sorted(said) == list(range(14))
        np.testing.assert_array_equal(OWNERS[said], seen.astype(int))
    views = {value for image, _, _ in batches for value in image % 1}
    assert views == {0.0, 0.5}


@pytest.mark.parametrize("options", [{}, {"together": 2}])
def test_targets_are_the_tokens_one_step_on(options):
    for _, tokens, targets in read(4, 1, **options):
        np.testing.assert_array_equal(tokens[:, 1:], targets[:, :-1])
        assert np.any(targets[:, -4:])  # Padded by three at most.


@pytest.mark.parametrize("options", [{}, {"together": 2}])
def test_an_epoch_depends_on_seed_and_number_alone(options):
    whole, again = read(4, 3, **options), read(4, 3, **options, start=1)
    for left, right in zip(whole[-len(again) :], again, strict=True):
        for one, other in zip(left, right):
            np.testing.assert_array_equal(one, other)
    other = read(4, 3, **options, seed=1)
    assert any(
        left[1].shape != right[1].shape or np.any(left[1] != right[1])
        for left, right in zip(whole, other)
    )


def test_captions_of_a_image_go_together():
    drawn = set()
    for images, tokens, _ in read(6, 8, together=3):
        said = tokens[:, 0].reshape(2, 3) - 1
        for image, numbers in zip(images.astype(int), said):
            own = {i for i in numbers if i >= 0}  # The others are blank.
            assert own <= set(np.flatnonzero(OWNERS == image))
            assert len(own) == min(3, np.sum(OWNERS == image))
            drawn |= own
    assert drawn == set(range(14))  # Of four captions, others each epoch.


def test_images_with_long_captions_share_batches():
    owners = np.repeat(np.arange(12), 2)
    long = owners % 3 == 0
    lengths = np.where(long & (np.arange(24) % 2 == 1), 9, 4)
    tokens = np.where(np.arange(9) < lengths[:, None], 1, 0)
    images = np.zeros((1, 12, 1))
    batches = pipeline.teaching(images, owners, tokens, 8, 6, together=2)
    widths = [y.shape[1] for _, y in batches]
    assert sorted(widths) == [4] * 12 + [8] * 6  # Of three batches, one.
    assert widths != sorted(widths)


def test_blank_captions_fill_what_images_lack():
    for images, tokens, targets in read(5, 1, together=5):
        many = np.count_nonzero(tokens[:, 0])
        assert many == np.sum(OWNERS == images[0].astype(int))
        assert not tokens[many:].any() and not targets[many:].any()


@pytest.mark.parametrize("options", [{}, {"together": 2}])
def test_padding_is_left_out_but_for_some(options):
    plain = pipeline.teaching(IMAGES, OWNERS, TOKENS, 4, 1, **options)
    weighted = plain.map(lambda x, y: (x, y, tf.range(4)))
    pairs = zip(plain, pipeline.without_padding(weighted), strict=True)
    left = 0
    for (_, targets), (x, words, weights) in pairs:
        places, count = x["places"].numpy(), np.count_nonzero(targets)
        assert len(places) == len(words) == len(weights)
        assert count <= len(places) < count + np.size(targets) / 16 + 1
        said = places[:count]
        np.testing.assert_array_equal(
            words[:count], targets.numpy().ravel()[said]
        )
        np.testing.assert_array_equal(weights[:count], said // targets.shape[1])
        assert len(set(said)) == count and not np.any(words[count:])
        left += np.size(targets) - len(places)
    assert left > 0
    x, _ = next(iter(pipeline.without_padding(plain)))
    assert set(x) == {"image", "tokens", "places"}


@pytest.mark.parametrize("size, together", [(15, 1), (18, 3), (2, 3)])
def test_too_large_a_batch_is_refused(size, together):
    with pytest.raises(ValueError, match="batch"):
        pipeline.steps(OWNERS, size, together)


def test_steps_count_whole_batches():
    assert pipeline.steps(OWNERS, 4) == 3
    assert pipeline.steps(OWNERS, 6, together=3) == 2


def test_texts_of_like_length_share_a_batch():
    lengths = np.random.default_rng(0).integers(1, 40, 64)
    tokens = (np.arange(40) < lengths[:, None]).astype("int32")

    def gather(order, hide=None):
        return {"text": tokens[order]}, order, np.ones(len(order))

    made = pipeline.judging(
        lambda x: x, gather, 64, 8, 2, seed=1, lengths=lengths
    )
    batches = [(x["text"].numpy(), y.numpy()) for x, y, _ in made]
    assert len(batches) == 16
    for text, order in batches:
        longest = lengths[order].max()
        assert text.shape == (8, -(-longest // 8) * 8)
        np.testing.assert_array_equal(text.sum(1), lengths[order])
    first, second = (
        np.concatenate([y for _, y in batches[i : i + 8]]) for i in (0, 8)
    )
    assert sorted(first) == sorted(second) == list(range(64))
    assert list(first) != list(second)
    assert sum(text.shape[1] for text, _ in batches[:8]) < 8 * 32
