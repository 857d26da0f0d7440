"""The record as an in-toto Statement with SLSA provenance, in canonical JSON."""

from __future__ import annotations

import json
import string
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noxlock.errors import CompareError
from noxlock.model import (
    Closeness,
    DefaultTolerance,
    Difference,
    Distribution,
    Noise,
    OutputReport,
    PackageRecord,
    Part,
    Place,
    Record,
    Resources,
    Tolerance,
    Tolerances,
    Verdict,
    Warned,
)
from noxlock.workflows.records import encode_statement, parse_statement
from noxlock.workflows.records.statement import EXTENSION, is_canonical

if TYPE_CHECKING:
    from collections.abc import Callable

COMMIT = "0123456789012345678901234567890123456789"
RECORD = Record(
    check="digits",
    command=("python -m digits {outputs}", "python -m more"),
    created="2026-01-02T03:04:05Z",
    finished="2026-01-02T03:04:15Z",
    noxlock="0.1.0",
    locks={"poetry.lock": "1" * 64, "conda-lock.yml": "2" * 64},
    plan="plan-v1-" + "3" * 64,
    target="linux-64-cuda",
    selection={"groups": ("main", "test"), "extras": ()},
    packages=(
        PackageRecord(
            name="numpy",
            version="2.0.0",
            kind="conda",
            artifact="numpy-2.0.0-py311h64a7726_0.conda",
            sha256="4" * 64,
        ),
        PackageRecord(
            name="own-thing",
            version="1.0",
            kind="git",
            artifact=None,
            sha256=None,
            built=True,
            note="built by setuptools",
        ),
    ),
    interpreter={"version": "3.11.7", "cache-tag": "cpython-311"},
    machine={"cpu": "a small one", "libc": "glibc 2.39"},
    profile_name="gpu",
    profile={"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"},
    effective={"numpy blas": "openblas 0.3.27"},
    unmet=("OMP_NUM_THREADS=1 did not take effect",),
    loaded=("numpy",),
    warnings=(Warned(category="UserWarning", message="no", count=3),),
    inputs={"data/a.csv": "5" * 64},
    commit=f"{COMMIT}+dirty",
    dirty="6" * 64,
    outputs={"weights.npy": "7" * 64, "model/a": "8" * 64},
    resources=Resources(seconds=1.5, peak_memory=2**40),
    noise=Noise(
        runs=2,
        verdict=Verdict.DRIFTED,
        outputs=(
            OutputReport(
                output="weights.npy",
                verdict=Verdict.DRIFTED,
                difference=Difference(
                    compared=2**60,
                    differing=1,
                    violations=1,
                    first=Place(where="[0]", baseline="1", actual="inf"),
                    worst=Place(
                        where="[0]",
                        baseline="1",
                        actual="inf",
                        absolute=float("inf"),
                        ulp=2**63 + 1,
                    ),
                    absolute=float("inf"),
                    relative=1e-300,
                    histogram=(1, 2**55),
                ),
            ),
        ),
    ),
    tolerances=Tolerances(
        tolerance=DefaultTolerance(rtol=0.1, dtypes={"f4": Closeness(atol=1e-5)}),
        outputs={"a": Tolerance(distribution=Distribution(runs=8))},
    ),
)

