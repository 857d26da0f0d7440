"""What processes wrote is read, and modules are traced to distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.envs import probe_variables, read_probe
from noxlock.envs.probe._distributions import distributions_of
from noxlock.errors import EnvError
from support.workshop import write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.envs import Probed

SITE = "lib/python3.11/site-packages"


def installed(prefix: Path, name: str, *files: str) -> None:
    info = f"{SITE}/{name}-1.dist-info"
    record = "".join(f"{file},sha256=x,1\n" for file in files)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
    write_tree(prefix, {f"{info}/METADATA": metadata, f"{info}/RECORD": record})


def test_modules_are_traced_to_the_distributions_that_brought_them(
    tmp_path: Path,
) -> None:
    installed(tmp_path, "Scikit_Learn", "sklearn/__init__.py", "sklearn/base.py")
    installed(tmp_path, "single", "single.py", "../../../bin/single.py")
    installed(tmp_path, "compiled", "_c.cpython-311-x86_64-linux-gnu.so")
    installed(tmp_path, "google-a", "google/a/__init__.py")
    installed(tmp_path, "google-b", "google/b/__init__.py")
    installed(tmp_path, "data", "data/table.csv")
    installed(tmp_path, "unused", "unused/__init__.py")
    modules = {"sklearn", "single", "_c", "google", "google.a", "data", "sys"}
    found = distributions_of(modules - {"google"}, (), tmp_path)
    assert found == ("compiled", "google-a", "scikit-learn", "single")


def test_a_distribution_without_a_record_has_no_module(tmp_path: Path) -> None:
    metadata = "Metadata-Version: 2.1\nName: bare\nVersion: 1\n"
    write_tree(tmp_path, {f"{SITE}/bare-1.dist-info/METADATA": metadata})
    assert distributions_of({"bare"}, (), tmp_path) == ()


def test_libraries_are_traced_to_the_conda_packages_that_brought_them(
    tmp_path: Path,
) -> None:
    blas = '{"name": "libopenblas", "files": ["lib/libopenblasp-r0.3.21.so"]}'
    records = {
        "libopenblas-0.3.21-0.json": blas,
        "other-1-0.json": '{"name": "other", "files": ["lib/libother.so"]}',
        "broken-1-0.json": '["lib/libopenblasp-r0.3.21.so"]',
        "history": "",
    }
    write_tree(tmp_path / "conda-meta", records)
    libraries = {"libopenblasp-r0.3.21.so", "libc.so.6"}
    assert distributions_of((), libraries, tmp_path) == ("libopenblas",)


def test_a_path_that_was_set_stays_behind_the_probes(tmp_path: Path) -> None:
    alone = probe_variables(tmp_path / "a", {})
    assert alone == {"PYTHONPATH": str(tmp_path / "a" / "site")}
    both = probe_variables(tmp_path / "a", {"PYTHONPATH": "/mine"})
    assert both["PYTHONPATH"] == f"{tmp_path / 'a' / 'site'}:/mine"


def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    probe_variables(tmp_path, {})
    answer = f'{{"prefix": "{tmp_path}", "effective": {{}}, '
    answer += '"modules": [], "warnings": []}'
    (tmp_path / "found" / "1.json").write_text(answer)
    assert read_probe(tmp_path, tmp_path).ran
    probe_variables(tmp_path, {})
    assert not read_probe(tmp_path, tmp_path).ran


@pytest.mark.parametrize("text", ["", "{", "\xff"])
def test_half_an_answer_is_no_answer(tmp_path: Path, text: str) -> None:
    probe_variables(tmp_path, {})
    (tmp_path / "found" / "1.json").write_bytes(text.encode("latin-1"))
    found: Probed = read_probe(tmp_path, tmp_path)
    assert not found.ran


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvError, match="the probe cannot be written") as info:
        probe_variables(tmp_path / "file" / "x", {})
    assert info.value.file == str(tmp_path / "file" / "x")
