"""Sample inputs for the check of an export."""


def sample_inputs(task):
    """Makes raw values of every field of a task.

    Args:
        task: A `mmkeras.tasks.Task`.

    Returns:
        Dict of lists of one length by field. With several fields, each one is
        missing from some examples, and all are missing from the last.
    """
    samples = {field: task.codecs[field].samples() for field in task.fields}
    if len(samples) == 1:
        return samples
    count = max(map(len, samples.values())) + len(samples)
    for place, (field, values) in enumerate(samples.items()):
        repeated = [values[i % len(values)] for i in range(count)]
        repeated[place] = repeated[-1] = values[-1]
        samples[field] = repeated
    return samples


def with_candidates(task, samples):
    """Makes samples of the default signature of an export.

    Args:
        task: A `mmkeras.tasks.Task`.
        samples: As of `sample_inputs`.

    Returns:
        The samples; of `Task.ranked_field`, each value with another one.
    """
    field = task.ranked_field
    if field is None:
        return samples
    values = samples[field]
    pairs = [[value, values[i - 1]] for i, value in enumerate(values)]
    return {**samples, field: pairs}


def by_argument(task, samples):
    """Makes the arguments of an export of raw values.

    Args:
        task: A `mmkeras.tasks.Task`.
        samples: Dict of lists by field, or by column, as of `task.answer`.

    Returns:
        Dict of lists by argument of the signature.
    """
    arguments = {}
    for field, values in task.by_field(samples).items():
        arguments |= task.codecs[field].to_arguments(field, values)
    return arguments
