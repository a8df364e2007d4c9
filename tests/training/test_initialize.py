import keras
import numpy as np
import pytest
from checks import numpy
from multimodal_rows import rows

from mmkeras import word_vectors
from mmkeras.training import engine
from mmkeras.training import initialize
from mmkeras.training import recipes

RECIPE = recipes.Recipe(model={"dim": 8})


def build(name, word_vectors=None, **options):
    keras.utils.set_random_seed(0)
    data = engine.Data(rows(count=24), rows("val", 8))
    options = {
        "image_size": 16,
        "audio_seconds": 0.125,
        "min_count": 1,
    } | options
    return engine.build(
        name, data, RECIPE, word_vectors=word_vectors, **options
    )


def words_of(task):
    return task.codecs["text"].get_config()["vocabulary"]


def write_vectors(path, names, size=8):
    rng = np.random.default_rng(0)
    array = rng.normal(size=(len(names), size)).astype("float32")
    word_vectors.write(path, word_vectors.Vectors(names, array))
    return path, array


def table(task):
    size = len(task.codecs["text"])
    [table] = initialize._tables(task.model, size)
    return numpy(table)


@pytest.mark.parametrize(
    "name", ["classify-text-bow", "sentiment-text-audio-concat"]
)
def test_embeddings_are_initialized_with_the_vectors_of_a_file(name, tmp_path):
    plain = build(name)
    path, array = write_vectors(tmp_path / "vectors.txt", words_of(plain))
    begun = table(build(name, path))
    ids = [plain.codecs["text"].vocabulary.index(w) for w in words_of(plain)]
    np.testing.assert_allclose(begun[ids], array, rtol=1e-5)
    assert not np.allclose(table(plain)[ids], array)
    assert not begun[0].any()


def test_turns_of_a_dialogue_have_words_too(tmp_path):
    turns = [
        {**row, "group": str(i // 4), "text": f"Ann: {row['text']}"}
        for i, row in enumerate(rows(count=24))
    ]
    data = engine.Data(turns, turns[:8])
    plain = engine.build("emotion-text-context", data, RECIPE)
    path, array = write_vectors(tmp_path / "vectors.txt", words_of(plain))
    begun = engine.build(
        "emotion-text-context", data, RECIPE, word_vectors=path
    )
    ids = [plain.codecs["text"].vocabulary.index(w) for w in words_of(plain)]
    np.testing.assert_allclose(table(begun)[ids], array, rtol=1e-5)


def test_the_words_that_were_found_are_counted(tmp_path):
    task = build("classify-text-bow")
    first, *rest = words_of(task)
    path, _ = write_vectors(tmp_path / "vectors.npz", [*rest, "elsewhere"])
    coverage = initialize.initialize_embeddings(task, path)
    assert coverage.missing == [(first, 1)]
    assert coverage.words_found == len(rest)


def test_warns_if_most_words_have_no_vector(tmp_path):
    task = build("classify-text-bow")
    path, _ = write_vectors(tmp_path / "vectors.txt", words_of(task)[:1])
    with pytest.warns(UserWarning, match="1 of the .* words in the texts"):
        initialize.initialize_embeddings(task, path)


def test_vectors_of_another_size_are_refused(tmp_path):
    task = build("classify-text-bow")
    path, _ = write_vectors(tmp_path / "vectors.txt", words_of(task), size=5)
    with pytest.raises(ValueError, match="size 8, .* size 5.*model.dim=5"):
        initialize.initialize_embeddings(task, path)


def test_models_without_texts_are_refused(tmp_path):
    task = build("classify-image-cnn")
    with pytest.raises(ValueError, match="no texts"):
        initialize.initialize_embeddings(task, tmp_path / "vectors.txt")
