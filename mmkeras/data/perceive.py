"""Raw values of several fields, some of them absent, to what a model takes."""

import io

import numpy as np
import tensorflow as tf

from mmkeras.data import codecs
from mmkeras.data import inputs
from mmkeras.data.codecs.text import END
from mmkeras.data.codecs.text import PAD

NOT_FINITE = (
    "the model's output is not finite; check the input for extreme values"
)
_NOT_UTF8 = "not valid UTF-8, or half of a surrogate pair"


def raw(codec, values):
    """Packs raw values, some of them `None`, into one tensor.

    Args:
        codec: The field's codec.
        values: List of strings, bytes, arrays of features; for sound also
            tuples of a waveform, `(frames,)` or `(frames, channels)`, floats
            in [-1, 1], int16 or int32, and its rate in Hz; for a conversation
            also lists of turns; `None` where absent.

    Returns:
        String tensor of shape `(n,)`, empty where absent; or a float32 one of
        shape `(n, *shape)`, NaN where absent.

    Raises:
        ValueError: If a value is of another kind.
    """
    if isinstance(codec, codecs.Features):
        missing = np.full(codec.shape, np.nan, "float32")
        fitted = [missing if v is None else codec.fit(v) for v in values]
        return tf.constant(np.stack(fitted))
    return tf.constant([_encoded(codec, value) for value in values], tf.string)


def try_raw(codec, values):
    """As `raw`; a value of another kind is absent, and an error.

    Args:
        codec: The field's codec.
        values: List as of `raw`.

    Returns:
        Tuple of a tensor as of `raw`, and a list of errors, strings, empty
        where the value could be packed.
    """
    try:
        return raw(codec, values), [""] * len(values)
    except (TypeError, ValueError):
        errors = [_raw_error(codec, value) for value in values]
    good = [None if error else v for v, error in zip(values, errors)]
    return raw(codec, good), errors


def _raw_error(codec, value):
    try:
        raw(codec, [value])
    except (TypeError, ValueError) as error:
        return str(error)
    return ""


def pack(kept, batch):
    """Packs the raw values of a batch, files that are named being read.

    Args:
        kept: Dict of codecs by field.
        batch: Dict of lists of values as of `raw`, of one length; of images
            and sounds also the paths of files, str or path objects.

    Returns:
        Tuple of a dict of tensors as of `raw`, and errors, strings `(n,)`,
        empty where the files could be read.

    Raises:
        ValueError: If a value is of another kind.
    """
    packed, errors = {}, tf.fill([len(next(iter(batch.values())))], "")
    for field, values in batch.items():
        if isinstance(kept[field], (codecs.Audio, codecs.Image)):
            values, unread = inputs.read(values)
            unread = [error and f"{field}: {error}" for error in unread]
            errors = first(errors, tf.constant(unread, tf.string))
        packed[field] = raw(kept[field], values)
    return packed, errors


def absent(codec, size):
    """A tensor as of `raw` for `size` examples that all lack the field."""
    if isinstance(codec, codecs.Features):
        return tf.fill([size, *codec.shape], float("nan"))
    return tf.fill([size], "")


def perceive(codec, values):
    """Encodes raw values, out of TensorFlow operations alone.

    Args:
        codec: The field's codec.
        values: Tensor as of `raw`; of conversations also strings of shape
            `(n, turns)`, filled up with `""`.

    Returns:
        Tuple of what the model takes, batch first, zeros where absent;
        booleans `(n,)`, whether each is there; and errors, strings `(n,)`,
        empty where it could be read.
    """
    if isinstance(codec, codecs.Features):
        axes = list(range(1, len(codec.shape) + 1))
        nan = tf.math.is_nan(values)
        there = ~tf.reduce_all(nan, axes)
        finite = tf.reduce_all(tf.math.is_finite(values), axes)
        error = tf.where(there & ~finite, "values that are not finite", "")
        good = tf.reshape(there & finite, [-1] + [1] * len(axes))
        return tf.where(good, values, 0.0), there, error
    if isinstance(codec, (codecs.Words, codecs.Turns)):
        return _texts(codec, values)
    there = tf.strings.length(values) > 0
    x, errors = codec.try_batch(values)
    return x, there, tf.where(there, errors, "")


