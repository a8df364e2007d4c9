import keras
import numpy as np
import pytest
from checks import check_config
from checks import numpy
from checks import reloaded

from mmkeras import layers

SPECIAL = (0, 1, 2, 3)  # Padding, start, end, unknown: the mask.
RNG = np.random.default_rng(0)


def texts(count=300, words=20, length=26):
    tokens = np.zeros((count, length), "int32")
    tokens[:, 0], tokens[:, words + 1] = 1, 2
    tokens[:, 1 : words + 1] = RNG.integers(4, 50, (count, words))
    return tokens


def layer(**options):
    return layers.MaskTokens(50, 3, SPECIAL, **{"count": 5, **options})


def predicted(outputs, tokens):
    """Whether each position is to be predicted, after checking the words."""
    _, positions, words = outputs
    is_word = words > 0
    rows = np.broadcast_to(np.arange(len(tokens))[:, None], positions.shape)
    np.testing.assert_array_equal(
        tokens[rows, positions][is_word], words[is_word]
    )
    chosen = np.zeros(tokens.shape, bool)
    chosen[rows[is_word], positions[is_word]] = True
    assert chosen.sum() == is_word.sum()  # No word twice.
    return chosen


def test_words_are_hidden_as_in_bert():
    tokens = texts()
    outputs = numpy(layer(seed=1)(tokens, training=True))
    masked, chosen = outputs[0], predicted(outputs, tokens)
    np.testing.assert_array_equal(chosen.sum(1), 3)  # 15 % of 20.
    assert not np.isin(tokens[chosen], SPECIAL).any()
    np.testing.assert_array_equal(masked[~chosen], tokens[~chosen])
    new, old = masked[chosen], tokens[chosen]
    assert np.mean(new == 3) == pytest.approx(0.8, abs=0.05)
    is_other = (new != 3) & (new != old)
    assert np.mean(is_other) == pytest.approx(0.1, abs=0.04)
    assert new[is_other].min() >= 4 and new[is_other].max() < 50
    counts = chosen[:, 1:21].sum(0)
    assert counts.min() > 20  # Of 45: each place is chosen.


def test_training_samples_and_inference_does_not():
    tokens, hide = texts(20), layer()
    first, second = (numpy(hide(tokens, training=True)) for _ in range(2))
    assert not np.array_equal(first[1], second[1])
    first, second = (numpy(hide(tokens)) for _ in range(2))
    for one, other in zip(first, second):
        np.testing.assert_array_equal(one, other)
    assert (first[0][predicted(first, tokens)] == 3).all()


def test_short_texts_have_fewer_words_to_predict():
    tokens = np.array(
        [[1, 7, 2, 0], [1, 2, 0, 0], [1, 3, 2, 0], [1, 8, 9, 2]], "int32"
    )
    outputs = numpy(layer(fraction=0.5)(tokens))
    assert outputs[1].shape == (4, 5) and outputs[1].max() < 4
    counts = predicted(outputs, tokens).sum(1)
    np.testing.assert_array_equal(counts, [1, 0, 0, 1])
    np.testing.assert_array_equal(outputs[0][1:3], tokens[1:3])
    long = numpy(layer(fraction=1.0, count=2)(texts(3)))
    assert (long[2] > 0).sum() == 6  # At most two of each.


def test_config_and_file():
    check_config(layer(name="hide", seed=3, fraction=0.3))
    x = keras.Input((None,), dtype="int32", name="tokens")
    model = keras.Model(x, layer(name="hide")(x))
    assert [tuple(y.shape) for y in model.output] == [
        (None, None),
        (None, 5),
        (None, 5),
    ]
    tokens = texts(4)
    for one, other in zip(numpy(model(tokens)), numpy(reloaded(model)(tokens))):
        np.testing.assert_array_equal(one, other)


def test_ids_are_integers_in_mixed_precision():
    masked, *_ = layer(dtype="mixed_bfloat16")(texts(2))
    assert keras.backend.standardize_dtype(masked.dtype) == "int32"


@pytest.mark.parametrize(
    "options, message",
    [
        ({"fraction": 0}, "fraction=0"),
        ({"count": 0}, "count=0"),
        ({"vocabulary_size": 4}, "besides `special`"),
    ],
)
def test_other_options_are_refused(options, message):
    arguments = {"vocabulary_size": 9, "mask": 3, "special": SPECIAL}
    with pytest.raises(ValueError, match=message):
        layers.MaskTokens(**{**arguments, **options})
