"""Batches of several replicas, joined: each one's negatives are everyone's."""

import keras


def gather(*values):
    """Joins the parts of a batch that the replicas of a strategy hold.

    Under a `tf.distribute` strategy every replica computes its loss on a part
    of the batch. Gradients pass to the replica that a value comes from. Without
    a strategy, and on other backends, which see the whole batch, nothing
    changes.

    Args:
        *values: Tensors of shape `(batch, ...)`, of this replica.

    Returns:
        List of tensors of shape `(batch of all replicas, ...)`, and a function
        that takes the rows of this replica out of such a tensor.

    Raises:
        ValueError: If the step is compiled with XLA, in which replicas cannot
            be joined.
    """
    context = _context()
    if context is None:
        return list(values), lambda x: x
    import tensorflow as tf

    if _is_compiled():
        raise ValueError(
            "The losses of pairs join the examples of all replicas, which "
            "XLA does not. Expected `jit_compile=False` in `compile`. "
            "Received: jit_compile=True"
        )
    values = [tf.convert_to_tensor(x) for x in values]
    count = tf.shape(values[0])[:1]
    counts = context.all_gather(count, axis=0)
    joined = [_gathered(x, context) for x in values]
    first = tf.reduce_sum(counts[: context.replica_id_in_sync_group])
    return joined, lambda x: x[first : first + count[0]]


def _is_compiled():
    """Whether the current step is compiled with XLA."""
    import tensorflow as tf
    from tensorflow.python.ops import control_flow_util

    graph = tf.compat.v1.get_default_graph()
    return control_flow_util.GraphOrParentsInXlaContext(graph)


def _gathered(x, context):
    joined = context.all_gather(x, axis=0)
    joined.set_shape([None, *x.shape[1:]])  # A graph has lost it.
    return joined


def _context():
    """The replica's context, if there are several replicas."""
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    is_alone = context is None or context.num_replicas_in_sync == 1
    return None if is_alone else context
