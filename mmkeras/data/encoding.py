"""Encodes examples of several fields, any of which may be missing."""

import tensorflow as tf

from mmkeras.data import inputs

NOT_FINITE = (
    "the model's output is not finite; check the input for extreme values"
)


def by_field(codecs, fields, batch):
    """Groups the raw values of a batch by field.

    Args:
        codecs: Dict of codecs by field.
        fields: Names of the fields.
        batch: Dict of lists by field, or by the columns of a field.

    Returns:
        Dict of lists by field, without those that the batch lacks.
    """
    lists = {field: codecs[field].collect(field, batch) for field in fields}
    return {k: values for k, values in lists.items() if values is not None}


def pack_batch(codecs, batch):
    """Packs the raw values of a batch, and reads their files.

    Args:
        codecs: Dict of codecs by field.
        batch: Dict of lists of raw values by field, all of one length, as for
            `Codec.pack`; images, audio and videos may also be paths of files,
            as str or path objects.

    Returns:
        Tuple of a dict of values as from `Codec.pack`, and errors, strings
        `(n,)`, empty where the files could be read.

    Raises:
        ValueError: If a value is of a wrong type.
    """
    packed, errors = {}, tf.fill([len(next(iter(batch.values())))], "")
    for field, values in batch.items():
        if codecs[field].in_file:
            values, reasons = inputs.read(values, codecs[field].read_file)
            reasons = [error and f"{field}: {error}" for error in reasons]
            errors = first_error(errors, tf.constant(reasons, tf.string))
        packed[field] = codecs[field].pack(values)
    return packed, errors


def encode_batch(codecs, fields, batch, size=None):
    """Encodes all fields of a batch with TensorFlow operations alone.

    Args:
        codecs: Dict of codecs by field.
        fields: Names of the fields.
        batch: Dict of values as from `Codec.pack`; a field that is left out
            is missing from all examples.
        size: int. Number of examples; by default that of the tensors.

    Returns:
        Tuple of a dict of encoded values by field; booleans `(n, fields)`,
        whether each is present; and errors, strings `(n,)`: the first field
        that could not be read and why, or that the example has no input.
    """
    if size is None:
        size = tf.shape(tf.nest.flatten(batch)[0])[0]
    x, presence, errors = {}, [], tf.fill([size], "")
    for field in fields:
        packed = batch.get(field)
        packed = codecs[field].missing(size) if packed is None else packed
        x[field], present, reasons = codecs[field].encode(packed)
        messages = tf.where(reasons == "", "", field + ": " + reasons)
        errors = first_error(errors, messages)
        presence.append(present)
    presence = tf.stack(presence, 1)
    empty = tf.where(tf.reduce_any(presence, 1), "", no_input(fields))
    return x, presence, first_error(errors, empty)


def fewer_than_two(fields, presence):
    """Returns the errors of examples without two fields to compare.

    Args:
        fields: Names of the fields, at least two.
        presence: Booleans of shape `(n, fields)`.

    Returns:
        String tensor of shape `(n,)`, empty where two fields are present.
    """
    presence = tf.cast(presence, tf.int32)
    messages = tf.constant([unpaired([field], fields) for field in fields])
    first = tf.gather(messages, tf.argmin(presence, 1))
    return tf.where(tf.reduce_sum(presence, 1) < 2, first, "")


def unpaired(missing, fields):
    """Returns the error of an example without two fields to compare.

    Args:
        missing: Names of the fields that it lacks.
        fields: Names of all fields.
    """
    if len(fields) == 2:
        return f"{missing[0]}: missing"
    return f"expected at least two of {', '.join(fields)}"


def no_input(fields):
    """Returns the error of an example without any of its fields."""
    *others, last = fields
    names = " and ".join([*([", ".join(others)] if others else []), last])
    verb = "are all" if others else "is"
    return f"example has no input: {names} {verb} missing"


def encode_example(codecs, fields, example):
    """Encodes one example; use it in `dataset.map`.

    Audio of any format is decoded, not only what an export can read.

    Args:
        codecs: Dict of codecs by field.
        fields: Names of the fields.
        example: Dict of scalar strings, or of arrays of features; empty or
            NaN where missing, or left out.

    Returns:
        Tuple of a dict of encoded values by field, zeros where missing, and
        booleans `(fields,)`, whether each is present.

    Raises:
        tf.errors.InvalidArgumentError: If a value cannot be read.
    """
    x, presence = {}, []
    for field in fields:
        packed = example.get(field)
        if packed is None:
            missing = codecs[field].missing(1)
            packed = tf.nest.map_structure(lambda x: x[0], missing)
        x[field], present = codecs[field].encode_one(packed)
        presence.append(present)
    return x, tf.stack(presence)


def step_mask(x, fields):
    """Returns which steps of sequences of examples are present.

    Args:
        x: Dict of encoded values by field: tensors of shape `(n, steps,
            size)`, zeros after the last step.
        fields: Names of the fields.

    Returns:
        Booleans `(n, steps)`: whether any of the fields is present.
    """
    present = [tf.reduce_any(x[field] != 0, axis=-1) for field in fields]
    return tf.reduce_any(tf.stack(present), axis=0)


def top_candidate(codec, candidates, probabilities, errors):
    """Returns the most likely candidate of each example.

    Args:
        codec: The codec of the candidates, of the kind "dialogue".
        candidates: Tensor as from its `pack`, or `None` if no example has
            any.
        probabilities: Floats of shape `(n, candidates)`.
        errors: String tensor of shape `(n,)`.

    Returns:
        Tuple of strings of shape `(n,)`, and errors, to which examples
        without a candidate are added.
    """
    none = tf.fill(tf.shape(errors), "")
    joined = none if candidates is None else codec.joined(candidates)
    lines = tf.pad(codec.lines(joined), [[0, 0], [0, codec.turns]])
    text = tf.gather(lines, tf.argmax(probabilities, 1), batch_dims=1)
    message = "candidates: expected at least one candidate"
    missing = tf.where(codec.is_blank(joined), message, "")
    return text, first_error(errors, missing)


def mark_not_finite(errors, values, steps=False):
    """Adds an error where a model's output is not finite.

    Args:
        errors: String tensor of shape `(n,)`.
        values: Floats of shape `(n, ...)`.
        steps: As for `blank_errors`.

    Returns:
        String tensor of shape `(n,)`.
    """
    finite = tf.math.is_finite(tf.convert_to_tensor(values))
    if steps is not False:
        finite |= ~steps[..., None]
    finite = tf.reduce_all(finite, list(range(1, len(finite.shape))))
    return first_error(errors, tf.where(finite, "", NOT_FINITE))


def first_error(errors, later):
    """Returns the first of two errors of each example, or `""`."""
    return tf.where(errors == "", later, errors)


def blank_errors(answers, errors, steps=False):
    """Blanks the answers to examples that could not be read.

    Args:
        answers: Dict of tensors, batch first.
        errors: String tensor of shape `(n,)`.
        steps: Booleans `(n, steps)` from `step_mask`, for which the answers
            are blanked as well; `False` for answers that are not sequences.

    Returns:
        Dict of the answers, `""` or 0 where blanked, and `"error"`.
    """
    outputs = {"error": errors}
    for name, answer in answers.items():
        valid = tf.reshape(errors == "", [-1] + [1] * (len(answer.shape) - 1))
        if steps is not False:
            shape = [1] * (len(answer.shape) - 2)
            valid &= tf.reshape(steps, [*tf.unstack(tf.shape(steps)), *shape])
        outputs[name] = tf.where(valid, answer, tf.zeros_like(answer))
    return outputs
