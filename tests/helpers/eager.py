"""Runs models operation by operation, for tests of what is around them.

A few steps take less time than TensorFlow takes to compile them. Codecs and
exports stay graphs.
"""

import keras


def patch(setattr=setattr):
    """Makes all models eager.

    Args:
        setattr: Function that sets an attribute, e.g. of `pytest.MonkeyPatch`.
    """
    predict = keras.Model.predict_step

    def predict_step(self, x):  # A graph would make tensors of arrays.
        tensors = keras.ops.convert_to_tensor
        return predict(
            self,
            keras.tree.map_structure(
                lambda x: x if x is None else tensors(x), x
            ),
        )

    always = property(lambda self: True, lambda self, value: None)
    setattr(keras.Model, "run_eagerly", always)
    setattr(keras.Model, "predict_step", predict_step)
