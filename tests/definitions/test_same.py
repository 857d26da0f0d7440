"""Whatever is declared, a file and calls in the noxfile declare the same."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.definitions import load_definitions, merge, parse_call, validate
from noxlock.errors import DefinitionError

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True)
TEXTS = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Co", "Cn"])
)
PYTHONS = st.sampled_from(["3", "3.10", "3.11.7", "/usr/bin/python3"])
TOLERANCES = st.fixed_dictionaries(
    {},
    optional={
        "rtol": st.none() | st.floats(0, 1),
        "atol": st.none() | st.integers(0, 3) | st.floats(0, 1e-12),
    },
)
TARGETS = st.sampled_from(["linux-64", "linux-64-cuda", "osx-arm64"])
ENVIRONMENTS = st.fixed_dictionaries(
    {"pypi": st.sampled_from(["poetry.lock", "locks/pylock.toml"])},
    optional={
        "python": PYTHONS | st.lists(PYTHONS, min_size=1),
        "groups": st.lists(NAMES),
        "extras": st.lists(NAMES),
        "target": TARGETS | st.just("auto"),
        "project": st.sampled_from([None, "editable", "wheel", "none"]),
        "only-binary": st.booleans(),
    },
) | st.fixed_dictionaries(
    {"conda": st.just("other.conda-lock.yml")},
    optional={
        "pypi": st.none() | st.just("poetry.lock"),
        "python": st.sampled_from(["3", "3.10", "3.11.7"]),
        "target": TARGETS | st.just("auto"),
        "allow-md5": st.booleans(),
        "link-scripts": st.booleans(),
    },
)
LOCKS = st.fixed_dictionaries(
    {"from": st.sampled_from(["environment.yml", ["a.yml", "b.yaml"]])},
    optional={
        "targets": TARGETS.map(lambda target: [target]),
        "virtual-packages": st.sampled_from(["file.yml", {"__cuda": "12.4"}, None]),
        "explicit": st.booleans(),
        "exclude-newer": st.sampled_from([None, "2026-01-31", "2026-01-31T12:00:00Z"]),
    },
)
RUNS = st.sampled_from(["pytest {posargs:-q}", ["a", "b 'c d'"]])
VARIABLES = st.dictionaries(NAMES, TEXTS, max_size=2)


class _Dumper(yaml.SafeDumper):
    """Quotes the strings that noxlock's YAML has for numbers: `1e5`."""


_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9.]+[eE][-+]?[0-9]+"), None
)


@st.composite
def declared(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Return sections as a file has them, every reference sound."""
    environments = draw(st.dictionaries(NAMES, ENVIRONMENTS, min_size=1, max_size=3))
    used = st.sampled_from(sorted(environments)) | ENVIRONMENTS
    sessions = st.fixed_dictionaries(
        {"environment": used, "run": RUNS},
        optional={
            "description": TEXTS,
            "directory": TEXTS,
            "env": VARIABLES,
            "tags": st.lists(TEXTS, max_size=2),
            "default": st.booleans(),
            "gpu": st.sampled_from([None, "skip", "require", "require-in-ci"]),
            "allow-parallel": st.booleans(),
        },
    )
    checks = st.fixed_dictionaries(
        {
            "environment": used,
            "run": st.just("x {outputs}"),
            "outputs": st.dictionaries(NAMES, TOLERANCES, min_size=1, max_size=3),
        },
        optional={
            "baseline": st.none() | NAMES,
            "env": VARIABLES,
            "profile": st.fixed_dictionaries(
                {}, optional={"hash-seed": st.integers(0, 9), "threads": st.just(2)}
            ),
        },
    )
    return {
        "environments": environments,
        "sessions": draw(st.dictionaries(NAMES, sessions, max_size=3)),
        "checks": draw(st.dictionaries(NAMES, checks, max_size=2)),
        "locks": draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "poetry.lock": st.just({"from": "pyproject.toml"}),
                    "conda-lock.yml": LOCKS,
                },
            )
        ),
    }


@settings(max_examples=40, deadline=None)
@given(sections=declared())
def test_files_and_calls_declare_equal_objects(
    sections: dict[str, dict[str, Any]],
) -> None:
    calls = merge(
        parse_call(section, name, fields, file="noxfile.py", line=1)
        for section, entries in sections.items()
        for name, fields in entries.items()
    )
    texts = {
        "a.yml": yaml.dump(sections, Dumper=_Dumper, allow_unicode=True),
        "a.json": json.dumps(sections),
    }
    try:
        validate(calls.definitions, calls.origins, others=())
    except DefinitionError as error:
        # A session may by chance be called `lock` or `repro`: then in files as well.
        assert "choose another name" in (error.hint or str(error))  # noqa: PT017
        return
    for file, text in texts.items():
        found = load_definitions({file: text.encode()}, others=())

        assert found == calls.definitions
