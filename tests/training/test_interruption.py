"""Training in a library stops between two steps, and keeps what is done."""

import signal
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from mmkeras.training import engine
from mmkeras.training import recipes

RECIPE = recipes.Recipe(
    epochs=4,
    batch_size=4,
    learning_rate=1e-2,
    model={"dim": 4},
    precision="float32",
)
pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


@pytest.fixture(scope="module", autouse=True)
def eager():
    """Leaves out what takes longer than a few steps: tracing."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def data():
    rows = [
        {
            "id": f"{split}-{i}",
            "split": split,
            "text": f"day {'good' if i % 2 else 'bad'}",
            "label": "pos" if i % 2 else "neg",
        }
        for split in ("train", "val")
        for i in range(12)
    ]
    return engine.Data(rows[:12], rows[12:])


class Signal(keras.callbacks.Callback):
    """Sends Ctrl-C in the middle of a step, or of an epoch's validation."""

    def __init__(self, epoch, step):
        super().__init__()
        self.at = epoch, step
        self.steps = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append((self.epoch, batch))
        if self.at == (self.epoch, batch):
            signal.raise_signal(signal.SIGINT)

    def on_epoch_end(self, epoch, logs=None):
        if self.at == (epoch, "validation"):
            signal.raise_signal(signal.SIGINT)


def fit(data, folder, *callbacks):
    keras.utils.set_random_seed(0)
    task = engine.build("classify-text-bow", data, RECIPE, min_count=1)
    notes = engine.fit(
        task, data, folder, RECIPE, verbose=0, callbacks=callbacks
    )
    return [keras.ops.convert_to_numpy(w) for w in task.model.weights], notes


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    return fit(data, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize(
    "at, last",
    [((1, 1), (1, 1)), ((1, 2), (1, 2)), ((1, "validation"), (1, 2))],
    ids=str,
)
def test_stops_after_the_step_and_goes_on(data, whole, tmp_path, at, last):
    sender = Signal(*at)
    with pytest.raises(KeyboardInterrupt):
        fit(data, tmp_path, sender)
    assert sender.steps[-1] == last
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    resumed = Signal(None, None)
    weights, notes = fit(data, tmp_path, resumed)
    # After the last step of an epoch nothing of it is lost.
    assert resumed.steps[0] == ((2, 0) if last == (1, 2) else (1, 0))
    assert notes["epochs"] == whole[1]["epochs"]
    for value, expected in zip(weights, whole[0]):
        np.testing.assert_array_equal(value, expected)


def test_trains_in_a_thread(data, whole, tmp_path):
    weights = []
    thread = threading.Thread(
        target=lambda: weights.append(fit(data, tmp_path)[0])
    )
    thread.start()
    thread.join()
    for value, expected in zip(weights[0], whole[0]):
        np.testing.assert_array_equal(value, expected)
