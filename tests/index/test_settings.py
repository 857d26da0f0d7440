"""What pip, uv and Poetry are told about indexes, and which of them is right."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from noxlock.errors import FetchError
from noxlock.index.settings import IndexSettings, Setting, read_settings


@dataclass
class Home:
    """An empty machine, to be filled with configuration files."""

    root: Path
    platform: str = "linux"
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str) -> str:
        """Write a file below the root, and return its path."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return str(file)

    def read(self, **environ: str) -> IndexSettings:
        """Read the settings with these variables."""
        return read_settings(
            {"VIRTUAL_ENV": str(self.root / "venv"), **self.environ, **environ},
            self.root / "home",
            self.root / "home" / "project",
            platform=self.platform,
            system=self.root,
        )

    def login(self, prefix: str, user: str, password: str) -> None:
        """Set the variables of an index's credentials; "" sets none."""
        self.environ[f"{prefix}_USERNAME"] = user
        self.environ[f"{prefix}_PASSWORD"] = password

    def index(self, **environ: str) -> str:
        """Return the default index, "" for none."""
        found = self.read(**environ).index
        return found.value if found else ""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home" / "project").mkdir(parents=True)
    return Home(tmp_path)


def values(settings: tuple[Setting, ...]) -> list[str]:
    return [setting.value for setting in settings]


def pip(index: str) -> str:
    return f"[global]\nindex-url = https://{index}.example.org/simple\n"


def test_nothing_said_is_nothing_set(home: Home) -> None:
    assert home.read() == IndexSettings()


def test_pip_s_variables_are_read(home: Home) -> None:
    settings = home.read(
        PIP_INDEX_URL="https://a.example.org/simple",
        PIP_EXTRA_INDEX_URL="https://b.example.org/simple\n file:///srv/simple ",
        PIP_FIND_LINKS="~/wheels links /abs",
        PIP_CERT="/etc/ca.pem",
        PIP_CLIENT_CERT="/etc/me.pem",
        PIP_NO_INDEX="1",
        PIP_TRUSTED_HOST="c.example.org d.example.org:81 c.example.org",
        PIP_PROXY="http://proxy.example.org",
        PIP_DEFAULT_TIMEOUT="180",
        PIP_RETRIES="7",
        PIP_KEYRING_PROVIDER="disabled",
        PIP_EXTRA="",
    )
    project = (home.root / "home" / "project").as_uri()

    assert settings == IndexSettings(
        index=Setting(value="https://a.example.org/simple", origin="PIP_INDEX_URL"),
        extra_indexes=tuple(
            Setting(value=url, origin="PIP_EXTRA_INDEX_URL")
            for url in ("https://b.example.org/simple", "file:///srv/simple")
        ),
        find_links=tuple(
            Setting(value=url, origin="PIP_FIND_LINKS")
            for url in (
                (home.root / "home" / "wheels").as_uri(),
                f"{project}/links",
                "file:///abs",
            )
        ),
        cert=Setting(value="/etc/ca.pem", origin="PIP_CERT"),
        client_cert=Setting(value="/etc/me.pem", origin="PIP_CLIENT_CERT"),
        no_index=True,
        trusted_hosts=("c.example.org", "d.example.org:81"),
        proxy="http://proxy.example.org",
        timeout=180.0,
        retries=7,
        keyring=False,
    )


def test_pip_s_files_are_read_where_pip_reads_them_the_last_one_wins(
    home: Home,
) -> None:
    places = [
        "etc/xdg/pip/pip.conf",
        "etc/pip.conf",
        "home/.pip/pip.conf",
        "home/.config/pip/pip.conf",
        "venv/pip.conf",
        "mine.conf",
    ]
    named = str(home.root / "mine.conf")
    for number, place in enumerate(places):
        path = home.write(place, pip(f"i{number}"))
        found = home.read(PIP_CONFIG_FILE=named).index
        assert found == Setting(
            value=f"https://i{number}.example.org/simple",
            origin=f"{path}: global.index-url",
        )
    assert home.index() == "https://i4.example.org/simple"
    assert home.index(PIP_CONFIG_FILE="/dev/null") == ""
    assert home.index(PIP_INDEX_URL="https://v.example.org") == "https://v.example.org"


def test_a_named_pip_file_keeps_the_user_s_own_out(home: Home) -> None:
    home.write("home/.config/pip/pip.conf", pip("user"))
    named = home.write("mine.conf", "[global]\ntimeout = 3\n")

    assert home.index(PIP_CONFIG_FILE=named) == ""
    assert home.index(PIP_CONFIG_FILE=named + "x") == "https://user.example.org/simple"


