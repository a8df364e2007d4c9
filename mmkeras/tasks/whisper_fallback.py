"""Recognises windows again whose text repeats itself or is unlikely."""

import dataclasses
import zlib

import keras
import numpy as np

TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)
MAX_COMPRESSION = 2.4  # Of bytes of text to those after zlib.
MIN_LOG_PROBABILITY = -1.0  # Mean per token.
MAX_NO_SPEECH = 0.6  # Probability of the token for silence.
NUM_SAMPLES = 5  # Texts per temperature, of which the likeliest is taken.
_SHARED = ("length", "min_length", "no_repeat_ngram_size", "seed")


@dataclasses.dataclass(frozen=True)
class FallbackOptions:
    """How a pretrained Whisper recognises speech, besides its search.

    Attributes:
        fallback: Whether windows whose text repeats itself or is unlikely are
            recognised again, by sampling at rising temperatures; not in
            exports.
    """

    fallback: bool = True


class FallbackPredictor:
    """Searches for the texts of windows, and samples those of bad ones.

    If a text is compressed by more than 2.4 or its mean log-probability per
    token is below -1, texts are sampled at the temperatures 0.2, 0.4, 0.6, 0.8
    and 1 until one is neither; the last one is taken in any case. A window
    whose text is too unlikely has none if no speech is likelier than 0.6.

    Args:
        recogniser: A `Recogniser`.
        search: A model from recordings to a dict as of `GenerateWindows`.
        length_penalty: float. That of the search.

    Reference:
        [Radford et al., 2022](https://arxiv.org/abs/2212.04356), section 4.5
    """

    def __init__(self, recogniser, search, length_penalty):
        self.recogniser, self.search = recogniser, search
        self.length_penalty = length_penalty

    def predict_on_batch(self, x):
        """Predicts a batch.

        Args:
            x: Dict of one field, of shape `(batch, windows, samples)`.

        Returns:
            Dict of `"tokens"` and `"score"`, as of `GenerateWindows`. Scores
            of texts that were sampled are their mean log-probability.
        """
        outputs = self.search.predict_on_batch(x)
        [windows] = x.values()
        scores = np.array(outputs["scores"])
        tokens = np.array(outputs["tokens"]).reshape(*scores.shape, -1)
        changed = False
        for place in np.ndindex(scores.shape):
            words = np.count_nonzero(tokens[place])
            if not words:
                continue
            mean = scores[place] * words ** (self.length_penalty - 1)
            if self._is_good(tokens[place], mean):
                continue
            window = np.asarray(windows[place])[None]
            best = self._again(window, tokens[place], mean)
            changed = True
            tokens[place], scores[place] = best
        if not changed:
            return {key: outputs[key] for key in ("tokens", "score")}
        used = np.maximum(np.count_nonzero(scores, axis=1), 1)
        score = (scores.sum(axis=1) / used).astype("float32")
        return {"tokens": tokens.reshape(len(scores), -1), "score": score}

    def _again(self, window, tokens, mean):
        """Tokens and their mean log-probability, at rising temperatures."""
        context = self.recogniser.context(window)
        is_silent = self.recogniser.no_speech(context) > MAX_NO_SPEECH
        for temperature in TEMPERATURES:
            if is_silent and mean < MIN_LOG_PROBABILITY:
                break
            tokens, mean = self.recogniser.sample(context, temperature)
            if self._is_good(tokens, mean):
                return tokens, mean
        if is_silent and mean < MIN_LOG_PROBABILITY:
            return np.zeros_like(tokens), 0.0
        return tokens, mean

    def _is_good(self, tokens, mean):
        if mean < MIN_LOG_PROBABILITY:
            return False
        return compression(self.recogniser.text(tokens)) <= MAX_COMPRESSION


class Recogniser:
    """Parts of a Whisper, for one window at a time.

    Args:
        task: A `tasks.Whisper`.
        options: Dict of options of generation.
    """

    def __init__(self, task, options):
        self.task = task
        self.options = {k: v for k, v in options.items() if k in _SHARED}
        self.decoder = task.target.decoder(task.model)
        self._models = {}

    def context(self, window):
        """The decoder's context of a window `(1, samples)`."""
        [field] = self.task.fields
        return self.task.context_model().predict_on_batch({field: window})

    def text(self, tokens):
        """The text of tokens `(length,)`."""
        return self.task.target.texts(tokens[None])[0]

    def no_speech(self, context):
        """Probability that nobody speaks; 0 if the network has no such."""
        if self.decoder.no_speech is None:
            return 0.0
        return float(self.decoder.no_speech_probability(context)[0])

    def sample(self, context, temperature):
        """Samples texts, always the same ones.

        Returns:
            Tuple of the tokens `(length,)` of the likeliest, and their mean
            log-probability.
        """
        model = self._models.get(temperature)
        if model is None:
            model = self._models[temperature] = self._model(
                context.shape[1:], temperature
            )
        length = model.output["tokens"].shape[-1]
        seeds = self.options.get("seed") or 0, round(10 * temperature)
        rng = np.random.default_rng(seeds)
        uniforms = rng.random((1, length, NUM_SAMPLES), "float32")
        outputs = model.predict_on_batch(
            {"context": context, "uniforms": uniforms}
        )
        scores = np.asarray(outputs["score"])[0]
        best = scores.argmax()
        return np.asarray(outputs["tokens"])[0, best], float(scores[best])

    def _model(self, shape, temperature):
        options = {"temperature": temperature, "length_penalty": 1.0}
        generate = self.task.target.generator(
            self.task.model, **self.options, **options
        )
        inputs = {
            "context": keras.Input(shape, name="context"),
            "uniforms": keras.Input(
                (generate.length, NUM_SAMPLES), name="uniforms"
            ),
        }
        return keras.Model(
            inputs, generate(inputs["context"], uniforms=inputs["uniforms"])
        )


def compression(text):
    """How many bytes of a text become one in zlib: high if it repeats itself.

    Args:
        text: String.

    Returns:
        float; 0 for an empty text.
    """
    data = text.strip().encode("utf-8")
    return len(data) / len(zlib.compress(data))
