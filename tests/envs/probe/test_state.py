"""What libraries say of themselves at the end of a run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from noxlock.envs import unmet
from noxlock.envs.probe import _pools, _state
from support.probing import Subject
from support.workshop import write_tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="subject")
def _subject(tmp_path: Path) -> Subject:
    return Subject(folder=tmp_path)


def test_python_says_its_version_seed_zone_and_locale(subject: Subject) -> None:
    found = subject.run(
        "-c", "pass", PYTHONHASHSEED="7", TZ="EST5EDT,M3.2.0,M11.1.0", LC_ALL="C.UTF-8"
    ).effective
    assert found["python"].startswith(sys.version.split()[0])
    assert found["hash seed"] == "7"
    assert found["time zone"] == "-05:00 -04:00"
    assert found["locale"] == "C.UTF-8"


def test_a_seed_that_was_not_given_is_random(subject: Subject) -> None:
    assert subject.run("-c", "pass").effective["hash seed"] == "random"
    found = subject.run("-R", "-c", "pass", PYTHONHASHSEED="0").effective
    assert found["hash seed"] in {"0", "random"}  # -R is ignored where a seed is set


def test_processes_that_differ_give_all_their_values(subject: Subject) -> None:
    code = (
        "import os, subprocess, sys\n"
        "os.environ['PYTHONHASHSEED'] = '2'\n"
        "subprocess.run([sys.executable, '-c', ''])"
    )
    found = subject.run("-c", code, PYTHONHASHSEED="1").effective
    assert found["hash seed"] == "1 | 2"
    assert "|" not in found.get("libraries", "")


def test_numpy_says_what_it_dispatches_and_its_blas(subject: Subject) -> None:
    numpy = pytest.importorskip("numpy")
    found = subject.run(
        "-c", "import numpy", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1"
    )
    dispatch = found.effective["numpy dispatch"].split()
    features = found.effective["numpy features"].split()
    umath = numpy._core._multiarray_umath  # noqa: SLF001 - what it says of itself
    assert found.effective["numpy baseline"].split() == umath.__cpu_baseline__
    assert dispatch == ["none"] or set(dispatch) <= set(features)
    assert set(dispatch) <= {*umath.__cpu_dispatch__, "none"}
    threads = {k: v for k, v in found.effective.items() if k.endswith("blas threads")}
    assert set(threads.values()) <= {"1"}
    assert "numpy" in found.loaded


def test_features_that_are_disabled_are_seen_to_be(subject: Subject) -> None:
    numpy = pytest.importorskip("numpy")
    names = numpy._core._multiarray_umath.__cpu_dispatch__  # noqa: SLF001 - as above
    asked = {"NPY_DISABLE_CPU_FEATURES": " ".join(names)}
    found = subject.command([sys.executable, "-c", "import numpy"], asked)
    assert found.effective["numpy dispatch"] == "none"
    assert unmet(asked, found) == ()


BLAS = """
char *scipy_openblas_get_config64_(void) {
    return "OpenBLAS 0.3.27 DYNAMIC_ARCH Zen MAX_THREADS=64";
}
char *scipy_openblas_get_corename64_(void) { return "Zen"; }
int scipy_openblas_get_num_threads64_(void) { return 3; }
int scipy_openblas_get_parallel64_(void) { return 1; }
"""
OLD_BLAS = """
char *openblas_get_config(void) { return "NO_AFFINITY Prescott"; }
char *openblas_get_corename(void) { return "Prescott"; }
"""
MKL = """
#include <string.h>
void MKL_Get_Version_String(char *text, int length) { strncpy(text, "MKL 1 ", length); }
int MKL_Get_Max_Threads(void) { return 4; }
int MKL_CBWR_Get(int what) { return what == 1 ? BRANCH : -2; }
"""
BLIS = """
char *bli_info_get_version_str(void) { return "0.9"; }
int bli_arch_query_id(void) { return 1; }
char *bli_arch_string(int id) { return id == 1 ? "haswell" : "?"; }
long bli_thread_get_num_threads(void) { return 2; }
"""
OPENMP = "int omp_get_max_threads(void) { return 5; }"

LOAD = """
import ctypes, glob
kept = [ctypes.CDLL(path) for path in sorted(glob.glob("**/*.so*", recursive=True))]
"""


def build(folder: Path, name: str, code: str, *defines: str) -> None:
    """Make a real library of that name that answers as *code* says."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("no C compiler to make a library with")
    library = folder / name
    library.parent.mkdir(parents=True, exist_ok=True)
    source = library.with_name("code.c")
    source.write_text(code)
    command = [compiler, "-shared", "-fPIC", *defines, "-o", str(library), str(source)]
    subprocess.run(command, check=True)