@pytest.mark.parametrize(
    ("platform", "place", "environ"),
    [
        ("linux", "xdg/pip/pip.conf", {"XDG_CONFIG_HOME": "xdg"}),
        ("linux", "dirs/pip/pip.conf", {"XDG_CONFIG_DIRS": "dirs"}),
        ("darwin", "Library/Application Support/pip/pip.conf", {}),
        ("darwin", "home/Library/Application Support/pip/pip.conf", {}),
        ("darwin", "home/.config/pip/pip.conf", {}),
        ("win32", "programs/pip/pip.ini", {"PROGRAMDATA": "programs"}),
        ("win32", "roaming/pip/pip.ini", {"APPDATA": "roaming"}),
        ("win32", "home/AppData/Roaming/pip/pip.ini", {}),
        ("win32", "home/pip/pip.ini", {}),
    ],
)
def test_every_platform_has_its_own_places(
    home: Home, platform: str, place: str, environ: dict[str, str]
) -> None:
    home.write(place, pip("own"))
    home.platform = platform
    paths = {name: str(home.root / folder) for name, folder in environ.items()}

    assert home.index(**paths) == "https://own.example.org/simple"


def test_a_command_s_section_comes_before_the_global_one(home: Home) -> None:
    home.write(
        "etc/pip.conf",
        "[install]\nindex_url = https://install.example.org\nfind-links =\n"
        "[download]\n--index-url = https://download.example.org\ncert = /d.pem\n"
        "[freeze]\nclient-cert = /no.pem\n",
    )
    home.write("venv/pip.conf", pip("global") + "cert = /g.pem\n")
    settings = home.read()

    assert home.index() == "https://install.example.org"
    assert settings.cert is not None
    assert settings.cert.value == "/d.pem"
    assert settings.client_cert is None


def test_an_empty_value_takes_back_what_an_earlier_file_says(home: Home) -> None:
    home.write("etc/pip.conf", pip("global"))
    home.write("venv/pip.conf", "[global]\nindex-url =\n")

    assert home.index() == ""


def test_uv_s_variables_are_read(home: Home) -> None:
    home.login("UV_INDEX_MY_OWN_IX", "me", "p@ss")
    home.login("UV_INDEX_MAIN", "you", "")
    settings = home.read(
        UV_DEFAULT_INDEX="main=https://a.example.org/simple",
        UV_INDEX_URL="https://ignored.example.org",
        UV_INDEX="my-own.ix=https://b.example.org/simple https://c.example.org",
        UV_EXTRA_INDEX_URL="./simple",
        UV_FIND_LINKS="https://d.example.org/page.html,/abs",
        UV_NO_INDEX="false",
        UV_INSECURE_HOST="e.example.org",
        UV_HTTP_TIMEOUT="30",
        UV_HTTP_RETRIES="0",
    )

    assert settings.index is not None
    assert settings.index.value == "https://you@a.example.org/simple"
    assert values(settings.extra_indexes) == [
        "https://me:p%40ss@b.example.org/simple",
        "https://c.example.org",
        (home.root / "home" / "project" / "simple").as_uri(),
    ]
    assert values(settings.find_links) == [
        "https://d.example.org/page.html",
        "file:///abs",
    ]
    assert (settings.timeout, settings.retries) == (30.0, 0)
    assert settings.trusted_hosts == ("e.example.org",)
    assert not settings.no_index


UV = """\
index-url = "https://old.example.org"
extra-index-url = ["https://extra.example.org"]
find-links = ["wheels", "~/links"]
no-index = false
allow-insecure-host = ["h.example.org"]
[[index]]
name = "first"
url = "https://first.example.org/simple"
[[index]]
url = "https://default.example.org/simple"
default = true
[[index]]
name = "torch"
url = "https://torch.example.org/whl"
explicit = true
[[index]]
url = "flat"
format = "flat"
[[index]]
url = "../tree"
[pip]
find-links = ["https://pip.example.org/"]
no-index = true
"""