TEXT = st.text(max_size=8)
FLOATS = st.floats(allow_nan=False)
INTEGERS = st.integers(-(2**63), 2**64 - 1)
WORDS = st.dictionaries(TEXT, TEXT, max_size=3)
DIGESTS = st.dictionaries(
    st.text(string.ascii_letters + "/.", min_size=1, max_size=8),
    st.text("0123456789abcdef", min_size=64, max_size=64),
    max_size=3,
)
PLACES = st.builds(
    Place,
    where=TEXT,
    baseline=TEXT,
    actual=TEXT,
    absolute=st.none() | FLOATS,
    relative=st.none() | FLOATS,
    ulp=st.none() | INTEGERS,
)
DIFFERENCES = st.builds(
    Difference,
    compared=INTEGERS,
    differing=INTEGERS,
    violations=INTEGERS,
    first=PLACES,
    worst=PLACES,
    absolute=st.none() | FLOATS,
    relative=st.none() | FLOATS,
    ulp=st.none() | INTEGERS,
    histogram=st.lists(INTEGERS, max_size=3).map(tuple),
)
PARTS = st.builds(
    Part,
    key=TEXT,
    verdict=st.sampled_from(Verdict),
    dtype=TEXT,
    shape=st.none() | st.tuples(INTEGERS),
    difference=st.none() | DIFFERENCES,
)
REPORTS = st.builds(
    OutputReport,
    output=TEXT,
    verdict=st.sampled_from(Verdict),
    difference=st.none() | DIFFERENCES,
    parts=st.lists(PARTS, max_size=2).map(tuple),
    diff=st.lists(TEXT, max_size=2).map(tuple),
)
LIMITS = st.none() | st.floats(min_value=0, allow_nan=False)
TOLERANCES = st.builds(
    Tolerance, rtol=LIMITS, atol=LIMITS, check_dtype=st.none() | st.booleans()
)
PACKAGES = st.builds(
    PackageRecord,
    name=st.text(string.ascii_lowercase + "-_.", min_size=1, max_size=8),
    version=st.none() | TEXT,
    kind=st.sampled_from(["wheel", "sdist", "git", "conda", "directory", "url"]),
    artifact=st.none() | TEXT,
    sha256=st.none() | TEXT,
    built=st.booleans(),
    note=TEXT,
)
RECORDS = st.builds(
    Record,
    check=TEXT,
    command=st.lists(TEXT, max_size=2).map(tuple),
    created=TEXT,
    finished=TEXT,
    noxlock=TEXT,
    locks=DIGESTS,
    plan=TEXT,
    target=TEXT,
    selection=st.dictionaries(TEXT, st.lists(TEXT, max_size=2).map(tuple), max_size=2),
    packages=st.lists(PACKAGES, max_size=3).map(tuple),
    interpreter=WORDS,
    machine=WORDS,
    profile_name=TEXT,
    profile=WORDS,
    effective=WORDS,
    unmet=st.lists(TEXT, max_size=2).map(tuple),
    loaded=st.lists(TEXT, max_size=2).map(tuple),
    warnings=st.lists(
        st.builds(Warned, category=TEXT, message=TEXT, count=INTEGERS), max_size=2
    ).map(tuple),
    inputs=DIGESTS,
    commit=st.none() | TEXT | st.just(COMMIT) | st.just(f"{COMMIT}+dirty"),
    dirty=st.none() | TEXT,
    outputs=DIGESTS,
    resources=st.none()
    | st.builds(Resources, seconds=FLOATS, peak_memory=st.none() | INTEGERS),
    noise=st.none()
    | st.builds(
        Noise,
        runs=INTEGERS,
        verdict=st.sampled_from(Verdict),
        outputs=st.lists(REPORTS, max_size=2).map(tuple),
    ),
    tolerances=st.builds(
        Tolerances,
        tolerance=st.builds(DefaultTolerance, rtol=LIMITS, atol=LIMITS),
        outputs=st.dictionaries(TEXT, TOLERANCES, max_size=2),
    ),
)


def statement(record: Record = RECORD) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode_statement(record))
    return found


# A record has many parts, and a busy machine takes its time to make one.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RECORDS)
def test_what_was_written_is_read_as_it_was(record: Record) -> None:
    data = encode_statement(record)
    again = parse_statement(data, "run.intoto.json")
    assert again == record
    assert encode_statement(again) == data


def test_a_whole_record_is_read_as_it_was() -> None:
    assert parse_statement(encode_statement(RECORD), "run.intoto.json") == RECORD


