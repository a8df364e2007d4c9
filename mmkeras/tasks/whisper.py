"""Speech recognition by a pretrained Whisper, without training."""

import dataclasses

import keras

from mmkeras import decoders
from mmkeras import generation
from mmkeras import layers
from mmkeras.branches import presets
from mmkeras.data import codecs
from mmkeras.tasks import whisper_fallback
from mmkeras.tasks import whisper_tokens
from mmkeras.tasks.task import Task

SAMPLE_RATE = 16000
_HOP = 160  # Samples per frame.
# Names of the parts of a block, and KerasHub's for them.
_NAMES = {
    "norm_self": "self_attention_layer_norm",
    "norm_cross": "cross_attention_layer_norm",
    "norm_feed": "feedforward_layer_norm",
    "feed_in": "feedforward_intermediate_dense",
    "feed_out": "feedforward_output_dense",
}


class Whisper(Task):
    """Writes down what is said in a recording.

    Recordings are recognised in contiguous windows of 30 s, each by itself;
    windows of zeros alone are skipped. With `fallback`, windows whose text
    repeats itself or is unlikely are recognised again, by sampling; see
    `whisper_fallback`. `answer` returns `"text"`, and `"score"`, the mean
    log-probability per token.

    Args:
        model: A model from `"audio"`, one window, and `"tokens"` to next-token
            logits, with a `decoders.WhisperDecoder` named `"decoder"`.
        codecs: `{"audio": AudioWindows(...), "text": BytePairs(...)}`.

    Raises:
        ValueError: If the model does not fit the codecs.

    Reference:
        [Radford et al., 2022](https://arxiv.org/abs/2212.04356)
    """

    name = "whisper"
    pipeline_tag = "automatic-speech-recognition"
    target_field = "text"
    example_field = "text"
    answer_keys = ("text", "score", "error")
    no_answer = {"text": "", "score": 0.0}
    size_argument = ("vocabulary_size", "tokens")
    evaluation_defaults = {"beam": 5, "length_penalty": 1.0}
    fields_of_all = ("audio",)
    search_options = whisper_fallback.FallbackOptions()
    is_streamed = True  # Recordings may be long.
    truncation_advice = "split the recording to recognise all of it"

    @classmethod
    def expand(cls, rows):
        """Makes an example of each row with a recording and its words."""
        examples = []
        for row in rows:
            text = row.get("text") or row.get("label")
            if row.get("audio") and text:
                examples.append({**row, "text": str(text)})
        return examples

    def generation_options(self, **changes):
        """As of `Task`, with `fallback`, by default true."""
        defaults = dataclasses.asdict(self.search_options)
        return {**defaults, **super().generation_options(**changes)}

    def inference(self, cached=(), num_samples=0, fallback=False, **options):
        """As of `Task`; in a graph there is no fallback."""
        return super().inference(cached, num_samples, **options)

    def predictor(self, count, cached=(), fallback=False, **options):
        """As of `Task`; with `fallback`, unless texts are sampled anyway."""
        search = super().predictor(count, cached, **options)
        if not fallback or options.get("temperature"):
            return search
        key = "recogniser", *sorted(options.items())
        if key not in self._models:
            recogniser = whisper_fallback.Recogniser(self, options)
            self._models[key] = recogniser
        window = search.layers[-1].model  # Of a `GenerateWindows`.
        return whisper_fallback.FallbackPredictor(
            self._models[key],
            search,
            window.get_layer("generator").length_penalty,
        )

    def serving_answer(self, batch, **options):
        """As of `Task`: an export has no fallback."""
        return self.answer(batch, **{**options, "fallback": False})

    def decode(self, outputs, errors, raw):
        text, score = self.target.decode(outputs)
        return {"text": text, "score": score}, errors

    def table_row(self, name, answer):
        if answer["error"]:
            return {"id": name, "text": "", "error": answer["error"]}
        return {
            "id": name,
            "text": answer["text"],
            "score": float(answer["score"]),
        }

    def row_texts(self, row):
        return [row["text"]]

    def _generator(self, num_samples, options, inputs, given):
        one = super()._generator(num_samples, options, inputs, given)
        [field] = self.fields
        windows = keras.Input((None, *one.input[field].shape[1:]), name=field)
        outputs = generation.GenerateWindows(one, field)(windows)
        return keras.Model({field: windows}, outputs)


