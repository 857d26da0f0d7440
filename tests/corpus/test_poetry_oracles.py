"""Every poetry.lock of the corpus, against what Poetry's own installer would install.

An oracle says names and versions, whether or not a file fits the target; so plans are
made with `keep_going`, and what then has no artifact is listed here, one by one.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from noxlock.errors import PlanError
from noxlock.locks import parse_lock
from noxlock.plan import parse_target, plan, tags
from support.oracles import CORPUS, folders, pins, read_pins

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Lock, LockedPackage, Plan, Target

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here"),
]

FOLDERS = folders("poetry")
ORACLES = [path for folder in FOLDERS for path in folder.glob("oracle-install-*.txt")]
NAME: Final = re.compile(
    r"oracle-install-(main|all|all-extras)\.(linux|osx-arm64)-py\d+"
)
TARGETS: Final = {"linux": "linux-64", "osx-arm64": "osx-arm64"}

# No wheel for this platform, of whatever python, and no sdist.
OTHER_PLATFORM: Final = "other platform"
# Wheels for this platform, but for other pythons only, and no sdist.
OTHER_PYTHON: Final = "other python"
CUDA_11: Final = dict.fromkeys(
    (
        "nvidia-cublas-cu11",
        "nvidia-cuda-nvrtc-cu11",
        "nvidia-cuda-runtime-cu11",
        "nvidia-cudnn-cu11",
    ),
    OTHER_PLATFORM,
)

# Locked, and in the oracle, but not to be had: with all groups and all extras.
WITHOUT_ARTIFACT: Final[dict[tuple[str, str], dict[str, str]]] = {
    (
        "RVC-Project__Retrieval-based-Voice-Conversion-WebUI",
        "osx-arm64",
    ): {"torch-directml": OTHER_PLATFORM},
    ("SeldonIO__MLServer--2023-06-01", "linux-64"): {"torchvision": OTHER_PYTHON},
    ("SeldonIO__MLServer--2023-06-01", "osx-arm64"): {
        "torch": OTHER_PYTHON,
        "torchvision": OTHER_PYTHON,
    },
    ("SeldonIO__MLServer--2024-02-29", "osx-arm64"): {"tensorflow": OTHER_PLATFORM},
    ("TransformerLensOrg__TransformerLens--2023-02-20", "osx-arm64"): {
        "torch": OTHER_PYTHON
    },
    ("Unbabel__COMET--2021-03-10", "linux-64"): {"torch": OTHER_PYTHON},
    ("Unbabel__COMET--2021-03-10", "osx-arm64"): {"torch": OTHER_PLATFORM},
    ("aramis-lab__clinicadl", "osx-arm64"): {
        "torch": OTHER_PYTHON,
        "torchvision": OTHER_PLATFORM,
    },
    ("gwatkinson__NLP_Assemblee", "linux-64"): {
        "torchaudio": OTHER_PYTHON,
        "torchvision": OTHER_PYTHON,
    },
    ("gwatkinson__NLP_Assemblee", "osx-arm64"): {
        **CUDA_11,
        "torch": OTHER_PYTHON,
        "torchaudio": OTHER_PYTHON,
        "torchvision": OTHER_PYTHON,
    },
    ("hududed__generate-raman", "osx-arm64"): {
        "tensorflow": OTHER_PLATFORM,
        "torch": OTHER_PYTHON,
        "torchaudio": OTHER_PYTHON,
        "torchvision": OTHER_PYTHON,
    },
    ("kserve__kserve--2023-04-03", "linux-64"): {"tensorflow": OTHER_PYTHON},
    ("kserve__kserve--2023-04-03", "osx-arm64"): {
        **CUDA_11,
        "tensorflow": OTHER_PLATFORM,
    },
    ("kserve__kserve--2025-03-04", "osx-arm64"): {
        "torch": OTHER_PLATFORM,
        "torchvision": OTHER_PLATFORM,
    },
    ("tinkoff-ai__etna", "osx-arm64"): {
        "catboost": OTHER_PLATFORM,
        "torch": OTHER_PLATFORM,
    },
    ("vwxyzjn__cleanrl--2021-09-11", "linux-64"): {"procgen": OTHER_PYTHON},
    ("vwxyzjn__cleanrl--2021-09-11", "osx-arm64"): {
        "procgen": OTHER_PLATFORM,
        "pyqt5": OTHER_PLATFORM,
        "pyqtwebengine": OTHER_PLATFORM,
    },
    ("vwxyzjn__cleanrl--2022-08-21", "osx-arm64"): {
        "envpool": OTHER_PLATFORM,
        "procgen": OTHER_PLATFORM,
        "tensorflow": OTHER_PLATFORM,
        "tensorflow-io-gcs-filesystem": OTHER_PLATFORM,
    },
    ("vwxyzjn__cleanrl--2024-09-18", "osx-arm64"): {
        "torch": OTHER_PLATFORM,
        "torchaudio": OTHER_PLATFORM,
    },
    ("vwxyzjn__cleanrl--2025-03-04", "osx-arm64"): {
        "envpool": OTHER_PLATFORM,
        "procgen": OTHER_PLATFORM,
    },
}
# Half its packages have `files = []`: Poetry wrote no hash, so nothing can be exact.
WITHOUT_FILES: Final = "Ethanator__hubmap-organ-segmentation"

# Main packages whose markers contradict each other: Poetry installs none of them.
CONTRADICTORY: Final = {
    "SeldonIO__MLServer--2025-06-09": "fastapi",
    "vwxyzjn__cleanrl--2025-03-04": "torch",
}


@cache
def lock_of(folder: Path) -> Lock:
    def beside(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    data = (folder / "poetry.lock").read_bytes()
    return parse_lock("poetry.lock", data, beside=beside)


@cache
def target_of(folder: Path, name: str) -> Target:
    facts = json.loads((folder / "oracle.json").read_text("utf-8"))
    return parse_target(name, python=facts["python"])


@cache
def whole(folder: Path, target: str) -> Plan:
    """Plan everything there is, for every group and extra."""
    lock = lock_of(folder)
    return plan(
        lock,
        groups=("all",),
        extras=lock.extras,
        target=target_of(folder, target),
        keep_going=True,
    )


@pytest.mark.parametrize(
    "oracle", ORACLES, ids=lambda path: f"{path.parent.name}-{path.stem[15:]}"
)
def test_a_plan_holds_what_poetry_would_install(oracle: Path) -> None:
    named = NAME.fullmatch(oracle.stem)
    assert named is not None
    lock = lock_of(oracle.parent)

    made = plan(
        lock,
        groups=("main",) if named[1] == "main" else ("all",),
        extras=lock.extras if named[1] == "all-extras" else (),
        target=target_of(oracle.parent, TARGETS[named[2]]),
        keep_going=True,
    )

    assert pins(made) == read_pins(oracle)


def test_every_lock_is_compared() -> None:
    assert {path.parent for path in ORACLES} == set(FOLDERS)
    assert len(ORACLES) >= 4 * len(FOLDERS)


@pytest.mark.parametrize("target", TARGETS.values())
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_all_that_can_be_had_has_an_artifact_with_a_digest(
    folder: Path, target: str
) -> None:
    made = whole(folder, target)

    without = {each.name for each in made.packages if each.kind is None}
    if folder.name == WITHOUT_FILES:
        empty = {each.name for each in lock_of(folder).packages if not each.files}
        assert without == empty & {each.name for each in made.packages}
        assert len(without) > 70
        return
    assert without == WITHOUT_ARTIFACT.get((folder.name, target), {}).keys()
    assert len(made.missing) == len(without)
    for each in made.packages:
        if each.artifact:
            assert each.sha256


@pytest.mark.parametrize(("name", "target"), WITHOUT_ARTIFACT, ids=str)
def test_what_is_missing_is_missing_for_the_reason_given(
    name: str, target: str
) -> None:
    folder = CORPUS / "poetry" / name
    versions = {each.name: each.version for each in whole(folder, target).packages}
    python = target_of(folder, target).python

    for missing, reason in WITHOUT_ARTIFACT[name, target].items():
        (package,) = (
            each
            for each in lock_of(folder).packages
            if each.name == missing and each.version == versions[each.name]
        )
        assert all(file.filename.endswith(".whl") for file in package.files)
        elsewhere = [f"3.{minor}" for minor in range(6, 15)]
        assert not fits(package, target, python)
        assert reason == (
            OTHER_PYTHON
            if any(fits(package, target, other) for other in elsewhere)
            else OTHER_PLATFORM
        )


def fits(package: LockedPackage, target: str, python: str) -> bool:
    """Return whether packaging finds a wheel of *package* to fit."""
    known = set(tags(parse_target(target, python=python)))
    for file in package.files:
        try:
            *_, found = parse_wheel_filename(file.filename)
        except InvalidWheelFilename:
            continue
        if known & found:
            return True
    return False


def test_without_keep_going_the_first_missing_one_is_an_error() -> None:
    folder = CORPUS / "poetry" / "vwxyzjn__cleanrl--2024-09-18"

    with pytest.raises(PlanError) as raised:
        plan(lock_of(folder), groups=("main",), target=target_of(folder, "osx-arm64"))

    assert raised.value.where.startswith("poetry.lock: package[")
    assert raised.value.what.startswith(
        "`torch 2.4.1+cu118` has no file that fits osx-arm64 with python 3.11.7: it has"
        " torch-2.4.1+cu118-cp310-cp310-linux_x86_64.whl, "
    )


@pytest.mark.parametrize(("name", "dependency"), CONTRADICTORY.items())
def test_a_main_dependency_that_vanishes_is_told(name: str, dependency: str) -> None:
    """Poetry installs the rest without a word, which is what the oracle says too."""
    folder = CORPUS / "poetry" / name
    target = target_of(folder, "linux-64")

    made = plan(lock_of(folder), groups=("main",), target=target)

    assert dependency not in {each.name for each in made.packages}
    assert (
        f"group `main` asks for `{dependency}`, but no pin of it applies on linux-64"
        f" with python {target.python}"
    ) in made.warnings


def test_other_locks_have_every_direct_dependency() -> None:
    told = {
        folder.name
        for folder in FOLDERS
        for target in TARGETS.values()
        if any("asks for" in line for line in whole(folder, target).warnings)
    }

    assert told == CONTRADICTORY.keys()
