import keras
import numpy as np
import pytest
import tiny_presets
from checks import check_saves
from checks import fast
from checks import numpy
from checks import randomize

from mmkeras import branches


def pixels(height=16, width=24, size=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(size=(size, height, width, 3)).astype("float32")


def regions(branch, x):
    y = numpy(fast(branch)(x))
    assert np.isfinite(y).all()
    return y


def frozen_bytes(branch):
    return [numpy(w).tobytes() for w in branch.weights]


# A plain network.


@pytest.mark.parametrize("depth, expected", [(1, 96), (2, 24), (4, 2)])
def test_cnn_halves_height_and_width(depth, expected):
    branch = branches.image.cnn((16, 24, 3), dim=10, depth=depth)
    assert branch.name == "encoder"
    assert branch.output_shape == (None, expected, 10)
    assert regions(branch, pixels()).shape == (2, expected, 10)


def test_cnn_rounds_odd_sizes_up():
    branch = branches.image.cnn((9, 13, 1), dim=8, depth=2)
    assert branch.output_shape == (None, 3 * 4, 8)


def test_cnn_equals_its_formula():
    branch = randomize(branches.image.cnn((8, 8, 3), dim=8, depth=1))
    x = pixels(8, 8)
    w = {weight.path: numpy(weight) for weight in branch.weights}
    padded = np.pad(x, [(0, 0), (0, 1), (0, 1), (0, 0)])
    patches = np.stack(
        [
            padded[:, i : i + 3, j : j + 3].reshape(2, -1)
            for i in range(0, 8, 2)
            for j in range(0, 8, 2)
        ],
        axis=1,
    )  # Row by row: (batch, 16, 27).
    y = patches @ w["conv_0/kernel"].reshape(27, 8) - w["norm_0/moving_mean"]
    y = y / np.sqrt(w["norm_0/moving_variance"] + 1e-3)
    y = np.maximum(y * w["norm_0/gamma"] + w["norm_0/beta"], 0)
    np.testing.assert_allclose(regions(branch, x), y, rtol=1e-4, atol=1e-4)


def test_cnn_saves():
    branch = branches.image.cnn((16, 24, 3), dim=8, depth=2)
    assert branch.trainable_weights
    check_saves(branch, pixels())


def test_cnn_flat_keeps_positions():
    branch = randomize(branches.image.cnn_flat((32, 48, 3), dim=16))
    assert branch.output_shape == (None, 1, 2 * 3 * 16)
    x = pixels(32, 48)
    features = regions(branch, x).reshape(2, 2, 3, 16)
    changed = x.copy()
    changed[:, :3, :3] = 1 - changed[:, :3, :3]
    moved = abs(regions(branch, changed).reshape(features.shape) - features)
    assert moved[:, 0, 0].max() > 0
    assert moved[:, :, 2].max() == 0  # Too far away to see it.
    check_saves(branch, x)


# keras.applications.


def every_network():
    return [
        name
        for name, value in vars(keras.applications).items()
        if name[0].isupper() and callable(value)
    ]


def test_every_network_of_keras_is_found():
    from mmkeras.branches import image

    assert len(every_network()) >= 38
    for name in every_network():
        build, preprocess = image._find(name)
        assert build is getattr(keras.applications, name)
        assert preprocess.__name__ == "preprocess_input"


@pytest.mark.parametrize("wrong", ["MobileNetV9", "np", "preprocess_input"])
def test_unknown_network_is_refused(wrong):
    with pytest.raises(ValueError, match=f"network='{wrong}'"):
        branches.image.application(wrong, (32, 32, 3), weights=None)


def test_wrong_network_gets_a_suggestion():
    with pytest.raises(ValueError, match="Did you mean 'MobileNetV2'"):
        branches.image.application("mobilenetv2", (32, 32, 3), weights=None)


@pytest.fixture(scope="module")
def mobile():
    """A frozen MobileNetV2 with weights from a file of folded arrays."""
    from tempfile import NamedTemporaryFile

    net = keras.applications.MobileNetV2(
        (32, 32, 3), include_top=False, weights=None
    )
    rng = np.random.default_rng(0)
    weights = {}
    for weight in net.weights:
        if not weight.path.endswith(("gamma", "mean", "variance")):
            scale = 0.02 if weight.path.endswith("beta") else 0.1
            value = rng.normal(0, scale, weight.shape).astype("float16")
            weights[weight.path] = value
    with NamedTemporaryFile(suffix=".npz") as file:
        np.savez(file, **weights)
        file.flush()
        return branches.image.application(
            "MobileNetV2", (32, 32, 3), weights=file.name
        ), weights


def test_application_reads_folded_weights(mobile):
    branch, weights = mobile
    net = next(x for x in branch.layers if isinstance(x, keras.Model))
    np.testing.assert_array_equal(
        numpy(net.get_layer("Conv1").kernel),
        weights["Conv1/kernel"].astype("float32"),
    )
    norm = net.get_layer("bn_Conv1")
    np.testing.assert_array_equal(
        numpy(norm.beta), weights["bn_Conv1/beta"].astype("float32")
    )
    np.testing.assert_allclose(
        numpy(norm.moving_variance) + norm.epsilon, 1, rtol=1e-6, atol=1e-6
    )


def test_application_prepares_pixels_as_its_authors_did(mobile):
    branch, _ = mobile
    net = next(x for x in branch.layers if isinstance(x, keras.Model))
    x = pixels(32, 32)
    scaled = keras.applications.mobilenet_v2.preprocess_input(x * 255)
    expected = numpy(fast(net)(scaled)).reshape(2, -1, 1280)
    np.testing.assert_allclose(
        regions(branch, x), expected, rtol=1e-3, atol=1e-5
    )
    assert branch.output_shape == (None, 1, 1280)


def test_a_frozen_application_stays_as_it_is(mobile):
    branch, _ = mobile
    assert branch.trainable_weights == []
    original = frozen_bytes(branch)
    y = numpy(branch(pixels(32, 32), training=True))
    np.testing.assert_allclose(
        y, numpy(branch(pixels(32, 32), training=False)), rtol=1e-5, atol=1e-6
    )
    assert frozen_bytes(branch) == original


@pytest.mark.slow
def test_application_saves(mobile):
    check_saves(mobile[0], pixels(32, 32), rtol=1e-4, atol=1e-6)


def small_network(input_shape, weights, include_top):
    """Stands for a network that is too large to test."""
    assert weights is None and not include_top
    x = keras.Input(input_shape)
    y = keras.layers.Conv2D(5, 4, strides=4, name="conv")(x)
    return keras.Model(x, y, name="small")


@pytest.mark.parametrize(
    "family", ["vgg16", "densenet", "convnext", "mobilenet_v2"]
)
def test_every_way_to_prepare_pixels_can_be_saved(monkeypatch, family):
    """Channels reversed, divided by their deviation, left alone, or scaled."""
    preprocess = getattr(keras.applications, family).preprocess_input
    monkeypatch.setattr(
        branches.image, "_find", lambda name: (small_network, preprocess)
    )
    branch = branches.image.application("Some", (8, 8, 3), weights=None)
    x = pixels(8, 8)
    expected = branch.get_layer("small")(preprocess((x * 255).copy()))
    np.testing.assert_allclose(
        regions(branch, x),
        numpy(expected).reshape(2, 4, 5),
        rtol=1e-3,
        atol=1e-6,
    )
    check_saves(branch, x, rtol=1e-4, atol=1e-6)


def test_an_application_can_be_fine_tuned(monkeypatch):
    preprocess = keras.applications.vgg16.preprocess_input
    monkeypatch.setattr(
        branches.image, "_find", lambda name: (small_network, preprocess)
    )
    branch = branches.image.application("Some", (8, 8, 3), None, True)
    assert len(branch.trainable_weights) == 2


def two_blocks(input_shape, weights, include_top, around=False):
    """Two blocks, the second with or without what comes before the first."""
    x = first = keras.Input(input_shape)
    for block in ("one", "two"):
        x = keras.layers.Conv2D(3, 3, padding="same", name=f"{block}_conv")(x)
        x = keras.layers.BatchNormalization(name=f"{block}_norm")(x)
    if around:
        x = keras.layers.Add(name="sum")([x, first])
    return keras.Model(first, x, name="blocks")


@pytest.fixture
def blocks(monkeypatch, tmp_path):
    """Makes a branch of two blocks whose weights were read from a file."""
    preprocess = keras.applications.vgg16.preprocess_input
    network = randomize(two_blocks((8, 8, 3), None, False))
    network.save_weights(tmp_path / "kept.weights.h5")

    def make(trainable, build=two_blocks, **options):
        monkeypatch.setattr(
            branches.image, "_find", lambda name: (build, preprocess)
        )
        return branches.image.application(
            "Some",
            (8, 8, 3),
            tmp_path / "kept.weights.h5",
            trainable,
            **options,
        )

    return make


def test_an_application_can_be_fine_tuned_from_a_layer_on(blocks):
    whole, part = blocks(False), blocks("two_conv")
    assert [w.path.split("/")[-2:] for w in part.trainable_weights] == [
        ["two_conv", "kernel"],
        ["two_conv", "bias"],
    ]
    x = pixels(8, 8)
    np.testing.assert_allclose(
        regions(part, x), regions(whole, x), rtol=1e-4, atol=1e-6
    )
    check_saves(part, x, rtol=1e-4, atol=1e-6)
    stem = keras.Model(part.input, part.get_layer("frozen").output)
    assert stem.output_shape == (None, 8, 8, 3)
    assert stem.trainable_weights == []


def test_a_frozen_application_may_be_cut(blocks):
    whole, part = blocks(False), blocks(False, stem="two_conv")
    assert not part.trainable_weights
    x = pixels(8, 8)
    np.testing.assert_allclose(
        regions(part, x), regions(whole, x), rtol=1e-4, atol=1e-6
    )
    tuned = blocks("two_conv")
    ends = [b.get_layer("frozen").output for b in (part, tuned)]
    assert ends[0].shape == ends[1].shape == (None, 8, 8, 3)


@pytest.mark.parametrize("trainable", [True, "two_conv"])
def test_what_is_fine_tuned_has_no_stem_of_its_own(blocks, trainable):
    with pytest.raises(ValueError, match="`stem` and `trainable`.*one_norm"):
        blocks(trainable, stem="one_norm")


def test_weights_that_were_read_keep_their_norms(blocks):
    names = [w.path for w in blocks(True).trainable_weights]
    assert len(names) == 4
    assert not [name for name in names if "norm" in name]


def test_a_layer_to_fine_tune_from_must_exist(blocks):
    with pytest.raises(ValueError, match="no layer 'two_con'.*'two_conv'"):
        blocks("two_con")


@pytest.mark.parametrize("name", ["two_conv", "sum"])
def test_a_network_is_not_cut_within_a_block(blocks, name):
    def around(*args, **kwargs):
        return two_blocks(*args, **kwargs, around=True)

    with pytest.raises(ValueError, match=f"cannot be split before '{name}'"):
        blocks(name, around)


# KerasHub.


@pytest.fixture(scope="module")
def hub():
    import keras_hub

    return keras_hub


def tiny_vit(hub):
    return hub.models.ViTBackbone(
        image_shape=(16, 16, 3),
        patch_size=8,
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        mlp_dim=16,
        dropout_rate=0.0,
    )


def tiny_resnet(hub, shape=(32, 32, 3)):
    return hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64],
        stackwise_num_blocks=[1],
        stackwise_num_strides=[1],
        block_type="basic_block",
        image_shape=shape,
    )


