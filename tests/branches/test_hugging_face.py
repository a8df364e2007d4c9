"""Folders of Hugging Face, which KerasHub does not read by itself."""

import json
import pathlib

import keras_hub
import numpy as np
import pytest
import tiny_presets
from checks import numpy
from checks import randomize

import mmkeras
from mmkeras import branches
from mmkeras.branches import hugging_face
from mmkeras.branches import presets
from mmkeras.data import codecs

SIDE = tiny_presets.IMAGE_SIZE
SIZES = {
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}
TEXTS = ["a red dog", "the GREEN, isn't", "2024 é 😀", ""]


@pytest.fixture(scope="module")
def tokens():
    vocabulary, merges = tiny_presets.byte_pairs(tiny_presets.WORDS, "</w>")
    vocabulary += ["<|startoftext|>", "<|endoftext|>"]
    return {x: i for i, x in enumerate(vocabulary)}, merges


@pytest.fixture(scope="module")
def config(tokens):
    return {
        "model_type": "clip",
        "projection_dim": 6,
        "text_config": {
            **SIZES,
            "vocab_size": len(tokens[0]),
            "max_position_embeddings": 20,
            "eos_token_id": len(tokens[0]) - 1,
        },
        "vision_config": {**SIZES, "image_size": SIDE, "patch_size": 16},
    }


def arrays(backbone):
    """The weights of a CLIP of KerasHub under the names of transformers."""
    values = {
        "logit_scale": numpy(backbone.clip_head.logit_scale),
        "visual_projection.weight": numpy(backbone.vision_projection.kernel).T,
        "text_projection.weight": numpy(backbone.text_projection.kernel).T,
    }

    def norm(layer, name):
        values[f"{name}.weight"] = numpy(layer.gamma)
        values[f"{name}.bias"] = numpy(layer.beta)

    def dense(layer, name, size):
        kernel = numpy(layer.kernel)
        values[f"{name}.weight"] = kernel.reshape(size, -1).T
        values[f"{name}.bias"] = numpy(layer.bias).reshape(-1)

    vision, text = backbone.vision_encoder, backbone.text_encoder
    for name, encoder in (("vision", vision), ("text", text)):
        for i, block in enumerate(encoder.encoder_layers):
            prefix = f"{name}_model.encoder.layers.{i}"
            norm(block.layer_norm_1, f"{prefix}.layer_norm1")
            norm(block.layer_norm_2, f"{prefix}.layer_norm2")
            attention = block.attention
            dense(attention.query_dense, f"{prefix}.self_attn.q_proj", 8)
            dense(attention.key_dense, f"{prefix}.self_attn.k_proj", 8)
            dense(attention.value_dense, f"{prefix}.self_attn.v_proj", 8)
            dense(attention.output_dense, f"{prefix}.self_attn.out_proj", 8)
            dense(block.dense_1, f"{prefix}.mlp.fc1", 8)
            dense(block.dense_2, f"{prefix}.mlp.fc2", 16)
    norm(vision.pre_layer_norm, "vision_model.pre_layrnorm")
    norm(vision.layer_norm, "vision_model.post_layernorm")
    norm(text.layer_norm, "text_model.final_layer_norm")
    prefix, embedding = "vision_model.embeddings", vision.embedding
    kernel = numpy(embedding.patch_embedding.kernel)
    values[f"{prefix}.patch_embedding.weight"] = kernel.transpose(3, 2, 0, 1)
    values[f"{prefix}.class_embedding"] = numpy(embedding.class_embedding)
    table = embedding.position_embedding.embeddings
    values[f"{prefix}.position_embedding.weight"] = numpy(table)
    prefix, embedding = "text_model.embeddings", text.embedding
    table = embedding.token_embedding.embeddings
    values[f"{prefix}.token_embedding.weight"] = numpy(table)
    table = embedding.position_embedding.position_embeddings
    values[f"{prefix}.position_embedding.weight"] = numpy(table)
    return {k: np.ascontiguousarray(v) for k, v in values.items()}


