import keras
import numpy as np
import pytest
import tensorflow as tf

from mmkeras import registry
from mmkeras.data import batches
from mmkeras.data import codecs
from mmkeras.tasks import targets
from mmkeras.training import subsets
from mmkeras.training.training_model import TrainingModel

NAMES = ("classify-image-audio-concat", "sentiment-text-audio-transformer")


def inputs(model, size, draw):
    """Random inputs of a model; texts end in padding."""
    x = {}
    for name, given in model.input.items():
        shape = (size, *(n or 6 for n in given.shape[1:]))
        if name == "presence":
            continue
        if given.dtype == "int32":
            x[name] = draw.integers(1, 11, shape).astype("int32")
            x[name][:, 3:] = 0
        else:
            x[name] = draw.random(shape, "float32")
    return x


def training_model(model):
    label = codecs.Labels([str(i) for i in range(model.output_shape[-1])])
    return TrainingModel(model.input, model.output, targets.make(label))


@pytest.mark.parametrize("name", NAMES)
def test_each_subset_is_predicted_as_if_it_were_alone(name):
    keras.utils.set_random_seed(0)
    model = registry.build_model(name, **registry.get(name).tiny)
    model_of_subsets = subsets.all_subsets(training_model(model))
    assert model.get_config()["name"]  # It can be saved as before.
    assert {id(w) for w in model_of_subsets.weights} == {
        id(w) for w in model.weights
    }
    x = inputs(model, 3, np.random.default_rng(0))
    both = np.ones((3, 2), bool)
    logits = np.asarray(model_of_subsets({**x, "presence": both})).reshape(
        3, 3, -1
    )
    for i, subset in enumerate([(0, 1), (1, 0), (1, 1)]):
        alone = model({**x, "presence": np.array([subset] * 3, bool)})
        np.testing.assert_allclose(logits[:, i], alone, atol=1e-5)
    assert np.ptp(logits, axis=1).max() > 0
    all_there = np.asarray(model_of_subsets({**x, "presence": None}))
    np.testing.assert_array_equal(all_there.reshape(logits.shape), logits)


def test_the_whole_is_the_last():
    parts = subsets.of(["image", "audio"])
    assert parts == [("audio",), ("image",), ("image", "audio")]
    assert len(subsets.of("abc")) == subsets.count_of(3)


def test_what_is_absent_stays_so():
    presence = np.array([[1, 1, 1], [1, 0, 1], [0, 0, 1]], bool)
    masks = subsets.Subsets(3)(presence)
    masks = np.asarray(masks).reshape(3, 7, 3)
    assert len(np.unique(masks[0], axis=0)) == 7
    assert (~masks | presence[:, None]).all() and masks.any(-1).all()
    assert (masks[2] == presence[2]).all()


def test_labels_follow():
    labels = np.arange(4).reshape(2, 2)
    x = {"image": np.zeros((2, 1))}
    given = tf.data.Dataset.from_tensors((x, labels, np.array([0.5, 1.0])))
    [(same, y, weight)] = batches.repeat_targets(given, 3).as_numpy_iterator()
    assert same["image"].shape == (2, 1)
    assert y.tolist() == [[0, 1]] * 3 + [[2, 3]] * 3
    assert weight.tolist() == [0.5] * 3 + [1.0] * 3


def test_refuses_what_has_no_tokens():
    name = "classify-image-audio-concat"
    tiny = registry.get(name).tiny
    late = registry.build_model(name, **tiny, fusion="late")
    with pytest.raises(ValueError, match="modality_dropout"):
        subsets.all_subsets(training_model(late))
