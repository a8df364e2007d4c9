import io

import keras
import numpy as np
import PIL.Image
import pytest

import mmkeras
from mmkeras.data import batches
from mmkeras.data import codecs
from mmkeras.data import padding
from mmkeras.data import token_batches
from mmkeras.data.batches import Batching
from mmkeras.tasks import Caption
from mmkeras.tasks import Classify
from mmkeras.training.examples import Examples

pytestmark = pytest.mark.usefixtures("module_cache")

OWNERS = np.array([0, 0, 0, 0, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
# Each caption begins with a letter of its own, to identify it in a batch.
FIRST = "abcdefghijklmnopqrstuvwy"
CAPTIONS = [" ".join([FIRST[i], *"x" * (i % 6)]) for i in range(14)]
GROUPED = {"shared": "image", "bucket_by_length": True}
CASES = [
    Batching(4, bucket_by_length=True),
    Batching(4, group=2, **GROUPED),
    Batching(4, tokens=20),
]


def image(number):
    """A file; the right half is lighter, so that its mirror image differs."""
    pixels = np.full((2, 2, 3), 10 * number, "uint8")
    pixels[:, 1] += 5
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def captioned(captions, owners, views=("plain",)):
    """Examples of captions; each image is cached as its 4 pixels."""
    pixels = keras.Input((2, 2, 3))
    dense = keras.layers.Dense(1, use_bias=False, trainable=False)
    regions = dense(keras.layers.Reshape((4, 3))(pixels))
    dense.set_weights([np.full((3, 1), 255 / 3, "float32")])
    text = codecs.Text([*FIRST, "x"], length=10)
    model = mmkeras.build_model(
        "caption-cnn-lstm",
        vocabulary_size=len(text),
        dim=2,
        image=keras.Model(pixels, regions),
    )
    task = Caption(model, {"image": codecs.Image((2, 2)), "text": text})
    rows = [
        {
            "id": str(number),
            "image": image(number),
            "captions": [captions[i] for i in np.flatnonzero(owners == number)],
        }
        for number in range(max(owners) + 1)
    ]
    return Examples(task, rows, views=views)


@pytest.fixture(scope="module")
def captions():
    return captioned(CAPTIONS, OWNERS, views=("plain", "mirror"))


def read_batches(examples, batching, epochs=1, **options):
    """Batches: per caption the image's number, its view, tokens, targets."""
    dataset = batches.training(examples, batching, epochs, **options)
    parts = []
    for x, y, weight in dataset.as_numpy_iterator():
        pixels = x["image"][..., 0]
        if batching.group > 1:
            pixels = pixels[x["image_index"]]
        targets = np.zeros(x["tokens"].size, int)
        mask = y > 0
        assert (weight[mask] == 1).all()
        targets[x["positions"][mask]] = y[mask]
        targets = targets.reshape(x["tokens"].shape)
        number = np.round(pixels.min(1)) // 10
        view = (pixels[:, 0] > pixels[:, 1]).astype(int)
        parts.append((number.astype(int), view, x["tokens"], targets))
    return parts


def numbers_of(targets):
    """Numbers of captions by their first word; -1 for padding."""
    return np.where(targets[:, 0] > 0, targets[:, 0] - 4, -1)


def test_each_caption_comes_with_its_image_once_per_epoch(captions):
    parts = read_batches(captions, Batching(7, bucket_by_length=True), 2)
    assert len(parts) == 4
    for epoch in (parts[:2], parts[2:]):
        numbers = np.concatenate([numbers_of(part[-1]) for part in epoch])
        images = np.concatenate([part[0] for part in epoch])
        assert sorted(numbers) == list(range(14))
        np.testing.assert_array_equal(OWNERS[numbers], images)
    assert {view for part in parts for view in part[1]} == {0, 1}


def test_an_image_has_one_view_per_batch(captions):
    all_views = set()
    for _, views, _, _ in read_batches(captions, Batching(6, "image", 3), 4):
        groups = views.reshape(2, 3)
        np.testing.assert_array_equal(groups, groups[:, :1].repeat(3, 1))
        all_views |= set(views)
    assert all_views == {0, 1}


@pytest.mark.parametrize("batching", CASES)
def test_targets_are_the_next_tokens(captions, batching):
    for _, _, tokens, targets in read_batches(captions, batching):
        np.testing.assert_array_equal(tokens[:, 1:], targets[:, :-1])
        assert np.any(targets[:, -4:])  # Padded by three at most.


@pytest.mark.parametrize("batching", CASES)
def test_an_epoch_depends_on_the_seed_and_its_number_alone(captions, batching):
    whole = read_batches(captions, batching, 3)
    resumed = read_batches(captions, batching, 3, start=1)
    assert len(resumed) == len(whole) * 2 // 3
    for left, right in zip(whole[-len(resumed) :], resumed, strict=True):
        for one, other in zip(left, right, strict=True):
            np.testing.assert_array_equal(one, other)
    other = read_batches(captions, batching, 3, seed=1)
    assert any(
        left[2].shape != right[2].shape or np.any(left[2] != right[2])
        for left, right in zip(whole, other)
    )


def test_captions_of_an_image_form_a_group(captions):
    all_captions = set()
    for images, _, _, targets in read_batches(
        captions, Batching(6, "image", 3), 8
    ):
        for image, numbers in zip(
            images.reshape(2, 3), numbers_of(targets).reshape(2, 3)
        ):
            assert len(set(image)) == 1
            own = {i for i in numbers if i >= 0}  # The others are blank.
            assert own <= set(np.flatnonzero(OWNERS == image[0]))
            assert len(own) == min(3, np.sum(OWNERS == image[0]))
            all_captions |= own
    assert all_captions == set(range(14))  # Of four, others each epoch.


def test_images_with_long_captions_share_batches():
    owners = np.repeat(np.arange(12), 2)
    is_long = (owners % 3 == 0) & (np.arange(24) % 2 == 1)
    texts = [
        " ".join([FIRST[i], *"x" * (6 if long else 1)])
        for i, long in enumerate(is_long)
    ]
    parts = read_batches(
        captioned(texts, owners), Batching(8, group=2, **GROUPED), epochs=6
    )
    widths = [targets.shape[1] for *_, targets in parts]
    assert sorted(widths) == [4] * 12 + [8] * 6  # Of three batches, one.
    positions = [widths[i : i + 3].index(8) for i in range(0, 18, 3)]
    assert len(set(positions)) > 1  # The batches of an epoch are shuffled.


def test_blank_captions_fill_groups_of_few(captions):
    for images, _, tokens, targets in read_batches(
        captions, Batching(5, "image", 5)
    ):
        count = np.count_nonzero(tokens[:, 0])
        assert count == np.sum(OWNERS == images[0])
        assert not tokens[count:].any() and not targets[count:].any()


@pytest.mark.parametrize("tokens", [1, 12, 30, 1000])
def test_batches_have_a_number_of_tokens(captions, tokens):
    batching = Batching(4, tokens=tokens)
    count = batches.steps(captions, batching)
    parts = read_batches(captions, batching, 3)
    assert len(parts) == 3 * count
    for i in range(0, len(parts), count):
        numbers = [numbers_of(part[-1]) for part in parts[i : i + count]]
        assert sorted(np.concatenate(numbers)) == list(range(14))
    longest = []
    for *_, targets in parts:
        longest.append(np.count_nonzero(targets, axis=1).max())
        assert len(targets) == 1 or len(targets) * longest[-1] <= tokens
    if tokens == 12:  # Of 2, 2, 2, 3; 3, 3, 4; 4, 5; 5, 6; 6; 7; 7 tokens.
        sizes = [len(part[-1]) for part in parts[:count]]
        assert sorted(sizes) == [1, 1, 1, 2, 2, 3, 4]
    starts = [longest[i : i + count] for i in range(0, len(parts), count)]
    assert count < 3 or starts[0] != starts[1] or starts[1] != starts[2]


def test_a_batch_of_tokens_counts_the_longer_of_source_and_target():
    pairs = np.array([[2, 2], [2, 9], [3, 1], [3, 3], [4, 20], [9, 9]])
    # [2 2], then [2 9], [3 1], [3 3] is too much for 18.
    assert token_batches.sizes(pairs, 18) == [2, 2, 1, 1]
    assert token_batches.sizes(pairs[::-1], 18) == [2, 2, 1, 1]
    assert token_batches.sizes(pairs, 10_000) == [6]


@pytest.mark.parametrize("batching", CASES)
def test_little_padding_is_predicted(captions, batching):
    omitted = 0
    dataset = batches.training(captions, batching, 1)
    for x, y, weight in dataset.as_numpy_iterator():
        count, size = np.count_nonzero(y), x["tokens"].size
        assert len(x["positions"]) == len(y) == len(weight)
        assert count <= len(y) < count + size / 16 + 1
        assert len(set(x["positions"][:count])) == count
        assert not np.any(y[count:])
        omitted += size - len(y)
    assert omitted > 0


def test_without_padding_keeps_targets_and_their_weights():
    tokens = np.array([[1, 5, 2, 0, 0], [0, 0, 0, 0, 0], [1, 6, 7, 8, 2]])
    weight = np.array([3.0, 4.0, 5.0])
    inputs, positions, y, weights = padding.without_padding(tokens, weight)
    np.testing.assert_array_equal(inputs, tokens[:, :-1])
    np.testing.assert_array_equal(positions, [0, 1, 8, 9, 10, 11])
    np.testing.assert_array_equal(y, [5, 2, 6, 7, 8, 2])
    np.testing.assert_array_equal(weights, [3, 3, 5, 5, 5, 5])
    # A multiple of a sixteenth of the tokens, here of 2.
    tokens = np.pad(tokens, ((0, 0), (0, 8)))
    tokens[0, 3] = 2
    _, positions, y, weights = padding.without_padding(tokens, weight)
    assert len(positions) == len(y) == len(weights) == 8
    np.testing.assert_array_equal(y, [5, 2, 2, 6, 7, 8, 2, 0])


@pytest.mark.parametrize("size, group", [(15, 1), (18, 3), (2, 3)])
def test_a_batch_larger_than_the_data_is_refused(captions, size, group):
    with pytest.raises(ValueError, match=f"batch of {size}.*Received: "):
        batches.steps(captions, Batching(size, "image", group))


def test_steps_are_whole_batches(captions):
    assert batches.steps(captions, Batching(4)) == 3
    assert batches.steps(captions, Batching(6, "image", 3)) == 2


def numbered(rows, **fields):
    """Examples whose target is their number.

    Args:
        rows: List of dicts of values.
        **fields: Codecs of the inputs.
    """
    x = {
        name: keras.Input(
            codec.shape,
            dtype="int32" if codec.kind == "text" else "float32",
            name=name,
        )
        for name, codec in fields.items()
    }
    features = [keras.layers.Flatten()(value * 1.0) for value in x.values()]
    if len(fields) > 1:
        x["presence"] = keras.Input(
            (len(fields),), dtype="bool", name="presence"
        )
        features = [keras.ops.concatenate(features, -1)]
    model = keras.Model(x, keras.layers.Dense(1)(features[0]))
    task = Classify(model, {**fields, "label": codecs.Labels(kind="number")})
    rows = [{"id": str(i), "label": i, **row} for i, row in enumerate(rows)]
    return Examples(task, rows, keep=False)


def numbered_batches(examples, batching, epochs=1, **options):
    """Batches: inputs, the numbers of the examples, weights."""
    dataset = batches.training(examples, batching, epochs, **options)
    return [
        (x, y.astype(int), weight)
        for x, y, weight in dataset.as_numpy_iterator()
    ]


def texts(lengths):
    """Rows with texts of so many ids, the start and the end included."""
    return [{"text": " ".join("x" * (length - 2))} for length in lengths]


def test_texts_of_similar_length_share_a_batch():
    lengths = np.random.default_rng(0).integers(3, 41, 64)
    examples = numbered(texts(lengths), text=codecs.Text(["x"], length=40))
    parts = numbered_batches(
        examples, Batching(8, bucket_by_length=True), 2, seed=1
    )
    assert len(parts) == 16
    for x, order, _ in parts:
        longest = lengths[order].max()
        assert x["text"].shape == (8, -(-longest // 8) * 8)
        counts = np.count_nonzero(x["text"], axis=1)
        np.testing.assert_array_equal(counts, lengths[order])
    first, second = (
        np.concatenate([order for _, order, _ in parts[i : i + 8]])
        for i in (0, 8)
    )
    assert sorted(first) == sorted(second) == list(range(64))
    assert list(first) != list(second)
    assert sum(x["text"].shape[1] for x, _, _ in parts[:8]) < 8 * 32


def test_batches_hide_some_fields_but_never_all():
    presence = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0]] * 500, bool)
    rows = [
        {name: [1.0] for name, present in zip("abc", row) if present}
        for row in presence
    ]
    examples = numbered(rows, **{n: codecs.Features((1,)) for n in "abc"})
    parts = numbered_batches(examples, Batching(1500, dropout=0.4), 2, seed=3)
    assert len(parts) == 2
    for x, order, _ in parts:
        visible, present = x["presence"], presence[order]
        assert not (visible & ~present).any() and visible.any(1).all()
        complete = visible[present.all(1)]
        # Hidden 0.4 of the time, except where all would be.
        expected = 0.4 - 0.4**3
        assert abs(1 - complete.mean() - expected) < 0.05
    assert (parts[0][1] != parts[1][1]).any()
    np.testing.assert_array_equal(examples.presence, presence)


def test_a_field_may_never_be_hidden():
    rows = [{"a": [1.0], "b": [1.0]}] * 500
    examples = numbered(rows, a=codecs.Features((1,)), b=codecs.Features((1,)))
    [(x, _, _)] = numbered_batches(
        examples, Batching(500, dropout=np.array([0.9, 0.0]))
    )
    visible = x["presence"]
    assert visible[:, 1].all() and 0.05 < visible[:, 0].mean() < 0.15


IMAGES = np.array([0, 1, 0, 2, 0, 1, 3, 0])  # 4, 2, 1 and 1 of each.


def test_a_batch_has_the_image_of_a_group_once():
    rows = [{"image": image(number)} for number in IMAGES]
    examples = numbered(rows, image=codecs.Image((2, 2)))
    parts = numbered_batches(examples, Batching(8, "image", 4), 2, seed=1)
    assert len(parts) == 2 * (4 // 2)  # Two images per batch, two epochs.
    for epoch in (parts[:2], parts[2:]):
        trained = []
        for x, order, weight in epoch:
            assert x["image"].shape == (2, 2, 2, 3) and order.shape == (8,)
            np.testing.assert_array_equal(x["image_index"], [0] * 4 + [1] * 4)
            pixels = x["image"][x["image_index"], 0, 0, 0] * 255
            mask = weight > 0
            np.testing.assert_allclose(
                IMAGES[order][mask] * 10, pixels[mask], atol=1e-3
            )
            trained += order[mask].tolist()
        assert sorted(trained) == list(range(8))


def test_groups_with_long_texts_share_a_batch_that_ends_with_the_longest():
    lengths = np.array([6, 7, 8, 40, 5, 3, 16, 24])
    lengths = np.append(lengths, 39)  # Of an image of its own.
    images = np.append(IMAGES, 4)
    rows = [
        {**row, "image": image(number)}
        for row, number in zip(texts(lengths), images)
    ]
    text = codecs.Text(["x"], length=40)
    examples = numbered(rows, image=codecs.Image((2, 2)), text=text)
    parts = numbered_batches(examples, Batching(4, group=4, **GROUPED), 3)
    assert len(parts) == 3 * 5
    for x, order, weight in parts:
        longest = lengths[order][weight > 0].max()
        assert x["text"].shape == (4, -(-longest // 8) * 8)


def test_inputs_may_be_changed_at_random_by_seed_and_epoch():
    rows = [{"a": [float(i)]} for i in range(4)]
    examples = numbered(rows, a=codecs.Features((1,)))

    def augment(x, rng):
        return {"a": x["a"] + rng.uniform(0.1, 0.2, x["a"].shape)[0]}

    def changes(**options):
        parts = numbered_batches(
            examples, Batching(4), 2, augment=augment, **options
        )
        return [x["a"][:, 0] - order for x, order, _ in parts]

    first, second = changes()
    assert (first > 0.05).all() and abs(first[0] - second[0]) > 1e-4
    np.testing.assert_array_equal(changes(start=1)[0], second)


def test_targets_repeat_for_several_predictions_of_an_example():
    examples = numbered([{"a": [1.0]}] * 4, a=codecs.Features((1,)))
    plain = batches.training(examples, Batching(4), 1)
    [(x, y, weight)] = batches.repeat_targets(plain, 3).as_numpy_iterator()
    assert x["a"].shape == (4, 1)
    [(_, order, _)] = numbered_batches(examples, Batching(4))
    np.testing.assert_array_equal(y, np.repeat(order, 3))
    assert weight.shape == (12,)
