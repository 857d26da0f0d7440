"""Lists what is in an HDF5 file, links and second names included."""

from __future__ import annotations

from typing import NamedTuple

import h5py  # type: ignore[import-untyped] # it has no stubs

__all__ = ["Node", "walk"]


class Node(NamedTuple):
    kind: str
    """`group`, `dataset`, `type`, `soft link`, `external link`, `same object`."""
    target: str = ""
    """Of a link: where it goes; of a second name of a group: the first."""


def walk(file: h5py.File) -> tuple[dict[str, Node], dict[int, str]]:
    """Return all that is in the file; a group is walked by the first of its names."""
    nodes: dict[str, Node] = {}
    groups = [("", file["/"])]
    names = {h5py.h5o.get_info(file.id).addr: "/"}
    while groups:
        outer, group = groups.pop()
        for name in sorted(group):
            path = f"{outer}/{name}" if outer else name
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                nodes[path] = Node("soft link", str(link.path))
            elif isinstance(link, h5py.ExternalLink):
                nodes[path] = Node("external link")
            else:
                found = group[name]
                first = names.setdefault(h5py.h5o.get_info(found.id).addr, path)
                nodes[path] = _node_of(found, path, first)
                if nodes[path].kind == "group":
                    groups.append((path, found))
    return dict(sorted(nodes.items())), names


def _node_of(found: object, path: str, first: str) -> Node:
    if isinstance(found, h5py.Group):
        return Node("group") if first == path else Node("same object", first)
    return Node("dataset" if isinstance(found, h5py.Dataset) else "type")
