"""The house has no circles: imports point down the list of storeys."""

import ast
import graphlib
import re

import pytest
from checks import ROOT

from mmkeras import registry

STOREYS = [
    {"cli"},
    {"api"},
    {"serving", "evaluation", "training"},
    {"tasks", "data", "word_vectors"},
    {"generation", "metrics", "losses", "balance"},
    {"zoo"},
    {"branches", "fusion", "decoders"},
    {"layers"},
    {"hub"},
    {"registry"},
    {"arguments", "docstrings", "files", "interrupts", "memory"},
    {"version"},
]
HEIGHT = {
    part: len(STOREYS) - i for i, parts in enumerate(STOREYS) for part in parts
}
MAY_USE_TENSORFLOW = (
    *("data/", "serving/", "training/distribution"),
    "generation/compiled",  # XLA, which Keras has for whole models alone.
    "losses/replicas",  # Batches of a strategy, which Keras does not join.
)
READS_PICKLES = "data/safe_pickle.py"  # Arrays only, and it runs nothing.
CODECS = "data/codecs/"  # Elsewhere nothing depends on a codec's class.
CODEC_CLASSES = {"Audio", "Codec", "Dialogue", "Features", "Image", "Text"}
NAME_TASKS = ("tasks/", "zoo/", "cli/quickstart.py")
# Strings that are spelled like a task but mean something else, by file.
NOT_TASKS = {
    "cli/__init__.py": {"transcribe"},  # A subcommand.
    "cli/transcribe.py": {"translate"},  # An option of Whisper.
    "data/codecs/turn_codec.py": {"dialogue"},  # A kind of codec.
    "data/datasets/__init__.py": {"vqa"},  # A data set.
    "data/datasets/coco.py": {"caption"},  # A key of its files.
    "data/datasets/columns.py": {"caption", "sentiment"},  # Columns.
    "data/datasets/onecommon.py": {"dialogue"},  # A key of its files.
    "data/datasets/table_rows.py": {"caption"},  # A column.
    "data/datasets/tabular.py": {"caption"},  # A column.
    "data/datasets/visdial.py": {"caption"},  # A key of its files.
    "data/datasets/vqa.py": {"vqa"},  # A data set.
    "evaluation/robustness.py": {"dialogue"},  # A kind of codec.
    "evaluation/runs.py": {"caption"},  # A key of the written file.
    "evaluation/tables.py": {"caption"},  # A column.
    "serving/model_card.py": {"dialogue"},  # A kind of codec.
    "training/initialize.py": {"dialogue"},  # A kind of codec.
}
TASK_FIELDS = ("question", "history", "candidates")
KNOW_TASK_FIELDS = (
    *("tasks/", "zoo/", "data/datasets/", "data/synthetic/", "data/codecs/"),
    # Checks of users' own tables.
    *("data/check", "data/examples.py", "data/training_problems.py"),
    # Options of the command line: a question, and a dialogue about an image.
    *("cli/predict.py", "cli/dialogue.py"),
    *("api.py", "training/config_keys.py"),  # Whether labels are answers.
    "training/published.py",  # Published scores.
    "arguments.py",  # Names of branches.
    "metrics/inputs.py",  # The argument `candidates`, in error messages.
)
FORBIDDEN_NAMES = {"utils", "common", "misc", "helpers", "base"}


def home(part):
    return ROOT / "zoo" if part == "zoo" else ROOT / "mmkeras" / part


def files(part):
    folder = home(part)
    alone = folder.with_suffix(".py")
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [alone]


def parts():
    """The parts of the house that stand already."""
    found = {path.stem for path in (ROOT / "mmkeras").glob("[!_]*")}
    return sorted(found | {"zoo"})


def every_file():
    return [
        pytest.param(path, id=path.relative_to(ROOT).as_posix())
        for part in parts()
        for path in files(part)
    ]


