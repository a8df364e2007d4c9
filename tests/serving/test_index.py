"""Search indexes: exact, updated in part, written as a whole."""

import sys

import image_files
import numpy as np
import pytest
import tiny_tasks

import mmkeras
from mmkeras import tasks
from mmkeras.files import atomic
from mmkeras.serving import index as search_index
from mmkeras.serving import indexing
from mmkeras.serving import neighbours


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    words = ["a", "dog", "red"]
    task = tiny_tasks.build("retrieve-image-text", vocabulary=words)
    return task.save(tmp_path_factory.mktemp("run"))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    image_files.rows(folder)
    return folder


def made_of(vectors):
    items = [{"name": str(i), "key": str(i)} for i in range(len(vectors))]
    return search_index.Index("run", "digest", "image", items, vectors)


def test_the_search_is_exact_in_blocks_of_any_size():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 6)).astype("float32")
    vectors[7] = vectors[3]  # A tie, which the order of items decides.
    queries = rng.normal(size=(9, 6)).astype("float32")
    order = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")
    for block in (1, 100, 10_000):
        hits = made_of(vectors).search(queries, 5, block)
        names = [[int(hit.name) for hit in each] for each in hits]
        np.testing.assert_array_equal(names, order[:, :5])
    [all_hits] = made_of(vectors).search(queries[:1], 99)
    assert len(all_hits) == 50


def test_penalties_are_subtracted(clusters):
    rng = np.random.default_rng(1)
    penalties = rng.uniform(0, 0.05, len(clusters)).astype("float32")
    index, queries = made_of(clusters), clusters[:20]
    products = queries @ clusters.T
    order = np.argsort(-(products - penalties), axis=1)[:, :4]
    graph = made_of(clusters)
    graph.graph = neighbours.build(clusters)
    found = 0
    for each in (index, graph):
        hits = each.search(queries, 4, penalties=penalties.__getitem__)
        for row, places, best in zip(products, order, hits):
            names = [int(hit.name) for hit in best]
            similarities = [hit.similarity for hit in best]
            expected = row[names] - penalties[names]
            np.testing.assert_allclose(similarities, expected, atol=1e-5)
            if each is index:
                assert names == places.tolist()
            found += len(set(names) & set(places))
    assert found > 0.9 * 160  # The graph may miss some.


@pytest.mark.parametrize(
    "queries, top, message",
    [
        (np.zeros((1, 3)), 1, "embeddings of 6"),
        (np.zeros((1, 6)), 0, "`top`"),
    ],
)
def test_queries_are_checked(queries, top, message):
    with pytest.raises(ValueError, match=message):
        made_of(np.zeros((2, 6), "float32")).search(queries, top)


def test_an_empty_index_has_no_hits():
    empty = made_of(np.zeros((0, 6), "float32"))
    assert empty.search(np.zeros((2, 6)), 3) == [[], []]


def test_only_what_changed_is_embedded_again(run, photos, monkeypatch):
    task, out = tasks.load(run), photos.parent / "index"
    embedded, embed = [], task.embed

    def count(field, values, *args):
        embedded.append(len(values))
        return embed(field, values, *args)

    monkeypatch.setattr(task, "embed", count)
    first, errors = indexing.build(task, run, [photos], out)
    assert not errors and len(first) == 7 and sum(embedded) == 7
    (photos / "0.png").unlink()
    (photos / "1.png").write_bytes(
        image_files.save(image_files.ramp(9, 9)[::-1], "PNG")
    )
    (photos / "2.png").write_bytes(b"damaged")
    embedded.clear()
    second, [(name, error)] = indexing.build(task, run, [photos], out)
    assert sum(embedded) == 2 and len(second) == 5
    assert name.endswith("2.png") and error
    again = search_index.load(out)
    assert [item["name"] for item in again.items] == [
        str(photos / f"{i}.png") for i in (1, 3, 4, 5, 6)
    ]
    np.testing.assert_array_equal(again.vectors[1:], first.vectors[3:])
    assert len(list(out.glob("vectors-*.npy"))) == 1


def test_an_interrupted_first_write_is_continued(run, photos, monkeypatch):
    task, out = tasks.load(run), photos.parent / "index"
    with monkeypatch.context() as patch:
        patch.setattr(atomic, "write_json", None)
        with pytest.raises(TypeError):
            indexing.build(task, run, [photos], out)
    indexing.build(task, run, [photos], out)
    assert len(search_index.load(out)) == 7


def test_an_interrupted_write_leaves_the_old_index(run, photos, monkeypatch):
    task, out = tasks.load(run), photos.parent / "index"
    indexing.build(task, run, [photos], out)
    (photos / "0.png").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(atomic, "write_json", None)
        with pytest.raises(TypeError):
            indexing.build(task, run, [photos], out)
    assert len(search_index.load(out)) == 7
    indexing.build(task, run, [photos], out)
    assert len(search_index.load(out)) == 6


def test_damage_is_named(run, photos):
    out = photos.parent / "index"
    indexing.build(tasks.load(run), run, [photos], out)
    [vectors] = out.glob("vectors-*.npy")
    vectors.write_bytes(vectors.read_bytes()[:-10])
    with pytest.raises(ValueError, match=vectors.name):
        search_index.load(out)


