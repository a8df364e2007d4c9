"""Branches of one run become those of a model of another architecture."""

import dataclasses

import noted
import numpy as np
import pytest
import tiny_captioners
import tiny_presets
import tiny_tasks
from checks import numpy
from multimodal_rows import rows

import mmkeras
from mmkeras.tasks import frozen_parts
from mmkeras.training import engine
from mmkeras.training import initial_branches
from mmkeras.training import recipes

pytestmark = pytest.mark.usefixtures("eager_models", "module_cache")
RECIPE = recipes.Recipe(
    epochs=1, batch_size=8, learning_rate=1e-2, model={"dim": 8}
)
NAME = "classify-image-text-gated"


@pytest.fixture(scope="module")
def data():
    parts = rows(count=16), rows("val", 8)
    for row in [row for part in parts for row in part]:
        row["question"] = row["text"] and "is it bright?"
    return engine.Data(*parts)


def build(name, data, init=None, branches=None, model=None, **sizes):
    recipe = dataclasses.replace(
        RECIPE,
        init_branches=branches,
        model={**RECIPE.model, **(model or {})},
        monitor="accuracy",
    )
    return engine.build(name, data, recipe, init, min_count=1, **sizes)


@pytest.fixture(scope="module")
def captioner(tmp_path_factory):
    folder = tmp_path_factory.mktemp("captioner")
    tiny_captioners.tiny("caption-cnn-lstm").save(folder)
    return folder


@pytest.fixture(scope="module")
def classifier(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("classifier")
    build(NAME, data, image_size=16).save(folder)
    return folder


def weights(task, field):
    branch = frozen_parts.branches(task.model)[field]
    return [numpy(weight) for weight in branch.model.weights]


def assert_same(ours, theirs):
    assert len(ours) == len(theirs) > 0
    for a, b in zip(ours, theirs):
        np.testing.assert_array_equal(a, b)


def test_the_branch_of_a_captioner_serves_a_classifier(captioner, data):
    source = mmkeras.load(captioner)
    task = build(NAME, data, captioner, ("image",))
    assert_same(weights(task, "image"), weights(source, "image"))
    assert task.codecs["image"].shape == source.codecs["image"].shape


def test_texts_bring_their_vocabulary_to_questions(classifier, data):
    source = mmkeras.load(classifier)
    other = [{**row, "question": "unheard words"} for row in data.train]
    task = build(
        "vqa-cnn-lstm",
        engine.Data(other, data.val),
        classifier,
        ("image", "question"),
    )
    for field, origin in (("image", "image"), ("question", "text")):
        assert_same(weights(task, field), weights(source, origin))
    ours, theirs = task.codecs["question"], source.codecs["text"]
    assert ours.get_config() == theirs.get_config()


def test_a_frozen_network_stays_frozen_and_is_cached(data, tmp_path):
    bert = f"hub:{tiny_presets.bert(tmp_path / 'bert')}"
    first = build(NAME, data, model={"text": bert}, image_size=16)
    first.save(tmp_path / "run")
    task = build(NAME, data, tmp_path / "run", ("text",), image_size=16)
    assert frozen_parts.branches(task.model)["text"].is_frozen
    assert engine.Examples(task, data.val).cached == {"text"}
    assert_same(weights(task, "text"), weights(first, "text"))


@pytest.fixture(scope="module")
def aligned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("aligned")
    tiny_tasks.build("pretrain-image-text").save(folder)
    return folder


@pytest.mark.parametrize(
    "name, fields",
    [
        ("caption-cnn-transformer", ("image",)),
        pytest.param(NAME, ("image", "text"), marks=pytest.mark.slow),
        ("retrieve-image-text", ("image", "text")),
    ],
)
def test_pretrained_branches_serve_other_tasks(aligned, data, name, fields):
    source = mmkeras.load(aligned)
    assert tuple(initial_branches.available(source, name)) == fields
    parts = [
        [{**row, "captions": [row["text"]]} for row in part if row["image"]]
        for part in (data.train, data.val)
    ]
    changes = {"heads": 2} if name.startswith("caption") else None
    task = build(name, engine.Data(*parts), aligned, fields, changes)
    for field in fields:
        assert_same(weights(task, field), weights(source, field))
    note = initial_branches.describe(task, fields, aligned)
    used, _, rest = note.partition("Not taken from")
    for field in ("image", "text"):
        branch = frozen_parts.branches(source.model)[field].model
        part = used if field in fields else rest
        assert f"{field} ({branch.count_params():,})" in part
    assert "all layers after its branches" in rest


@pytest.mark.parametrize(
    "name, branches, model, message",
    [
        (NAME, ("audio",), {}, "no audio branch that can be rep.*image, text"),
        (NAME, ("text",), {}, "no text branches for text. Its branches: image"),
        (NAME, ("image",), {"image": "a.npz"}, "leave out one of the two"),
        ("classify-text-bow", ("image",), {}, "no image branch that can"),
    ],
)
def test_what_cannot_be_taken_is_refused(
    captioner, data, name, branches, model, message
):
    with pytest.raises(ValueError, match=message):
        build(name, data, captioner, branches, model)


def test_a_captioner_takes_no_text_branch(aligned):
    task, name = mmkeras.load(aligned), "caption-cnn-transformer"
    with pytest.raises(ValueError, match="no text branch that can be replaced"):
        initial_branches.take(task, ("image", "text"), name, aligned)


def test_images_of_another_size_are_refused(captioner, data):
    with pytest.raises(ValueError, match="16 pixels. Leave out data.image_si"):
        build(NAME, data, captioner, ("image",), image_size=32)


def test_a_dialogue_takes_no_branch_of_single_texts(classifier, data):
    turns = engine.Data(
        *(
            [{**row, "group": str(i // 4)} for i, row in enumerate(part)]
            for part in (data.train, data.val)
        )
    )
    with pytest.raises(ValueError, match="Leave text out"):
        build("emotion-text-context", turns, classifier, ("text",))


def test_other_architectures_are_refused_with_the_remedy(captioner, data):
    with pytest.raises(ValueError, match="train.init_branches=image"):
        build(NAME, data, captioner)


@pytest.mark.slow
def test_training_goes_on_from_what_was_taken(classifier, data, tmp_path):
    def train(**options):
        notes = noted.Notes()
        task = mmkeras.train(
            "vqa-cnn-lstm",
            [
                {**row, "answer": row["label"], "split": split}
                for split, part in (("train", data.train), ("val", data.val))
                for row in part
                if row["image"] and row["question"]
            ],
            tmp_path / "run",
            config={"model.dim": 8, "train.init_branches": "image,question"},
            epochs=1,
            reporter=notes,
            **options,
        )
        return task, notes

    with pytest.raises(ValueError, match="expects --init"):
        train()
    task, notes = train(init=classifier)
    source = mmkeras.load(classifier)
    count = sum(weight.size for weight in weights(source, "image"))
    assert any(f"image ({count:,})" in note for note in notes.notes)
    changed = zip(weights(source, "image"), weights(task, "image"))
    assert any(np.abs(a - b).max() > 0 for a, b in changed)
    again, _ = train(init=classifier)
    assert_same(
        [numpy(weight) for weight in again.model.weights],
        [numpy(weight) for weight in task.model.weights],
    )