def reference(config):
    models, vision = keras_hub.models, config["vision_config"]
    sizes = {
        "hidden_dim": 8,
        "num_layers": 2,
        "num_heads": 2,
        "intermediate_dim": 16,
    }
    shape = (vision["image_size"],) * 2 + (3,)
    count = config["text_config"]["vocab_size"]
    backbone = randomize(
        models.CLIPBackbone(
            models.CLIPVisionEncoder(16, image_shape=shape, **sizes),
            models.CLIPTextEncoder(count, 8, max_sequence_length=20, **sizes),
            projection_dim=6,
        )
    )
    embedding = backbone.vision_encoder.embedding
    embedding.position_ids.assign(np.arange(5)[None])
    return backbone


@pytest.fixture(scope="module")
def backbone(config):
    return reference(config)


def write(folder, config, tokens, weights, one_file):
    """Writes a folder as transformers does, or did in earlier versions."""
    safetensors = pytest.importorskip("safetensors.numpy")
    vocabulary, merges = tokens
    files = {"config.json": config}
    if one_file:
        model = {"type": "BPE", "vocab": vocabulary}
        model["merges"] = [x.split(" ") for x in merges]
        files["tokenizer.json"] = {"model": model, "added_tokens": []}
    else:
        files["vocab.json"] = vocabulary
        text = "\n".join(["#version: 0.2", *merges, ""])
        (folder / "merges.txt").write_text(text, "utf-8")
    for name, value in files.items():
        (folder / name).write_text(json.dumps(value), "utf-8")
    safetensors.save_file(weights, folder / "model.safetensors")
    return str(folder)


@pytest.mark.parametrize("one_file", [False, True])
def test_a_clip(config, tokens, backbone, tmp_path, one_file):
    folder = write(tmp_path, config, tokens, arrays(backbone), one_file)
    loaded = presets.load_backbone(folder)
    assert len(loaded.weights) == len(backbone.weights)
    for own, weight in zip(backbone.weights, loaded.weights):
        np.testing.assert_array_equal(numpy(weight), numpy(own))
    codec = codecs.of_preset(folder, 20)
    tokenizer = keras_hub.models.CLIPTokenizer(*tokens)
    expected = [list(map(int, tokenizer(text))) for text in TEXTS]
    assert codec.tokenize(TEXTS).to_list() == expected


def test_its_pixels_are_scaled_as_its_preprocessor_says(
    config, tokens, backbone, tmp_path
):
    folder = write(tmp_path, config, tokens, arrays(backbone), True)
    values = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.5, 0.1]}
    path = pathlib.Path(folder, "preprocessor_config.json")
    path.write_text(json.dumps(values))
    converter = presets.load_image_converter(folder)
    pixels = np.full((1, SIDE, SIDE, 3), 51, "uint8")
    expected = (0.2 - np.array([0.5, 0.4, 0.3])) / [0.2, 0.5, 0.1]
    actual = numpy(converter(pixels))[0, 0, 0]
    np.testing.assert_allclose(actual, expected, atol=1e-5)
    task = mmkeras.load(folder)
    assert task.codecs["image"].get_config()["interpolation"] == "bicubic"
    vectors, errors = task.embed("text", TEXTS[:3])
    assert vectors.shape == (3, 6) and not any(errors)


def test_a_missing_weight_is_named(config, tokens, backbone, tmp_path):
    weights = arrays(backbone)
    del weights["text_model.encoder.layers.1.mlp.fc2.bias"]
    folder = write(tmp_path, config, tokens, weights, True)
    with pytest.raises(ValueError, match="layers.1.mlp.fc2.bias"):
        presets.load_backbone(folder)
    pathlib.Path(folder, "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="save_pretrained"):
        presets.load_backbone(folder)


def test_a_roberta_whose_tokenizer_is_one_file(tmp_path):
    vocabulary, merges = tiny_presets.byte_pairs(["Ġred", "Ġgreen"])
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *vocabulary, "<mask>"]
    tokens = {x: i for i, x in enumerate(vocabulary)}
    config = {"model_type": "roberta"}
    model = {"type": "BPE", "vocab": tokens, "merges": merges}
    for name, value in (("config", config), ("tokenizer", {"model": model})):
        (tmp_path / f"{name}.json").write_text(json.dumps(value), "utf-8")
    codec = codecs.of_preset(tmp_path, 16)
    assert codec.get_config()["merges"] == merges
    [ids] = codec.tokenize([" red<mask> green"]).to_list()
    assert ids == [tokens[x] for x in ("Ġred", "<mask>", "Ġgreen")]
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match="no tokenizer of byte pairs"):
        codecs.of_preset(tmp_path, 16)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["RobertaModel", "RobertaForMaskedLM"])
