"""Finding mentions: what counts, what does not, and that spans are exact whatever the text."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.errors import ConfigError
from siss.extract.entities.patterns import DAYS, FORMS, WORDS
from siss.extract.entities.scan import Scanner
from siss.matching import compile_pattern, find_spans
from siss.model.entity import Confidence, EntityType

SCANNER = Scanner()


def named(text: str, *, settings: bool = False) -> set[tuple[str, str]]:
    """Types and values."""
    return {(one.name.type.value, one.name.value) for one in SCANNER.mentions(text.encode(), settings=settings)}


def only(text: str, kind: str) -> set[str]:
    return {value for type_, value in named(text) if type_ == kind}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("from 10.1.2.3.", "10.1.2.3"),
        ("at 10.1.2.3:80 now", "10.1.2.3"),
        ("src: /10.251.42.84 dest", "10.251.42.84"),
        ("node7/10.251.42.84:50010", "10.251.42.84"),
        ("network 10.0.0.0/8", "10.0.0.0/8"),
        ("addr 10.0.0.5/24", "10.0.0.5"),
        ("http://[2001:DB8::1]:80/x", "2001:db8::1"),
        ("peer fe80::1%eth0 up", "fe80::1"),
        ("2001:0db8:0000:0000:0000:0000:0000:0017", "2001:db8::17"),
        ("::ffff:192.0.2.1 mapped", "192.0.2.1"),
        ("route 2001:db8::/32", "2001:db8::/32"),
        ("Listening on ::1:8443", "::1"),
        ("Cisco 10.0.0.5/44321", "10.0.0.5"),
    ],
)
def test_addresses(text: str, value: str):
    assert only(text, "ip_address") == {value}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "256.1.1.1",
            "1.2.3",
            "1.2.3.4.5",
            "01.2.3.4",
            "version 1.2.3.4",
            "foo-1.2.3.4.jar",
            "Chrome/88.0.4324.150",
        ),
        *("12:34:56", "10:11:12::", "00:1a:2b:3c:4d:5e", "std::vector", "a::b::c", "dead::beef", "::", "Foo::Bar2"),
        *("1.2.3.4-rc1", "x1.2.3.4", "1\u06f2.0.0.1", "10.0.0", "9f86d081:84"),
    ],
)
def test_what_is_no_address(text: str):
    assert only(text, "ip_address") == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("see www.Example.com.", "www.example.com"),
        ("db-prod-01.internal.example.com:5432", "db-prod-01.internal.example.com"),
        ("Jul  9 12:16:49 combo ftpd[23142]: x", "combo"),
        ("nas.local", "nas.local"),
        ("host=cache", "cache"),
        ("'host': 'cache'", "cache"),
        ("host: web-7", "web-7"),
        ("on db-prod-01 now", "db-prod-01"),
        ("kafka1:9092", "kafka1"),
        ("ssh deploy@bastion", "bastion"),
        (r"\\nas01\backup\daily", "nas01"),
        ("registry.example.com/team/api:v2.3.1", "registry.example.com"),
        ("<host>app.example.net</host>", "app.example.net"),
        ("lease for 10-20-30-40.static.example.com", "10-20-30-40.static.example.com"),
        ("mx 163.com 3com.com", "163.com"),
        ("127.0.0.1.nip.io", "127.0.0.1.nip.io"),
        ("txt _dmarc.example.org", "_dmarc.example.org"),
    ],
)
def test_hosts(text: str, value: str):
    assert value in only(text, "hostname")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "self.name",
            "os.path",
            "README.md",
            "main.py",
            "run.sh",
            "foo.bar(",
            "org.apache.hadoop",
            "com.example.app",
        ),
        *(
            "client.go:42",
            "e.g. this",
            "workerEnv.init()",
            "dfs.DataNode",
            "utf-8",
            "sha-256",
            "android.intent.action",
        ),
        *("host: str", "a.b", "3.14", "config.host.id", "import-1", "x.zip", "-foo.com("),
        *("numpy 2.0.dev", "foo==2.0.dev", "pkg-2.0.dev", "4.1.25.nc", "see v1.2.local.", "9.4.1.nz", "2.0.io"),
        *("see _python.org", "`_python.org`", "host=amd64", "curl@arm64"),
    ],
)
def test_what_is_no_host(text: str):
    assert only(text, "hostname") == set()


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("port 22 open", "port", "22"),
        ("dpt=443", "port", "443"),
        ('"port": 5432,', "port", "5432"),
        ("<port>8009</port>", "port", "8009"),
        ("53/udp", "port", "53"),
        ("*:8443", "port", "8443"),
        ("Failed password for invalid user oracle from 10.0.0.1", "username", "oracle"),
        ("Accepted publickey for deploy from 10.0.0.1", "username", "deploy"),
        ("session opened for user root by (uid=0)", "username", "root"),
        ('authentication failed for user "app_rw"', "username", "app_rw"),
        ("user 'root'@'db1'", "username", "root"),
        ("https://bob@example.com/", "username", "bob"),
        ('database "orders" does not exist', "database", "orders"),
        ("postgresql://h/prod_main?x=1", "database", "prod_main"),
        ("jdbc:mysql://h:3306/billing", "database", "billing"),
        ("db_name=billing", "database", "billing"),
        ("mail ops+x@Example.co.uk now", "email", "ops+x@example.co.uk"),
        ("joe@[127.0.0.1]", "email", "joe@[127.0.0.1]"),
        ('"joe bloggs"@example.com', "email", '"joe bloggs"@example.com'),
        ("(see https://Example.com/A?b=c).", "url", "https://example.com/A?b=c"),
        ('"GET /a/b?c=d HTTP/1.1"', "url", "/a/b?c=d"),
        ("a,https://example.com/x,b", "url", "https://example.com/x"),
        ("open /etc/nginx/nginx.conf: no", "filepath", "/etc/nginx/nginx.conf"),
        ("/var/www/html/", "filepath", "/var/www/html"),
        ("include conf.d/*.conf;", "filepath", "conf.d"),
        ("IncludeOptional sites-enabled/*", "filepath", "sites-enabled"),
        ("src/app.py:12:", "filepath", "src/app.py"),
        (r"C:\Program Files\App\x.log", "filepath", r"C:\Program Files\App\x.log"),
        ("~/notes/a.txt", "filepath", "~/notes/a.txt"),
        ("PostgreSQL 17.2 on", "version", "postgresql 17.2"),
        ("nginx/1.25.3", "version", "nginx 1.25.3"),
        ("tag v2.3.1-rc1.", "version", "2.3.1-rc1"),
        ("version: 4", "version", "4"),
        ('HTTP/1.1" 503 12', "error_code", "HTTP 503"),
        ("status=502", "error_code", "HTTP 502"),
        ("connect ECONNREFUSED", "error_code", "ECONNREFUSED"),
        ("ORA-12154: TNS", "error_code", "ORA-12154"),
        ("HRESULT = 0x800F080D", "error_code", "0x800f080d"),
        ("SQLSTATE[42S02]", "error_code", "SQLSTATE 42S02"),
        ("(errno 13)", "error_code", "errno 13"),
        ("exit code 137", "error_code", "exit 137"),
        ("export PGPASSWORD", "credential_ref", "PGPASSWORD"),
        ("AWS_SECRET_ACCESS_KEY=x", "credential_ref", "AWS_SECRET_ACCESS_KEY"),
        ("db.password: «secret:password:3f9a6b01c2d4e8f7»", "credential_ref", "db.password"),
        ("password: «secret:password:3f9a6b01c2d4e8f7»", "credential_ref", "password"),
        ("Jul  9 12:16:49 combo sshd(pam_unix)[2]: x", "service_name", "sshd"),
        ("Started postgresql.service - x", "service_name", "postgresql"),
        ("service=ingest", "service_name", "ingest"),
        ("LOG_LEVEL=debug", "config_key", "LOG_LEVEL"),
        ("id 0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4051", "uuid", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4051"),
        ("2026-11-21T10:11:12.5Z", "date_reference", "2026-11-21"),
        ("[Sun Dec 04 20:32:37 2005]", "date_reference", "2005-12-04"),
        ("04/Dec/2005:10:00:00", "date_reference", "2005-12-04"),
        ("March 3, 2026", "date_reference", "2026-03-03"),
        ("06/19/1963", "date_reference", "1963-06-19"),
        ("19/06/1963", "date_reference", "1963-06-19"),
        ("17/06/09 20:10:58 INFO", "date_reference", "2017-06-09"),
        ("03-17 16:15:08.066", "date_reference", "--03-17"),
        ("081109 203615 148 INFO", "date_reference", "2008-11-09"),
        ("20171223-22:31:59:618|x", "date_reference", "2017-12-23"),
        ("since last Tuesday", "date_reference", "last tuesday"),
    ],
)
def test_the_other_types(text: str, kind: str, value: str):
    assert value in only(text, kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(("port 70000", "port"), ("report: 5", "port"), ("support 24 7", "port"), ("port 0", "port")),
        *(("user unknown", "username"), ("user=null", "username"), ("user interface from", "username")),
        *(("@example.com", "email"), ("a@b", "email"), ("x@1.2", "email")),
        *(
            ("and/or n/a 12/5", "filepath"),
            ("text/html", "filepath"),
            ("2016/9/28", "filepath"),
            ("</div>", "filepath"),
        ),
        *(("3.14 and 10.5", "version"), ("HTTP/1.1", "version"), ("section 4.1", "version")),
        *(("HTTP 200", "error_code"), ("SHA-256 UTF-16", "error_code"), ("ELEPHANT", "error_code")),
        *(("errno 0", "error_code"), ("error 5", "error_code"), ("0x0000000a", "error_code")),
        *(("max_tokens=5", "credential_ref"), ("the password: none", "credential_ref"), ("KEY", "credential_ref")),
        *(("2026-13-01", "date_reference"), ("2026-02-30", "date_reference"), ("1234-11-11", "date_reference")),
        *(("database connection", "database"), ("max_connections = 100", "config_key")),
    ],
)
def test_what_is_none(text: str, kind: str):
    assert only(text, kind) == set()


def test_keys_of_settings_count_in_files_of_settings():
    text = "max_connections = 100\n  log.level: debug\nplain = 1\nLOG_DIR=x\n"
    assert only(text, "config_key") == {"LOG_DIR"}
    assert {value for kind, value in named(text, settings=True) if kind == "config_key"} == {
        *("max_connections", "log.level", "LOG_DIR"),
    }


def test_an_internal_name_of_one_label_before_a_slash_costs_nothing_else():
    assert ("ip_address", "10.0.0.1") in named("local/bin lan/tools:1.2 internal/app 10.0.0.1")


@pytest.mark.parametrize(
    "text",
    [
        "«secret:aws-access-key:3f9a6b01c2d4e8f7»",
        "password=«secret:password:3f9a6b01c2d4e8f7»;x",
        "https://app:«secret:password:3f9a6b01c2d4e8f7»@db1.example.com:5432/prod?token=«secret:jwt:3f9a6b01c2d4e8f7»",
        "user=«secret:password:3f9a6b01c2d4e8f7»@host.example.com",
        "/srv/«secret:token:3f9a6b01c2d4e8f7»/a.txt",
        "https://example.com/«secret:token:3f9a6b01c2d4e8f7»/a",
    ],
)
def test_a_fingerprint_is_in_no_value(text: str):
    for kind, value in named(text):
        assert "3f9a" not in value
        assert "secret" not in value, kind


def test_what_stands_around_a_fingerprint_is_found():
    url = "https://app:«secret:password:3f9a6b01c2d4e8f7»@db1.example.com:5432/prod"
    assert {("username", "app"), ("hostname", "db1.example.com"), ("port", "5432")} < named(url)
    assert only(url, "url") == {"https://db1.example.com:5432/prod"}


def test_patterns_of_the_settings():
    scanner = Scanner({"ticket": r"\b[A-Z]{2,5}-\d+\b", "nothing": r"x*y"})
    found = [one for one in scanner.mentions(b"see OPS-17 and OPS-18") if one.name.type is EntityType.CUSTOM]
    assert [one.name.value for one in found] == ["ticket:OPS-17", "ticket:OPS-18"]
    assert found[0].confidence is Confidence.HIGH


@pytest.mark.parametrize("pattern", ["(", "a*", "(?=x)", ""])
def test_a_pattern_that_cannot_be_used_is_named(pattern: str):
    with pytest.raises(ConfigError, match="'odd'") as caught:
        Scanner({"odd": pattern})
    assert caught.value.details["variable"] == "SISS_ENTITY_PATTERNS"


def test_a_pattern_with_empty_matches_ends():
    assert find_spans(compile_pattern(r"\b"), b"ab c") == [(0, 0), (2, 2), (3, 3), (4, 4)]


PIECES = st.one_of(
    st.sampled_from(
        [
            *("10.1.2.3", "10.0.0.0/8", ":80", "2001:db8::1", "db-prod-01", ".example.com", "https://", "user@", "@"),
            *(
                "/var/log/",
                "C:\\a b\\c",
                "\\\\nas\\x",
                "host=",
                "user: ",
                "port ",
                "version ",
                "v1.2.3",
                "password=",
                '"',
            ),
            *(
                "2026-11-21",
                "T10:11:12Z",
                " 10:11:12",
                "Jul  9 12:16:49 ",
                "combo sshd[2]: ",
                'HTTP/1.1" 503',
                "errno 13",
            ),
            *(
                "«secret:jwt:3f9a6b01c2d4e8f7»",
                "A_B=",
                "x.y",
                "::",
                "é",
                "\n",
                " ",
                ",",
                "(",
                ")",
                "]",
                "'",
                "%",
                "$",
                "~",
            ),
            *(
                "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4051",
                "ORA-12154",
                "GET /a?b HTTP",
                "web1:8080",
                "nginx/1.2",
                "jdbc:mysql://",
            ),
        ]
    ),
    st.text(max_size=6),
    st.text(alphabet="0123456789abcdef.:/-@=", max_size=20),
)
TEXTS = st.lists(PIECES, max_size=20).map("".join).map(lambda text: text.encode("utf-8", "ignore"))


@given(TEXTS)
def test_spans_are_exact(text: bytes):
    mentions = SCANNER.mentions(text, settings=True)
    last: dict[EntityType, int] = {}
    for one in mentions:
        assert 0 <= one.start < one.end <= len(text)
        assert text[one.start : one.end].decode("utf-8")
        assert one.start >= last.get(one.name.type, 0), "two of a type overlap"
        last[one.name.type] = one.end
        assert one.name.value
        assert "«" not in one.name.value
    assert mentions == Scanner().mentions(text, settings=True), "an answer depends on what was seen before"


@given(TEXTS)
def test_the_text_of_a_span_names_the_same_thing(text: bytes):
    """For what its own form tells: it needs nothing around it."""
    for one in SCANNER.mentions(text):
        if (
            one.name.type in {EntityType.UUID, EntityType.EMAIL, EntityType.IP_ADDRESS}
            and one.confidence is Confidence.HIGH
        ):
            alone = SCANNER.mentions(text[one.start : one.end])
            assert one.name in {other.name for other in alone}


HOSTILE = [
    *(
        b"a." * 4096,
        b"a" * 8192,
        b"a@" * 4096,
        b"1." * 4096,
        b":" * 8192,
        b"a:" * 4096,
        b"/a" * 4096,
        b"http://" * 1170,
    ),
    *(
        b"password" * 1024,
        b"host=" * 1600,
        b"user=a.user=" * 680,
        b"-" * 8192,
        b"\\" * 8192,
        b'"' * 8192,
        b"a-1" * 2700,
    ),
    *(
        "«secret:".encode() * 900,
        "«".encode() * 4096,
        b"2026-" * 1600,
        b"Jul  9 12:16:49 " * 512,
        b"\xff" * 8192,
        b"[" * 8192,
    ),
    *(
        b"a.b+a.b+" * 1024,
        b"f::" * 2730,
        b"1:2:3:4:5:6:7:8:" * 512,
        b"token_" * 1365,
        b"error 1 " * 1024,
        b"1/" * 4096,
        b"GET /a - 80 b 1" * 546,
        b"server on 10000:" * 512,
        b"10.0.0.1 80 " * 682,
        b"on a-a-" * 1170,
    ),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].decode("latin-1"))
def test_hostile_text_takes_linear_time(text: bytes):
    scanner = Scanner()
    scanner.scan([text])
    whole = text * 4
    starts = itertools.count()  # so that nothing is remembered of the call before
    assert_linear(lambda length: scanner.scan([whole[(start := next(starts)) : start + length]]), 3 * len(text))


def test_every_automaton_stays_small():
    for pattern in (DAYS, *WORDS, FORMS):
        assert compile_pattern(pattern).programsize < 9500


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MAC=00:16:3e:aa:bb:cc:00:16:3e:dd:ee:ff:08:00 ", set()),
        ("SHA1 Fingerprint=AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01", set()),
        ("wwn 50:06:01:60:3b:de:12:34", set()),
        ("<System><data>x</data></System></home>", set()),
        ("mounted </srv/data> and /srv", {("filepath", "/srv/data"), ("filepath", "/srv")}),
        ("cron.service: Deactivated successfully.", {("service_name", "cron")}),
        ("see corp/app, local/bin and internal/server", set()),
        ("on 19.11.2026 and 1.2.2025", {("date_reference", "2026-11-19"), ("date_reference", "2025-02-01")}),
        ("release 39.11.2026", {("version", "39.11.2026")}),
        ("ListenAddress [::]:2222", {("port", "2222")}),
        ("address already in use :::3000", {("port", "3000")}),
        ("listening on :8080", {("port", "8080")}),
        ("inet6 fe80::216:3eff:feaa:bbcc/64", {("ip_address", "fe80::216:3eff:feaa:bbcc")}),
        ("[localport: 22]", {("port", "22")}),
        ("suser=carol usrName=joe.black", {("username", "carol"), ("username", "joe.black")}),
        ('"SYSLOG_IDENTIFIER":"sshd"', {("service_name", "sshd")}),
        ('<Data Name="TargetUserName">carol</Data>', {("username", "carol")}),
        ('<Data Name="IpPort">49822</Data>', {("port", "49822")}),
        ("BlockManagerId(1, spark-worker-3, 7)", {("hostname", "spark-worker-3")}),
        ("sudo: carol : TTY=pts/0", {("username", "carol")}),
        ("sip:bob@10.1.1.1:5060", {("username", "bob"), ("ip_address", "10.1.1.1"), ("port", "5060")}),
        (
            "IP 10.1.1.5.443 > 10.1.1.6.50000: Flags",
            {("ip_address", "10.1.1.5"), ("port", "443"), ("ip_address", "10.1.1.6"), ("port", "50000")},
        ),
        (
            "IP6 fe80::1.546 > ff02::1:2.547: dhcp6",
            {("ip_address", "fe80::1"), ("port", "546"), ("ip_address", "ff02::1:2"), ("port", "547")},
        ),
        ("dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F2A)", set()),
        ("554-5.7.1 Service unavailable", {("error_code", "SMTP 5.7.1")}),
        ("at 250 of 2.0.0", {("version", "2.0.0")}),
        (
            "relay=mx1.corp.io[203.0.113.25]:25",
            {("hostname", "mx1.corp.io"), ("ip_address", "203.0.113.25"), ("port", "25")},
        ),
        (
            "client @0x7f 10.1.1.5#53211 (a.corp.io)",
            {("ip_address", "10.1.1.5"), ("port", "53211"), ("hostname", "a.corp.io")},
        ),
        ("10.1.1.5#99999", {("ip_address", "10.1.1.5")}),
        ("IP 10.1.1.5 > 10.1.1.6: ICMP", {("ip_address", "10.1.1.5"), ("ip_address", "10.1.1.6")}),
    ],
)
def test_logs_of_other_systems(text: str, expected: set[tuple[str, str]]) -> None:
    assert named(text) == expected


def test_candidates_that_were_forgotten_are_told_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        f"2026-11-2{number % 7} host{number % 3}.example.com port 80{number % 4} /srv/{number % 5}".encode()
        for number in range(60)
    ]
    told = [SCANNER.mentions(line) for line in lines]
    monkeypatch.setattr("siss.extract.entities.scan._KEPT", 5)
    forgetful = Scanner()
    assert [forgetful.mentions(line) for line in lines] == told
    assert all(told)