def test_uv_s_tables_are_read(home: Home) -> None:
    path = home.write("home/project/uv.toml", UV)
    home.write("home/project/pyproject.toml", '[tool.uv]\nindex-url = "https://no"\n')
    home.login("UV_INDEX_TORCH", "me", "x")
    settings = home.read()
    folder = (home.root / "home").as_uri()

    assert settings.index == Setting(
        value="https://default.example.org/simple", origin=f"{path}: index[1].url"
    )
    assert values(settings.extra_indexes) == [
        "https://first.example.org/simple",
        f"{folder}/tree",
        "https://extra.example.org",
    ]
    assert values(settings.find_links) == [
        f"{folder}/project/flat",
        f"{folder}/project/wheels",
        f"{folder}/links",
        "https://pip.example.org/",
    ]
    assert values(settings.named) == ["https://me:x@torch.example.org/whl"]
    assert settings.trusted_hosts == ("h.example.org",)
    assert not settings.no_index


def test_uv_s_files_are_read_where_uv_reads_them_the_nearest_wins(home: Home) -> None:
    text = 'index-url = "https://i{}.example.org"\nextra-index-url = ["/x{}"]\n'
    places = [
        "etc/uv/uv.toml",
        "etc/xdg/uv/uv.toml",
        "home/.config/uv/uv.toml",
        "home/uv.toml",
        "home/project/uv.toml",
    ]
    for number, place in enumerate(places):
        home.write(place, text.format(number, number))
        assert home.index() == f"https://i{number}.example.org"
    extra = values(home.read().extra_indexes)
    assert extra == [f"file:///x{number}" for number in (4, 2, 1, 0)]

    (home.root / "home/project/uv.toml").unlink()
    inline = '[tool.uv]\nindex-url = "https://inline.example.org"\n'
    home.write("home/project/pyproject.toml", inline)
    assert home.index() == "https://inline.example.org"
    home.write("home/project/pyproject.toml", "[project]\nname = 'x'\n")
    assert home.index() == "https://i3.example.org"

    named = home.write("mine.toml", text.format("n", "n"))
    assert home.index(UV_CONFIG_FILE=named) == "https://in.example.org"
    assert home.index(UV_NO_CONFIG="1") == ""


def test_the_strongest_that_names_a_default_index_is_right(home: Home) -> None:
    weakest_first: list[tuple[str, str]] = [
        ("POETRY_PYPI_MIRROR_URL", "mirror"),
        ("home/.config/uv/uv.toml", 'index-url = "https://uvuser.example.org"\n'),
        (
            "home/.config/pip/pip.conf",
            "[global]\nindex-url=https://pipuser.example.org",
        ),
        ("home/project/uv.toml", 'index-url = "https://uvproject.example.org"\n'),
        ("UV_INDEX_URL", "uvvariable"),
        ("PIP_INDEX_URL", "pipvariable"),
    ]
    names = ["mirror", "uvuser", "pipuser", "uvproject", "uvvariable", "pipvariable"]
    for (place, text), name in zip(weakest_first, names, strict=True):
        if "." in place:
            home.write(place, text)
        else:
            home.environ[place] = f"https://{text}.example.org"
        assert home.index() == f"https://{name}.example.org"


def test_extra_places_come_from_both_tools_each_once(home: Home) -> None:
    home.write(
        "home/.config/uv/uv.toml", 'extra-index-url = ["https://b/", "https://c"]'
    )
    home.write(
        "etc/pip.conf", "[global]\nextra-index-url =\n  https://a\n  https://b\n"
    )
    settings = home.read(PIP_FIND_LINKS="/w", UV_FIND_LINKS="/v,/w")

    assert values(settings.extra_indexes) == ["https://a", "https://b", "https://c"]
    assert values(settings.find_links) == ["file:///w", "file:///v"]


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_the_usual_variables_name_a_certificate(home: Home, name: str) -> None:
    settings = home.read(**{name: "/ca.pem"}, CURL_CA_BUNDLE="/curl.pem")
    assert settings.cert == Setting(value="/ca.pem", origin=name)

    home.write("etc/pip.conf", "[global]\ncert = /pip.pem\n")
    settings = home.read(**{name: "/ca.pem"})
    assert settings.cert is not None
    assert settings.cert.value == "/pip.pem"


def test_poetry_s_credentials_are_known_by_the_index_s_name(home: Home) -> None:
    home.write(
        "home/.config/pypoetry/auth.toml",
        "[http-basic.one]\nusername = 'file'\npassword = 'f'\n"
        "[http-basic.my-two]\nusername = 'two'\n",
    )
    home.login("POETRY_HTTP_BASIC_ONE", "me", "p")
    home.login("UV_INDEX_ONE", "uv", "q")
    home.login("UV_INDEX_TOKEN", "", "t")
    settings = home.read(UV_INDEX_URL="https://x")

    assert settings.logins == {
        "ONE": ("me", "p"),
        "TOKEN": ("", "t"),
        "MY_TWO": ("two", ""),
    }
    assert "'p'" not in repr(settings)


