"""A source distribution puts files inside its folder, and nothing anywhere else."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from noxlock.envs.unpacking import unpack_sdist
from noxlock.errors import BuildError
from support.wheels import make_sdist

if TYPE_CHECKING:
    from pathlib import Path


def tar(path: Path, *members: tarfile.TarInfo, content: bytes = b"x") -> Path:
    """Write an archive of *members*, files with *content*."""
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            if member.isreg():
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """Return one member."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mtime = kind, link, 1_000_000_000
    return info


def test_the_one_folder_in_it_is_the_project(tmp_path: Path) -> None:
    name, data = make_sdist("alpha", "1.0")
    (tmp_path / name).write_bytes(data)
    folder = unpack_sdist(tmp_path / name, tmp_path / "into")
    assert folder == tmp_path / "into/alpha-1.0"
    assert (folder / "pyproject.toml").is_file()


def test_times_and_executable_bits_are_kept(tmp_path: Path) -> None:
    script = member("a-1/run.sh")
    script.mode = 0o755
    archive = tar(tmp_path / "a-1.tar.gz", member("a-1", tarfile.DIRTYPE), script)
    file = unpack_sdist(archive, tmp_path / "into") / "run.sh"
    assert file.stat().st_mtime == 1_000_000_000
    assert file.stat().st_mode & 0o100


def test_links_become_copies(tmp_path: Path) -> None:
    archive = tar(
        tmp_path / "a-1.tar.gz",
        member("a-1/docs/license", tarfile.SYMTYPE, "../LICENSE"),
        member("a-1/LICENSE"),
        member("a-1/copy", tarfile.LNKTYPE, "a-1/LICENSE"),
    )
    folder = unpack_sdist(archive, tmp_path / "into")
    for name in ("docs/license", "copy"):
        assert (folder / name).read_bytes() == b"x"
        assert not (folder / name).is_symlink()


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a-1.zip", "w") as archive:
        archive.writestr("a-1/", "")
        archive.writestr("a-1/setup.py", "pass")
        script = zipfile.ZipInfo("a-1/run.sh")
        script.external_attr = 0o755 << 16
        archive.writestr(script, "")
    folder = unpack_sdist(tmp_path / "a-1.zip", tmp_path / "into")
    assert (folder / "setup.py").read_text() == "pass"
    assert (folder / "run.sh").stat().st_mode & 0o100


def test_an_archive_without_a_folder_is_the_project_itself(tmp_path: Path) -> None:
    archive = tar(tmp_path / "a-1.tar.gz", member("setup.py"), member("a.py"))
    assert unpack_sdist(archive, tmp_path / "into") == tmp_path / "into"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(member("../evil"), id="above"),
        pytest.param(member("a/../../evil"), id="above in the middle"),
        pytest.param(member("/evil"), id="absolute"),
        pytest.param(member("C:\\evil"), id="drive"),
        pytest.param(member("link", tarfile.SYMTYPE, "/etc/passwd"), id="link out"),
        pytest.param(member("link", tarfile.SYMTYPE, "../x"), id="link above"),
        pytest.param(member("link", tarfile.LNKTYPE, "nowhere"), id="dangling"),
        pytest.param(member("link", tarfile.SYMTYPE, "link"), id="link to itself"),
        pytest.param(member("pipe", tarfile.FIFOTYPE), id="pipe"),
        pytest.param(member("disk", tarfile.BLKTYPE), id="device"),
    ],
)
def test_a_member_that_would_leave_the_folder_is_refused(
    tmp_path: Path, bad: tarfile.TarInfo
) -> None:
    archive = tar(tmp_path / "a-1.tar.gz", bad)
    with pytest.raises(BuildError, match="in the archive"):
        unpack_sdist(archive, tmp_path / "into")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("name", ["a-1.tar.gz", "a-1.zip"])
def test_what_is_no_archive_is_one_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no archive")
    with pytest.raises(BuildError, match=f"cannot unpack {name}"):
        unpack_sdist(tmp_path / name, tmp_path / "into")