def _texts(codec, values):
    """As `perceive`, of texts; one without a word is absent."""
    blank = tf.fill(tf.shape(values)[:1], "")
    if isinstance(codec, codecs.Turns):
        values = codec.joined(values)
        x, errors = codec.try_batch(values)
        words = x[:, :, 1]
    else:
        x, errors = codec(values), blank
        words = x[:, 1:2]
    there = tf.reduce_any((words != PAD) & (words != END), 1)
    shape = [-1] + [1] * (len(x.shape) - 1)
    utf8 = tf.strings.unicode_transcode(values, "UTF-8", "UTF-8") == values
    errors = tf.where(utf8, errors, _NOT_UTF8)
    return tf.where(tf.reshape(there, shape), x, 0), there, errors


def together(kept, fields, batch, size=None):
    """Encodes all fields of a batch, out of TensorFlow operations alone.

    Args:
        kept: Dict of codecs by field.
        fields: Names of the fields.
        batch: Dict of tensors as of `raw`; a field left out is absent.
        size: int. Length of the batch, if not told by its tensors.

    Returns:
        Tuple of a dict of what the model takes; booleans `(n, fields)`,
        whether each is there; and errors, strings `(n,)`: the first field
        that could not be read and why, or that the example has no input.
    """
    if size is None:
        size = tf.shape(next(iter(batch.values())))[0]
    x, there, errors = {}, [], tf.fill([size], "")
    for field in fields:
        values = batch.get(field)
        values = absent(kept[field], size) if values is None else values
        x[field], known, wrong = perceive(kept[field], values)
        first = (errors == "") & (wrong != "")
        errors = tf.where(first, field + ": " + wrong, errors)
        there.append(known)
    there = tf.stack(there, 1)
    nothing = (errors == "") & ~tf.reduce_any(there, 1)
    return x, there, tf.where(nothing, no_input(fields), errors)


def no_input(fields):
    """Returns the error of an example without any of its fields."""
    *others, last = fields
    named = " and ".join([*([", ".join(others)] if others else []), last])
    verb = "are all" if others else "is"
    return f"example has no input: {named} {verb} missing"


def one(kept, fields, example):
    """Encodes one example; use it in `dataset.map`.

    Sound of any kind is decoded, not only what an export can read.

    Args:
        kept: Dict of codecs by field.
        fields: Names of the fields.
        example: Dict of scalar strings, or of arrays of features; empty or
            NaN where absent, or left out.

    Returns:
        Tuple of a dict of what the model takes, zeros where absent, and
        booleans `(fields,)`, whether each is there.

    Raises:
        tf.errors.InvalidArgumentError: If a value cannot be read.
    """
    found = {field: _one(kept[field], example.get(field)) for field in fields}
    x = {field: value for field, (value, _) in found.items()}
    return x, tf.stack([there for _, there in found.values()])


def _one(codec, value):
    """One value of one field, and whether it is there."""
    value = absent(codec, 1)[0] if value is None else value
    if isinstance(codec, codecs.Audio):
        there = tf.strings.length(value) > 0
        silence = tf.zeros(codec.shape)
        return tf.cond(there, lambda: codec(value), lambda: silence), there
    x, there, errors = perceive(codec, tf.expand_dims(value, 0))
    sound = tf.debugging.Assert(errors[0] == "", [errors[0]])
    with tf.control_dependencies([sound]):
        return tf.identity(x[0]), there[0]


def steps(x, fields):
    """Says which steps of sequences of examples are there.

    Args:
        x: Dict of what the model takes, by field: tensors of shape `(n,
            steps, size)`, zeros after the last step.
        fields: Names of the fields.

    Returns:
        Booleans `(n, steps)`: whether any of the fields is there.
    """
    there = [tf.reduce_any(x[field] != 0, axis=-1) for field in fields]
    return tf.reduce_any(tf.stack(there), axis=0)