def test_hub_takes_a_built_vit(hub):
    backbone = tiny_vit(hub)
    branch = branches.image.hub(backbone)
    x = pixels(16, 16)
    assert branch.output_shape == (None, 5, 8)
    np.testing.assert_allclose(
        regions(branch, x), numpy(backbone(x * 255)), rtol=1e-3, atol=1e-4
    )


def test_hub_takes_a_built_resnet(hub):
    backbone = tiny_resnet(hub)
    branch = branches.image.hub(backbone)
    x = pixels(32, 32)
    assert branch.output_shape == (None, 64, 64)
    np.testing.assert_allclose(
        regions(branch, x),
        numpy(backbone(x * 255)).reshape(2, 64, 64),
        rtol=1e-3,
        atol=1e-4,
    )


@pytest.mark.parametrize("make", [tiny_vit, tiny_resnet])
def test_hub_is_frozen_by_default_and_saves(hub, make):
    branch = branches.image.hub(make(hub))
    assert branch.trainable_weights == []
    side = branch.input_shape[1]
    check_saves(branch, pixels(side, side), rtol=1e-4, atol=1e-5)
    branch = branches.image.hub(make(hub), trainable=True)
    assert len(branch.trainable_weights) > 5


def test_hub_reads_weights_from_arrays(hub, tmp_path):
    backbone = tiny_vit(hub)
    weights = {weight.path: numpy(weight) + 1 for weight in backbone.weights}
    np.savez(tmp_path / "vit.npz", **weights)
    branches.image.hub(backbone, weights=tmp_path / "vit.npz")
    for weight in backbone.weights:
        np.testing.assert_array_equal(numpy(weight), weights[weight.path])


