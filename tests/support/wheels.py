"""Small real wheels and source distributions, the same bytes on every call."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import tarfile
import zipfile
from typing import TYPE_CHECKING, TypedDict, Unpack

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = [
    "SdistOptions",
    "WheelOptions",
    "make_sdist",
    "make_wheel",
    "module_name",
    "sdist_tree",
    "zip_members",
]

EPOCH = 1577836800
"""2020-01-01: the modification time of every member."""


class WheelOptions(TypedDict, total=False):
    """What a wheel may have besides its files."""

    entry_points: Mapping[str, Mapping[str, str]]
    """Section to entries: `{"console_scripts": {"demo": "demo:main"}}`."""
    requires: Sequence[str]
    """Values of `Requires-Dist`."""
    extras: Mapping[str, Sequence[str]]
    """Extra to its requirements."""
    tag: str
    """`py3-none-any`."""
    build: str
    """Build tag: `1`."""
    requires_python: str
    purelib: bool
    """`Root-Is-Purelib`; left out: whether the tag ends in `-any`."""
    executable: Collection[str]
    """Files to be marked executable."""
    metadata: str
    """More lines for METADATA."""


class SdistOptions(TypedDict, total=False):
    """What a source distribution may have besides its files."""

    entry_points: Mapping[str, Mapping[str, str]]
    requires: Sequence[str]
    build_requires: Sequence[str]
    """`[build-system] requires`; none: building needs no index."""
    requires_python: str
    fail: str
    """Makes building fail with this message."""


def module_name(name: str) -> str:
    """Return *name* as an importable module and as a wheel's file name has it."""
    return re.sub(r"[-_.]+", "_", name).lower()


def make_wheel(
    name: str,
    version: str,
    files: Mapping[str, str | bytes] | None = None,
    **options: Unpack[WheelOptions],
) -> tuple[str, bytes]:
    """Return the file name and the bytes of a wheel.

    Args:
        name: Name of the project, as METADATA says it.
        version: Its version.
        files: Path in the wheel to content; left out: one package that has a
            `__version__`.
        options: See `WheelOptions`.
    """
    module = module_name(name)
    stem = f"{module}-{version}"
    tag = options.get("tag", "py3-none-any")
    if files is None:
        files = {f"{module}/__init__.py": f'__version__ = "{version}"\n'}
    info = f"{stem}.dist-info"
    members = {path: _encoded(content) for path, content in files.items()}
    members[f"{info}/METADATA"] = _metadata(name, version, options).encode()
    members[f"{info}/WHEEL"] = _wheel_file(tag, options).encode()
    if points := options.get("entry_points"):
        members[f"{info}/entry_points.txt"] = _entry_points(points).encode()
    members[f"{info}/RECORD"] = _record(members, f"{info}/RECORD").encode()
    build = f"-{options['build']}" if "build" in options else ""
    archive = zip_members(members, executable=options.get("executable", ()))
    return f"{stem}{build}-{tag}.whl", archive


def make_sdist(
    name: str,
    version: str,
    files: Mapping[str, str | bytes] | None = None,
    **options: Unpack[SdistOptions],
) -> tuple[str, bytes]:
    """Return the file name and the bytes of a source distribution, `.tar.gz`."""
    stem = f"{module_name(name)}-{version}"
    tree = sdist_tree(name, version, files, **options)
    buffer = io.BytesIO()
    # gzip's own header would hold the time: fix it through the compressed stream.
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in sorted(tree.items()):
            member = tarfile.TarInfo(f"{stem}/{path}")
            member.size, member.mtime, member.mode = len(content), EPOCH, 0o644
            archive.addfile(member, io.BytesIO(content))
    return f"{stem}.tar.gz", _gzip(buffer.getvalue())


def sdist_tree(
    name: str,
    version: str,
    files: Mapping[str, str | bytes] | None = None,
    **options: Unpack[SdistOptions],
) -> dict[str, bytes]:
    """Return the source tree of a project that builds with nothing but Python.

    Its build backend lies in the tree. *files* go into the wheel as they are; the
    backend honours `SOURCE_DATE_EPOCH` and has `build_wheel`, `build_editable`,
    `build_sdist` and both metadata hooks' fallbacks.
    """
    module = module_name(name)
    if files is None:
        files = {f"{module}/__init__.py": f'__version__ = "{version}"\n'}
    details: WheelOptions = {"requires": options.get("requires", ())}
    if "requires_python" in options:
        details["requires_python"] = options["requires_python"]
    metadata = _metadata(name, version, details)
    config = {
        "stem": f"{module}-{version}",
        "metadata": metadata,
        "wheel": _wheel_file("py3-none-any", {}),
        "entry_points": _entry_points(options.get("entry_points", {})),
        "fail": options.get("fail", ""),
        "files": sorted(files),
    }
    tree = {path: _encoded(content) for path, content in files.items()}
    build_requires = list(options.get("build_requires", ()))
    tree["PKG-INFO"] = metadata.encode()
    tree["_backend/tiny_backend.py"] = f"CONFIG = {config!r}\n{_BACKEND}".encode()
    tree["pyproject.toml"] = (
        "[build-system]\n"
        f"requires = {build_requires!r}\n"
        'build-backend = "tiny_backend"\nbackend-path = ["_backend"]\n\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n'
        f"dependencies = {list(options.get('requires', ()))!r}\n"
    ).encode()
    return tree


