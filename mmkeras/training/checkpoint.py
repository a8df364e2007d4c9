"""All state of a training in one file."""

import json
import pathlib

import keras
import numpy as np

from mmkeras.files import atomic
from mmkeras.files import npz
from mmkeras.training import folder

_DAMAGE = (LookupError, OSError, RecursionError, TypeError, ValueError)


def save(path, model, notes):
    """Writes the variables of a model and its optimizer atomically.

    They include weights, running statistics, the states of random generators,
    optimizer slots and moving averages; nothing is pickled.

    Args:
        path: File to write, `.npz`.
        model: A compiled `keras.Model`.
        notes: Dict for JSON, e.g. the epoch. If the folder is that of a run,
            the digest of its arguments is written with them.

    Raises:
        OSError: If it cannot be written; the old file is then unchanged.
    """
    arrays = {
        f"{i}": keras.ops.convert_to_numpy(variable)
        for i, variable in enumerate(_variables(model))
    }
    notes = {"run": folder.digest(pathlib.Path(path).parent), "notes": notes}
    arrays["notes"] = np.frombuffer(json.dumps(notes).encode(), "uint8")
    atomic.write(path, lambda file: np.savez(file, **arrays))


def restore(path, model):
    """Reads what `save` wrote into a model of the same build.

    Args:
        path: The file.
        model: A compiled `keras.Model`.

    Returns:
        The notes.

    Raises:
        ValueError: If the file is missing or damaged, or belongs to another
            model, or to another run than the folder.
    """
    variables = _variables(model)
    shapes = [tuple(variable.shape) for variable in variables]
    try:
        with npz.opened(path) as arrays:
            notes = json.loads(arrays.read("notes").tobytes())
            run, notes = notes["run"], notes["notes"]
            names = [f"{i}" for i in range(len(arrays.names) - 1)]
            fits = [arrays.shape(name) for name in names] == shapes
            values = [arrays.read(name) for name in names] if fits else []
    except _DAMAGE as error:
        raise ValueError(
            f"{path} is damaged ({error}). Delete it and checkpoint.npz to "
            "start over."
        ) from error
    if run != folder.digest(pathlib.Path(path).parent):
        raise ValueError(
            f"{path} was written by a run with other arguments than those in "
            "run.json of the same folder. Give another folder with --out, or "
            "delete it to start over."
        )
    if not fits:
        raise ValueError(
            f"{path} is the checkpoint of another model. Give another folder "
            "with --out, or use --overwrite."
        )
    for variable, value in zip(variables, values):
        variable.assign(value)
    return notes


def _variables(model):
    if keras.backend.backend() == "jax":
        model.jax_state_sync()
    if not model.optimizer.built:  # One of scaled losses would grow.
        model.optimizer.build(model.trainable_variables)
    metrics = {id(v) for m in model.metrics for v in m.variables}
    own = [v for v in model.variables if id(v) not in metrics]
    return own + list(model.optimizer.variables)


class Checkpoint(keras.callbacks.Callback):
    """Saves all state after every epoch. Put it last.

    Args:
        path: File to write.
        callbacks: Callbacks with a `state`, a dict for JSON that is saved and
            restored with the rest.
    """

    def __init__(self, path, callbacks=()):
        super().__init__()
        self.path = pathlib.Path(path)
        self.callbacks = callbacks

    def resume(self, model):
        """Restores the last checkpoint, if there is one.

        Returns:
            int, the number of finished epochs.
        """
        if not self.path.exists():
            return 0
        notes = restore(self.path, model)
        for callback, state in zip(self.callbacks, notes["others"]):
            callback.state = state
        return notes["epochs"]

    def on_epoch_end(self, epoch, logs=None):
        states = [callback.state for callback in self.callbacks]
        notes = {"epochs": epoch + 1, "others": states}
        save(self.path, self.model, notes)