def imports(path):
    """Yields the dotted name of all that a file imports, anywhere in it."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level]
            start = start if node.level else ()
            start = ".".join([*start, *filter(None, [node.module])])
            yield from (f"{start}.{alias.name}" for alias in node.names)


def within(path):
    """The parts of mmkeras that a file imports."""
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "mmkeras" and rest:
            yield rest.split(".")[0]


def test_every_part_has_a_storey():
    assert set(parts()) <= set(HEIGHT)


@pytest.mark.parametrize("part", parts())
def test_imports_point_down(part):
    names = {"find", "list_models", "build_model", "register", "load"}
    for path in files(part):
        for other in set(within(path)) - {part, "__version__"}:
            assert other not in names, f"{path}: import it from its home"
            assert other != "zoo", f"{path}: the registry finds the zoo"
            assert HEIGHT[other] <= HEIGHT[part], f"{path}: {other}"


def test_no_circle_within_a_storey():
    graph = {
        part: {x for path in files(part) for x in within(path)} - {part}
        for part in parts()
    }
    graphlib.TopologicalSorter(graph).prepare()  # Raises CycleError.


@pytest.mark.parametrize("path", every_file())
def test_tensorflow_stays_in_its_rooms(path):
    inside = path.relative_to(ROOT).as_posix().removeprefix("mmkeras/")
    if not inside.startswith(MAY_USE_TENSORFLOW):
        tops = {name.split(".")[0] for name in imports(path)}
        assert not tops & {"tensorflow", "torch", "jax"}


@pytest.mark.parametrize("path", every_file())
def test_house_rules(path):
    assert path.stem not in FORBIDDEN_NAMES
    text = path.read_text()
    assert not re.search(r"#.*\b(TODO|FIXME|XXX)\b", text)
    for node in ast.walk(ast.parse(text)):
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        assert not isinstance(node, ast.Assert), where
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{where}: bare except"
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name not in {"print", "eval", "exec"}, f"{where}: {name}"
            assert not name.endswith("layers.Lambda"), where
            plain = name.startswith("keras.layers.")
            assert not (plain and name.endswith((".LSTM", ".GRU"))), (
                f"{where}: mmkeras.layers has those that train in bfloat16"
            )
    tops = {name.split(".")[0] for name in imports(path)}
    if not path.as_posix().endswith(READS_PICKLES):
        code = {"pickle", "dill", "joblib", "marshal", "shelve"}
        assert not tops & code


def codec_switches(text):
    """Lists where code depends on the class of a codec.

    A class may be called, and its methods may be, to make a codec. Any other
    use, such as with `isinstance`, `type` or in a table, is listed.
    """
    tree = ast.parse(text)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("mmkeras.data.codecs")
        for alias in node.names
    } & CODEC_CLASSES
    classes = imported | {f"codecs.{name}" for name in CODEC_CLASSES}
    making = {
        id(node.func if isinstance(node, ast.Call) else node.value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Call, ast.Attribute))
    }
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, (ast.Name, ast.Attribute))
        and ast.unparse(node) in classes
        and id(node) not in making
    ]


@pytest.mark.parametrize("path", every_file())
def test_nothing_depends_on_the_class_of_a_codec(path):
    inside = path.relative_to(ROOT).as_posix().removeprefix("mmkeras/")
    if not inside.startswith(CODECS):
        assert not codec_switches(path.read_text())


def literals_of_fields(text):
    """Lists where code names a field that only some tasks have."""
    return [
        f"line {node.lineno}: {node.value}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and node.value in TASK_FIELDS
    ]


@pytest.mark.parametrize("path", every_file())
def test_only_tasks_and_data_sets_know_the_fields_of_a_task(path):
    inside = path.relative_to(ROOT).as_posix().removeprefix("mmkeras/")
    if not inside.startswith(KNOW_TASK_FIELDS):
        assert literals_of_fields(path.read_text()) == []


def test_a_field_of_a_task_is_found():
    text = 'x = row["question"]\ny = row["questions"]  # "history"\n'
    assert literals_of_fields(text) == ["line 1: question"]


@pytest.mark.parametrize(
    "line",
    [
        "isinstance(codec, codecs.Image)",
        "isinstance(codec, (codecs.Labels, codecs.Audio))",
        "type(codec) is codecs.Features",
        "_FILES = (codecs.Image,)",
        "_KINDS = {codecs.Image: 'image'}",
        "isinstance(codec, Image)",
    ],
)
def test_a_switch_on_the_class_of_a_codec_is_found(line):
    making = (
        "from mmkeras.data import codecs\n"
        "from mmkeras.data.codecs import Image\n"
        "codec = codecs.Features.from_arrays(arrays)\n"
        "codec = Image((8, 8))\n"
        "isinstance(codec, codecs.Labels)\n"
    )
    assert codec_switches(making) == []
    assert len(codec_switches(making + line)) == 1


def task_names(text):
    """Finds the strings in code that name a task or one of its models."""
    tasks = {registry.get(name).task for name in registry.list_models()}
    name = re.compile(rf"({'|'.join(tasks)})(-[a-z-]+)?").fullmatch
    return {
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and name(node.value)
    }


@pytest.mark.parametrize("path", every_file())
def test_tasks_are_named_in_their_own_files(path):
    inside = path.relative_to(ROOT).as_posix().removeprefix("mmkeras/")
    if not inside.startswith(NAME_TASKS):
        assert task_names(path.read_text()) <= NOT_TASKS.get(inside, set())


def test_the_name_of_a_task_is_found():
    code = (
        'def f(task):\n    """A caption."""\n    x = "captions", "report-a"\n'
        '    if task == "caption":\n        return {"vqa-cnn-bow": 1}\n'
    )
    assert task_names(code) == {"caption", "vqa-cnn-bow"}


def test_the_walk_sees_late_and_relative_imports(tmp_path, monkeypatch):
    path = tmp_path / "mmkeras" / "layers" / "pool.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "import keras\n"
        "from . import norm\n"
        "from ..tasks import task\n"
        "from mmkeras.data import codecs\n"
        "def late():\n"
        "    import tensorflow as tf\n"
        "    from mmkeras import generation\n"
    )
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert sorted(imports(path)) == [
        "keras",
        "mmkeras.data.codecs",
        "mmkeras.generation",
        "mmkeras.layers.norm",
        "mmkeras.tasks.task",
        "tensorflow",
    ]