def zip_members(
    members: Mapping[str, bytes], *, executable: Collection[str] = ()
) -> bytes:
    """Return a zip archive of *members*, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in members.items():
            member = zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            mode = 0o100755 if path in executable else 0o100644
            member.external_attr = mode << 16
            archive.writestr(member, content)
    return buffer.getvalue()


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _gzip(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=EPOCH) as stream:
        stream.write(data)
    return buffer.getvalue()


def _metadata(name: str, version: str, options: WheelOptions) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    if "requires_python" in options:
        lines.append(f"Requires-Python: {options['requires_python']}")
    lines += [f"Requires-Dist: {item}" for item in options.get("requires", ())]
    for extra, items in options.get("extras", {}).items():
        lines.append(f"Provides-Extra: {extra}")
        for item in items:
            requirement, _, marker = (part.strip() for part in item.partition(";"))
            both = f'({marker}) and extra == "{extra}"' if marker else None
            condition = both or f'extra == "{extra}"'
            lines.append(f"Requires-Dist: {requirement} ; {condition}")
    if "metadata" in options:
        lines.append(options["metadata"].rstrip("\n"))
    return "\n".join(lines) + "\n"


def _wheel_file(tag: str, options: WheelOptions) -> str:
    purelib = options.get("purelib", tag.endswith("-any"))
    pythons, abis, platforms = (part.split(".") for part in tag.split("-"))
    tags = [f"{p}-{a}-{f}" for p in pythons for a in abis for f in platforms]
    lines = [
        "Wheel-Version: 1.0",
        "Generator: noxlock-tests",
        f"Root-Is-Purelib: {str(purelib).lower()}",
    ]
    return "\n".join(lines + [f"Tag: {tag}" for tag in tags]) + "\n"


def _entry_points(points: Mapping[str, Mapping[str, str]]) -> str:
    return "\n".join(
        f"[{section}]\n"
        + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for section, entries in points.items()
    )


def _record(members: Mapping[str, bytes], record: str) -> str:
    rows = []
    for path, content in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
        quoted = f'"{path}"' if "," in path else path
        rows.append(f"{quoted},sha256={digest.decode().rstrip('=')},{len(content)}\n")
    return "".join([*rows, f"{record},,\n"])


_BACKEND = """
import base64, hashlib, io, os, pathlib, tarfile, time, zipfile

HERE = pathlib.Path(__file__).resolve().parent.parent
STEM = CONFIG["stem"]


def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_editable = get_requires_for_build_sdist = (
    get_requires_for_build_wheel
)


def _write(folder, members):
    if CONFIG["fail"]:
        raise RuntimeError(CONFIG["fail"])
    info = STEM + ".dist-info/"
    members[info + "METADATA"] = CONFIG["metadata"].encode()
    members[info + "WHEEL"] = CONFIG["wheel"].encode()
    if CONFIG["entry_points"]:
        members[info + "entry_points.txt"] = CONFIG["entry_points"].encode()
    rows = []
    for path, data in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
        row = (path, digest.decode().rstrip("="), len(data))
        rows.append("%s,sha256=%s,%d\\n" % row)
    rows.append(info + "RECORD,,\\n")
    members[info + "RECORD"] = "".join(rows).encode()
    when = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))[:6]
    name = STEM + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, data in members.items():
            member = zipfile.ZipInfo(path, when)
            member.external_attr = 0o100644 << 16
            archive.writestr(member, data)
    return name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    members = {path: (HERE / path).read_bytes() for path in CONFIG["files"]}
    return _write(wheel_directory, members)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "__editable__." + STEM + ".pth"
    return _write(wheel_directory, {name: (str(HERE) + "\\n").encode()})


def build_sdist(sdist_directory, config_settings=None):
    name = STEM + ".tar.gz"
    with tarfile.open(os.path.join(sdist_directory, name), "w:gz") as archive:
        for path in sorted(HERE.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.add(path, STEM + "/" + path.relative_to(HERE).as_posix())
    return name
"""
