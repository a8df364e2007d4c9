"""Callbacks that run after every epoch."""

import csv
import io
import math
import time
import warnings

import keras

from mmkeras import interrupts
from mmkeras.files import atomic
from mmkeras.metrics import lower_is_better
from mmkeras.training import checkpoint
from mmkeras.training import normalization


class Validate(keras.callbacks.Callback):
    """Scores the model on validation data and keeps the best weights.

    If the optimizer keeps moving averages of the weights, these are scored
    and kept. Among epochs with the same metric, the best one has the lowest
    `val_loss`; among equal ones, it is the last.

    Args:
        path: File for the best weights.
        evaluate: Function without arguments that returns a dict of metrics,
            added to the logs.
        metric: str. The metric to maximise, or to minimise if it is an error;
            see `metrics.lower_is_better`.
        patience: int or `None`. Epochs without a new best before training
            stops.
        statistics: A `normalization.Statistics` that is estimated again
            before the model is scored, during the first
            `normalization.SETTLED` steps; `None` to score and keep the moving
            statistics of training.
    """

    def __init__(
        self, path, evaluate, metric="val_cider", patience=None, statistics=None
    ):
        super().__init__()
        self.path = path
        self.evaluate = evaluate
        self.metric = metric
        self.patience = patience
        self.statistics = statistics
        self.sign = -1 if lower_is_better(metric) else 1
        self.state = {"best": None, "loss": None, "epoch": -1}

    def on_epoch_end(self, epoch, logs=None):
        raw_values = self._average()
        is_unsettled = self.model.optimizer.iterations < normalization.SETTLED
        if self.statistics and is_unsettled:
            self.statistics.reestimate()
        metrics = self.evaluate()
        logs.update(metrics)
        best, loss = metrics[self.metric], metrics.get("val_loss")
        if self._is_best(best, loss):
            self.state = {"best": best, "loss": loss, "epoch": epoch}
            checkpoint.save(self.path, self.model, self.state)
        for variable, value in raw_values:
            variable.assign(value)
        waited = epoch - self.state["epoch"]
        if self.patience is not None and waited > self.patience:
            self.model.stop_training = True

    def stopped(self, done):
        """Whether training has stopped early after `done` epochs."""
        waited = done - 1 - self.state["epoch"]
        return self.patience is not None and waited > self.patience

    def _is_best(self, value, loss):
        best, lowest_loss = self.state["best"], self.state["loss"]
        if best is None or math.isnan(best):
            return True
        if value != best:
            return self.sign * value > self.sign * best
        return (
            None in (loss, lowest_loss)
            or math.isnan(lowest_loss)
            or loss <= lowest_loss
        )

    def _average(self):
        """Assigns the averages; returns the variables and former values."""
        optimizer = self.model.optimizer
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()
        variables = self.model.trainable_variables if optimizer.use_ema else []
        moving = self.statistics.variables if self.statistics else []
        raw_values = [
            (v, keras.ops.convert_to_numpy(v)) for v in [*variables, *moving]
        ]
        if optimizer.use_ema:
            optimizer.finalize_variable_values(variables)
            # On JAX, prediction would delete the averages with them.
            for variable in variables:
                variable.assign(keras.ops.copy(variable))
        return raw_values


