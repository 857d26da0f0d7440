"""A workshop with a conda channel: locks of it, environments made from them.

with open_conda_workshop(tmp_path, conda_channels()) as shop:
    built = shop.build("python", "numpy")  # from http://127.0.0.1:PORT/main
    shop.server.total  # how many requests that took
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from noxlock.locks import parse_conda_lock
from noxlock.model import Environment
from support.conda_channel import HOST
from support.conda_server import serve_channel
from support.workshop import Workshop, open_workshop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from noxlock.model import CondaLock
    from noxlock.workflows.environments import BuiltEnvironment
    from support.conda_channel import Channels
    from support.conda_server import ChannelServer

__all__ = ["LOCK", "CondaWorkshop", "open_conda_workshop", "record"]

LOCK = f"conda-{HOST}.lock"
_BUILDS = {"accel": "cpu_0", "pytorch": "cpu_0"}


@dataclass
class CondaWorkshop:
    """A project, a package index, a conda channel, a store and a builder."""

    wheels: Workshop
    server: ChannelServer
    channel: Path
    """Folder of the channel that `server` serves as `main`."""

    def lock(
        self,
        *names: str,
        base: str = "",
        digest: Literal["sha256", "md5", "none"] = "sha256",
        **sha256: str,
    ) -> CondaLock:
        """Return an @EXPLICIT lock of *names*.

        Args:
            names: Of packages of the channel.
            base: Address of the channel; "": where it is served.
            digest: What the lock has of each.
            sha256: Another digest, by name.
        """
        lines = [f"# platform: {HOST}", "@EXPLICIT"]
        for name in names:
            subdir, filename, facts = record(self.channel, name)
            said = "" if digest == "none" else sha256.get(name, facts[digest])
            url = f"{base or self.server.channel('main')}/{subdir}/{filename}"
            lines.append(f"{url}#{said}".rstrip("#"))
        return parse_conda_lock(LOCK, "\n".join([*lines, ""]).encode())

    def build(self, *names: str, **changes: Any) -> BuiltEnvironment:  # noqa: ANN401 - of BuildRequest
        """Make the environment `demo` of conda packages; wheels: `lock=True`."""
        options = {"conda": LOCK, **changes.pop("environment", {})}
        with_wheels = changes.pop("lock", False)
        offline, environ = changes.pop("offline", False), changes.pop("environ", {})
        conda = changes.pop("conda", None) or self.lock(*names)
        request = self.wheels.request(
            **changes,
            environment={},
            conda=conda,
        )
        facts: dict[str, Any] = {"environment": Environment(**options)}
        if not with_wheels:
            facts |= {"lock": None, "lock_file": ""}
        values = {key: getattr(request, key) for key in request.__dataclass_fields__}
        builder = self.wheels.builder(offline=offline, **environ)
        return builder.build(type(request)(**{**values, **facts}))


def record(channel: Path, name: str) -> tuple[str, str, dict[str, Any]]:
    """Return subdir, file name and record of the package that runs here."""
    for subdir in (HOST, "noarch"):
        file = channel / subdir / "repodata.json"
        if not file.exists():
            continue
        document = json.loads(file.read_bytes())
        every = {**document["packages"], **document["packages.conda"]}
        for filename, facts in every.items():
            build = _BUILDS.get(name, facts["build"])
            if facts["name"] == name and facts["build"] == build:
                return subdir, filename, facts
    raise LookupError(name)


@contextmanager
def open_conda_workshop(tmp: Path, channels: Channels) -> Iterator[CondaWorkshop]:
    """Open a workshop in the empty folder *tmp*; the channels may be read only."""
    with open_workshop(tmp) as wheels, serve_channel(channels.root) as server:
        yield CondaWorkshop(wheels=wheels, server=server, channel=channels.main)