def test_it_is_a_statement_with_all_that_is_required() -> None:
    """in-toto: "_type", "subject" (each with a digest), "predicateType"."""
    found = statement()
    assert found.keys() == {"_type", "subject", "predicateType", "predicate"}
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "https://slsa.dev/provenance/v1"
    assert found["subject"] == [
        {"name": name, "digest": {"sha256": sha256}}
        for name, sha256 in RECORD.outputs.items()
    ]
    names = [subject["name"] for subject in found["subject"]]
    assert len(set(names)) == len(names)


def test_it_is_provenance_with_all_that_is_required() -> None:
    """SLSA: "buildType" and "externalParameters", "builder" with its "id"."""
    predicate = statement()["predicate"]
    assert predicate.keys() == {"buildDefinition", "runDetails"}
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    assert definition.keys() == {
        "buildType",
        "externalParameters",
        "internalParameters",
        "resolvedDependencies",
    }
    assert definition["buildType"] == "urn:noxlock:check:1"
    assert definition["externalParameters"].keys() == {
        "check",
        "command",
        "profile",
        "selection",
        "target",
        "tolerances",
    }
    assert definition["internalParameters"]["effective"] == RECORD.effective
    assert details.keys() == {"builder", "metadata", EXTENSION}
    assert details["builder"] == {"id": "urn:noxlock", "version": {"noxlock": "0.1.0"}}
    assert details["metadata"] == {
        "startedOn": "2026-01-02T03:04:05Z",
        "finishedOn": "2026-01-02T03:04:15Z",
    }
    assert details[EXTENSION].keys() == {
        "loaded",
        "machine",
        "noise",
        "resources",
        "warnings",
    }


def test_every_dependency_is_a_resource_with_a_name_and_a_uri_or_digest() -> None:
    """in-toto: "at least one of name, URI, or digest need to be set"."""
    resolved = statement()["predicate"]["buildDefinition"]["resolvedDependencies"]
    for resource in resolved:
        assert resource.keys() <= {"name", "uri", "digest", "annotations"}
        assert resource["name"]
        assert "uri" in resource or resource["digest"]
    told = [(each["annotations"]["role"], each["name"]) for each in resolved]
    assert told == [
        ("project", "project"),
        ("diff", "dirty.diff"),
        ("input", "data/a.csv"),
        ("lock", "poetry.lock"),
        ("lock", "conda-lock.yml"),
        ("interpreter", "interpreter"),
        ("package", "numpy"),
        ("package", "own-thing"),
    ]
    project = resolved[0]
    assert project["uri"] == f"swh:1:rev:{COMMIT}"
    assert project["digest"] == {"gitCommit": COMMIT}
    assert project["annotations"]["dirty"] is True
    assert resolved[-2]["uri"] == (
        "pkg:conda/numpy@2.0.0?build=py311h64a7726_0&type=conda"
    )
    assert resolved[-2]["digest"] == {"sha256": "4" * 64}
    assert "digest" not in resolved[-1]


def test_the_projects_own_schemas_take_it() -> None:
    """The messages that in-toto publishes, every field of them known."""
    judge = pytest.importorskip("in_toto_attestation.v1.statement")
    messages = import_module("in_toto_attestation.v1.statement_pb2")
    slsa = import_module("in_toto_attestation.predicates.provenance.v1.provenance_pb2")
    json_format = import_module("google.protobuf.json_format")

    found = statement()
    message = json_format.ParseDict(found, messages.Statement())
    judge.Statement.copy_from_pb(message).validate()
    predicate = found["predicate"]
    # An extension, which the message knows nothing of.
    del predicate["runDetails"][EXTENSION]
    provenance = json_format.ParseDict(predicate, slsa.Provenance())
    assert provenance.run_details.builder.id == "urn:noxlock"
    resolved = provenance.build_definition.resolved_dependencies
    assert resolved[0].digest["gitCommit"] == COMMIT


