"""Reads a CLIP of Hugging Face, which KerasHub does not convert."""

import numpy as np

from mmkeras.branches import hugging_face

_TEXT = {
    "vocab_size": 49408,
    "hidden_size": 512,
    "num_hidden_layers": 12,
    "num_attention_heads": 8,
    "intermediate_size": 2048,
    "hidden_act": "quick_gelu",
}
_VISION = {
    "patch_size": 32,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "hidden_act": "quick_gelu",
}
_NAMES = {  # Arguments of KerasHub's encoders.
    "vocab_size": "vocabulary_size",
    "patch_size": "patch_size",
    "hidden_size": "hidden_dim",
    "num_hidden_layers": "num_layers",
    "num_attention_heads": "num_heads",
    "intermediate_size": "intermediate_dim",
    "hidden_act": "intermediate_activation",
}
_MEAN = (0.48145466, 0.4578275, 0.40821073)
_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def load_backbone(preset):
    """Loads a `CLIPModel` of Hugging Face.

    Args:
        preset: Folder with `config.json` and `model.safetensors`, or a handle
            `hf://user/name`.

    Returns:
        A `keras_hub.models.CLIPBackbone`.

    Raises:
        FileNotFoundError: If there is no `model.safetensors`.
        ValueError: If a weight is missing or has another shape.
        ModuleNotFoundError: If safetensors is not installed.
    """
    from keras_hub import models  # Late: it takes half a second.

    config = hugging_face.read_json(preset, "config.json")
    text, vision = (
        config.get("text_config", {}),
        config.get("vision_config", {}),
    )
    arguments = _arguments(text, _TEXT)
    side = vision.get("image_size", 224)
    backbone = models.CLIPBackbone(
        models.CLIPVisionEncoder(
            image_shape=(side, side, 3), **_arguments(vision, _VISION)
        ),
        models.CLIPTextEncoder(
            embedding_dim=arguments["hidden_dim"],
            max_sequence_length=text.get("max_position_embeddings", 77),
            **arguments,
        ),
        config.get("projection_dim", 512),
    )
    for variable, value in _values(backbone, _Arrays(preset)):
        variable.assign(np.reshape(value, variable.shape))
    return backbone


def load_tokenizer(preset):
    """Loads its tokenizer, a `keras_hub.models.CLIPTokenizer`."""
    from keras_hub import models

    return models.CLIPTokenizer(*hugging_face.byte_pairs(preset), True)


def load_image_converter(preset):
    """Loads its `keras_hub.layers.CLIPImageConverter`."""
    from keras_hub import layers

    config = hugging_face.read_json(preset, "config.json")
    values = hugging_face.read_json(preset, "preprocessor_config.json")
    side = config.get("vision_config", {}).get("image_size", 224)
    deviation = values.get("image_std", _DEVIATION)
    mean = values.get("image_mean", _MEAN)
    factor = values.get("rescale_factor", 1 / 255)
    return layers.CLIPImageConverter(
        image_size=(side, side),
        scale=[factor / s for s in deviation],
        offset=[-m / s for m, s in zip(mean, deviation)],
        interpolation="bicubic",
        antialias=True,
    )


class _Arrays:
    """The arrays of a file of weights, or of several."""

    def __init__(self, preset):
        self.preset, self._files = preset, {}
        index = hugging_face.read_json(
            preset, f"{hugging_face.WEIGHTS}.index.json"
        )
        self._names = index.get("weight_map", {})

    def __call__(self, name):
        file = self._file(self._names.get(name, hugging_face.WEIGHTS))
        if name not in file.keys():
            raise ValueError(
                f"{self.preset} has no weight {name!r}: expected a `CLIPModel`."
            )
        return file.get_tensor(name).astype("float32")

    def _file(self, name):
        if name not in self._files:
            import safetensors  # Of the extra `hub`.

            path = hugging_face.file(self.preset, name)
            if path is None:
                raise FileNotFoundError(
                    f"{self.preset} has no {name}. Save the model with "
                    "`model.save_pretrained(folder)`."
                )
            self._files[name] = safetensors.safe_open(path, "np")
        return self._files[name]


def _arguments(config, defaults):
    return {_NAMES[k]: config.get(k, v) for k, v in defaults.items()}


def _values(backbone, arrays):
    """Yields the variables of a backbone and their values."""
    vision, text = backbone.vision_encoder, backbone.text_encoder
    name = "vision_model.embeddings"
    patches = arrays(f"{name}.patch_embedding.weight").transpose(2, 3, 1, 0)
    yield vision.embedding.patch_embedding.kernel, patches
    yield vision.embedding.class_embedding, arrays(f"{name}.class_embedding")
    positions = vision.embedding.position_embedding.embeddings
    yield positions, arrays(f"{name}.position_embedding.weight")
    count = vision.embedding.num_positions
    yield vision.embedding.position_ids, np.arange(count)
    yield from _norm(vision.pre_layer_norm, "vision_model.pre_layrnorm", arrays)
    yield from _blocks(vision, "vision_model", arrays)
    yield from _norm(vision.layer_norm, "vision_model.post_layernorm", arrays)
    name, embedding = "text_model.embeddings", text.embedding
    tokens = embedding.token_embedding.embeddings
    yield tokens, arrays(f"{name}.token_embedding.weight")
    positions = embedding.position_embedding.position_embeddings
    yield positions, arrays(f"{name}.position_embedding.weight")
    yield from _blocks(text, "text_model", arrays)
    yield from _norm(text.layer_norm, "text_model.final_layer_norm", arrays)
    projection = arrays("visual_projection.weight").T
    yield backbone.vision_projection.kernel, projection
    yield backbone.text_projection.kernel, arrays("text_projection.weight").T
    yield backbone.clip_head.logit_scale, arrays("logit_scale")


def _blocks(encoder, model, arrays):
    for i, block in enumerate(encoder.encoder_layers):
        name, attention = f"{model}.encoder.layers.{i}", block.attention
        yield from _norm(block.layer_norm_1, f"{name}.layer_norm1", arrays)
        yield from _norm(block.layer_norm_2, f"{name}.layer_norm2", arrays)
        for layer, part in (
            (attention.query_dense, "self_attn.q_proj"),
            (attention.key_dense, "self_attn.k_proj"),
            (attention.value_dense, "self_attn.v_proj"),
            (attention.output_dense, "self_attn.out_proj"),
            (block.dense_1, "mlp.fc1"),
            (block.dense_2, "mlp.fc2"),
        ):
            yield layer.kernel, arrays(f"{name}.{part}.weight").T
            yield layer.bias, arrays(f"{name}.{part}.bias")


def _norm(layer, name, arrays):
    yield layer.gamma, arrays(f"{name}.weight")
    yield layer.beta, arrays(f"{name}.bias")
