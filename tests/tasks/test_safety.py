"""A model file from a stranger is read, and nothing in it is run."""

import json
import tracemalloc
import zipfile

import keras
import numpy as np
import pytest
from architectures import names
from checks import numpy

import mmkeras
from mmkeras.tasks import safety


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A file with one ordinary layer."""
    x = keras.Input((4,), name="x")
    y = keras.layers.Dense(3, activation="relu", name="dense")(x)
    file = tmp_path_factory.mktemp("plain") / "model.keras"
    keras.Model(x, y, name="plain").save(file)
    return file


def rewrite(source, target, change):
    """Copies a .keras file with its config changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config)
            new.writestr(name, data)
    return target


def layer(config, name="dense"):
    return next(
        x for x in config["config"]["layers"] if x["config"]["name"] == name
    )


def test_an_ordinary_file_is_loaded(plain):
    model = safety.load_model(plain)
    assert model.name == "plain"
    assert not model.compiled


@pytest.mark.parametrize("name", names())
def test_the_zoo_is_loaded(name, tmp_path):
    model = mmkeras.build_model(name, **mmkeras.get(name).tiny)
    model.compile("adam", "mse")
    model.save(tmp_path / "model.keras")
    loaded = safety.load_model(tmp_path / "model.keras")
    for old, new in zip(model.weights, loaded.weights):
        np.testing.assert_array_equal(numpy(new), numpy(old))


def test_branches_of_hub_and_applications_are_loaded(tmp_path):
    import keras_hub

    from mmkeras import branches

    vit = keras_hub.models.ViTBackbone(
        image_shape=(16, 16, 3),
        patch_size=8,
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        mlp_dim=8,
    )
    network = branches.image.application("MobileNet", (32, 32, 3), weights=None)
    for branch in (branches.image.hub(vit), network):
        branch.save(tmp_path / "model.keras")
        loaded = safety.load_model(tmp_path / "model.keras")
        assert loaded.output_shape == branch.output_shape


def foreign(config):
    layer(config).update(module="os", class_name="system")


def custom(config):
    """A class that a stranger registered under a name of ours."""
    layer(config).update(module="evil.layers", registered_name="mmkeras>Dense")


def main(config):
    layer(config).update(module="__main__", class_name="Dense")


def lookalike(config):
    layer(config).update(module="keras_evil.layers")


def function(config):
    layer(config)["config"]["activation"] = {
        "module": "builtins",
        "class_name": "function",
        "config": "eval",
        "registered_name": "function",
    }


def built_in(config):
    layer(config)["config"]["activation"] = {
        "module": "builtins",
        "class_name": "eval",
        "config": {},
        "registered_name": None,
    }


def lambda_layer(config):
    layer(config).update(module="keras.layers", class_name="Lambda")


def hidden_lambda(config):
    layer(config)["config"]["kernel_initializer"] = {
        "class_name": "__lambda__",
        "config": {"value": "AAAA"},
    }


def saved_model(config):
    layer(config).update(
        module="keras.layers",
        class_name="TFSMLayer",
        config={"filepath": "/tmp/evil", "name": "dense"},
    )


def torch_module(config):
    layer(config).update(
        module="keras.layers",
        class_name="TorchModuleWrapper",
        config={"module": "AAAA", "name": "dense"},
    )


def jax_layer(config):
    layer(config).update(module="keras.layers", class_name="JaxLayer")


def deep(config):
    layer(config)["config"]["bias_constraint"] = {
        "module": "builtins",
        "class_name": "dict",
        "config": {"a": [{"module": "subprocess", "class_name": "Popen"}]},
        "registered_name": None,
    }


def odd_module(config):
    layer(config)["module"] = ["os"]


def odd_class(config):
    layer(config)["class_name"] = {"class_name": "Dense"}


@pytest.mark.parametrize(
    "change",
    [
        foreign,
        custom,
        main,
        lookalike,
        function,
        built_in,
        lambda_layer,
        hidden_lambda,
        saved_model,
        torch_module,
        jax_layer,
        deep,
        odd_module,
        odd_class,
    ],
)
def test_what_could_run_code_is_refused(plain, tmp_path, change, monkeypatch):
    file = rewrite(plain, tmp_path / "model.keras", change)
    loaded = []
    monkeypatch.setattr(
        keras.saving, "load_model", lambda *args, **_: loaded.append(args)
    )
    with pytest.raises(ValueError, match="model.keras refers to"):
        safety.load_model(file)
    assert not loaded  # Keras never saw the file.


