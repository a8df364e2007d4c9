"""Retrieves items of one modality by an item of another."""

import hashlib

import keras
import numpy as np

from mmkeras import layers
from mmkeras import metrics
from mmkeras.data import candidate_texts
from mmkeras.data import codecs
from mmkeras.data import encoding
from mmkeras.data import inputs
from mmkeras.tasks import graph
from mmkeras.tasks import targets
from mmkeras.tasks.targets.embedding import mean_recall
from mmkeras.tasks.task import Task
from mmkeras.tasks.task import as_strings

PAIRS = "embeddings"  # Name of the layer that returns all embeddings.
PAIR = "pair"
_SHARPNESS = 1 / 0.07  # Of labels, if the model has not learned a scale.


class Retrieve(Task):
    """Embeds modalities in one space, to retrieve one by another.

    `answer` returns `"similarity"`, the cosine of the two embeddings of each
    example; `embed` the embeddings of one modality alone.

    Of three modalities or more, an example needs any two; with more, the
    similarity is the mean over the pairs of those that it has. What is missing
    is marked in the model's input `"presence"`, as in all other models of the
    zoo: exports and `answer` fill it in, and the embeddings of what is missing
    are zeros, which losses and similarities leave out.

    Args:
        model: A model of at least two inputs, and `"presence"` if there are
            more, with a `layers.EmbeddingPairs` named `"embeddings"` as its
            last layer; every `retrieve-*` architecture of the zoo is one.
        codecs: Dict of a codec for each input, and `"pair"`, a
            `codecs.Groups`.

    Raises:
        ValueError: If the model does not fit the codecs.
    """

    name = "retrieve"
    pipeline_tag = "feature-extraction"
    data_kind = "pairs"
    recipe = {
        "min_epochs": 12,
        "max_batch_size": 512,
        "label_smoothing": 0.0,
        "clip": 1.0,
        "ema": 0.99,
        "monitor": "recall_mean",
        "views": ("plain", "mirror", *(f"crop-{i}" for i in range(4))),
    }
    data_options = {"max_length": 32}
    target_field = PAIR
    example_field = PAIR
    answer_keys = ("similarity", "error")
    no_answer = {"similarity": 0.0}
    monitors = ("recall_mean", "loss")
    steps = None

    @classmethod
    def expand(cls, rows):
        """Makes one example per caption, and names what belongs together."""
        examples = [
            {**row, "text": text} if "captions" in row else row
            for row in rows
            for text in row.get("captions", [None])
        ]
        return [{**row, PAIR: _names(row)} for row in examples]

    @classmethod
    def fit_target(cls, codecs_by_field, train, val, options, generates):
        return codecs.Groups()

    def make_target(self):
        regions = self._pairs.regions if self.is_late else None
        return targets.Embedding(
            *(self.codecs[PAIR], PAIR, self.fields),
            loss=self._pairs.loss,
            regions=regions,
        )

    def finish(self, examples, seed):
        """Fills the querybank, if the model has one."""
        count = getattr(self._pairs, "querybank", 0)
        if not count:
            return
        indices, outputs = examples.sample_outputs(count, seed)
        sides = np.swapaxes(outputs[..., : self.size], 0, 1)
        presence = [examples.presence_of(f)[indices] for f in self.fields]
        bank = [x[present] for x, present in zip(sides, presence)]
        if all(map(len, bank)):
            self._pairs.fill(bank)

    def has_penalties(self, field, query):
        """Whether items of one modality are penalised for queries of another.

        Args:
            field: Name of the modality of the items.
            query: Name of that of the queries.
        """
        return field != query and bool(getattr(self._pairs, "querybank", 0))

    def penalties(self, field, query, vectors):
        """What items lose that are close to everything.

        Args:
            field: Name of their modality.
            query: Name of that of the queries.
            vectors: float32 `(n, size)`, their embeddings, rows of length 1.

        Returns:
            float32 `(n,)`, to be subtracted from cosines; see
            `layers.EmbeddingPairs`. Zeros without a querybank, or if the two
            are the same modality.
        """
        if not self.has_penalties(field, query):
            return np.zeros(len(vectors), "float32")
        vectors = keras.ops.convert_to_tensor(vectors)
        values = self._pairs.penalties(vectors, self.fields.index(query))
        return keras.ops.convert_to_numpy(values)

    @property
    def is_late(self):
        """Whether a modality has an embedding per step; see `embed`."""
        return isinstance(self._pairs, layers.LateInteraction)

    @property
    def modalities(self):
        """All inputs as one name: a score compares them, none is alone."""
        return ("+".join(self.fields),)

    @property
    def size(self):
        """Number of numbers of an embedding."""
        return self._towers[0].shape[-1]

    def embed(self, field, values, batch_size=64):
        """Embeds raw values of one modality.

        Args:
            field: Name of the modality.
            values: List of raw values, as of `answer`.
            batch_size: int. Number of values that are embedded at once.

        Returns:
            Tuple of float32 `(n, size)`, rows of length 1, zeros for values
            that could not be read; and a list of errors, empty strings for
            the others. With late interaction, `(n, steps, size)`, zeros also
            in the place of padding.
        """
        [values] = inputs.lists({field: values}, [field]).values()
        vectors, errors = [], []
        for i in range(0, len(values), batch_size):
            batch = {field: values[i : i + batch_size]}
            packed, unread = encoding.pack_batch(self.codecs, batch)

            def predict(model, x):
                return _predict(model, np.asarray(x), batch_size)

            answers = self._embed(field, packed, predict, unread)
            vectors.append(np.asarray(answers["embedding"]))
            errors += as_strings(np.asarray(answers["error"])).tolist()
        if not vectors:
            return np.zeros((0, self.size), "float32"), errors
        return np.concatenate(vectors), errors

    def signatures(self):
        """Further signatures of an export, which embed one modality each.

        Returns:
            Dict from names, such as `"embed_image"`, to pairs of a field and a
            function of its packed values to `"embedding"`, of length 1, and
            `"error"`.
        """

        def embed(field):
            return lambda packed: self._embed(field, packed)

        return {
            f"embed_{field}": (field, embed(field)) for field in self.fields
        }

    def _embed(self, field, packed, predict=None, unread=None):
        """Embeds packed values, by TensorFlow operations but for `predict`."""
        x, _, errors = encoding.encode_batch(self.codecs, [field], packed)
        if unread is not None:
            errors = encoding.first_error(unread, errors)
        x, model = self.codecs[field].normalize(x[field]), self.tower(field)
        vectors = predict(model, x) if predict else model(x)
        errors = encoding.mark_not_finite(errors, vectors)
        return encoding.blank_errors({"embedding": vectors}, errors)

    @property
    def ranked_field(self):
        """The field of texts, if there is exactly one other modality.

        An export takes several texts per example, and scores each of them.
        """
        texts = [f for f in self.fields if self.codecs[f].kind == "text"]
        return texts[0] if len(texts) == 1 and len(self.fields) == 2 else None

    def similarities(self, batch, batch_size=64):
        """Scores candidate texts for each example of the other modality.

        Args:
            batch: Dict of lists by field: of raw values as of `answer`, and of
                lists of texts, the candidates of each.
            batch_size: int. Number of examples that are scored at once.

        Returns:
            Dict of float32 arrays of shape `(n, candidates)`: `"similarity"`,
            cosines, and `"probability"`, their softmax with the learned scale,
            both 0 beyond the last candidate of an example; and `"error"`.

        Raises:
            ValueError: If the model has other modalities than texts and one
                more, or the batch lacks one of the two.
        """
        batch = self.by_field(batch)
        text = self.ranked_field
        if text is None or set(batch) != set(self.fields):
            raise ValueError(
                "Expected values of one modality, and texts as candidates. "
                f"Received: {', '.join(batch)}, for a model of "
                f"{', '.join(self.fields)}"
            )
        texts = candidate_texts.padded(batch.pop(text), text)
        parts = []
        for i in range(0, len(texts), batch_size):
            rows = slice(i, i + batch_size)
            part = {field: values[rows] for field, values in batch.items()}
            packed, unread = encoding.pack_batch(self.codecs, part)
            packed[text] = candidate_texts.pack(
                self.codecs[text], texts[rows], text
            )
            parts.append(self._similarities(packed, unread))
        return {
            key: as_strings(np.concatenate([np.asarray(p[key]) for p in parts]))
            for key in ("similarity", "probability", "error")
        }

    def _similarities(self, packed, unread=None):
        """Scores packed candidates, by TensorFlow operations alone."""
        text = self.ranked_field
        [field] = {*self.fields} - {text}
        query = self._embed(field, {field: packed[field]}, unread=unread)
        codec = self.codecs[text]
        x, present, errors = candidate_texts.encode(codec, packed[text], text)
        vectors = self.tower(text)(codec.normalize(x))
        vectors = candidate_texts.by_example(vectors, present)
        products = self._pairs.compare(query["embedding"], vectors)
        answers = candidate_texts.scores(products, present, self._sharpness)
        errors = encoding.first_error(query["error"], errors)
        errors = encoding.mark_not_finite(errors, answers["similarity"])
        return encoding.blank_errors(answers, errors)

    def serving_fn(self, batch, **options):
        if self.ranked_field is None:
            return super().serving_fn(batch, **options)
        return self._similarities(
            {k: self.codecs[k].from_arguments(k, batch) for k in self.fields}
        )

    def serving_answer(self, batch, **options):
        if self.ranked_field is None:
            return super().serving_answer(batch, **options)
        return self.similarities(batch)

    def encode_batch(self, raw):
        x, presence, errors = encoding.encode_batch(
            self.codecs, self.fields, raw
        )
        unpaired = encoding.fewer_than_two(self.fields, presence)
        return self._inputs(x, presence), encoding.first_error(errors, unpaired)

    def zero_shot(self, values, labels, field=None, template="{}"):
        """Classifies values by texts that describe the classes.

        Args:
            values: List of raw values of one modality, e.g. images.
            labels: List of names of the classes.
            field: Name of the modality of the values; by default the first
                one that is not text.
            template: Text with `{}` in the place of a label, such as
                `"a photo of {}"`.

        Returns:
            Dict of `"label"`, `"probability"`, `(n, labels)`, and `"error"`.

        Raises:
            ValueError: If the model has no texts, or no such modality beside
                them, there are fewer than two different labels, or the
                template has no `{}`.
        """
        text, *others = sorted(self.fields, key=self._in_file)
        field = field or next(f for f in self.fields if f != text)
        [labels] = inputs.lists({text: labels}, [text]).values()
        labels = list(dict.fromkeys(labels))
        if self._in_file(text) or field not in others or len(labels) < 2:
            raise ValueError(
                "Expected at least two different labels, for a model of texts "
                f"and {field}. Received: labels={labels}, modalities "
                f"{self.fields}"
            )
        if "{}" not in template:
            raise ValueError(
                f"`template` must have {{}} for the label. Received: {template}"
            )
        texts, _ = self.embed(text, [template.format(x) for x in labels])
        vectors, errors = self.embed(field, values)
        logits = float(self._sharpness) * self._products(vectors, texts)
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = exponents / exponents.sum(axis=1, keepdims=True)
        best = [labels[i] for i in shares.argmax(axis=1)]
        return {
            "label": np.array(
                [b if not e else "" for b, e in zip(best, errors)], object
            ),
            "probability": shares,
            "error": np.array(errors, object),
        }

    def tower(self, field):
        """The model from one input to its embeddings, of length 1."""
        place = self.fields.index(field)

        def make(inputs, given):
            x = graph.replay(self.model, given, self._towers[place])
            x = keras.layers.UnitNormalization(name="unit_length")(x)
            return keras.Model(inputs[field], x, name=f"embed_{field}")

        return self._model(("tower", field), (), make)

    def decode(self, outputs, errors, raw):
        return {"similarity": self._pairs.cosine(outputs)}, errors

    def units(self, rows):
        """Numbers the first items: each counts once, whatever its partners."""
        return self.target.units(self.target.encode(rows).values)

    def statistics(self, rows, labels, choices):
        """Statistics per first item; see `targets.Embedding.hits`."""
        return self.target.hits(labels, choices)

    def scores_and_statistics(self, examples, outputs, choices):
        labels = examples.labels
        ranked = self.target.ranked(labels, choices)
        return (
            self.target.score(labels, choices, ranked),
            self.target.hits(labels, choices, ranked),
        )

    def headline_scores(self, statistics):
        return {self.metric: mean_recall(statistics)}

    def table_row(self, name, answer):
        row = {"id": name, "similarity": round(float(answer["similarity"]), 4)}
        return {**row, "error": answer["error"]} if answer["error"] else row

    def row_texts(self, row):
        if "label" in row:  # Of `zero_shot`.
            return super().row_texts(row)
        return ["" if "error" in row else f"{row['similarity']:.3f}"]

    def check(self):
        self.check_codecs()
        names = [layer.name for layer in self.model.layers]
        if PAIRS not in names or len(self.fields) < 2:
            raise ValueError(
                "Expected a model of at least two inputs with a layer named "
                f"{PAIRS!r}. Received: inputs {self.fields}, layers "
                f"{', '.join(names)}"
            )

    def _products(self, vectors, texts):
        """The similarities of embeddings of two modalities."""
        if self.is_late:
            return metrics.late_interaction(vectors, texts)
        return vectors @ texts.T

    @property
    def _sharpness(self):
        """The scale of cosines whose softmax chooses among texts."""
        layer = self._pairs
        return layer.current_scale if layer.learns_scale else _SHARPNESS

    @property
    def _pairs(self):
        return self.model.get_layer(PAIRS)

    @property
    def _towers(self):
        return graph.call_of(self.model, self._pairs)[0]

    def _in_file(self, field):
        return self.codecs[field].in_file

    def _encoded_target(self, example):
        return self.codecs[PAIR](example[PAIR])


def _predict(model, x, batch_size):
    """Outputs for a batch, filled up so that all have the same size."""
    fill = [(0, batch_size - len(x)), *[(0, 0)] * (x.ndim - 1)]
    outputs = model.predict_on_batch(np.pad(x, fill, mode="edge"))
    return np.array(outputs[: len(x)], "float32")


def _names(row):
    """Names of the values of a row, by field; equal ones have the same."""
    names = {
        field: _name(row[field])
        for field in ("image", "audio", "features")
        if row.get(field) is not None
    }
    text = row.get("text")
    return names if text is None else {**names, "text": _words(text)}


def _name(value):
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    data = value if isinstance(value, bytes) else np.asarray(value).tobytes()
    return hashlib.blake2b(data, digest_size=16).hexdigest().encode()


def _words(text):
    """A text, without differences in case and white space."""
    return " ".join(text.casefold().split()).encode("utf-8", "surrogatepass")
