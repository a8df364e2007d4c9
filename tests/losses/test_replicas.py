"""Replicas of a strategy have each other's examples as negatives."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from checks import only_tensorflow

# In a process of its own: the devices are configured before TensorFlow starts.
SCRIPT = """
import json
import keras
import numpy as np
import tensorflow as tf
from mmkeras import layers, losses

cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
rng = np.random.default_rng(0)
pairs = rng.normal(size=(8, 2, 4)).astype("float32")
groups = np.array([0, 1, 2, 3, 0, 4, 5, 5])  # Some are on both replicas.
parts = [slice(0, 5), slice(5, 8)]  # Of different sizes.
functions = {
    "contrastive": losses.contrastive_loss,
    "sigmoid": losses.sigmoid_loss,
    "triplet": losses.triplet_loss,
    "late": lambda x, y: losses.contrastive_loss(
        x, y, lambda x: losses.late_interaction(x, 1)
    ),
}


def of_replicas(function):
    x, y = (
        strategy.experimental_distribute_values_from_function(
            lambda c, z=z: tf.constant(z[parts[c.replica_id_in_sync_group]])
        )
        for z in (pairs, groups)
    )
    values = strategy.run(function, (x, y))
    return np.concatenate(strategy.experimental_local_results(values))


def trained(loss, scope):
    keras.utils.set_random_seed(1)
    with scope:
        inputs = [keras.Input((4,)) for _ in range(2)]
        x = [keras.layers.Dense(3)(x) for x in inputs]
        kind = "sigmoid" if loss is losses.SigmoidLoss else "contrastive"
        outputs = layers.EmbeddingPairs(kind)(x)
        model = keras.Model(inputs, outputs)
        model.compile(keras.optimizers.SGD(0.1), loss(), jit_compile=False)
    x = [pairs[:, 0], pairs[:, 1]]
    history = model.fit(x, groups, 8, 2, shuffle=False, verbose=0)
    weights = [w.ravel().tolist() for w in model.get_weights()]
    return history.history["loss"], sum(weights, [])


try:
    of_replicas(tf.function(losses.contrastive_loss, jit_compile=True))
    refused = ""
except ValueError as error:
    refused = str(error)
print(json.dumps({
    "refused": refused,
    "values": {
        name: [of_replicas(f).tolist(), np.array(f(pairs, groups)).tolist()]
        for name, f in functions.items()
    },
    "trained": {
        loss.__name__: [
            trained(loss, scope)
            for scope in (strategy.scope(), tf.device("CPU:0"))
        ]
        for loss in (losses.ContrastiveLoss, losses.SigmoidLoss)
    },
}))
"""


@pytest.mark.slow  # It starts a process.
@only_tensorflow
def test_losses_and_gradients_are_those_of_the_whole_batch():
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert process.returncode == 0, process.stderr
    results = json.loads(process.stdout.splitlines()[-1])
    assert "Expected `jit_compile=False`" in results["refused"]
    for name, (replicas, whole) in results["values"].items():
        np.testing.assert_allclose(replicas, whole, rtol=1e-4, err_msg=name)
    for name, (replicas, whole) in results["trained"].items():
        for x, y in zip(replicas, whole):
            np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-6, err_msg=name)
