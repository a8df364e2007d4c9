import configparser
import importlib.metadata
import json

import pytest
from checks import ROOT
from checks import run_python

import mmkeras

HEAVY = ("tensorflow", "keras", "keras_hub", "torch", "jax", "matplotlib")
LOADED = """
import json, sys
print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))
"""


def config():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def loaded(process):
    assert process.returncode == 0, process.stderr
    return set(json.loads(process.stdout.strip().splitlines()[-1]))


def test_setup_cfg_lists_every_package():
    listed = config()["options"]["packages"].split()
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "mmkeras").rglob("__init__.py")
    }
    assert sorted(listed) == sorted(found | {"mmkeras.zoo"})


def test_every_folder_of_code_is_a_package():
    folders = {path.parent for path in (ROOT / "mmkeras").rglob("*.py")}
    bare = [str(f) for f in folders if not (f / "__init__.py").exists()]
    assert not bare


def test_version_is_the_package_s():
    assert mmkeras.__version__ == importlib.metadata.version("mmkeras")


def test_import_is_light():
    process = run_python("import mmkeras" + LOADED)
    assert not loaded(process) & set(HEAVY)


def test_listing_names_needs_no_model():
    code = "import mmkeras; mmkeras.list_models()" + LOADED
    assert not loaded(run_python(code)) & {"tensorflow", "keras_hub"}


@pytest.mark.parametrize("arguments", [["--help"], ["list", "--help"]])
def test_help_is_light(arguments):
    if not list((ROOT / "mmkeras" / "cli").glob("[!_]*.py")):
        pytest.skip("no command line yet")
    code = f"""
import runpy, sys
sys.argv = ["mmkeras", *{arguments}]
try:
    runpy.run_module("mmkeras.cli", run_name="__main__", alter_sys=True)
except SystemExit as end:
    assert not end.code, end.code
else:
    raise RuntimeError("the command line did not run")
"""
    process = run_python(code + LOADED)
    assert not loaded(process) & {"tensorflow", "keras", "keras_hub", "torch"}
    assert "Usage" in process.stdout


def test_command_line_entry_point_exists():
    if not list((ROOT / "mmkeras" / "cli").glob("[!_]*.py")):
        pytest.skip("no command line yet")
    scripts = config()["options.entry_points"]["console_scripts"]
    module, function = scripts.split("=")[1].strip().split(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_zoo_by_its_folder_s_name_is_refused():
    process = run_python("import zoo", folder=ROOT)
    assert process.returncode != 0
    last = process.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert "import mmkeras" in last and "pip install -e ." in last


def test_every_public_name_can_be_had():
    for name in dir(mmkeras):
        assert getattr(mmkeras, name) is not None, name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        mmkeras.nonsense  # noqa: B018
