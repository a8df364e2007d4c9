"""How the command line shows errors and warnings."""

import warnings

from mmkeras.cli.errors import explained


def test_a_warning_is_one_line_without_its_place(capsys):
    def verb():
        warnings.warn("few words", stacklevel=1)

    explained(verb, heavy=False)()
    assert capsys.readouterr().err == "Warning: few words\n"
