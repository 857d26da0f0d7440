"""Noxfiles that need not be run to know what they declare."""

from __future__ import annotations

import pytest

from noxlock.cli.projects import _loaded_folder


@pytest.mark.parametrize(
    ("noxfile", "folder"),
    [
        ('import noxlock\n\nnoxlock.load("sessions")\n', "sessions"),
        ('"""Ours."""\nimport noxlock\n# all of it\nnoxlock.load("ci")\n', "ci"),
        ("import noxlock\nnoxlock.load()\n", "sessions"),
        ("import noxlock\n", None),
        ("import noxlock, nox\nnoxlock.load()\n", None),
        ("import noxlock as n\nn.load()\n", None),
        ('import noxlock\nnoxlock.load("a")\nnoxlock.load("b")\n', None),
        ('import noxlock\nnoxlock.load(folder="a")\n', None),
        ('import noxlock\nnoxlock.load(f"{__name__}")\n', None),
        ('import noxlock\nnoxlock.load("a")\nprint("b")\n', None),
        ('import noxlock\nif True:\n    noxlock.load("a")\n', None),
        ("import noxlock(\n", None),
        ("\0", None),
    ],
)
def test_only_what_does_nothing_but_load_is_known(
    noxfile: str, folder: str | None
) -> None:
    assert _loaded_folder(noxfile.encode()) == folder
