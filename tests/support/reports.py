"""Small reports and records."""

from __future__ import annotations

import base64
import math
import struct
import zlib

import msgspec

from noxlock.model import (
    CheckReport,
    Difference,
    HistoryEntry,
    Noise,
    OutputChange,
    OutputReport,
    PackageChange,
    PackageRecord,
    Part,
    Place,
    Record,
    Resources,
    Variation,
    Verdict,
    Warned,
    worst,
)
from noxlock.model.preview import Curve, Evidence, ImagePair, Preview
from noxlock.report import causes

__all__ = [
    "CLOSE",
    "GONE",
    "PNG",
    "SAME",
    "TEXT",
    "difference",
    "drift",
    "evidence",
    "full_record",
    "full_report",
    "package",
    "record",
    "report",
]


def png(width: int, height: int) -> str:
    """Return a grey image in base64; Pillow is not needed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(
        b"\0" + bytes((x * 5 + y * 3) % 256 for x in range(width))
        for y in range(height)
    )
    parts = (
        chunk(b"IHDR", head),
        chunk(b"IDAT", zlib.compress(rows)),
        chunk(b"IEND", b""),
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


PNG = png(48, 32)


def package(
    name: str, version: str, sha256: str = "1" * 64, *, built: bool = False
) -> PackageRecord:
    """Return the record of one wheel."""
    return PackageRecord(
        name=name,
        version=version,
        kind="wheel",
        artifact=f"{name}-{version}-py3-none-any.whl",
        sha256=sha256,
        built=built,
    )


def record(*packages: PackageRecord) -> Record:
    """Return a record of *packages*."""
    return Record(
        check="digits",
        command=("python -m digits {outputs}",),
        created="2026-01-02T03:04:05Z",
        locks={"poetry.lock": "0" * 64},
        plan="plan-v1-0",
        target="linux-64",
        packages=packages,
        interpreter={"version": "3.11.7"},
        machine={"cpu": "a small one"},
        profile={"B": "2", "A": "1"},
    )


def difference(where: str = "[3]", **changed: object) -> Difference:
    """Return a difference of which 5 of 650 values are out of tolerance."""
    place = Place(
        where=where,
        baseline="30.0",
        actual="30.0012",
        absolute=1.2e-3,
        relative=4e-5,
        ulp=336,
    )
    found = Difference(
        compared=650,
        differing=20,
        violations=5,
        first=place,
        worst=place,
        absolute=1.2e-3,
        relative=4e-5,
        ulp=336,
        histogram=(630, 8, 2, 0, 0, 5, 0, 0, 0, 5),
    )
    return msgspec.structs.replace(found, **changed)


def drift(
    output: str = "weights.npy", *, where: str = "[3]", **changed: object
) -> OutputReport:
    """Return the report of an output with 5 of 650 values out of tolerance."""
    return OutputReport(
        output=output,
        verdict=Verdict.DRIFTED,
        format="npy",
        compared=650,
        difference=difference(where, **changed),
    )


def report(
    *outputs: OutputReport,
    baseline: Record | None = None,
    actual: Record | None = None,
    reason: str = "",
    **changed: object,
) -> CheckReport:
    """Return the report of a check with *outputs*."""
    made = CheckReport(
        check="digits",
        verdict=worst([output.verdict for output in outputs]),
        outputs=outputs,
        baseline=baseline,
        actual=actual or record(),
        reason=reason,
    )
    return msgspec.structs.replace(made, **changed)


SAME = OutputReport(
    output="metrics.json", verdict=Verdict.IDENTICAL, format="json", compared=14
)
CLOSE = OutputReport(
    output="predictions.csv",
    verdict=Verdict.WITHIN_TOLERANCE,
    format="csv",
    compared=900,
    difference=difference(
        "row 7, column score", violations=0, absolute=2e-9, relative=3e-9, ulp=4
    ),
)
GONE = OutputReport(
    output="log.txt", verdict=Verdict.NOT_COMPARABLE, reason="the output is missing"
)
TEXT = OutputReport(
    output="summary.txt",
    verdict=Verdict.DRIFTED,
    format="text",
    compared=40,
    difference=difference(
        "line 7",
        violations=2,
        differing=2,
        compared=40,
        absolute=None,
        relative=None,
        ulp=None,
        histogram=(),
        worst=Place(where="line 7", baseline="'loss 0.31'", actual="'loss 0.42'"),
    ),
    diff=(
        "@@ line 5 @@",
        "  epoch 3",
        "  accuracy 0.96",
        "- loss 0.31",
        "+ loss 0.42",
        "  epoch 4",
        "+ warning: <b>did not converge</b>",
    ),
)


def full_record(*packages: PackageRecord, **changed: object) -> Record:
    """Return a record in which every field says something."""
    full = msgspec.structs.replace(
        record(*packages),
        finished="2026-01-02T03:04:37Z",
        noxlock="0.4.0",
        selection={"groups": ("main", "test")},
        machine={"cpu": "AMD EPYC", "cores": "2", "libc": "glibc 2.36"},
        profile={"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "TZ": "UTC"},
        effective={"numpy blas": "openblas 0.3.30 Haswell", "python threads": "1"},
        loaded=("scipy", "numpy"),
        warnings=(
            Warned(
                category="sklearn.exceptions.ConvergenceWarning",
                message="lbfgs failed to converge after 100 iterations",
                count=3,
            ),
        ),
        inputs={"data/train.csv": "a" * 64},
        commit="0123456789abcdef0123456789abcdef01234567",
        outputs={"weights.npy": "b" * 64},
        resources=Resources(seconds=31.4, peak_memory=201_326_592),
    )
    return msgspec.structs.replace(full, **changed)


def full_report(**changed: object) -> CheckReport:
    """Return a drift that has everything: causes, noise, variations, history."""
    old = full_record(
        package("scipy", "1.14.1"),
        package("numpy", "2.4.6"),
        package("idna", "3.6"),
        package("tqdm", "4.66.0"),
    )
    new = full_record(
        package("scipy", "1.15.0"),
        package("numpy", "2.4.6"),
        package("idna", "3.7"),
        package("threadpoolctl", "3.6.0"),
        commit="fedcba9876543210fedcba9876543210fedcba98+dirty",
        dirty="c" * 64,
        created="2026-11-21T02:00:00Z",
        effective={"numpy blas": "openblas 0.3.31 SkylakeX", "python threads": "1"},
        unmet=("NPY_DISABLE_CPU_FEATURES asked for no AVX2, numpy uses AVX2",),
    )
    parts = (
        Part(
            key="layer1.weight",
            verdict=Verdict.DRIFTED,
            dtype="float32",
            shape=(64, 32),
            compared=650,
            difference=difference("layer1.weight[3, 0]"),
        ),
        Part(key="layer1.bias", verdict=Verdict.IDENTICAL, dtype="float32", shape=()),
    )
    made = report(
        drift(),
        msgspec.structs.replace(drift("model.npz"), parts=parts, format="npz"),
        TEXT,
        CLOSE,
        SAME,
        baseline=old,
        actual=new,
        causes=causes(old, new, ["scipy"]),
        noise=Noise(runs=3, verdict=Verdict.IDENTICAL, outputs=()),
        variations=(
            Variation(
                axis="threads",
                value="2",
                verdict=Verdict.WITHIN_TOLERANCE,
                outputs=(CLOSE, SAME),
                resources=Resources(seconds=17.0),
            ),
            Variation(
                axis="hash-seed", value="1", verdict=Verdict.DRIFTED, outputs=(drift(),)
            ),
            Variation(
                axis="cpu-level",
                value="x86-64-v2",
                verdict=Verdict.NOT_COMPARABLE,
                reason="it did not take effect: numpy still uses AVX2",
            ),
        ),
        new_warnings=new.warnings,
        gone_warnings=(Warned(category="FutureWarning", message="soon"),),
        history=(
            HistoryEntry(
                created="2026-01-02T03:04:05Z",
                commit="0123456789abcdef",
                outputs=(
                    OutputChange(
                        output="weights.npy",
                        verdict=Verdict.DRIFTED,
                        summary="weights.npy[3] differs by 0.001 (relative 4e-5)",
                        sha256="b" * 64,
                    ),
                ),
                packages=(PackageChange(name="numpy", old="2.3.0", new="2.4.6"),),
                facts=("interpreter version: 3.11.6 -> 3.11.7",),
                record="d" * 64,
            ),
        ),
        next=(
            "noxlock report digits --form html -o digits.html",
            'nox -s "repro(digits)" -- --accept',
        ),
    )
    return msgspec.structs.replace(made, **changed)


def evidence() -> Evidence:
    """Return what is shown beside `full_report`: a curve, images, a log."""
    places = tuple(range(0, 640, 5))
    wave = tuple(math.sin(place / 40) * 30 for place in places)
    moved = tuple(
        value + 2.0 * math.exp(-(((place - 300) / 30) ** 2))
        for place, value in zip(places, wave, strict=True)
    )
    curve = Curve(
        key="",
        dtype="float64",
        total=640,
        places=places,
        baseline=wave,
        actual=moved,
        allowed=(0.5,) * len(places),
        worst=300,
    )
    image = ImagePair(
        key="", width=48, height=32, baseline=PNG, actual=PNG, difference=PNG
    )
    return Evidence(
        previews=(
            Preview(output="weights.npy", curves=(curve,)),
            Preview(output="model.npz", images=(image,)),
        ),
        log=("epoch 1", "Traceback (most recent call last):", "ValueError: <b>no</b>"),
    )
