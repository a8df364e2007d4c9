"""Progress bars."""

import contextlib

from mmkeras import interrupts


def counter(label):
    """Returns a function of `(done, total)` that shows a progress bar.

    Args:
        label: Unit that is counted, e.g. `"images"`.
    """
    from rich.progress import Progress

    bars = {}

    def progress(done, total):
        interrupts.check()
        if "bar" not in bars:
            bars["bar"] = Progress(transient=True)
            bars["bar"].start()
            bars["task"] = bars["bar"].add_task(label, total=total)
        bars["bar"].update(bars["task"], completed=done, total=total)
        if done >= total:
            bars.pop("bar").stop()

    return progress


@contextlib.contextmanager
def epochs(total):
    """Context manager of a Keras callback that shows training progress.

    On a terminal a bar follows the batches. Each epoch ends with a line of
    its metrics.

    Args:
        total: int. Total number of epochs.

    Yields:
        The callback; it must be the last one.
    """
    import keras  # Late: `mmkeras --help` does not need it.
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    bar = _bar(console)

    class Epochs(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            bar.start()
            name = f"epoch {epoch + 1}/{total}"
            steps = self.params["steps"]
            self.task = bar.add_task(name, total=steps, loss="")

        def on_train_batch_end(self, batch, logs=None):
            loss = f"loss {logs['loss']:.3f}"
            bar.update(self.task, completed=batch + 1, loss=loss)

        def on_epoch_end(self, epoch, logs=None):
            seconds = bar.tasks[-1].elapsed
            bar.remove_task(self.task)
            console.print(_line(epoch + 1, total, seconds, logs))

    try:
        yield Epochs()
    finally:
        bar.stop()


def _bar(console):
    from rich.progress import BarColumn
    from rich.progress import Progress
    from rich.progress import TextColumn
    from rich.progress import TimeRemainingColumn

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
    ]
    return Progress(*columns, console=console, transient=True)


def _line(epoch, total, seconds, logs):
    figures = "  ".join(f"{name} {value:.3f}" for name, value in logs.items())
    return f"epoch {epoch}/{total}  {seconds:.0f} s  {figures}"
