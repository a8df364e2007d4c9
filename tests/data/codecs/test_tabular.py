import math

import numpy as np
import pytest
import tensorflow as tf

from mmkeras.data.codecs import Tabular
from mmkeras.data.codecs import from_config
from mmkeras.data.codecs import to_config

ROWS = [
    {"price": 1.0, "year": 2000.0, "brand": "Acme", "class": None},
    {"price": 3.0, "year": 2010.0, "brand": "Acme", "class": "x"},
    {"price": None, "year": 2020.0, "brand": "Bolt", "class": "x"},
    {"price": 5.0, "year": 2030.0, "brand": "Bolt", "class": "y"},
]


@pytest.fixture
def codec():
    return Tabular.from_rows(ROWS)


def encode(codec, *rows):
    """Encoded rows, whether each is present, and their errors."""
    x, present, errors = codec.encode(codec.pack(list(rows)))
    return x.numpy(), present.numpy().tolist(), errors.numpy().tolist()


def test_numbers_are_standardised_by_the_training_rows(codec):
    price = {"mean": 3.0, "deviation": pytest.approx((8 / 3) ** 0.5)}
    assert codec.numbers["price"] == {**price, "has_missing": True}
    year = {"mean": 2015.0, "deviation": pytest.approx(125**0.5)}
    assert codec.numbers["year"] == {**year, "has_missing": False}
    x, _, _ = encode(codec, *ROWS)
    assert x.shape == (4, *codec.shape) == (4, 3 + 2 + 3)
    expected = [-1.2247449, 0.0, 0.0, 1.2247449]
    np.testing.assert_allclose(x[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(x[:, 2].std(), 1, rtol=1e-6)


def test_a_missing_number_is_the_mean_and_is_marked(codec):
    for missing in (None, math.nan, "", " ", "NaN", "n/a", np.nan):
        x, [present], [error] = encode(codec, {"price": missing, "year": 2015})
        assert present and error == b""
        np.testing.assert_array_equal(x[0, :3], [0, 1, 0])


def test_categories_are_one_hot(codec):
    x, _, _ = encode(codec, {"brand": "Acme"}, {"brand": " Bolt\t"})
    np.testing.assert_array_equal(x[:, 3:5], np.eye(2))


def test_unseen_rare_and_missing_categories_have_their_places(codec):
    names = ["x", "y", "new", None, ""]
    rows = [{"price": 3.0, "class": name} for name in names]
    x, _, errors = encode(codec, *rows)
    assert codec.categories["class"]["values"] == ["x"]  # "y" occurs once.
    expected = np.eye(3)[[0, 1, 1, 2, 2]]
    np.testing.assert_array_equal(x[:, 5:], expected)
    assert set(errors) == {b""}


def test_what_no_training_row_has_is_zero(codec):
    x, [present, _], _ = encode(codec, {"price": 3, "brand": "New"}, {})
    assert present
    np.testing.assert_array_equal(x[0, 3:5], [0, 0])


def test_numbers_are_read_as_written(codec):
    cells = ["3", " 3.0 ", 3, np.float64(3), b"3", "3e0"]
    x, _, _ = encode(codec, *({"price": cell} for cell in cells))
    np.testing.assert_array_equal(x[:, :2], 0)
    codes = Tabular.from_rows([{"code": "7"}, {"code": "7"}])
    x, _, _ = encode(codes, *({"code": cell} for cell in ("7", 7, 7.0, 8)))
    np.testing.assert_array_equal(x[:, 0], [1, 1, 1, 0])


def test_a_cell_that_is_no_number_is_refused_by_its_column(codec):
    for cell in ("3 dollars", "1,5", "1_000", [1], {"a": 1}):
        with pytest.raises(ValueError, match="`price`: expected a number"):
            codec.pack([{"price": cell}])
    with pytest.raises(ValueError, match="`brand`: expected a text"):
        codec.pack([{"brand": ["Acme"]}])
    packed, errors = codec.try_pack([ROWS[0], {"price": "x"}, 3, None])
    assert [bool(error) for error in errors] == [False, True, True, False]
    assert codec.encode(packed)[1].numpy().tolist() == [True] + 3 * [False]


def test_infinite_numbers_are_errors_of_their_rows(codec):
    for number in (math.inf, -math.inf, 1e300, "inf"):
        row = {"price": number, "brand": "Acme"}
        x, _, errors = encode(codec, row, ROWS[0])
        assert errors == [b"`price`: expected a finite number", b""]
        assert not x[0].any() and x[1].any()


def test_extreme_and_constant_numbers_stay_small():
    codec = Tabular.from_rows([{"a": 1e7, "b": 0.1}, {"a": 1e7, "b": 0.2}])
    x, _, _ = encode(codec, {"a": 1e7, "b": 3e38}, {"a": -3e38})
    np.testing.assert_array_equal(x, [[0, 1000], [-1000, 0]])


def test_a_row_without_values_is_missing(codec):
    for row in (None, {}, {"price": None, "brand": ""}, {"other": 1}):
        x, [present], [error] = encode(codec, row)
        assert not present and error == b"" and not x.any()
    for name, values in codec.missing(1).items():
        np.testing.assert_array_equal(values, codec.pack([None])[name])


def test_an_export_has_an_argument_for_each_column():
    numbers = {"mean": 0.0, "deviation": 1.0, "has_missing": True}
    words = {"values": ["a"], "has_unknown": False, "has_missing": False}
    codec = Tabular(
        {"Unit price": numbers, "Unit-price": numbers, "2nd": numbers},
        {"class": words},
    )
    specs = codec.signature("tabular")
    assert {name: spec.dtype.name for name, spec in specs.items()} == {
        "Unit_price": "float32",
        "Unit_price_": "float32",
        "column_2nd": "float32",
        "column_class": "string",
    }
    samples = codec.samples()
    arguments = codec.to_arguments("tabular", samples)

    def serve(**batch):
        return codec.encode(codec.from_arguments("tabular", batch))

    graph = tf.function(serve, autograph=False)
    given = {k: tf.constant(v, specs[k].dtype) for k, v in arguments.items()}
    actual = graph.get_concrete_function(**specs)(**given)
    for one, other in zip(actual, codec.encode(codec.pack(samples))):
        np.testing.assert_array_equal(one, other)
    assert actual[1].numpy().tolist() == [True, True, True, False]


def test_one_row_is_encoded_as_in_a_batch(codec):
    packed = codec.pack([*ROWS, None])
    x, present, _ = codec.encode(packed)
    for i in (0, 4):
        one = {name: values[i] for name, values in packed.items()}
        value, is_present = codec.encode_one(one)
        np.testing.assert_array_equal(value, x[i])
        assert bool(is_present) == bool(present[i])


def test_the_training_rows_are_remembered(codec):
    again = from_config(to_config(codec))
    assert again.get_config() == codec.get_config()
    (x, _, _), (y, _, _) = encode(codec, *ROWS), encode(again, *ROWS)
    np.testing.assert_array_equal(x, y)
    assert codec.builder_arguments("tabular") == {"tabular_shape": (8,)}


def test_columns_are_collected_to_rows(codec):
    batch = {"price": [1, 2], "class": ["x", None], "text": ["a", "b"]}
    expected = [{"price": 1, "class": "x"}, {"price": 2, "class": None}]
    assert codec.collect("tabular", batch) == expected
    assert codec.collect("tabular", {"tabular": expected}) == expected
    assert codec.collect("tabular", {"text": ["a"]}) is None


def test_invalid_columns_are_refused():
    with pytest.raises(ValueError, match="each once"):
        Tabular()
    number = {"mean": 0.0, "deviation": 0.0, "has_missing": True}
    with pytest.raises(ValueError, match="deviation above 0"):
        Tabular({"a": number})
    words = {"values": ["a", "a"], "has_unknown": True, "has_missing": True}
    with pytest.raises(ValueError, match="different strings"):
        Tabular({}, {"a": words})