def test_hub_reads_a_local_preset_with_its_pixel_scale(hub, tmp_path):
    backbone = tiny_vit(hub)
    backbone.save_to_preset(tmp_path)
    hub.layers.ViTImageConverter(
        image_size=(16, 16), scale=1 / 127.5, offset=-1.0
    ).save_to_preset(tmp_path)
    branch = branches.image.hub(str(tmp_path))
    x = pixels(16, 16)
    np.testing.assert_allclose(
        regions(branch, x), numpy(backbone(x * 2 - 1)), rtol=1e-3, atol=1e-4
    )
    check_saves(branch, x, rtol=1e-4, atol=1e-5)


def test_hub_reads_a_preset_with_a_scale_a_channel(hub, tmp_path):
    backbone = tiny_resnet(hub)
    backbone.save_to_preset(tmp_path)
    scale, offset = [0.01, 0.02, 0.03], [-1.0, 0.0, 1.0]
    hub.layers.ResNetImageConverter(
        image_size=(32, 32), scale=scale, offset=offset
    ).save_to_preset(tmp_path)
    branch = branches.image.hub(str(tmp_path))
    x = pixels(32, 32)
    expected = numpy(backbone(x * 255 * np.float32(scale) + np.float32(offset)))
    np.testing.assert_allclose(
        regions(branch, x), expected.reshape(2, 64, 64), rtol=1e-3, atol=1e-3
    )