def test_other_folders_are_left_alone(run, photos):
    with pytest.raises(ValueError, match="not an empty folder"):
        indexing.build(tasks.load(run), run, [photos], photos)
    with pytest.raises(FileNotFoundError, match="mmkeras index"):
        search_index.load(photos)


def test_texts_need_a_table(run, photos):
    out = photos.parent / "index"
    with pytest.raises(ValueError, match="column `text`"):
        indexing.build(tasks.load(run), run, [photos], out, "text")


def test_a_search_by_a_text_reckons_with_the_querybank(photos):
    task = tiny_tasks.build("retrieve-image-text", vocabulary=["a", "dog"])
    rng = np.random.default_rng(0)
    pairs = task.model.get_layer("embeddings")
    pairs.fill([rng.normal(size=(3, task.size)) for _ in range(2)])
    run = task.save(photos.parent / "filled")
    out = photos.parent / "index"
    made, _ = mmkeras.index(run, [photos], out)
    hits = mmkeras.search(out, "a dog", top=7)
    [query], _ = task.embed("text", ["a dog"])
    penalties = task.penalties("image", "text", made.vectors)
    assert np.ptp(penalties) > 0
    cosines = made.vectors @ query
    order = np.argsort(-(cosines - penalties), kind="stable")
    assert [h.name for h in hits] == [made.items[i]["name"] for i in order]
    np.testing.assert_allclose(
        [hit.similarity for hit in hits],
        (cosines - penalties)[order],
        atol=1e-5,
    )


def test_from_python(run, photos):
    out = photos.parent / "index"
    made, errors = mmkeras.index(run, [photos], out)
    assert len(made) == 7 and not errors
    hits = mmkeras.search(out, image=photos / "3.png", top=2)
    assert str(photos / "3.png") in [hit.name for hit in hits]
    assert hits[0].similarity == pytest.approx(1, abs=1e-4)
    with pytest.raises(ValueError, match="Expected one of"):
        mmkeras.search(out, "a dog", image=photos / "3.png")
    with pytest.raises(ValueError, match="must be a list of paths"):
        mmkeras.index(run, photos, out)
    with pytest.raises(ValueError, match="embeds image, text"):
        mmkeras.search(out, audio="talk.wav")


@pytest.fixture(scope="module")
def clusters():
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(40, 16))
    vectors = middles[rng.integers(0, 40, 2000)]
    vectors = vectors + rng.normal(0, 0.3, vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype("float32")


def test_a_graph_finds_nearly_all_of_the_nearest(clusters):
    exact = made_of(clusters)
    index = made_of(clusters)
    index.graph = neighbours.build(clusters)
    nearest, close = (
        [{hit.name for hit in hits} for hits in each.search(clusters[:50], 10)]
        for each in (exact, index)
    )
    shares = [len(a & b) / 10 for a, b in zip(nearest, close)]
    measured = index.recall()
    assert np.mean(shares) > 0.9 and abs(measured - np.mean(shares)) < 0.05
    best = index.search(clusters[:1], 3)[0]
    assert best[0].name == "0"
    similarities = [hit.similarity for hit in best]
    assert similarities == sorted(similarities, reverse=True)


def test_recall_is_less_if_neighbours_are_missing(clusters):
    index = made_of(clusters)
    index.graph = neighbours.build(clusters[:1000])
    assert index.recall() < 0.8


def test_a_graph_stays_until_it_is_taken_away(run, photos):
    out = photos.parent / "index"

    def update(**options):
        indexing.build(tasks.load(run), run, [photos], out, **options)
        return search_index.load(out).graph is not None

    assert update(approximate=True)
    (photos / "0.png").unlink()
    assert update() and len(list(out.glob("graph-*"))) == 1
    assert len(search_index.load(out).search(np.zeros((1, 8)), 99)[0]) == 6
    assert search_index.load(out, exact=True).graph is None
    assert not update(approximate=False) and not list(out.glob("graph-*"))


def test_an_interrupted_update_stays_approximate(run, photos, monkeypatch):
    task, out = tasks.load(run), photos.parent / "index"
    indexing.build(task, run, [photos], out, approximate=True)
    image_files.rows(photos, count=9)
    monkeypatch.setattr(indexing, "_SECONDS", -1)  # Saves at once.
    with monkeypatch.context() as patch:
        patch.setattr(neighbours, "build", None)
        with pytest.raises(TypeError):
            indexing.build(task, run, [photos], out)
    assert search_index.load(out).graph is None
    indexing.build(task, run, [photos], out)
    assert search_index.load(out).graph is not None


def test_a_damaged_graph_is_named(run, photos):
    out = photos.parent / "index"
    task = tasks.load(run)
    indexing.build(task, run, [photos], out, approximate=True)
    [graph] = out.glob("graph-*")
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(ValueError, match=graph.name):
        search_index.load(out)
    assert len(search_index.load(out, exact=True)) == 7


def test_without_faiss_the_search_can_be_exact(run, photos, monkeypatch):
    out = photos.parent / "index"
    task = tasks.load(run)
    indexing.build(task, run, [photos], out, approximate=True)
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match="mmkeras.search"):
        mmkeras.search(out, image=photos / "3.png")
    assert mmkeras.search(out, image=photos / "3.png", exact=True)
