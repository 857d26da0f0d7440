"""`pixi.lock`, whose environments are categories here."""

from __future__ import annotations

from textwrap import dedent

from noxlock.locks import parse_conda_lock
from noxlock.model import CondaLock, DirectorySource, Sha256, Subdir

SHA256 = Sha256("ab" * 32)
BASE = "https://conda.example.org/demo/"
ACCEL = BASE + "linux-64/accel-1.0-{}_0.conda"


def read(text: str) -> CondaLock:
    return parse_conda_lock("pixi.lock", dedent(text).encode())


VARIANTS = f"""\
    version: 7
    platforms:
    - name: linux-64
    - name: linux-64-cuda
      subdir: linux-64
      virtual-packages:
      - __cuda=12.4
      - __archspec=0=x86_64
    - name: emscripten-wasm32
    - name: odd
    environments:
      default:
        channels:
        - url: {BASE}
        packages:
          linux-64:
          - conda: {ACCEL.format("cpu")}
          linux-64-cuda:
          - conda: {ACCEL.format("cuda")}
          emscripten-wasm32: []
          odd: []
      dev:
        channels:
        - url: {BASE}
        packages:
          linux-64:
          - conda: {ACCEL.format("cpu")}
          - conda: {BASE}noarch/pytest-8-pyh1_0.conda
          - pypi: ./
    packages:
    - conda: {ACCEL.format("cpu")}
      sha256: {SHA256}
      depends:
      - __glibc >=2.17
      purls: ["pkg:pypi/Accel@1.0?source=hash", "pkg:github/a/b"]
    - conda: {ACCEL.format("cuda")}
      md5: {"cd" * 16}
    - conda: {BASE}noarch/pytest-8-pyh1_0.conda
    - pypi: ./
      name: Demo
      editable: true
      requires_python: '>=3.11'
"""


def test_a_platform_may_be_a_variant() -> None:
    lock = read(VARIANTS)

    assert (lock.format, lock.channels) == ("pixi", (BASE,))
    plain, cuda = lock.platforms
    assert (plain.name, plain.subdir) == ("linux-64", Subdir.LINUX_64)
    assert (cuda.name, cuda.subdir) == ("linux-64-cuda", Subdir.LINUX_64)
    assert cuda.virtual_packages == {"__cuda": "12.4", "__archspec": "0=x86_64"}
    assert [package.build for package in cuda.packages] == ["cuda_0"]


def test_environments_are_categories_and_the_default_is_main() -> None:
    lock = read(VARIANTS)

    assert lock.categories == ("main", "default", "dev")
    accel, pytest = lock.platforms[0].packages
    assert accel.categories == ("default", "dev", "main")
    assert pytest.categories == ("dev",)


def test_a_row_says_what_its_file_name_does_not() -> None:
    accel, pytest = read(VARIANTS).platforms[0].packages

    assert (accel.name, accel.version, accel.build) == ("accel", "1.0", "cpu_0")
    assert accel.sha256 == SHA256
    assert accel.depends == ("__glibc >=2.17",)
    assert accel.pypi_names == ("accel",)
    assert (accel.where, pytest.where) == ("packages[0]", "packages[2]")
    assert (pytest.sha256, pytest.md5) == (None, None)


def test_the_project_itself_is_a_folder() -> None:
    (project,) = read(VARIANTS).platforms[0].pypi

    assert (project.name, project.version) == ("demo", None)
    assert project.source == DirectorySource(path="./", editable=True)
    assert project.requires_python == ">=3.11"
    assert project.wanted_by == {"dev": None}


def test_an_environment_named_main_is_main() -> None:
    text = VARIANTS.replace("      dev:\n", "      main:\n")

    accel, pytest = read(text).platforms[0].packages

    assert accel.categories == ("default", "main")
    assert pytest.categories == ("main",)


def test_rows_of_older_versions_say_their_kind() -> None:
    lock = read(f"""\
        version: 4
        environments:
          default:
            channels:
            - url: {BASE}
            packages:
              osx-arm64:
              - conda: {BASE}osx-arm64/a-2023.09.01-h1_0.conda
              - pypi: lib
        packages:
        - kind: conda
          name: a
          version: 2023.09.01
          build: h1_0
          subdir: osx-arm64
          url: {BASE}osx-arm64/a-2023.09.01-h1_0.conda
        - kind: pypi
          name: lib
          version: 0.1.0
          path: lib
          sha256: {SHA256}
        """)

    (platform,) = lock.platforms
    assert platform.packages[0].version == "2023.09.01"
    assert platform.pypi[0].source == DirectorySource(path="lib")


def test_version_3_is_as_conda_lock_has_it() -> None:
    lock = read(f"""\
        version: 3
        metadata:
          channels:
          - url: {BASE}
          platforms: [linux-64]
        package:
        - name: accel
          version: '1.0'
          platform: linux-64
          manager: conda
          category: main
          dependencies: [python >=3.11]
          url: {ACCEL.format("cpu")}
          hash: {{sha256: {SHA256}}}
          purls: ["pkg:pypi/accel"]
        - name: a
          version: '1'
          platform: linux-64
          manager: pypi
          category: main
          url: https://files.example.org/a-1.tar.gz
          hash: {{md5: null, sha256: {SHA256}}}
        """)

    (platform,) = lock.platforms
    assert platform.packages[0].depends == ("python >=3.11",)
    assert platform.packages[0].pypi_names == ("accel",)
    assert platform.packages[0].categories == ("default", "main")
    assert platform.pypi[0].wanted_by == {"default": None, "main": None}
    assert lock.categories == ("main", "default")