@pytest.mark.parametrize(
    ("platform", "environ"),
    [("darwin", {}), ("linux", {"POETRY_CONFIG_DIR": "../conf"})],
)
def test_poetry_s_file_lies_where_poetry_puts_it(
    home: Home, platform: str, environ: dict[str, str]
) -> None:
    home.platform = platform
    for folder in ("home/Library/Application Support/pypoetry", "home/conf"):
        home.write(f"{folder}/auth.toml", "[http-basic.a]\nusername = 'u'\n")

    assert home.read(**environ).logins == {"A": ("u", "")}


@pytest.mark.parametrize(
    ("place", "text", "where", "what"),
    [
        ("etc/pip.conf", "index-url = x\n", "", "no section headers"),
        ("etc/pip.conf", "[global]\n[global]\n", "global", "already exists"),
        ("etc/pip.conf", "[global]\ntimeout = soon\n", "global.timeout", "a number, 0"),
        ("etc/pip.conf", "[global]\ntimeout = nan\n", "global.timeout", "a number, 0"),
        ("etc/pip.conf", "[global]\nretries = -1\n", "global.retries", "found `-1`"),
        ("etc/pip.conf", "[global]\nno-index = maybe\n", "global.no-index", "true or"),
        ("home/project/uv.toml", "index = \n", "", "not valid TOML"),
        ("home/project/uv.toml", "index-url = 1", "index-url", "a string, found int"),
        ("home/project/uv.toml", "index = 1", "index", "expected a list"),
        ("home/project/uv.toml", "index = [1]", "index[0]", "expected a table"),
        (
            "home/project/uv.toml",
            "[[index]]",
            "index[0].url",
            "an address, found nothing",
        ),
        (
            "home/project/uv.toml",
            "[[index]]\nurl=1",
            "index[0].url",
            "expected a string",
        ),
        ("home/project/uv.toml", "find-links = [1]", "find-links", "list of strings"),
        ("home/project/uv.toml", "pip = 1", "pip", "expected a table"),
        ("home/project/uv.toml", "pip.no-index = 1", "pip.no-index", "true or false"),
        (
            "home/project/pyproject.toml",
            "[tool.uv]\nno-index = 'x'",
            "tool.uv.no-index",
            "true or false, found str",
        ),
        ("home/.config/pypoetry/auth.toml", "[", "", "cannot be read"),
        (
            "home/.config/pypoetry/auth.toml",
            "http-basic.a = 1",
            "http-basic.a",
            "a table with `username`",
        ),
    ],
)
def test_a_malformed_file_is_one_error_that_names_it(
    home: Home, place: str, text: str, where: str, what: str
) -> None:
    path = home.write(place, text)

    with pytest.raises(FetchError) as caught:
        home.read()
    assert caught.value.file == path
    assert caught.value.key == where
    assert what in caught.value.what


@pytest.mark.parametrize("place", ["etc/pip.conf", "home/project/uv.toml"])
def test_a_file_that_is_no_text_is_an_error(home: Home, place: str) -> None:
    path = home.write(place, "")
    Path(path).write_bytes(b"\xff\xfe\x00")

    with pytest.raises(FetchError, match="configuration cannot be read"):
        home.read()


def test_a_named_file_that_is_missing_is_an_error_for_uv(home: Home) -> None:
    with pytest.raises(FetchError, match="uv's configuration cannot be read"):
        home.read(UV_CONFIG_FILE="missing.toml")


def test_a_variable_of_the_wrong_kind_names_the_variable(home: Home) -> None:
    with pytest.raises(FetchError) as caught:
        home.read(UV_HTTP_TIMEOUT="long")

    assert (
        str(caught.value)
        == "UV_HTTP_TIMEOUT: expected a number, 0 or more, found `long`"
    )
    assert caught.value.file is None


def test_credentials_are_not_put_into_the_address_of_a_folder(home: Home) -> None:
    home.login("UV_INDEX_A", "", "x")
    settings = home.read(UV_INDEX="a=/tree")

    assert values(settings.extra_indexes) == ["file:///tree"]


def test_auth_without_a_table_of_logins_has_none(home: Home) -> None:
    home.write("home/.config/pypoetry/auth.toml", "http-basic = 1\n")

    assert home.read().logins == {}