def is_whisper(backbone):
    """Whether a backbone of KerasHub is a Whisper."""
    import keras_hub  # Late: it takes half a second.

    return isinstance(backbone, keras_hub.models.WhisperBackbone)


def of_backbone(backbone, preset, language=None, translate=False):
    """Makes a task of a Whisper of KerasHub.

    Args:
        backbone: A `keras_hub.models.WhisperBackbone`.
        preset: Its preset, with a tokenizer.
        language: For a multilingual one: the code of the language that is
            spoken, e.g. `"de"`; `None` to recognise it in each window.
        translate: bool. For a multilingual one: whether to translate to
            English.

    Returns:
        A `Whisper`.

    Raises:
        ValueError: If the language is unknown, or the network takes English
            only.
    """
    tokenizer = presets.load_tokenizer(preset)
    size = backbone.vocabulary_size
    prompt = whisper_tokens.prompt(tokenizer, language, translate)
    length = backbone.max_decoder_sequence_length // 2
    words = whisper_tokens.codec(tokenizer, size, length + 1)
    decoder = decoders.WhisperDecoder(
        size + 1,
        dim=backbone.hidden_dim,
        depth=backbone.num_layers,
        heads=backbone.num_heads,
        length=length,
        suppress=whisper_tokens.suppressed(words, tokenizer),
        suppress_first=whisper_tokens.suppressed_first(words, tokenizer),
        no_speech=whisper_tokens.no_speech(tokenizer),
        name="decoder",
        **prompt,
    )
    samples = backbone.max_encoder_sequence_length * _HOP
    window = samples / SAMPLE_RATE
    return Whisper(
        _model(backbone, decoder, samples),
        {"audio": codecs.AudioWindows(SAMPLE_RATE, window), "text": words},
    )


def _model(backbone, decoder, samples):
    """A model of one window, with the weights of the backbone."""
    encoder = keras.Model(
        backbone.input["encoder_features"],
        backbone.output["encoder_sequence_output"],
        name="encoder",
    )
    audio = keras.Input((samples,), name="audio")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    frames = layers.WhisperSpectrogram(backbone.num_mels, name="log_mel")(audio)
    logits = decoder([tokens, encoder(frames)])
    _copy(backbone, decoder)
    inputs = {"audio": audio, "tokens": tokens}
    model = keras.Model(inputs, logits, name="whisper")
    model.trainable = False
    return model


def _copy(backbone, decoder):
    """Copies the weights of the backbone's decoder."""
    words = keras.ops.transpose(backbone.token_embedding.embeddings)
    # Id 0 is padding, before those of the tokenizer.
    decoder.words.assign(keras.ops.pad(words, [[0, 0], [1, 0]]))
    positions = backbone.decoder_embeddings.position_embedding
    positions = positions.position_embeddings
    count = decoder.position_embedding.shape[0]
    decoder.position_embedding.assign(positions[:count])
    for block, layer in zip(
        decoder.blocks, backbone.decoder_transformer_layers
    ):
        _assign(block, layer, _NAMES)
    _assign(decoder.norm, backbone.decoder_layer_norm)


def _assign(target, source, names=None):
    """Copies weights by their path; a bias that the source lacks is 0."""
    values = {_path(weight, source): weight for weight in source.weights}
    for weight in target.weights:
        path = _path(weight, target)
        part, mark, rest = path.partition("/")
        value = values.get((names or {}).get(part, part) + mark + rest)
        if value is None and path.endswith("key/bias"):
            value = keras.ops.zeros_like(weight)
        weight.assign(value)


def _path(weight, layer):
    """The path of a weight inside a layer."""
    return weight.path.rpartition(f"{layer.name}/")[2]