def test_a_roberta_beside_transformers(kind, tmp_path):
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    vocabulary, merges = tiny_presets.byte_pairs(["Ġred", "Ġgreen", "dog"])
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *vocabulary, "<mask>"]
    config = transformers.RobertaConfig(
        vocab_size=len(vocabulary),
        max_position_embeddings=34,
        type_vocab_size=1,
        **SIZES,
    )
    tokenizer = transformers.RobertaTokenizer(
        vocab={x: i for i, x in enumerate(vocabulary)},
        merges=[tuple(x.split(" ")) for x in merges],
    )
    model = getattr(transformers, kind)(config).eval()
    base = getattr(model, "roberta", model)
    # RoBERTa has segments only in name: those published are zeros.
    torch.nn.init.zeros_(base.embeddings.token_type_embeddings.weight)
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    texts = ["a red dog  barks!", "I'm 12345 <mask> é😀", "dog"]
    x = tokenizer(texts, padding=True, return_tensors="pt")
    mask = x.attention_mask.numpy()
    with torch.no_grad():
        expected = base(**x).last_hidden_state
    codec = codecs.of_preset(tmp_path, 32)
    ids = numpy(codec(texts))[:, : mask.shape[1]]
    np.testing.assert_array_equal(ids, (numpy(x.input_ids) + 1) * mask)
    branch = branches.text.hub(
        tmp_path, codec.network_padding, offset=codec.network_offset
    )
    rows = mask[..., None]
    np.testing.assert_allclose(
        numpy(branch(ids)) * rows, expected.numpy() * rows, atol=1e-4
    )


def test_weights_of_a_base_model_get_their_prefix(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    weights = {"a.b": np.arange(3.0), "c": np.eye(2, dtype="float16")}
    (tmp_path / "config.json").write_text('{"model_type": "roberta"}')
    for prefix in ("", "roberta."):
        named = {f"{prefix}{k}": v for k, v in weights.items()}
        safetensors.save_file(named, tmp_path / "model.safetensors")
        with hugging_face.as_read_by_keras_hub(tmp_path) as folder:
            assert (folder == tmp_path) == bool(prefix)
            path = pathlib.Path(folder, "model.safetensors")
            renamed = safetensors.load_file(path)
        assert renamed.keys() == {"roberta.a.b", "roberta.c"}
        np.testing.assert_array_equal(renamed["roberta.c"], weights["c"])


@pytest.mark.slow
def test_a_clip_beside_transformers(config, tokens, tmp_path):
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = transformers.CLIPModel(transformers.CLIPConfig(**config)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) / 4)
    vocabulary, merges = tokens
    tokenizer = transformers.CLIPTokenizer(
        vocab=vocabulary, merges=[tuple(x.split(" ")) for x in merges]
    )
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    task = mmkeras.load(tmp_path)
    texts = TEXTS[:3]
    ids = tokenizer(texts, padding=True, return_tensors="pt")
    pixels = np.random.default_rng(0).random((2, SIDE, SIDE, 3), "float32")
    converter = presets.load_image_converter(tmp_path)
    scaled = pixels * 255 * np.array(converter.scale) + converter.offset
    with torch.no_grad():
        images = torch.tensor(scaled.transpose(0, 3, 1, 2), dtype=torch.float32)
        outputs = model(pixel_values=images, **ids)
    towers = task.tower("image"), task.tower("text")
    actual = numpy(towers[0](pixels))
    np.testing.assert_allclose(actual, outputs.image_embeds, atol=1e-4)
    actual = numpy(towers[1](task.codecs["text"](texts)))
    np.testing.assert_allclose(actual, outputs.text_embeds, atol=1e-4)
    layer = task.model.get_layer("embeddings")
    expected = model.logit_scale.exp().item()
    assert float(layer.current_scale) == pytest.approx(expected, rel=1e-5)
