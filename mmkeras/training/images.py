"""The images and captions of a split, ready to train on or to score."""

import keras
import numpy as np

from mmkeras import losses
from mmkeras.data import cache
from mmkeras.data import frozen
from mmkeras.data import pipeline
from mmkeras.tasks.precision import in_float32

_AT_ONCE = 1024  # Images, what the decoder sees of which is held.


class Images:
    """The images of rows as a trainee takes them, made once.

    Args:
        task: A `tasks.Caption`. If its encoder's trunk is frozen, the
            images are what the trunk makes of them, else pixels.
        rows: Rows of a data set.
        views: Views to keep; a trainable trunk sees plain pixels.
        progress: Function of the images done and in all.
    """

    def __init__(self, task, rows, views=("plain",), progress=None):
        self.rows = rows
        self.bad = []
        self.frozen = not task.trunk.trainable_weights
        options = {"progress": progress, "bad": self.bad}
        image = task.codecs["image"]
        if self.frozen:
            trunk = in_float32(task.trunk)  # Quicker, and computed but once.
            self.array = frozen.features(
                trunk, rows, image, views=views, stem=task.stem, **options
            )
        else:
            self.array = cache.pixels(rows, image, **options)[None]

    @classmethod
    def readable(cls, task, rows, progress=None):
        """Makes the images of those rows that can be read, to score.

        Args:
            task: A `tasks.Caption`.
            rows: Rows of a data set.
            progress: As of the class.

        Returns:
            `Images`; the others are in its `bad`.
        """
        found = cls(task, rows, progress=progress)
        if not found.bad:
            return found
        found.check()
        bad = found.bad
        names = {name for name, _ in bad}
        good = [row for row in rows if row["id"] not in names]
        found = cls(task, good, progress=progress)
        found.bad = bad
        return found

    def check(self):
        """Raises a `ValueError` if none of the images could be read."""
        broken = {name for name, _ in self.bad}
        if all(row["id"] in broken for row in self.rows):
            name, error = self.bad[0]
            raise ValueError(
                f"None of the {len(self.rows)} images could be read. The "
                f"first error: {name}: {error}"
            )

    @property
    def references(self):
        """The captions of every image."""
        return [row["captions"] for row in self.rows]

    def captions(self, task):
        """Image and tokens of every caption, bad images left out."""
        self.check()
        broken = {name for name, _ in self.bad}
        pairs = [
            (i, text)
            for i, row in enumerate(self.rows)
            if row["id"] not in broken
            for text in row["captions"]
        ]
        owners, texts = zip(*pairs)
        return np.array(owners), task.codecs["text"](list(texts)).numpy()

    def write(self, task, **options):
        """Captions every image."""
        return task.write(self.array[0], features=self.frozen, **options)

    def loss(self, task, shift=0, batch_size=128):
        """Mean cross-entropy a token of the captions, no label smoothing.

        Args:
            task: The captioner.
            shift: int. Each caption is judged beside the image that many
                rows on.
            batch_size: int.
        """
        owners, tokens = self.captions(task)
        owners = (owners + shift) % len(self.rows)
        order = np.argsort(np.count_nonzero(tokens, axis=1), kind="stable")
        owners, tokens = owners[order], tokens[order]
        batch_size = min(batch_size, len(owners))
        total = 0.0
        for start in range(0, len(self.rows), _AT_ONCE):
            stop = min(start + _AT_ONCE, len(self.rows))
            seen = self._seen(task, slice(start, stop))
            mine = np.flatnonzero((start <= owners) & (owners < stop))
            for i in range(0, len(mine), batch_size):
                some = mine[i : i + batch_size]
                blank = (0, batch_size - len(some))  # One shape, one trace.
                said = pipeline.shortened(tokens[some])
                said = np.pad(said, [blank, (0, 0)])
                x = seen[np.pad(owners[some] - start, blank)]
                logits = task.head.predict_on_batch(
                    {"image": x, "tokens": said[:, :-1]}
                )
                loss = losses.token_crossentropy(said[:, 1:], logits)
                total += float(keras.ops.sum(loss))
        return total / np.count_nonzero(tokens[:, 1:])

    def _seen(self, task, some, batch_size=64):
        """What the decoder sees of some images, a slice of them."""
        encoder = task.top if self.frozen else task.encoder
        batch_size = min(batch_size, len(self.rows))
        seen = []
        for i in range(some.start, some.stop, batch_size):
            batch = np.arange(i, i + batch_size)
            x = self.array[0, np.minimum(batch, some.stop - 1)]
            x = x if self.frozen else task.codecs["image"].normalize(x)
            seen.append(np.float32(encoder.predict_on_batch(x)))
        return np.concatenate(seen)[: some.stop - some.start]