@pytest.mark.parametrize(
    "module, name",
    [
        ("keras.utils", "get_file"),
        ("keras.src.utils.file_utils", "get_file"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.saving", "load_model"),
        ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"),
        ("keras_hub.src.utils.preset_utils", "get_file"),
        ("mmkeras.tasks.task", "load"),
    ],
)
def test_functions_of_trusted_packages_are_not_called(
    plain, tmp_path, module, name
):
    def change(config):
        layer(config)["config"]["activation"] = {
            "module": module,
            "class_name": name,
            "config": {"origin": "file:///etc/hostname", "fname": "x"},
            "registered_name": None,
        }

    file = rewrite(plain, tmp_path / "model.keras", change)
    with pytest.raises((ValueError, TypeError)):
        safety.load_model(file)


def test_a_lambda_with_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = keras.Input((4,), name="x")
    y = keras.layers.Lambda(
        lambda x: x if x is None else [x, open("went-off", "w")][0],
        output_shape=(4,),
        name="sly",
    )(x)
    (tmp_path / "went-off").unlink(missing_ok=True)
    keras.Model(x, y, name="sly_model").save("model.keras")
    with pytest.raises(ValueError, match="Lambda"):
        safety.load_model("model.keras")
    assert not (tmp_path / "went-off").exists()


@pytest.mark.parametrize(
    "damage", ["cut", "text", "empty", "no config", "no JSON", "no weights"]
)
def test_a_broken_file_is_an_error_with_its_name(plain, tmp_path, damage):
    file = tmp_path / "model.keras"
    whole = plain.read_bytes()
    if damage.startswith("no "):
        with zipfile.ZipFile(plain) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if damage == "no JSON" and name == "config.json":
                    data = b"{"
                if damage == "no weights" and name.endswith(".h5"):
                    data = data[:100]
                if damage != "no config" or name != "config.json":
                    new.writestr(name, data)
    else:
        cut = whole[: len(whole) // 2]
        file.write_bytes({"cut": cut, "text": b"hello", "empty": b""}[damage])
    with pytest.raises(ValueError, match="model.keras is not a complete"):
        safety.load_model(file)


def strange_layer(config):
    layer(config).update(module="keras.layers", class_name="Convolution9D")


def strange_argument(config):
    layer(config)["config"]["wings"] = 2


def no_config(config):
    del layer(config)["config"]["units"]


def no_layers(config):
    config["config"] = {}


def a_number(config):
    config["config"] = 3


def huge(config):
    layer(config)["config"]["units"] = 10**13


def huge_input(config):
    layer(config)["build_config"] = {"input_shape": [None, 10**13]}
    layer(config, "x")["config"]["batch_shape"] = [None, 10**13]


def no_neighbour(config):
    layer(config)["inbound_nodes"] = [{"args": [3], "kwargs": None}]


@pytest.mark.parametrize(
    "change",
    [
        strange_layer,
        strange_argument,
        no_config,
        no_layers,
        a_number,
        pytest.param(huge, marks=pytest.mark.slow),  # Both wait for 10 s.
        pytest.param(huge_input, marks=pytest.mark.slow),
        no_neighbour,
    ],
)
def test_a_strange_config_is_one_error_with_the_name(plain, tmp_path, change):
    file = rewrite(plain, tmp_path / "model.keras", change)
    with pytest.raises(ValueError, match="model.keras is not a complete"):
        safety.load_model(file)


def replaced(source, target, name, chunks):
    """Copies a .keras file, compressed, with one of its files replaced."""
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(
            target, "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as new,
    ):
        for member in old.namelist():
            with new.open(member, "w") as file:
                for chunk in chunks if member == name else [old.read(member)]:
                    file.write(chunk)
    return target


@pytest.mark.parametrize("text", ["[" * 10**5, '{"a":' * 10**5])
def test_a_config_nested_too_deep_is_an_error(plain, tmp_path, text):
    file = tmp_path / "model.keras"
    replaced(plain, file, "config.json", [text.encode()])
    with pytest.raises(ValueError, match="model.keras is not a complete"):
        safety.load_model(file)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_what_unpacks_to_far_too_much_is_not_unpacked(plain, tmp_path, name):
    zeros = [bytes(1 << 20)] * 300
    file = replaced(plain, tmp_path / "model.keras", name, zeros)
    tracemalloc.start()
    with pytest.raises(ValueError, match="model.keras is not a comp.*bytes"):
        safety.load_model(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6


def test_a_compressed_file_is_loaded(plain, tmp_path):
    file = replaced(plain, tmp_path / "model.keras", None, [])
    assert safety.load_model(file).name == "plain"
