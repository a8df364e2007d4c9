import dataclasses
import inspect
import random

import pytest

import mmkeras
from mmkeras import registry


def builder(width=3, depth=2):
    return width, depth


@pytest.fixture(autouse=True)
def zoo():
    """All of the zoo is imported: a file registers itself but once."""
    return [registry.get(name).name for name in registry.list_models()]


@pytest.fixture
def entry(monkeypatch):
    """One architecture that no file holds."""
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    facts = {"task": "count", "paper": "https://a.b", "tiny": {"width": 1}}
    registry.register("count-beads", **facts)(builder)
    return registry.get("count-beads")


def test_find_knows_what_was_registered(entry):
    assert entry.name == "count-beads"
    assert entry.builder() == (3, 2)
    assert entry.builder.__wrapped__ is builder
    assert entry.task == "count"
    assert entry.paper == "https://a.b"
    assert entry.tiny == {"width": 1}
    assert entry.recipe == {}
    assert entry.arguments == {"width": 3, "depth": 2}


def test_register_returns_the_builder_with_its_arguments_checked(monkeypatch):
    monkeypatch.setattr(registry, "_REGISTRY", {})
    facts = {"task": "count", "paper": "", "tiny": {}}
    checked = registry.register("count-beads", **facts)(builder)
    assert checked(5, depth=6) == builder(5, depth=6)
    assert checked.__wrapped__ is builder
    assert inspect.signature(checked) == inspect.signature(builder)
    with pytest.raises(ValueError, match="expects `width` to be.*width=0"):
        checked(0)


def test_build_passes_keywords_on(entry):
    assert mmkeras.build_model("count-beads") == (3, 2)
    assert mmkeras.build_model("count-beads", depth=7) == (3, 7)


def test_list_models_by_task(entry, zoo):
    assert "count-beads" in mmkeras.list_models("count")
    captioners = mmkeras.list_models(task="caption")
    assert {
        "caption-cnn-lstm",
        "caption-cnn-attention-lstm",
        "caption-cnn-transformer",
        "caption-vit-transformer",
    } <= set(captioners)
    assert mmkeras.list_models() == sorted(["count-beads", *zoo])
    assert mmkeras.list_models("no such task") == []


@pytest.mark.parametrize(
    "wrong",
    ["caption-cnn-lstn", "caption_cnn_lstm", "captioncnnlstm", "caption-lstm"],
)
def test_wrong_name_gets_a_suggestion(wrong):
    message = f"{wrong!r}.*Did you mean 'caption-cnn-lstm'"
    with pytest.raises(ValueError, match=message):
        mmkeras.build_model(wrong)


def test_the_error_of_an_unknown_name_lists_where_to_look():
    with pytest.raises(ValueError, match="list_models") as caught:
        mmkeras.get("zzz")
    assert "Did you mean" not in str(caught.value)


def test_wrong_keyword_is_named_with_those_that_exist(entry):
    with pytest.raises(ValueError) as caught:
        mmkeras.build_model("count-beads", dept=3)
    message = str(caught.value)
    assert "`dept`" in message
    assert "Did you mean 'depth'?" in message
    assert "width, depth" in message
    with pytest.raises(ValueError, match="See its docstring. Arguments: width"):
        mmkeras.build_model("count-beads", typo=3)


def test_two_builders_of_one_name_are_refused(entry):
    def other():
        pass

    facts = {"task": "count", "paper": "", "tiny": {}}
    with pytest.raises(ValueError, match="'count-beads' is already"):
        registry.register("count-beads", **facts)(other)
    other.__module__ = "elsewhere"
    with pytest.raises(ValueError, match="'count-beads' is already.*elsewhere"):
        registry.register("count-beads", **facts)(other)
    assert registry.get("count-beads").builder.__wrapped__ is builder


def test_a_file_may_be_read_twice(entry):
    facts = {"task": "count", "paper": "new", "tiny": {}}
    facts["recipe"] = {"clip": 2.0}
    registry.register("count-beads", **facts)(builder)
    assert registry.get("count-beads").paper == "new"
    assert registry.get("count-beads").recipe == {"clip": 2.0}


def test_missing_zoo_says_how_to_install(monkeypatch):
    monkeypatch.setattr(registry, "_REGISTRY", {})
    monkeypatch.setattr(registry, "ZOO", "mmkeras.no_such_zoo")
    with pytest.raises(ModuleNotFoundError, match="pip install -e"):
        mmkeras.list_models()


def test_an_error_inside_the_zoo_is_not_hidden(monkeypatch, tmp_path):
    (tmp_path / "broken_zoo.py").write_text("import no_such_library")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "ZOO", "broken_zoo")
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        mmkeras.list_models()


def test_the_smallest_model_is_built_once_and_draws_no_seed():
    architecture = dataclasses.replace(registry.get("vqa-cnn-lstm"))
    random.seed(0)
    state = random.getstate()
    model = architecture.smallest_model
    assert random.getstate() == state
    assert architecture.smallest_model is model
    assert set(model.input) == {"image", "question", "presence"}
