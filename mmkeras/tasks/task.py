"""Base class of tasks: a model, its codecs and its target."""

import collections
import functools
import math
import pathlib

import keras
import numpy as np

from mmkeras import generation
from mmkeras import hub
from mmkeras.data import encoding
from mmkeras.data import inputs
from mmkeras.data import label_kinds
from mmkeras.generation import compiled
from mmkeras.tasks import fit_codecs
from mmkeras.tasks import frozen_parts
from mmkeras.tasks import graph
from mmkeras.tasks import saving
from mmkeras.tasks import targets

PRESENCE = "presence"
TOKENS = targets.text.TOKENS

TASKS: dict[str, type] = {}
_MAX_VALUES = 1 << 25  # Numbers in the inputs of a batch, if there are several.
_PIPELINE_TAGS = {
    "audio": "audio-classification",
    "dialogue": "text-classification",
    "features": "tabular-classification",
    "image": "image-classification",
    "tabular": "tabular-classification",
    "text": "text-classification",
    "video": "video-classification",
}


class Task:
    """Base class of all tasks.

    Args:
        model: A model of the zoo: from a dict of inputs, and `"presence"` if
            there are several, to logits; a model that generates text also
            takes `"tokens"` and has a layer named `"decoder"`.
        codecs: Dict of a codec for each input, and one for the target.

    Attributes:
        target: A `targets.Target`: what the model is trained to predict, and
            scored by.
        auxiliary: Dict of `targets.Auxiliary` by the names of the model's
            outputs: what it is also trained to predict.

    Raises:
        ValueError: If the model does not fit the codecs.
    """

    name = None
    data_kind = "labels"  # Of your own data; see `datasets.columns.KINDS`.
    # How the architectures are trained, unless they say otherwise: fields of
    # `training.recipes.Recipe`, and below of `options.DataOptions`.
    recipe = {
        "min_epochs": 20,
        "max_batch_size": 64,
        "label_smoothing": 0.0,
        "clip": 1.0,
        "ema": 0.99,
        "monitor": "accuracy",
        "augment": ("audio",),
        "views": ("plain",),  # Labels and answers may tell left from right.
        "modality_dropout": 0.2,
    }
    data_options = {}
    learns_subwords = False  # Whether `fit_texts` learns those of texts.
    image_size = None  # Of images, for networks without weights.
    punctuation = "drop"  # Of texts; or "keep".
    text_options = {}  # Of the target, if it is text: of `codecs.Text`.
    search_options = None  # Dataclass of further options of generation.
    unused_options = ("ctc_weight",)  # Of generation: without effect.
    audio_augmentation = {}  # Options of `data.augment.augment_audio`.
    target_field = "label"  # Name of the target's codec.
    example_field = "label"  # Name of the target's value in an example.
    answer_keys = ("label", "probability", "error")
    no_answer = {"label": "", "probability": []}  # With an error.
    size_argument = ("num_classes", "classes")
    monitors = ()  # Validation metrics that can select the best epoch.
    fields_of_all = ()  # Inputs, if all architectures of the task have them.
    label_type = None  # Of `label_kinds.TARGETS`; by default inferred.
    text_field = "text"  # Of a text that is given by itself.
    always_given = ()  # Fields that are never hidden in training.
    generation_defaults = {}  # For models that generate text.
    evaluation_defaults = {}  # Of these, what evaluation and exports use.
    attention_layers = ()  # Of the model, for figures.
    texts_differ = False  # Whether texts for different inputs should differ.
    auxiliary = {}
    loss_names = ()  # Of all losses, that of `target` first, if several.
    is_streamed = False  # Whether evaluation reads inputs batch by batch.
    # About inputs that are truncated; may have a place for a key.
    truncation_advice = "train with a greater {} to use more"
    uncached = ()  # Fields whose frozen branches are part of training.
    ranked_field = None  # Of which an export takes several values per example.

    def __init_subclass__(cls):
        TASKS[cls.name] = cls

    def __init__(self, model, codecs):
        self.model = model
        self.codecs = codecs
        self._models = {}
        self._batches = collections.Counter()  # By size and options.
        self.check()
        self.target = self.make_target()
        if self.target.generates:
            self.target.decoder(model)

    @classmethod
    def expand(cls, rows):
        """Makes examples of rows: each has inputs and the target's value.

        Args:
            rows: Rows of a data set.

        Returns:
            List of dicts; here, the rows.
        """
        return rows

    @classmethod
    def require_packages(cls, rows):
        """Checks that the packages of the task's scores are installed.

        Args:
            rows: Rows of a data set.

        Raises:
            ModuleNotFoundError: If one is not; the error says what to
                install.
        """

    def labelled(self, rows):
        """Makes examples of rows, one per label, with what `target` encodes.

        Unlike those of `examples`, they are not joined to sequences.
        """
        return self.expand(rows)

    @classmethod
    def fit_texts(cls, rows, options, fields=()):
        """Fits the codecs of texts that have no words of their own.

        Args:
            rows: Training examples, as of `expand`.
            options: A `tasks.options.DataOptions`.
            fields: Names of the model's inputs.

        Returns:
            Dict of codecs by field, also that of the target; here, empty.
        """
        return {}

    @classmethod
    def fit_target(cls, codecs_by_field, train, val, options, generates):
        """Fits the codec of the target, here of labels.

        Args:
            codecs_by_field: Dict of the codecs of the inputs.
            train: Training examples, as of `expand`.
            val: Validation examples.
            options: A `tasks.options.TaskOptions`.
            generates: bool. Whether the model generates text.

        Returns:
            The codec.
        """
        labels = [row["label"] for row in [*train, *val]]
        kind = options.target or cls.label_type or label_kinds.infer(labels)
        return fit_codecs.fit_target(
            codecs_by_field, train, options.max_answers, generates, kind
        )

    @classmethod
    def generator(cls, model):
        """The class whose arguments are the options of generation.

        Args:
            model: A model of the zoo.

        Returns:
            A layer; `None` for models that generate no text.
        """
        is_generative = TOKENS in model.input
        return generation.SequenceGenerator if is_generative else None

    def make_target(self):
        """Makes the target of the task's codec."""
        return targets.make(self.codecs[self.target_field], self.example_field)

    @classmethod
    def joined(cls, model, rows):
        """Rows that a model's codecs are fitted to; here, all rows."""
        return rows

    @classmethod
    def count_examples(cls, model, rows):
        """Number of examples that rows become for a model."""
        return len(cls.joined(model, cls.expand(rows)))

    @property
    def fields(self):
        """Names of the inputs, in the order of the presence mask."""
        extra = (PRESENCE, TOKENS)
        return [name for name in self.model.input if name not in extra]

    @property
    def modalities(self):
        """Names of what the model predicts from any subset of.

        A tuple of the inputs; or one name, if the model needs all of them.
        """
        has_presence = PRESENCE in self.model.input
        names = tuple(self.fields)
        return names if has_presence else ("+".join(names),)

    @property
    def fields_of_any_length(self):
        """Names of the inputs whose values the model takes at any length."""
        return [
            field
            for field in self.fields
            if self.codecs[field].multiple
            and self.model.input[field].shape[1] is None
        ]

    def target_errors(self, rows, lengths):
        """Explains why the targets of examples cannot be learned.

        Args:
            rows: Examples.
            lengths: Dict of integers `(n,)` by `fields_of_any_length`: the
                lengths of their values.

        Returns:
            List of strings, empty where there is no reason.
        """
        return self.target.errors(rows)

    @property
    def columns(self):
        """Names of raw inputs: fields, or the columns of a table."""
        names = [self.codecs[field].columns(field) for field in self.fields]
        return [name for columns in names for name in columns]

    @property
    def pipeline_tag(self):
        """The kind of task by which the Hugging Face Hub lists models."""
        return _PIPELINE_TAGS.get(self.codecs[self.fields[0]].kind, "other")

    @property
    def unimodal_parts(self):
        """Inputs to compare with all: names, several joined by `+`."""
        return list(self.fields)

    @property
    def steps(self):
        """Steps of a sequence that each have a prediction; else `None`."""
        shape = self.model.output_shape
        is_sequence = len(shape) == 3 and not self.target.generates
        return shape[1] if is_sequence else None

    def examples(self, rows):
        """Makes examples of rows for this model."""
        return self.expand(rows)

    def encode(self, example):
        """Maps one raw example to `(x, y)`; use it in `dataset.map`.

        Args:
            example: Dict by field of scalar strings, text or the bytes of
                files, or arrays of features; a missing value is empty, NaN or
                left out. Also the target's value.

        Returns:
            The model's inputs, pixels as uint8 (see `normalize`), and the
            target.
        """
        x, presence = encoding.encode_example(self.codecs, self.fields, example)
        x, y = self._inputs(x, presence), self._encoded_target(example)
        if self.target.generates:
            return {**x, TOKENS: y[:-1]}, y[1:]
        return x, y

    def normalize(self, x, y=None, cached=()):
        """Scales encoded values for the model; use it in `dataset.map`.

        Args:
            x: Dict of a batch of the model's inputs.
            y: The batch's targets, returned unchanged; or `None`.
            cached: Names of the fields whose values are cached outputs of
                frozen branches.

        Returns:
            The inputs, pixels in [0, 1]; and `y` unless it is `None`.
        """
        scaled = {
            field: self.codecs[field].normalize(x[field])
            for field in self.fields
            if field in x and field not in cached
        }
        x = {**x, **scaled}
        return x if y is None else (x, y)

    def inference(self, cached=(), num_samples=0, **options):
        """Returns the model for prediction; the same one at every call.

        Args:
            cached: Names of the fields for which it takes the outputs of the
                frozen parts of their branches instead of raw values.
            num_samples: int. Texts to sample per example, from a further input
                `"uniforms"`, numbers of shape `(batch, length, num_samples)`;
                0 to generate one text according to the options.
            **options: For models that generate text: of
                `mmkeras.generation.SequenceGenerator`.

        Returns:
            A `keras.Model` from a dict of inputs to logits, or to a dict of
            `"tokens"` and `"score"`.
        """
        if not self.target.generates:
            if options:
                raise ValueError(
                    f"{self.model.name} generates no text, so it has no "
                    f"options of generation. Received: {sorted(options)}"
                )
            if not cached:
                return self.model
            return self._model("logits", cached, self._logits)
        options = {"xla": None, **self.generation_defaults, **options}
        options["xla"] = options["xla"] or None
        key = ("generator", num_samples, *sorted(options.items()))
        make = functools.partial(self._generator, num_samples, options)
        return self._model(key, cached, make)

    def predictor(self, count, cached=(), **options):
        """Returns the model of `inference` for a batch.

        If it generates text, it is compiled with XLA, unless `xla` says
        whether it is, from the batch of a size on from which that saves time.

        Args:
            count: int. Number of examples in the batch.
            cached: As of `inference`.
            **options: As of `inference`.
        """
        if self.target.generates and options.get("xla") is None:
            key = compiled.padded_size(count), *sorted(options.items())
            self._batches[key] += 1
            xla = self._batches[key] > compiled.PAYS_AFTER
            options = {**options, "xla": xla}
        return self.inference(cached, **options)

    def generation_options(self, **changes):
        """Completes options of generation for evaluation and exports.

        Args:
            **changes: Of `mmkeras.generation.SequenceGenerator`, where they
                differ from the task's own. With `samples`, the temperature is
                0.7 by default; with a temperature alone, the beam is 1.

        Returns:
            Dict of options.
        """
        defaults = dict(self.evaluation_defaults)
        if changes.get("samples"):
            defaults["temperature"] = 0.7
        elif changes.get("temperature"):
            defaults["beam"] = 1
        return {**defaults, **changes}

    def training_outputs(self, inputs, given, seed=0, names=()):
        """What the model that is trained returns.

        Args:
            inputs: Dict of its inputs, to which further ones can be added.
            given: As of `graph.replay`: pairs in the order of `model.input`.
            seed: int. Seed of what is sampled.
            names: Those of `loss_names` that are part of the loss.

        Returns:
            Symbolic tensor: of the model's logits, or for models that generate
            text of those at `"positions"` alone; or, with `loss_names`, a dict
            of what each loss takes.
        """
        if self.target.generates:
            return self.target.teacher_forcing(self.model, inputs, given)
        return graph.replay(self.model, given, self.model.output)

    def target_inputs(self, y):
        """Inputs of training that follow from a batch of encoded targets.

        Args:
            y: As of `Encoded.take`.

        Returns:
            Dict of arrays; here, empty.
        """
        return {}

    def scored(self, outputs):
        """The part of a model's outputs, as of `inference`, that is scored."""
        return outputs[TOKENS] if self.target.generates else outputs

    def context_model(self, cached=()):
        """For models that generate text: from inputs to the context."""
        return self._model("context", cached, self._context)

    @functools.cached_property
    def decoder_model(self):
        """From `"context"` and `"tokens"` to next-word logits."""
        model = self.context_model()
        context = keras.Input(model.output_shape[1:], name="context")
        tokens = keras.Input((None,), dtype="int32", name=TOKENS)
        logits = self.target.decoder(self.model)([tokens, context])
        return keras.Model({"context": context, TOKENS: tokens}, logits)

    def answer_texts(self, batch, labels):
        """Texts to draw below examples.

        Args:
            batch: As of `answer`.
            labels: List of predicted labels, one per example.

        Returns:
            List of strings.
        """
        return [str(label) for label in labels]

    def answer(self, batch, batch_size=64, **options):
        """Predicts from raw values.

        Args:
            batch: Dict of lists by field, of raw values: text; the bytes of
                encoded files, or their paths, which are then read; arrays of
                features; a dialogue, a list of its turns; by column, numbers
                and categories. `None` in a list is a missing value; a field
                may be left out as a whole. Or a pandas DataFrame with columns
                of these names.
            batch_size: int. Maximum number of examples that are predicted at
                once; fewer if they are large, such as videos.
            **options: For models that generate text: of
                `mmkeras.generation.SequenceGenerator`, e.g. `beam=3`.

        Returns:
            Dict of arrays with one entry per example; see the task. `"error"`
            is empty, or the reason why the example could not be read.
        """
        batch = self.by_field(batch)
        count = len(next(iter(batch.values())))
        batch_size, parts = min(batch_size, self._max_batch_size), []
        for i in range(0, count, batch_size):
            part = {k: v[i : i + batch_size] for k, v in batch.items()}
            raw, read_errors = encoding.pack_batch(self.codecs, part)
            x, errors = self.encode_batch(raw)
            errors = encoding.first_error(read_errors, errors)
            x = {field: value.numpy() for field, value in x.items()}
            model = self.predictor(len(errors), **options)
            model = model.predict_on_batch
            parts.append(self._answer_batch(x, errors, model, raw))
        if not parts:
            return {key: np.array([]) for key in self.answer_keys}
        return {
            key: as_strings(np.concatenate([np.asarray(p[key]) for p in parts]))
            for key in self.answer_keys
        }

    def by_field(self, batch):
        """Checks a batch as of `answer`, and groups its columns by field.

        Args:
            batch: As of `answer`.

        Returns:
            Dict of lists by field.

        Raises:
            ValueError: As of `data.inputs.lists`.
        """
        names = list(dict.fromkeys([*self.columns, *self.fields]))
        batch = inputs.lists(batch, names)
        return encoding.by_field(self.codecs, self.fields, batch)

    def serving_fn(self, batch, **options):
        """As `answer`, for one batch, with TensorFlow operations alone."""
        given = {
            field: self.codecs[field].from_arguments(field, batch)
            for field in self.fields
        }
        batch = {k: values for k, values in given.items() if values is not None}
        x, errors = self.encode_batch(batch)
        return self._answer_batch(x, errors, self.inference(**options), batch)

    def serving_answer(self, batch, **options):
        """What the default signature of an export answers; here, `answer`.

        Args:
            batch: As of `answer`; of `ranked_field`, lists of texts.
            **options: As of `answer`.

        Returns:
            Dict as of `answer`.
        """
        return self.answer(batch, **options)

    def signatures(self):
        """Further signatures of an export, each of one field.

        Returns:
            Dict from names to pairs of a field, and a function of a dict with
            its packed values to answers, with TensorFlow operations alone.
            Here, empty.
        """
        return {}

    def decode(self, outputs, errors, raw):
        """Converts a model's outputs to answers, by TensorFlow operations.

        Args:
            outputs: As of the model of `inference`.
            errors: Strings `(n,)`.
            raw: Dict of packed values by field.

        Returns:
            Tuple of a dict of answers and the errors.
        """
        labels, probabilities = self.target.decode(outputs)
        if self.target.generates:
            probabilities = keras.ops.exp(outputs["score"])[:, None]
        return {"label": labels, "probability": probabilities}, errors

    def score(self, examples, outputs):
        """Scores the outputs for all examples of a split.

        Args:
            examples: A `mmkeras.training.examples.Examples`.
            outputs: As of its `outputs`.

        Returns:
            Dict of metrics.
        """
        predictions = examples.predictions(outputs)
        return self.target.score(examples.labels, predictions)

    def scores_and_statistics(self, examples, outputs, choices):
        """Computes `score` and `statistics` at once.

        Tasks override it for which both follow from one computation.

        Args:
            examples: As of `score`.
            outputs: As of `score`.
            choices: As of `statistics`, for the same outputs.

        Returns:
            Tuple of a dict as of `score`, and an array as of `statistics`.
        """
        scores = self.score(examples, outputs)
        return scores, self.statistics(examples.rows, examples.labels, choices)

    def extra_scores(self, examples, outputs, predictions):
        """Scores in evaluation alone, such as those by type of question.

        Args:
            examples: As of `score`.
            outputs: As of `score`.
            predictions: As of `examples.predictions`.

        Returns:
            Dict of metrics; here, empty.
        """
        return {}

    def score_notes(self):
        """How scores are computed, where names do not tell; one per line."""
        return []

    def error_counts(self, examples, predictions):
        """The most frequent errors; see `answers.answer_errors`.

        Args:
            examples: As of `score`.
            predictions: As of `extra_scores`.

        Returns:
            Dict; empty if the predictions are not answers to questions.
        """
        return {}

    def units(self, rows):
        """Numbers what is scored: examples with the same number count once.

        Args:
            rows: Examples.

        Returns:
            Integers of shape `(n,)`, from 0; here, each example has its own.
        """
        return np.arange(len(rows))

    def statistics(self, rows, labels, choices):
        """Collects what the headline metrics follow from.

        A bootstrap selects rows of it; see `headline_scores`.

        Args:
            rows: Examples.
            labels: Their encoded labels; see `Encoded.labels`.
            choices: Predictions as of `Examples.choices`.

        Returns:
            Array with an entry per label or, if fewer are scored, per unit.
        """
        choices = np.reshape(choices, np.shape(labels))
        return np.stack([labels, choices], axis=1)

    def headline_scores(self, statistics):
        """Computes the metrics by which models are compared.

        Args:
            statistics: As of `statistics`.

        Returns:
            Dict of metrics; higher is better. The first one is `metric`.
        """
        labels, choices = statistics[:, 0], statistics[:, 1]
        return {self.metric: self.target.agreement(labels, choices)}

    @property
    def metric(self):
        """Name of the headline metric, by which models are compared."""
        return self.target.metric

    def monitor(self, requested):
        """Name of the validation metric that selects the best epoch."""
        return self.target.monitor(requested)

    def table_row(self, name, answer):
        """One answer as a row of a table.

        Args:
            name: Name of the example.
            answer: Dict of an example's values of `answer`.

        Returns:
            Dict for JSON, with `"error"` only if there is one.
        """
        if answer["error"]:
            row = {"id": name, "label": "", "probability": {}}
            return {**row, "error": answer["error"]}
        names = getattr(self.target.codec, "names", None) or ["value"]
        probability = {
            name: round(float(value), 4)
            for name, value in zip(names, answer["probability"])
        }
        label = str(answer["label"])
        return {"id": name, "label": label, "probability": probability}

    def row_texts(self, row):
        """The texts of a row of `table_row` that are printed.

        Args:
            row: A dict as of `table_row`.

        Returns:
            List of strings; here, the label and the most likely ones.
        """
        likely = sorted(row["probability"].items(), key=lambda x: -x[1])[:5]
        shares = ", ".join(f"{label} {share:.3f}" for label, share in likely)
        return [row["label"], shares]

    def save(self, folder):
        """Writes the task into a folder, the model in float32.

        Args:
            folder: Where to write; created if necessary.

        Returns:
            The folder, a `pathlib.Path`.
        """
        return saving.save(folder, self.name, self.model, self.codecs)

    def finish(self, examples, seed):
        """Does what remains after a training.

        Args:
            examples: The `training.examples.Examples` of the training.
            seed: int.
        """

    def check(self):
        """Raises an error if the codecs do not fit the model."""
        self.check_codecs()
        outputs = self.model.output_shape[-1]
        size = self.codecs[self.target_field].size
        if outputs != size:
            argument, what = self.size_argument
            raise ValueError(
                f"The model has {outputs} outputs, but the codec "
                f"{self.target_field!r} has {size} {what}. Build the model "
                f"with `{argument}={size}`."
            )

    def check_codecs(self):
        """Raises an error if an input or the target has no codec."""
        needed = [*self.fields, self.target_field]
        if any(field not in self.codecs for field in needed):
            raise ValueError(
                f"Expected a codec for each of {needed}. Received: "
                f"{sorted(self.codecs)}"
            )

    def encode_batch(self, raw):
        """Encodes packed values; returns the model's inputs and errors."""
        x, presence, errors = encoding.encode_batch(
            self.codecs, self.fields, raw
        )
        for field in self.fields_of_any_length:
            x[field] = self.codecs[field].shorten(x[field])
        return self._inputs(x, presence), errors

    @functools.cached_property
    def _max_batch_size(self):
        """Number of examples whose inputs fit in memory."""
        shapes = [self.codecs[field].shape for field in self.fields]
        values = sum(math.prod(shape) for shape in shapes if None not in shape)
        return max(_MAX_VALUES // max(values, 1), 1)

    def _encoded_target(self, example):
        return example[self.target_field]

    def _inputs(self, x, presence):
        return {**x, PRESENCE: presence} if PRESENCE in self.model.input else x

    def _answer_batch(self, x, errors, model, raw):
        outputs = model(self.normalize(x))
        steps = self.steps is not None and encoding.step_mask(x, self.fields)
        values = self._checked(outputs)
        errors = encoding.mark_not_finite(errors, values, steps)
        answers, errors = self.decode(outputs, errors, raw)
        return encoding.blank_errors(answers, errors, steps)

    def _checked(self, outputs):
        """The numbers of a model's outputs that must be finite."""
        return outputs["score"] if self.target.generates else outputs

    def _model(self, key, cached, make):
        key = key, frozenset(cached)
        if key not in self._models:
            inputs, given = frozen_parts.training_inputs(self.model, cached)
            if self.target.generates:
                tokens = inputs.pop(TOKENS)
                given = [pair for pair in given if pair[1] is not tokens]
            self._models[key] = make(inputs, given)
        return self._models[key]

    def _logits(self, inputs, given):
        logits = graph.replay(self.model, given, self.model.output)
        return keras.Model(inputs, logits, name=self.model.name)

    def _context(self, inputs, given):
        return keras.Model(inputs, self.target.context(self.model, given))

    def _search_inputs(self, given, options):
        """The call arguments of the generator besides random numbers."""
        return {"context": self.target.context(self.model, given)}

    def _generator(self, num_samples, options, inputs, given):
        generate = self.target.generator(self.model, **options)
        tensors = self._search_inputs(given, options)
        context, uniforms = tensors.pop("context"), None
        if None in context.shape[1:]:  # XLA would compile every length.
            generate.xla = None
        if num_samples:
            shape = (generate.length, num_samples)
            uniforms = keras.Input(shape, name="uniforms")
            inputs = {**inputs, "uniforms": uniforms}
        outputs = generate(context, uniforms=uniforms, **tensors)
        return keras.Model(inputs, outputs)


def load(name, **options):
    """Loads a trained task: that of a run, or a preset.

    Nothing in its folder is executed: there is no pickle and no Lambda layer,
    and the model may name only classes of Keras, KerasHub and mmkeras. The
    SHA-256 of the files is verified.

    Args:
        name: Folder of a run, or of what `Task.save` wrote; or the name of a
            preset, or `hf://user/name`, see `mmkeras.hub.find`; or a CLIP,
            SigLIP or Whisper of KerasHub, `hub:PRESET` or its folder, see
            `tasks.networks`.
        **options: For a Whisper: `language` and `translate`, see
            `tasks.whisper.of_backbone`.

    Returns:
        A `Task`, its model in float32.

    Raises:
        FileNotFoundError: If there is no such folder or preset.
        ValueError: If a file is truncated, tampered with or contains code.
    """
    folder = hub.find(name)
    if hub.is_network(folder):
        from mmkeras.tasks import networks  # Late: it imports this module.

        return networks.load(folder, **options)
    if options:
        raise ValueError(
            f"{', '.join(options)} are options of pretrained networks. "
            f"Received: {name}, a task"
        )
    task, model, codecs = saving.load(folder, TASKS)
    try:
        return TASKS[task](model, codecs)
    except saving.MALFORMED as error:
        path = pathlib.Path(folder, "task.json")
        raise ValueError(
            f"The codecs of {path} do not fit its model: {error!r}"
        ) from error


def as_strings(array):
    """Converts an array of bytes to strings; returns other arrays as is."""
    if array.dtype.kind in "OS":
        flat = [x.decode("utf-8") for x in array.ravel().tolist()]
        return np.array(flat, object).reshape(array.shape)
    return array
