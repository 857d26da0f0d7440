"""The record as an in-toto Statement with SLSA provenance, in canonical JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
import rfc8785

from noxlock.errors import CompareError
from noxlock.model import Record
from noxlock.workflows.records.canonical import declared, plain, without_unset
from noxlock.workflows.records.purl import interpreter_purl, purl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.model import PackageRecord

__all__ = [
    "BUILD_TYPE",
    "EXTENSION",
    "PREDICATE_TYPE",
    "STATEMENT_TYPE",
    "encode_statement",
    "is_canonical",
    "parse_statement",
]

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:noxlock:check:1"
BUILDER: Final = "urn:noxlock"
EXTENSION: Final = "noxlock_run"
"""SLSA has extension fields named `<vendor>_<fieldname>`."""

_DIRTY: Final = "+dirty"
_RESTORE: Final = "restore it from git, or record the baseline anew with --accept"
_MACHINE: Final = ("machine", "loaded", "warnings", "resources", "noise")
_SHA1: Final = 40
_PACKAGE_UNSET: Final = {"version": None, "artifact": None, "built": False, "note": ""}
"""What is left out of a package's annotations."""


def encode_statement(record: Record) -> bytes:
    """Return *record* as the canonical bytes (RFC 8785) of an in-toto Statement.

    Raises:
        CompareError: A name in it is no Unicode text.
    """
    value: dict[str, Any] = msgspec.to_builtins(record)
    statement = {
        "_type": STATEMENT_TYPE,
        "predicateType": PREDICATE_TYPE,
        "subject": [_digested(name, value["outputs"][name]) for name in record.outputs],
        "predicate": {
            "buildDefinition": _build_definition(record, value),
            "runDetails": _run_details(record, value),
        },
    }
    try:
        return rfc8785.dumps(plain(statement))
    except rfc8785.CanonicalizationError as error:
        raise CompareError(f"the record cannot be written: {error}") from error


def is_canonical(data: bytes) -> bool:
    """Return whether *data* is JSON in the one form that RFC 8785 gives it."""
    try:
        return rfc8785.dumps(plain(json.loads(data))) == data
    except (ValueError, rfc8785.CanonicalizationError):
        return False


def parse_statement(data: bytes, file: str) -> Record:
    """Return the record that the statement *data* holds.

    Raises:
        CompareError: It is damaged, or not of the kind that `encode_statement` writes.
    """
    try:
        statement: dict[str, Any] = msgspec.json.decode(data, type=dict)
        _check_kind(statement, file)
        fields = _record_fields(statement)
        # Numbers that JSON cannot hold are strings in it.
        return msgspec.convert(fields, Record, strict=False)
    except (
        msgspec.DecodeError,
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
    ) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise CompareError(
            f"the record is damaged: {what}", file=file, hint=_RESTORE
        ) from error


def _check_kind(statement: Mapping[str, Any], file: str) -> None:
    found = (
        statement["_type"],
        statement["predicateType"],
        statement["predicate"]["buildDefinition"]["buildType"],
    )
    known = (STATEMENT_TYPE, PREDICATE_TYPE, BUILD_TYPE)
    for one, other in zip(found, known, strict=True):
        if one != other:
            raise CompareError(
                f"the record says `{one}`, this noxlock knows `{other}`",
                file=file,
                hint="update noxlock, or record the baseline anew with --accept",
            )


def _build_definition(record: Record, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "check": record.check,
            "command": value["command"],
            "profile": {"name": record.profile_name, "variables": record.profile},
            "selection": value["selection"],
            "target": record.target,
            "tolerances": declared(record.tolerances),
        },
        "internalParameters": {
            "effective": record.effective,
            "plan": record.plan,
            "unmet": value["unmet"],
        },
        "resolvedDependencies": list(_dependencies(record, value)),
    }


def _run_details(record: Record, value: dict[str, Any]) -> dict[str, Any]:
    metadata = {"startedOn": record.created}
    if record.finished:
        metadata["finishedOn"] = record.finished
    builder: dict[str, Any] = {"id": BUILDER}
    if record.noxlock:
        builder["version"] = {"noxlock": record.noxlock}
    return {
        "builder": builder,
        "metadata": metadata,
        EXTENSION: without_unset({name: value[name] for name in _MACHINE}),
    }