class LogCurves(keras.callbacks.Callback):
    """Writes `log.csv` after every epoch, and `curves.png`.

    Plotting can take longer than an epoch: the curves are plotted after an
    epoch if the last plot is at least 30 seconds old, and at the end.

    Args:
        folder: Where to write.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.state = []

    def on_train_begin(self, logs=None):
        self._plot_time = time.perf_counter()

    def on_epoch_begin(self, epoch, logs=None):
        self._since = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self._since
        row = {"epoch": epoch + 1, "seconds": round(seconds, 1)}
        row |= {name: float(value) for name, value in logs.items()}
        self.state.append(row)
        text = io.StringIO()
        table = csv.DictWriter(text, self.state[0])
        table.writeheader()
        table.writerows(self.state)
        csv_bytes = text.getvalue().encode()
        atomic.write(self.folder / "log.csv", lambda f: f.write(csv_bytes))
        if time.perf_counter() - self._plot_time >= 30:
            atomic.write(self.folder / "curves.png", self._draw)
            self._plot_time = time.perf_counter()

    def on_train_end(self, logs=None):
        if self.state:
            atomic.write(self.folder / "curves.png", self._draw)

    def _draw(self, file):
        from matplotlib.figure import Figure  # Late: it takes a second.

        names = [n for n in self.state[0] if n not in ("epoch", "seconds")]
        losses = [n for n in names if n.endswith("loss")]
        groups = [losses] + [[n] for n in names if n not in losses]
        figure = Figure((4 * len(groups), 3), layout="constrained")
        for axes, group in zip(
            figure.subplots(1, len(groups), squeeze=False)[0], groups
        ):
            for name in group:
                axes.plot(
                    [row["epoch"] for row in self.state],
                    [row[name] for row in self.state],
                    marker="o",
                    label=name,
                )
            axes.set_xlabel("epoch")
            axes.set_title(", ".join(group))
            axes.grid(alpha=0.3)
        figure.axes[0].legend()
        figure.savefig(file, format="png", dpi=120)


class WarmUpLoss(keras.callbacks.Callback):
    """Trains the first epochs by the `warmup_loss` of a target.

    Args:
        epochs: int. Number of these epochs.
    """

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()
        self.model.is_warming_up.assign(epoch < self.epochs)


class WarnOnCollapse(keras.callbacks.Callback):
    """Warns if a captioning model generates the same text for every image.

    Args:
        generate: Function without arguments that returns captions of
            different images.
        patience: int. Epochs in a row before the warning.
        share: float in [0, 1]. Minimum fraction of distinct captions.
    """

    def __init__(self, generate, patience=3, share=0.02):
        super().__init__()
        self.generate = generate
        self.patience = patience
        self.share = share
        self.state = {"epochs": 0}

    def on_epoch_end(self, epoch, logs=None):
        captions = self.generate()
        unique = len(set(captions)) / len(captions)
        is_constant = len(captions) > 1 and (
            unique <= self.share or len(set(captions)) == 1
        )
        self.state = {"epochs": self.state["epochs"] + 1 if is_constant else 0}
        if self.state["epochs"] >= self.patience:
            warnings.warn(
                f"For {self.state['epochs']} epochs the model has generated "
                f"(nearly) the same caption for every image: {captions[0]!r}. "
                "It ignores the image: lower the learning rate, train longer, "
                "or check that images and captions belong together.",
                stacklevel=2,
            )


class WarnOnChance(keras.callbacks.Callback):
    """Warns if the loss stays where a model tells no two examples apart.

    Args:
        level: float above 0. The loss of such a model.
        loss: Name of the loss in the logs.
        tolerance: float. Largest difference, as a fraction of the level.
    """

    def __init__(self, level, loss="loss", tolerance=0.01):
        super().__init__()
        self.level = level
        self.loss = loss
        self.tolerance = tolerance
        self.state = {}

    def on_epoch_end(self, epoch, logs=None):
        loss = logs.get(self.loss, math.nan)
        difference = abs(loss - self.level)
        if difference <= self.tolerance * self.level:
            warnings.warn(
                f"In epoch {epoch + 1} the loss stayed at {loss:.3f}, "
                "that of a model that tells no two examples of a batch apart. "
                "Change the learning rate, or check that the two parts of the "
                "examples belong together.",
                stacklevel=2,
            )


class FailOnNaN(keras.callbacks.Callback):
    """Stops with an error if the loss is not finite."""

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]):
            raise ValueError(
                f"The loss became {logs['loss']} in epoch {epoch + 1}. Lower "
                "the learning rate, or train with train.precision=float32."
            )


class StopAfterStep(keras.callbacks.Callback):
    """Ends training between two steps after a signal.

    After the last step of an epoch, the epoch is validated and saved first.
    Put it last, and train within `interrupts.deferred()`.
    """

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 != self.params["steps"]:
            interrupts.check()

    def on_epoch_end(self, epoch, logs=None):
        interrupts.check()