def test_every_loaded_library_is_asked(subject: Subject, tmp_path: Path) -> None:
    site = tmp_path / "lib" / "site-packages"
    build(site, "numpy.libs/libscipy_openblas64_-1a2b.so", BLAS)
    build(tmp_path, "lib/libopenblas.so.0", OLD_BLAS)
    build(tmp_path, "lib/libmkl_rt.so.2", MKL, "-DBRANCH=3")
    build(site, "torch/lib/libgomp-1.so.1", OPENMP)
    build(tmp_path, "lib/libiomp5.so", OPENMP)
    build(tmp_path, "lib/libblis.so.4", BLIS)
    build(tmp_path, "lib/libblas.so.3", "int dgemm_;")
    asked = {"OPENBLAS_NUM_THREADS": "3", "MKL_CBWR": "COMPATIBLE,STRICT"}
    found = subject.command([sys.executable, "-c", LOAD], asked)
    said = {k: v for k, v in found.effective.items() if k[0] in "blmnot"}
    libraries = said.pop("libraries").split()
    said.pop("locale")
    said.pop("time zone")
    assert said == {
        "blis": "0.9",
        "blis core": "haswell",
        "blis threads": "2",
        "libomp threads": "5",
        "mkl": "MKL 1",
        "mkl branch": "COMPATIBLE",
        "mkl threads": "4",
        "numpy openblas": "0.3.27 DYNAMIC_ARCH MAX_THREADS=64",
        "numpy openblas core": "Zen",
        "numpy openblas threading": "pthreads",
        "numpy openblas threads": "3",
        "openblas": "NO_AFFINITY",
        "openblas core": "Prescott",
        "torch libgomp threads": "5",
    }
    assert {"libmkl_rt.so.2", "libblas.so.3"} <= set(libraries)
    assert unmet(asked, found) == ()


def test_an_unknown_branch_of_mkl_is_its_number(
    subject: Subject, tmp_path: Path
) -> None:
    build(tmp_path, "lib/libmkl_rt.so", MKL, "-DBRANCH=99")
    assert subject.run("-c", LOAD).effective["mkl branch"] == "99"


def test_a_library_that_is_not_loaded_is_not_loaded_by_asking(tmp_path: Path) -> None:
    build(tmp_path, "libgomp.so", OPENMP)
    assert _pools.pools([str(tmp_path / "libgomp.so")]) == {}
    assert _pools.pools([str(tmp_path / "libother.so")]) == {}


TORCH = """
class _C: pass
def get_num_threads(): return 2
def get_num_interop_threads(): raise RuntimeError
def are_deterministic_algorithms_enabled(): return False
def get_default_dtype(): return "torch.float32"
class cuda:
    @staticmethod
    def is_initialized(): return True
    @staticmethod
    def get_device_name(): return "H200"
class backends:
    class cuda:
        class matmul: allow_tf32 = False
    class cudnn:
        benchmark = True
        @staticmethod
        def version(): return 91000
class version: cuda, hip = "12.4", None
"""
JAX = """
class config:
    jax_enable_x64 = True
    jax_default_matmul_precision = None
"""
FLOW = """
class config:
    class threading:
        @staticmethod
        def get_intra_op_parallelism_threads(): return 1
    class experimental:
        @staticmethod
        def tensor_float_32_execution_enabled(): return True
"""
INNER = "def is_op_determinism_enabled(): return True"


def test_frameworks_say_their_switches(subject: Subject, tmp_path: Path) -> None:
    flow = "tensorflow/python/framework"
    write_tree(
        tmp_path,
        {
            "torch.py": TORCH,
            "jax/__init__.py": JAX,
            "jax/_src/__init__.py": "",
            "jax/_src/xla_bridge.py": "_backends = {'cuda': 1, 'cpu': 2}",
            "tensorflow/__init__.py": FLOW,
            "tensorflow/python/__init__.py": "",
            f"{flow}/__init__.py": "",
            f"{flow}/config.py": INNER,
            "numexpr.py": "def get_num_threads(): return 1",
            "numba.py": "class config: NUMBA_NUM_THREADS, CPU_NAME = 1, 'znver4'",
        },
    )
    code = (
        "import jax._src.xla_bridge, numba, numexpr, torch\n"
        "import tensorflow.python.framework.config"
    )
    found = subject.run("-c", code).effective
    names = ("torch", "jax", "tensorflow", "num")
    assert {k: v for k, v in found.items() if k.startswith(names)} == {
        "jax backends": "cpu cuda",
        "jax x64": "yes",
        "numba cpu": "znver4",
        "numba threads": "1",
        "numexpr threads": "1",
        "tensorflow deterministic": "yes",
        "tensorflow intra-op threads": "1",
        "tensorflow tf32": "yes",
        "torch cuda": "12.4",
        "torch cudnn": "91000",
        "torch cudnn benchmark": "yes",
        "torch default dtype": "torch.float32",
        "torch deterministic": "no",
        "torch device": "H200",
        "torch tf32 matmul": "no",
        "torch threads": "2",
    }


def test_a_library_that_breaks_on_the_question_is_left_out(
    subject: Subject, tmp_path: Path
) -> None:
    broken = "class _multiarray_umath: __cpu_features__ = None"
    write_tree(tmp_path, {"numpy/__init__.py": "", "numpy/_core.py": broken})
    code = (
        "import sys, numpy._core as core\n"
        "sys.modules['numpy._core._multiarray_umath'] = core._multiarray_umath"
    )
    found = subject.run("-c", code)
    assert found.ran
    assert not [name for name in found.effective if name.startswith("numpy")]


def test_what_json_has_is_written_as_json() -> None:
    value = {"a": ["ä\n\ud800", 1], "b": {}}
    assert json.loads(_state.encoded(value)) == value


def test_without_proc_no_library_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("builtins.open", refuse)
    found = _state.effective()
    assert found["python"].startswith(sys.version.split()[0])
    assert "libraries" not in found


def test_the_libraries_of_a_process_have_no_folder() -> None:
    names = _state.effective().get("libraries", "").split()
    assert not [name for name in names if os.sep in name]
