"""Serve S3 on 127.0.0.1 with OpenStack Swift; run as a script: `FOLDER BUCKET`.

All four of its servers live in this one process, with one disk, a folder. It prints the
port; the keys are KEY and SECRET.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Final

__all__ = ["KEY", "SECRET"]

KEY: Final = "test:tester"
SECRET: Final = "testing"  # noqa: S105 - of a server that lives for one test run

_KINDS: Final = ("account", "container", "object")
_SWIFT: Final = """\
[swift-hash]
swift_hash_path_suffix = suffix
swift_hash_path_prefix = prefix

[storage-policy:0]
name = one
default = yes
"""
_DEFAULT: Final = """\
[DEFAULT]
swift_dir = {folder}
devices = {folder}/disks
mount_check = false

"""
_BACKEND: Final = "[app:main]\nuse = egg:swift#{kind}\n"
_PROXY: Final = """\
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats bulk s3api tempauth copy slo
    proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:gatekeeper]
use = egg:swift#gatekeeper

[filter:listing_formats]
use = egg:swift#listing_formats

[filter:bulk]
use = egg:swift#bulk

[filter:s3api]
use = egg:swift#s3api

[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin

[filter:copy]
use = egg:swift#copy

[filter:slo]
use = egg:swift#slo
"""


def main(folder: Path) -> None:
    """Serve until the process is ended."""
    eventlet = import_module("eventlet")
    eventlet.monkey_patch()  # before anything else is imported
    wsgi = import_module("eventlet.wsgi")
    loadapp = import_module("paste.deploy").loadapp
    utils = import_module("swift.common.utils")
    builders = import_module("swift.common.ring")
    policies = import_module("swift.common.storage_policy")
    protocol = import_module("swift.common.http_protocol").SwiftHttpProtocol

    def app(kind: str, text: str) -> object:
        path = folder / f"{kind}.conf"
        path.write_text(_DEFAULT.format(folder=folder) + text)
        return loadapp(f"config:{path}", global_conf={"log_name": kind})

    def serve(socket: object, what: object) -> None:
        wsgi.server(socket, what, log_output=False, protocol=protocol)

    (folder / "swift.conf").write_text(_SWIFT)
    (folder / "disks" / "disk").mkdir(parents=True)
    utils.set_swift_dir(str(folder))
    policies.reload_storage_policies()
    sockets = {kind: eventlet.listen(("127.0.0.1", 0)) for kind in (*_KINDS, "proxy")}
    for kind in _KINDS:
        port = sockets[kind].getsockname()[1]
        place = {"ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1.0}
        builder = builders.RingBuilder(1, 1, 0)
        builder.add_dev({"id": 0, "region": 1, "zone": 1, **place})
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{kind}.ring.gz"))
    for kind in _KINDS:
        eventlet.spawn(serve, sockets[kind], app(kind, _BACKEND.format(kind=kind)))
    proxy = app("proxy", _PROXY)
    sys.stdout.write(f"{sockets['proxy'].getsockname()[1]}\n")
    sys.stdout.flush()
    serve(sockets["proxy"], proxy)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