def test_hub_reads_a_preset_without_a_converter(hub, tmp_path):
    backbone = tiny_vit(hub)
    backbone.save_to_preset(tmp_path)
    branch = branches.image.hub(str(tmp_path))
    x = pixels(16, 16)
    np.testing.assert_allclose(
        regions(branch, x), numpy(backbone(x * 255)), rtol=1e-3, atol=1e-4
    )


def test_hub_takes_a_path_object(hub, tmp_path):
    tiny_vit(hub).save_to_preset(tmp_path)
    assert branches.image.hub(tmp_path).output_shape == (None, 5, 8)


def test_hub_takes_a_backbone_whose_input_has_a_name(hub):
    backbone = hub.models.DINOV2Backbone(
        patch_size=8,
        num_layers=1,
        hidden_dim=8,
        num_heads=2,
        intermediate_dim=8,
        image_shape=(16, 16, 3),
    )
    branch = branches.image.hub(backbone)
    x = pixels(16, 16)
    expected = numpy(backbone({"images": x * 255}))
    np.testing.assert_allclose(regions(branch, x), expected, atol=1e-4)
    check_saves(branch, x, rtol=1e-4, atol=1e-5)


def test_hub_takes_the_last_stage_of_several(hub):
    pixels_in = keras.Input((16, 16, 3))
    first = keras.layers.Conv2D(4, 4, strides=4)(pixels_in)
    last = keras.layers.Conv2D(8, 2, strides=2)(first)
    stages = {"a": keras.layers.ReLU()(first), "b": last, "c": first}
    backbone = keras.Model(pixels_in, stages)
    branch = branches.image.hub(backbone)
    assert branch.output_shape == (None, 4, 8)
    x = pixels(16, 16)
    expected = numpy(backbone(x * 255)["b"]).reshape(2, 4, 8)
    np.testing.assert_allclose(regions(branch, x), expected, atol=1e-3)


def test_hub_refuses_a_backbone_that_takes_no_images(hub):
    text = hub.models.BertBackbone(
        vocabulary_size=9,
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
    )
    with pytest.raises(ValueError, match="image backbone"):
        branches.image.hub(text)


# A Vision Transformer from scratch.


def test_vit_is_built_from_scratch():
    branch = branches.image.vit(
        (16, 24, 3), dim=8, depth=1, heads=2, patch=8, dropout=0.0
    )
    assert branch.output_shape == (None, 1 + 2 * 3, 8)
    assert regions(branch, pixels()).shape == (2, 7, 8)
    assert branch.trainable_weights
    check_saves(branch, pixels(), rtol=1e-4, atol=1e-5)


def test_a_backbone_of_keras_hub_is_fine_tuned_from_a_layer_on():
    whole = branches.image.hub(tiny_presets.efficient_net())
    branch = branches.image.hub(
        tiny_presets.efficient_net(), trainable="block2a_expand_conv"
    )
    x = np.random.default_rng(0).random((2, 16, 16, 3), "float32")
    np.testing.assert_allclose(
        numpy(branch(x)), numpy(whole(x)), rtol=1e-4, atol=1e-5
    )
    names = {w.path.split("/")[-2] for w in branch.trainable_weights}
    assert "block2a_expand_conv" in names and "stem_conv" not in names
    check_saves(branch, x)


def test_a_preset_s_normalisation_within_blocks_stays_frozen(tmp_path):
    tiny_presets.efficient_net().save_to_preset(str(tmp_path))
    branch = branches.image.hub(str(tmp_path), trainable=True)
    names = [w.path for w in branch.trainable_weights]
    assert names and not any("gamma" in name for name in names)