def _dependencies(record: Record, value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if record.commit is not None:
        yield _project(record.commit)
    if record.dirty is not None:
        yield _digested("dirty.diff", record.dirty, role="diff")
    for name, sha256 in sorted(record.inputs.items()):
        yield _digested(name, sha256, role="input")
    for name, sha256 in record.locks.items():
        yield _digested(name, sha256, role="lock")
    yield {
        "name": "interpreter",
        "uri": interpreter_purl(record.interpreter.get("version", "")),
        "annotations": {"role": "interpreter", "facts": record.interpreter},
    }
    for package, facts in zip(record.packages, value["packages"], strict=True):
        yield _package(package, facts)


def _project(commit: str) -> dict[str, Any]:
    revision = commit.removesuffix(_DIRTY)
    found: dict[str, Any] = {
        "name": "project",
        "digest": {"gitCommit": revision},
        "annotations": {"role": "project", "dirty": commit.endswith(_DIRTY)},
    }
    if len(revision) == _SHA1:
        # ISO/IEC 18670: the identifier of a git commit, wherever a copy of it lies.
        found["uri"] = f"swh:1:rev:{revision}"
    return found


def _package(package: PackageRecord, facts: dict[str, Any]) -> dict[str, Any]:
    named = {"name", "sha256"}
    annotations = {
        key: fact
        for key, fact in facts.items()
        if key not in named and fact != _PACKAGE_UNSET.get(key)
    }
    found = {
        "name": package.name,
        "uri": purl(package),
        "annotations": {"role": "package", **annotations},
    }
    if package.sha256 is not None:
        found["digest"] = {"sha256": package.sha256}
    return found


def _digested(name: str, sha256: str, *, role: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "digest": {"sha256": sha256}}
    if role:
        found["annotations"] = {"role": role}
    return found


def _record_fields(statement: Mapping[str, Any]) -> dict[str, Any]:
    definition = statement["predicate"]["buildDefinition"]
    details = statement["predicate"]["runDetails"]
    external, internal = (
        definition["externalParameters"],
        definition["internalParameters"],
    )
    resolved = definition["resolvedDependencies"]

    def of(role: str) -> list[dict[str, Any]]:
        return [each for each in resolved if each["annotations"]["role"] == role]

    (interpreter,) = of("interpreter")
    diff = [each["digest"]["sha256"] for each in of("diff")]
    return {
        "check": external["check"],
        "command": external["command"],
        "created": details["metadata"]["startedOn"],
        "finished": details["metadata"].get("finishedOn", ""),
        "noxlock": details["builder"].get("version", {}).get("noxlock", ""),
        "locks": _digests(of("lock")),
        "plan": internal["plan"],
        "target": external["target"],
        "selection": external["selection"],
        "packages": [_package_fields(each) for each in of("package")],
        "interpreter": interpreter["annotations"]["facts"],
        "profile-name": external["profile"]["name"],
        "profile": external["profile"]["variables"],
        "effective": internal["effective"],
        "unmet": internal["unmet"],
        "inputs": _digests(of("input")),
        "commit": next(map(_commit, of("project")), None),
        "dirty": diff[0] if diff else None,
        "outputs": _digests(statement["subject"]),
        "tolerances": external["tolerances"],
        **details[EXTENSION],
    }


def _digests(resources: list[dict[str, Any]]) -> dict[str, str]:
    return {each["name"]: each["digest"]["sha256"] for each in resources}


def _commit(resource: dict[str, Any]) -> str:
    dirty = _DIRTY if resource["annotations"]["dirty"] else ""
    return f"{resource['digest']['gitCommit']}{dirty}"


def _package_fields(resource: dict[str, Any]) -> dict[str, Any]:
    digest = resource.get("digest", {})
    return {
        **_PACKAGE_UNSET,
        **resource["annotations"],
        "name": resource["name"],
        "sha256": digest.get("sha256"),
    }
