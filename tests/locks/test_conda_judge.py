"""conda-lock 4 judges the hashes of many requirements."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from noxlock.locks.conda_lock_writer import content_hash
from noxlock.locks.environment_yml import read_environments
from noxlock.locks.virtual_packages import parse_virtual_packages, virtual_packages
from noxlock.model import Subdir
from support.conda_judge import find_judge

if TYPE_CHECKING:
    from pathlib import Path

PLATFORMS = ["linux-64", "linux-aarch64", "osx-64", "osx-arm64", "win-64"]
CONDA = """
numpy|numpy 1.2*|numpy=1.*|numpy >=1.2*|numpy=1.2|numpy==1.2|numpy >=1.2|numpy >=1.2,<2
numpy>=1.2,<2|numpy 1.2.*|numpy=1.2.*|numpy=1.2=py38_0|numpy 1.2 py38_0
numpy=1.2=*cuda*|numpy==1.2=py_0|numpy * *mkl*|numpy=*=*mkl*|conda-forge::numpy
conda-forge::numpy=1.2|conda-forge/linux-64::numpy|https://example.org/ch::numpy
https://example.org/a/b::numpy|numpy[version='>=1.2',build=py_0]|numpy[version='>=1.2']
numpy !=1.2|numpy ~=1.2|NumPy >=2|numpy = 1.2|numpy >= 1.2, < 2|_openmp_mutex
numpy[build=py*]|ruamel.yaml|numpy <2.0a0|numpy 1.2|numpy-base 1.*|numpy>1
numpy=2.*,<3|python=3.11.*=*_cpython|numpy>=1.2=py_0|numpy==1.2.*
numpy[channel=conda-forge]|defaults::numpy|pkgs/main::numpy|file:///tmp/ch::numpy
python 3|numpy#comment|conda-forge:ns:numpy|numpy[md5=abc]
"""
PIP = """
requests|requests==2.0|requests>=2,<3|requests~=2.1|requests[socks,foo]>=2
Requests_X !=1|foo===1.0|foo ; sys_platform == 'linux'|foo>1; python_version < '3.9'
foo; sys_platform == 'win32'|foo @ https://example.org/foo-1.0.tar.gz
foo @ https://example.org/foo-1.0.tar.gz#sha256=abcd|git+https://example.org/x/foo.git@v1
foo @ git+https://example.org/x/foo.git@v1#subdirectory=src
foo @ git+ssh://git@example.org/x/foo.git@abc|foo @ git+https://example.org/x/foo.git
https://example.org/a/foo-1.0.whl|foo==1.0 --hash=sha256:abcd|foo>=1.0b1|foo==1.*|-e .
foo; platform_system=='Darwin' and python_version>'3'|foo>=1,!=1.5,<2
foo @ https://example.org/a.whl ; os_name == 'posix'
"""
FIRST = """\
channels: [x, https://example.org/ch, nodefaults]
dependencies:
  - python=3.11  # [linux]
  - foo  # [win]
  - bar # [osx64]
  # - no
  - baz # [py]
  - pip:
    - requests # [linux]
"""
SECOND = """\
channels: [https://example.org/ch]
category: dev
dependencies:
  - python=3.12
  - pip=3
  - qux # [linux]
pip-repositories: [https://example.org/simple]
"""
VARIABLES = (
    "channels: ['https://$U:${P}@example.org/t/$T/ch']\ndependencies: [python]\n"
)
LISTED = """\
subdirs:
  linux-64: {packages: {__cuda: "12.4", __archspec: "1 x86_64_v3"}}
  osx-64: {packages: {__osx: "11.0"}}
"""


def _cases(folder: Path) -> list[dict[str, object]]:
    def file(name: str, text: str) -> str:
        (folder / name).write_text(text)
        return str(folder / name)

    files = [
        [file(f"c{i}.yml", f"channels: [a]\ndependencies: {json.dumps([spec])}")]
        for i, spec in enumerate("|".join(CONDA.split("\n")).strip("|").split("|"))
    ]
    for i, spec in enumerate("|".join(PIP.split("\n")).strip("|").split("|")):
        wanted = json.dumps(["python", "pip >=20", {"pip": [spec]}])
        text = f"channels: [a]\ncategory: dev\ndependencies: {wanted}"
        files.append([file(f"p{i}.yml", text)])
    first, second = file("a.yml", FIRST), file("b.yml", SECOND)
    variables = file("v.yml", VARIABLES)
    files += [[first], [first, second], [second, first], [variables]]
    cases: list[dict[str, object]] = [{"files": each} for each in files]
    cases.append({"files": [first], "cuda": "12.4"})
    cases.append({"files": [first], "virtual": file("vp.yml", LISTED)})
    return [{**case, "platforms": PLATFORMS} for case in cases]


def _ours(case: dict[str, object], folder: Path) -> dict[str, str]:
    names = case["files"]
    assert isinstance(names, list)
    sources = [(name, (folder / name).read_bytes()) for name in names]
    listed = (
        parse_virtual_packages("vp", LISTED.encode()) if "virtual" in case else None
    )
    single = {"__cuda": str(case["cuda"])} if "cuda" in case else None
    return {
        name: content_hash(
            read_environments(sources, Subdir(name)),
            virtual_packages(Subdir(name), listed=listed, single=single),
        )
        for name in PLATFORMS
    }


def test_the_content_hash_is_that_of_conda_lock(tmp_path: Path) -> None:
    judge = find_judge()
    cases = _cases(tmp_path)
    assert len(cases) > 70
    theirs = judge.hashes(cases, tmp_path)
    ours = [_ours(case, tmp_path) for case in cases]
    wrong = [c["files"] for c, a, b in zip(cases, ours, theirs, strict=True) if a != b]
    assert wrong == []
