import keras
import keras_hub
import numpy as np
import pytest
from checks import check_saves
from checks import check_trains
from checks import numpy
from checks import randomize

from mmkeras import layers
from mmkeras.branches import text

TOKENS = np.array([[3, 4, 5, 6], [7, 8, 0, 0]], "int32")
KINDS = {
    "bow": lambda **k: text.bow(9, 6, **k),
    "gru": lambda **k: text.gru(9, 6, depth=2, **k),
    "lstm": lambda **k: text.lstm(9, 6, **k),
    "transformer": lambda: text.transformer(9, 6, length=8, heads=2),
    "words": lambda **k: text.words(9, 6, **k),
    "hub": lambda: text.hub(bert(), trainable=True),
}


def bert():
    return keras_hub.models.BertBackbone(
        vocabulary_size=9,
        num_layers=1,
        num_heads=2,
        hidden_dim=6,
        intermediate_dim=8,
        max_sequence_length=8,
    )


@pytest.fixture(scope="module", params=KINDS)
def branch(request):
    return randomize(KINDS[request.param]())


def pooled(branch):
    """A model that averages the words of a branch, without padding."""
    tokens = keras.Input((None,), dtype="int32", name="text")
    return keras.Model(tokens, layers.MaskedPool()(branch(tokens)))


def test_one_step_per_word_or_a_single_step(branch):
    length = 1 if "mean" in [x.name for x in branch.layers] else None
    assert branch.name == "text_encoder"
    assert branch.output_shape == (None, length, 6)
    assert numpy(branch(TOKENS)).shape == (2, length or 4, 6)


def test_padding_changes_nothing_behind_the_branch_either(branch):
    model = pooled(branch)
    longer = np.pad(TOKENS, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        numpy(model(longer)), numpy(model(TOKENS)), rtol=1e-4, atol=1e-5
    )


def test_every_word_counts(branch):
    model, original = pooled(branch), numpy(pooled(branch)(TOKENS))
    for position in range(4):
        changed = TOKENS.copy()
        changed[0, position] = 8
        after = numpy(model(changed))
        assert np.abs(after[0] - original[0]).max() > 1e-4
        np.testing.assert_allclose(after[1], original[1], atol=1e-5)


def test_saves(branch):
    check_saves(pooled(branch), TOKENS)


def test_learns():
    pooler = ("pooled_dense/kernel", "pooled_dense/bias")  # BERT's, not used.
    for make in KINDS.values():
        branch = randomize(make())
        check_trains(
            pooled(branch),
            TOKENS,
            but=(*pooler, "key/bias", "segment_embedding/embeddings"),
            epochs=1,
        )


def test_a_bag_knows_no_order():
    branch = randomize(text.bow(9, 6))
    turned = TOKENS[:1, ::-1]
    np.testing.assert_allclose(
        numpy(branch(turned)), numpy(branch(TOKENS[:1])), rtol=1e-5, atol=1e-6
    )
    vectors = numpy(branch.get_layer("words").embeddings)
    mean = vectors[[7, 8]].mean(axis=0)
    np.testing.assert_allclose(
        numpy(branch(TOKENS))[1, 0], mean, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("make", [text.bow, text.gru, text.lstm])
def test_starts_with_given_vectors(make):
    vectors = np.random.default_rng(0).normal(size=(9, 5)).astype("float32")
    branch = make(9, 6, vectors=vectors)
    words = branch.get_layer("words")
    np.testing.assert_array_equal(numpy(words.embeddings), vectors)
    with pytest.raises(ValueError, match=r"\(9, 5\).*vocabulary_size=8"):
        make(8, 6, vectors=vectors)


def test_odd_sizes_of_two_directions_are_refused():
    with pytest.raises(ValueError, match="even.*dim=5"):
        text.gru(9, 5)


# Backbones of KerasHub.


def test_hub_is_frozen_by_default():
    assert not text.hub(bert()).trainable_weights


def test_hub_reads_a_preset_s_folder(tmp_path):
    backbone = randomize(bert())
    backbone.save_to_preset(tmp_path / "bert")
    expected = text.hub(backbone)
    loaded = text.hub(tmp_path / "bert")
    np.testing.assert_allclose(
        numpy(loaded(TOKENS)), numpy(expected(TOKENS)), rtol=1e-5, atol=1e-6
    )


def test_hub_with_another_padding():
    roberta = keras_hub.models.RobertaBackbone(
        vocabulary_size=9,
        num_layers=1,
        num_heads=2,
        hidden_dim=6,
        intermediate_dim=8,
        max_sequence_length=12,
    )
    model = pooled(text.hub(randomize(roberta), padding=1))
    longer = np.pad(TOKENS[:1], [(0, 0), (0, 3)], constant_values=1)
    np.testing.assert_allclose(
        numpy(model(longer)), numpy(model(TOKENS[:1])), rtol=1e-4, atol=1e-5
    )


def test_ids_may_be_shifted_so_that_0_is_padding():
    roberta = randomize(
        keras_hub.models.RobertaBackbone(
            vocabulary_size=9,
            num_layers=1,
            num_heads=2,
            hidden_dim=6,
            intermediate_dim=8,
            max_sequence_length=12,
        )
    )
    ids = np.array([[0, 5, 6, 2, 1, 1], [0, 7, 0, 8, 4, 2]])
    shifted = np.where(ids == 1, 0, ids + 1)
    plain, other = (
        pooled(text.hub(roberta, padding=1, offset=offset)) for offset in (0, 1)
    )
    np.testing.assert_allclose(
        numpy(other(shifted)), numpy(plain(ids)), rtol=1e-5, atol=1e-6
    )
    longer = np.pad(shifted, [(0, 0), (0, 2)])
    np.testing.assert_allclose(
        numpy(other(longer)), numpy(plain(ids)), rtol=1e-4, atol=1e-5
    )
    check_saves(other, shifted)


def test_a_backbone_without_text_is_refused():
    whisper = keras_hub.models.WhisperBackbone(
        vocabulary_size=9,
        num_layers=1,
        num_heads=2,
        hidden_dim=6,
        intermediate_dim=8,
    )
    with pytest.raises(ValueError, match="WhisperBackbone.*encoder_features"):
        text.hub(whisper)


def test_texts_longer_than_those_of_the_backbone_are_refused():
    assert text.hub(bert(), max_length=8)
    with pytest.raises(ValueError, match="at most 8.*data.max_length=8"):
        text.hub(bert(), max_length=9)