def chosen(codec, candidates, chances, errors):
    """Says which candidates are the likeliest.

    Args:
        codec: A `codecs.Turns`, of the candidates.
        candidates: Tensor as of `raw`, or `None` if there are none at all.
        chances: Floats of shape `(n, candidates)`.
        errors: String tensor of shape `(n,)`.

    Returns:
        Tuple of strings of shape `(n,)`, and errors: it is one that there is
        no candidate.
    """
    none = tf.fill(tf.shape(errors), "")
    given = none if candidates is None else codec.joined(candidates)
    lines = tf.pad(codec.lines(given), [[0, 0], [0, codec.turns]])
    said = tf.gather(lines, tf.argmax(chances, 1), batch_dims=1)
    missing = (errors == "") & codec.is_blank(given)
    return said, tf.where(
        missing, "candidates: expected at least one candidate", errors
    )


def not_finite(errors, values, there=False):
    """Adds an error where what a model gave is not finite.

    Args:
        errors: String tensor of shape `(n,)`.
        values: Floats of shape `(n, ...)`.
        there: As of `blank`.

    Returns:
        String tensor of shape `(n,)`.
    """
    finite = tf.math.is_finite(tf.convert_to_tensor(values))
    if there is not False:
        finite |= ~there[..., None]
    finite = tf.reduce_all(finite, list(range(1, len(finite.shape))))
    return first(errors, tf.where(finite, "", NOT_FINITE))


def first(errors, later):
    """Leaves of two errors of each example the first, if there is any."""
    return tf.where(errors == "", later, errors)


def blank(answers, errors, there=False):
    """Empties the answers to what could not be read, or is not there.

    Args:
        answers: Dict of tensors, batch first.
        errors: String tensor of shape `(n,)`.
        there: Booleans `(n, steps)` as of `steps`, or `False` where the
            answers are not to sequences.

    Returns:
        Dict of the answers, `""` or 0 where there is an error or no step, and
        `"error"`.
    """
    blanked = {"error": errors}
    for name, answer in answers.items():
        good = tf.reshape(errors == "", [-1] + [1] * (len(answer.shape) - 1))
        if there is not False:
            shape = [1] * (len(answer.shape) - 2)
            good &= tf.reshape(there, [*tf.unstack(tf.shape(there)), *shape])
        blanked[name] = tf.where(good, answer, tf.zeros_like(answer))
    return blanked


def _encoded(codec, value):
    """One raw value as a string."""
    if value is None:
        return b""
    if isinstance(value, str):
        return inputs.encode(value)
    if isinstance(value, bytes):
        return value
    is_pair = isinstance(value, tuple) and len(value) == 2
    if isinstance(codec, codecs.Audio) and is_pair:
        return _wave(*value)
    if isinstance(codec, codecs.Turns) and isinstance(value, (list, tuple)):
        return inputs.encode(codec.join(value))
    raise ValueError(
        f"`{type(codec).__name__}` expects strings, bytes or None. Received: "
        f"a value of type {type(value).__name__}"
    )


def _wave(samples, rate):
    """A WAV file of a waveform."""
    import soundfile

    file, samples = io.BytesIO(), np.asarray(samples)
    whole = {"int16": "PCM_16", "int32": "PCM_32"}
    kind = whole.get(samples.dtype.name, "FLOAT")
    try:
        soundfile.write(file, samples, int(rate), kind, format="WAV")
    except (
        soundfile.SoundFileError,
        IndexError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(
            "Expected audio as a waveform, `(frames,)` or `(frames, "
            "channels)`, of floats in [-1, 1], int16 or int32, and its sample "
            f"rate in Hz. Received: shape {samples.shape}, {samples.dtype}, "
            f"rate={rate}"
        ) from error
    return file.getvalue()