def test_what_is_not_set_is_left_out() -> None:
    noisy = Tolerance(keys={"loss": Tolerance(distribution=Distribution(runs=8))})
    tolerances = Tolerances(outputs={"a.txt": Tolerance(), "b.json": noisy})
    record = msgspec.structs.replace(
        RECORD, tolerances=tolerances, noise=None, resources=Resources(seconds=1)
    )
    data = encode_statement(record)
    assert b"null" not in data
    assert parse_statement(data, "run.intoto.json") == record
    definition = json.loads(data)["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["tolerances"] == {
        "outputs": {
            "a.txt": {},
            "b.json": {"keys": {"loss": {"distribution": {"alpha": 0.01, "runs": 8}}}},
        }
    }


def test_its_bytes_are_canonical() -> None:
    """RFC 8785: no white space, keys sorted, numbers and strings in one way only."""
    data = encode_statement(RECORD)
    assert data.startswith(b'{"_type":"https://in-toto.io/Statement/v1","predicate":{')
    assert not data.endswith(b"\n")
    plain = json.dumps(
        json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    # Python spells this number otherwise than ECMAScript.
    assert data.decode() == plain.replace("1e-05", "0.00001")
    assert is_canonical(data)
    for other in (plain.encode(), data + b"\n", data[:-1], b"\xff", b'{"a": 1}'):
        assert not is_canonical(other)


def test_text_that_is_no_unicode_cannot_be_recorded() -> None:
    record = msgspec.structs.replace(RECORD, check="\udc80")
    with pytest.raises(CompareError, match="the record cannot be written"):
        encode_statement(record)


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    def remove(found: dict[str, Any]) -> None:
        for key in path[:-1]:
            found = found[key]
        del found[path[-1]]

    return remove


def _with(value: object, *path: str) -> Callable[[dict[str, Any]], None]:
    def put(found: dict[str, Any]) -> None:
        for key in path[:-1]:
            found = found[key]
        found[path[-1]] = value

    return put


DEFINITION = ("predicate", "buildDefinition")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_without("subject"), "the record is damaged: it has no 'subject'"),
        (_without("_type"), "it has no '_type'"),
        (_without(*DEFINITION, "resolvedDependencies"), "'resolvedDependencies'"),
        (_without("predicate", "runDetails", EXTENSION), f"it has no '{EXTENSION}'"),
        (_with([], *DEFINITION, "resolvedDependencies"), "the record is damaged"),
        (_with([{}], "subject"), "it has no 'name'"),
        (_with("x", "predicate"), "the record is damaged"),
        (_with(3, *DEFINITION, "externalParameters", "check"), "Expected `str`"),
        (_with({"x": 1}, *DEFINITION, "externalParameters", "tolerances"), "`x`"),
        (_with(["x"], "predicate", "runDetails", "builder"), "the record is damaged"),
    ],
)
def test_what_is_damaged_is_an_error(
    change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    found = statement()
    change(found)
    with pytest.raises(CompareError, match="the record is damaged") as caught:
        parse_statement(json.dumps(found).encode(), "a/run.intoto.json")
    assert reason in str(caught.value)
    assert caught.value.file == "a/run.intoto.json"
    assert "restore it from git" in (caught.value.hint or "")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"null"])
def test_what_is_no_object_is_damaged(data: bytes) -> None:
    with pytest.raises(CompareError, match="the record is damaged"):
        parse_statement(data, "run.intoto.json")


@pytest.mark.parametrize(
    "path", [("_type",), ("predicateType",), (*DEFINITION, "buildType")]
)
def test_a_statement_of_another_kind_is_named(path: tuple[str, ...]) -> None:
    found = statement()
    _with("urn:another:2", *path)(found)
    with pytest.raises(CompareError, match="the record says `urn:another:2`") as caught:
        parse_statement(json.dumps(found).encode(), "run.intoto.json")
    assert "update noxlock" in (caught.value.hint or "")
