"""A bad value names its line and key, or its variable; nothing that may be a secret is repeated."""

import pytest

from siss.errors import ConfigError
from siss.gateway.config_file import find_line, load_config

HOSTS = """[hosts.a]
url = "http://a:8080/v1/"
[models.m]
hosts = ["a"]
aliases = ["small"]
"""


def read(tmp_path, text, environ=None):
    file = tmp_path / "gateway.toml"
    file.write_text(text)
    return load_config(file, environ)


def problem(tmp_path, text, environ=None):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text, environ)
    return caught.value


def test_the_address_is_taken_with_and_without_v1(tmp_path):
    assert read(tmp_path, HOSTS).hosts["a"].url == "http://a:8080"


@pytest.mark.parametrize(
    ("more", "line", "key", "said"),
    [
        ('[server]\nport = "many"', 7, "server.port", "many"),
        ("[server]\nport = 70000", 7, "server.port", "65535"),
        ("[server]\nprot = 1", 7, "server.prot", "Did you mean port?"),
        ("[sever]\nport = 1", 6, "sever", "Did you mean server?"),
        ('[hosts.b]\nurl = "b:8080"', 7, "hosts.b.url", "http://"),
        ("[hosts.b]\nslots = 2", 6, "hosts.b.url", "required"),
        ('[models.n]\nhosts = ["c"]', 7, "models.n.hosts", "there is no host 'c'"),
        ('[models.n]\nhosts = ["a"]\naliases = ["small"]', 8, "models.n.aliases", "'small' is a name of the model 'm'"),
        ('[routes.r]\nfallback = ["smal"]', 7, "routes.r.fallback", "did you mean 'small'?"),
        ('[routes.r]\nendpoints = ["/v1/chat"]', 7, "routes.r.endpoints.0", "/v1/chat/completions"),
        ("[routes.r]\ndefaults = { stream = true }", 7, "routes.r.defaults.stream", "client"),
        ('[routes.r.cache]\nttl = "7 decades"', 7, "routes.r.cache.ttl", "must be a duration such as 30s"),
        ('[routes.r.cache]\nttl = "1h"\nthreshold = 2', 8, "routes.r.cache.threshold", "at most 1"),
        ('[routes.r.cache]\nsemantic = "maybe"', 7, "routes.r.cache.semantic", "off, shadow or on"),
        ("[routes.r.cache]\ntresh = 1", 7, "routes.r.cache.tresh", "there is no such value"),
        ('[routes.r]\nmodels = [\n  "m",\n  "x",\n]', 7, "routes.r.models", "there is no model 'x'"),
        ('[cache.embedder]\nmodel = "e"', 7, "cache.embedder.model", "there is no model 'e'"),
        ('[lifecycle]\nprovider = "command"', 6, "lifecycle.command", "needs a command"),
    ],
)  # fmt: skip
def test_a_bad_value_names_its_line_and_key(tmp_path, more, line, key, said):
    found = problem(tmp_path, f"{HOSTS}{more}\n")
    assert found.message.startswith(f"{tmp_path / 'gateway.toml'}:{line}: {key}: ")
    assert said in found.message
    assert (found.details["line"], found.details["key"]) == (line, key)


@pytest.mark.parametrize(
    "more",
    [
        '[tenants.t]\nkeys = ["sk-very-secret"]',
        "[hosts.b]\nurl = 'http://b'\napi_key = ['sk-very-secret']",
        "[hosts.b]\nurl = 'http://user:sk-very-secret@b'",
        "[lifecycle]\ns3_secret_key = ['sk-very-secret']",
    ],
)
def test_no_message_repeats_a_secret(tmp_path, more):
    found = problem(tmp_path, f"{HOSTS}{more}\n")
    assert "very" not in str(found.message) + str(found.details)


def test_a_secret_is_shown_by_no_value(tmp_path):
    config = read(tmp_path, f"{HOSTS}[hosts.b]\nurl = 'http://b'\napi_key = 'sk-very-secret'\n")
    assert "very" not in repr(config)
    assert config.hosts["b"].api_key.get_secret_value() == "sk-very-secret"


def test_the_environment_counts_before_the_file(tmp_path):
    environ = {
        "SISS_GATEWAY__HOSTS__A__SLOTS": "7",
        "SISS_GATEWAY__ROUTES__R__CACHE__TTL": "2h",
        "SISS_GATEWAY__MODELS__M__ALIASES": "one, two",
        "SISS_STELLA_URL": "http://stella:8080",
    }
    config = read(tmp_path, HOSTS, environ)
    assert config.hosts["a"].slots == 7
    assert config.routes["r"].cache.ttl == 7200
    assert config.models["m"].aliases == ("one", "two")
    assert config.models["stella"].hosts == ("stella",)
    found = problem(tmp_path, HOSTS, environ | {"SISS_GATEWAY__HOSTS__A__SLOTS": "few"})
    assert found.message.startswith("SISS_GATEWAY__HOSTS__A__SLOTS: hosts.a.slots: ")


def test_what_is_not_toml_or_not_there(tmp_path):
    assert "is not TOML" in problem(tmp_path, "x = [1").message
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.toml")


def test_lines_of_inline_tables_and_long_strings():
    text = 'a = """\nb = 1\n"""\n[t]\nc = { d = 1, e = [\n 1,\n 2] }\n[[u]]\nf = 1\n[[u]]\nf = 2\n'
    assert find_line(text, ("t", "c", "e")) == 5
    assert find_line(text, ("u", "1", "f")) == 11
    assert find_line(text, ("t", "missing")) == 4
    assert find_line(text, ("b",)) == 1
