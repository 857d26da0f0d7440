"""What conda calls the packages of PyPI."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name

from noxlock.plan.naming import conda_names, provided, pypi_names, same_version
from support.conda_locks import conda_package


@pytest.mark.parametrize(
    ("conda", "pypi"),
    [
        ("numpy", ["numpy"]),
        ("pytorch", ["torch"]),
        ("matplotlib-base", ["matplotlib"]),
        ("msgpack-python", ["msgpack"]),
        ("pytables", ["tables"]),
        ("brotli-python", ["brotli"]),
        ("typing_extensions", ["typing-extensions"]),
        ("importlib_metadata", ["importlib-metadata"]),
        ("ruamel.yaml", ["ruamel-yaml"]),
        ("ruamel_yaml", []),
        ("python-graphviz", ["graphviz"]),
        ("tensorflow-base", ["tensorflow", "tensorflow-cpu"]),
        (
            "py-opencv",
            ["opencv-python", "opencv-python-headless", "opencv-contrib-python"],
        ),
        ("python", []),
        ("python_abi", []),
        ("backports", []),
        ("conda", []),
        ("_py-xgboost-mutex", []),
    ],
)
def test_what_needs_python_has_a_name_on_pypi(conda: str, pypi: list[str]) -> None:
    assert list(pypi_names(conda_package(conda, "python >=3.11"))) == pypi


@pytest.mark.parametrize(
    "name", ["libblas", "snappy", "zstd", "lz4-c", "graphviz", "re2", "tbb", "openssl"]
)
def test_what_does_not_need_python_is_no_python_package(name: str) -> None:
    assert pypi_names(conda_package(name, "libgcc >=12")) == ()
    assert pypi_names(conda_package(f"{name}=1=h1_0")) == ()


@pytest.mark.parametrize(
    ("build", "is_python"),
    [
        ("py311h64a7726_0", True),
        ("pyhd8ed1ab_0", True),
        ("py_2", True),
        ("cuda118_py310h1234567_1", True),
        ("cuda111py37hd477f92_2", True),
        ("h1234567_0", False),
        ("0", False),
        ("conda_forge", False),
        ("h_pypy_0", False),
    ],
)
def test_the_build_tells_where_a_lock_has_no_dependencies(
    build: str, *, is_python: bool
) -> None:
    assert bool(pypi_names(conda_package(f"idna=3.7={build}"))) is is_python


@pytest.mark.parametrize(
    "spec",
    ["python", "python>=3.11", "demo::python >=3", "python[version='>=3']", "python=3"],
)
def test_a_dependency_is_known_however_it_is_written(spec: str) -> None:
    assert conda_package("idna", "", spec, "__glibc >=2.17").needs >= {"python"}


def test_a_locks_own_word_counts_first() -> None:
    package = conda_package("odd", pypi_names=("Even",))

    assert pypi_names(package) == ("even",)


def test_names_go_the_other_way_too() -> None:
    assert conda_names("Torch")[0] == "pytorch"
    assert conda_names("matplotlib") == ("matplotlib-base",)
    assert conda_names("typing_extensions") == ("typing-extensions",)
    assert conda_names("psycopg2")[0] == "psycopg2"
    assert conda_names("faiss-gpu")[0] == "faiss-gpu"


def test_the_package_with_the_very_name_provides_it() -> None:
    base = conda_package("matplotlib-base", "python")
    meta = conda_package("matplotlib", "python", "matplotlib-base")

    assert provided([base, meta]) == {"matplotlib": meta}
    assert provided([meta, base]) == {"matplotlib": meta}
    assert provided([base]) == {"matplotlib": base}


@pytest.mark.parametrize(
    ("name", "conda", "pypi", "same"),
    [
        ("torch", "2.4.0", "2.4.0+cpu", True),
        ("torch", "2.4", "2.4.0", True),
        ("torch", "2.4.0", "2.4.1", False),
        ("numpy", "2.0.0rc1", "2.0.0rc1", True),
        ("numpy", "2.0.0rc1", "2.0.0", False),
        ("jpeg", "9e", "9E", True),
        ("jpeg", "9e", "9.1", False),
        ("pytz", "2024_1", "2024.1", True),
        ("opencv-python", "4.8.1", "4.8.1.78", True),
        ("opencv-python", "4.8.0", "4.8.1.78", False),
    ],
)
def test_versions_are_compared_as_releases(
    name: str, conda: str, pypi: str, *, same: bool
) -> None:
    assert same_version(canonicalize_name(name), conda, pypi) is same
