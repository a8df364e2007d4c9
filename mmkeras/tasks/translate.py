"""Translates a text."""

from mmkeras import metrics
from mmkeras.data import augment
from mmkeras.data import codecs
from mmkeras.data import truncation
from mmkeras.tasks import masked_words
from mmkeras.tasks.task import Task

SOURCE, TARGET = "source", "target"


class Translate(Task):
    """Translates a text into another language.

    `answer` returns `"text"`, the translations, and `"score"`, their mean
    log-probabilities.

    Both languages share the subwords that are learned from the training
    texts, or each has its own; see `codecs.Subwords`.

    Args:
        model: A model from `"source"`, `"audio"` or both, and further inputs,
            and `"tokens"` to logits of the next subword, with a decoder layer
            named `"decoder"`; every `translate-*` architecture of the zoo is
            one.
        codecs: Dict of a codec for each input, and `"target"`, that of the
            translations.

    Raises:
        ValueError: If the model does not fit the codecs.
    """

    name = "translate"
    pipeline_tag = "translation"
    data_kind = "translations"
    recipe = {
        "min_epochs": 60,
        "max_batch_size": 128,
        "learning_rate": 2e-3,
        "warmup": 0.1,
        "ema": 0.999,
        "monitor": "bleu",
        "bucket_by_length": True,
        "views": ("plain",),  # Translations may tell left from right.
        "modality_dropout": 0.1,
    }
    data_options = {
        "max_length": 64,
        "audio_seconds": truncation.SPEECH_SECONDS,
        "subwords": "unigram",
    }
    audio_augmentation = augment.SPEECH
    image_size = 64
    learns_subwords = True
    text_field = SOURCE
    target_field = TARGET
    example_field = TARGET
    answer_keys = ("text", "score", "error")
    no_answer = {"text": "", "score": 0.0}
    size_argument = ("vocabulary_size", "tokens")
    evaluation_defaults = {"beam": 5, "length_penalty": 1.0}
    metric = "bleu"
    monitors = ("bleu", "loss")

    @classmethod
    def fit_texts(cls, rows, options, fields=(SOURCE,)):
        """Learns the vocabularies of the sources and the translations.

        By default both have the same. Models of speech alone learn that of
        the translations.
        """
        fields = [field for field in (SOURCE,) if field in fields] + [TARGET]
        if options.vocabularies == "joint":
            return dict.fromkeys(fields, _subwords(rows, fields, options))
        return {field: _subwords(rows, [field], options) for field in fields}

    @classmethod
    def fit_target(cls, codecs_by_field, train, val, options, generates):
        """The codec of the translations, in which no word is masked."""
        config = codecs_by_field[TARGET].get_config()
        config |= {"language": _languages(train)[1], "masked": []}
        return codecs.Subwords(**config)

    @classmethod
    def require_packages(cls, rows):
        metrics.require_translation_packages(_languages(rows)[1])

    @property
    def always_given(self):
        """The source, unless its recording can take its place."""
        return () if "audio" in self.fields else (SOURCE,)

    def make_target(self):
        """A text of which every word counts, not whether all are right."""
        target = super().make_target()
        target.has_accuracy = False
        return target

    def decode(self, outputs, errors, raw):
        text, score = self.target.decode(outputs)
        return {"text": text, "score": score}, errors

    def statistics(self, rows, labels, choices):
        """Counts per translation; see `metrics.translation_statistics`."""
        return metrics.translation_statistics(*self._pairs(rows, choices))

    def headline_scores(self, statistics):
        return {self.metric: metrics.bleu_of_statistics(statistics)}

    def score(self, examples, outputs):
        """BLEU; see `extra_scores` for further metrics."""
        statistics = self.statistics(examples.rows, examples.labels, outputs)
        return self.headline_scores(statistics)

    def extra_scores(self, examples, outputs, predictions):
        """Further scores; see `metrics.translation_scores`."""
        language = getattr(self.target.codec, "language", None)
        pairs = self._pairs(examples.rows, outputs)
        return metrics.translation_scores(*pairs, language)

    def score_notes(self):
        signatures = metrics.translation_signatures().items()
        return [f"{name}: {signature}" for name, signature in signatures]

    def monitor(self, requested):
        return requested if requested in self.monitors else self.monitors[0]

    def table_row(self, name, answer):
        if answer["error"]:
            last = {"error": answer["error"]}
        else:
            last = {"score": float(answer["score"])}
        return {"id": name, "text": answer["text"], **last}

    def row_texts(self, row):
        return [row["text"]]

    def answer_texts(self, batch, labels):
        """Each source with its translation."""
        sources = batch.get(SOURCE) or [""] * len(labels)
        return [f"{x}\n{y}" for x, y in zip(sources, labels)]

    def _pairs(self, rows, tokens):
        """Translations of examples, and their references.

        The references are in lower case if the model's texts are.
        """
        references = [str(row[TARGET]) for row in rows]
        if getattr(self.target.codec, "lowercase", False):
            references = [text.lower() for text in references]
        return self.target.texts(tokens), references

    def _encoded_target(self, example):
        return self.codecs[TARGET](example[TARGET])


def _subwords(rows, fields, options):
    """Learns the subwords of the texts of fields."""
    texts = [row.get(field) for row in rows for field in fields]
    language = _languages(rows)[0]
    masked = masked_words.get(options.mask_words, language)
    return codecs.Subwords.from_texts(
        [text for text in texts if text],
        options.vocabulary_size,
        length=options.max_length,
        lowercase=options.lowercase,
        language=language,
        masked=masked if SOURCE in fields else (),
        algorithm=options.subwords,
    )


def _languages(rows):
    """Codes of the two languages of rows, `None` if they do not tell."""
    return rows[0].get("languages") or (None, None)
