import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data.codecs import Labels
from mmkeras.data.codecs import from_config
from mmkeras.data.codecs import to_config


def test_one_class():
    codec = Labels.from_values(["b", "a", "c", "a"])
    assert codec.names == ["a", "b", "c"] and codec.size == 3
    assert codec("b") == 1
    logits = tf.constant([[0.0, np.log(3.0), 0.0], [9.0, 0.0, 0.0]])
    labels, probabilities = codec.decode(logits)
    assert labels.numpy().tolist() == [b"b", b"a"]
    np.testing.assert_allclose(
        probabilities[0], [0.2, 0.6, 0.2], rtol=1e-5, atol=1e-6
    )


def test_the_commonest_labels_and_unknown_ones():
    codec = Labels.from_values(["b", "a", "c", "b", "a", "d"], max_classes=2)
    assert codec.names == ["a", "b"] and codec.allow_unknown
    assert [codec(name) for name in ("a", "b", "c", "new")] == [0, 1, -1, -1]
    again = from_config(to_config(codec))
    assert again("new") == -1 and again.names == codec.names
    assert Labels.from_values(["a", "b"]).get_config().keys() == {
        *["names", "kind"]
    }


@pytest.mark.parametrize(
    "values, kind, names",
    [
        ([True, False, True], "single", ["false", "true"]),
        ([3, 1, 3], "single", ["1", "3"]),
        ([np.int64(3), np.int64(1)], "single", ["1", "3"]),
        ([1.0, 2.0], "number", []),
        (["pos", ["pos", "glad"]], "multi", ["glad", "pos"]),
        (["a|b", ["c"]], "multi", ["a", "b", "c"]),
    ],
)
def test_labels_of_any_type(values, kind, names):
    codec = Labels.from_values(values)
    assert (codec.kind, codec.names) == (kind, names)
    for value in values:
        codec(value)


def test_the_target_decides():
    assert Labels.from_values([1, 2], target="number").kind == "number"
    assert Labels.from_values(["a", "b"], target="labels").kind == "multi"
    for target in ("class", "labels", "number"):
        assert Labels.from_values(["a"], target=target).target == target


@pytest.mark.parametrize("label", [["b", 3], 3, [True], None])
def test_several_labels_are_names(label):
    with pytest.raises(ValueError, match=r"quotes.*\[\"b\", \"3\"\]"):
        Labels.from_values([["a"], label])
    with pytest.raises(ValueError, match="names"):
        Labels(["a", "b"], "multi")(label)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e39, True])
def test_numbers_are_finite(number):
    with pytest.raises(ValueError, match="finite"):
        Labels(kind="number")(number)


def test_several_labels():
    codec = Labels.from_values([["b", "a"], [], ["c"]])
    assert codec.kind == "multi"
    assert codec(["c", "a"]).tolist() == [1, 0, 1]
    assert codec("c|a").tolist() == [1, 0, 1]
    logits = tf.constant([[1.0, -1.0, 1.0], [-1.0, -1.0, -1.0]])
    labels, probabilities = codec.decode(logits)
    assert labels.numpy().tolist() == [b"a|c", b""]
    np.testing.assert_allclose(
        probabilities[0, 0], 1 / (1 + np.exp(-1)), rtol=1e-5, atol=1e-6
    )


def test_numbers():
    codec = Labels.from_values([1.5, -2])
    assert codec.kind == "number" and codec.size == 1
    assert codec(-2) == -2
    for logits in (tf.constant([[0.5]]), np.array([[0.5]], "float32")):
        labels, numbers = codec.decode(logits)
        assert float(labels.numpy()[0]) == 0.5 and numbers.shape == (1, 1)
        assert numbers.numpy() == 0.5


def test_config():
    codec = Labels(["x", "y"], "multi")
    again = from_config(to_config(codec))
    assert again.get_config() == codec.get_config()


@pytest.mark.parametrize(
    "names, kind", [([], "single"), (["a", "a"], "single"), (["a"], "number")]
)
def test_names_that_do_not_fit_are_refused(names, kind):
    with pytest.raises(ValueError, match="names="):
        Labels(names, kind)


def test_unknown_labels_are_named():
    with pytest.raises(ValueError, match="x, y.*'z'"):
        Labels(["x", "y"])("z")
    with pytest.raises(ValueError, match="number.*'z'"):
        Labels(kind="number")("z")
    with pytest.raises(ValueError, match="single, multi, number.*'odd'"):
        Labels(["x"], "odd")


def test_argmax():
    probabilities = np.array([[0.2, 0.8], [0.7, 0.3]])
    assert Labels(["x", "y"]).argmax(probabilities).tolist() == [1, 0]
    assert Labels(["x", "y"], "multi").argmax(probabilities) is probabilities
