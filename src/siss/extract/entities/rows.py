"""Lines of tables and settings that are read by column: accounts, ``pg_hba.conf``, cron, zones, lists of users."""

import re
from collections.abc import Callable
from typing import Final

from siss.extract.entities.addresses import read_ipv4, read_port
from siss.extract.entities.codes import read_version
from siss.extract.entities.findings import Finding, found, listed_bytes
from siss.extract.entities.hosts import read_named
from siss.extract.entities.names import read_name, read_user
from siss.extract.entities.tables import ROWS
from siss.matching import compile_matcher
from siss.model.entity import Confidence, EntityType

Row = re.Match[bytes]

_USERS: Final = re.compile(rb"[^,\s\"]+")
_NO_USERS: Final = listed_bytes(
    """
    access account accounts agent all and any authentication creation data databases directory documentation
    experience feedback files friendly group groups guide home id input interaction interface interfaces is
    level list management manual mode names namespace namespaces none nopasswd of or preferences principal profile
    profiles replication required root-level sameuser samegroup samerole security session settings space stories
    support table to training type valid-user
    """
)
"""What stands for users in such a line, or behind the word in prose."""

_COMMANDS: Final = listed_bytes(
    """
    apt apt-get aptitude awk bash borg cat cd certbot chmod chown chronic command cp cron curl dash date docker
    drush echo env exec export find flock for git gzip if ionice java kill kubectl logger logrotate ls mail make
    mkdir mv mysql mysqldump nice node nohup npm ntpdate perl pg_dump php ping pkill podman psql python python2
    python3 rclone reboot restic rm rsync ruby run-parts scp sed service set sh sleep ssh start-stop-daemon sudo
    systemctl systemd-run tar test tee timeout touch uptime vacuumdb wget while xargs yum zfs zpool
    """
)
"""Commands that come first, or behind a user, in a table of cron."""

_ENDINGS: Final = listed_bytes(
    """
    avro bak bat bin bz2 cer cert cfg cnf conf config crl crt csr css csv dat db der dll doc docx dump env epub gif gz
    hcl htm html inc inf ini ipynb jar jpeg jpg jks js json jsonl key keytab ks ldif lock log lua map md mdb min mjs
    ods odt orc p12 parquet pcap pdf pem pfx php pid plist pl png ppt pptx properties proto ps1 py rb rdb repo rpm rst
    rules service sh so sock sql sqlite sqlite3 sst svg tar tf tfstate tfvars tgz tmpl toml ts tsv txt types vbs
    war wsdl xls xlsx xml xsd xsl xslt xz yaml yml zip zone zst
    """
)
"""Endings that bare names of files have, where they are referred to."""

_TELLING: Final = re.compile(rb"[0-9-]|\.\w")


def _find_user(row: Row) -> list[Finding]:
    """The last group that is there names a user."""
    return _users_in(row, row.lastindex or 1)


def _users_in(row: Row, group: int) -> list[Finding]:
    """Users with commas or blanks between them; not groups (``@staff``, ``+dba``, ``%wheel``), nor who is anybody."""
    findings = []
    for each in _USERS.finditer(row.group(group) or b""):
        name = each.group().partition(b"@")[0]  # ``AllowUsers deploy@10.0.0.0/8``
        if name.lower() not in _NO_USERS and (user := read_user(name)) is not None:
            start = row.start(group) + each.start()
            findings.append(found(EntityType.USERNAME, start, start + len(name), user, Confidence.HIGH))
    return findings


def _find_allowed(row: Row) -> list[Finding]:
    """Who may become whom."""
    return [*_users_in(row, 1), *_users_in(row, 2)]


def _find_rule(row: Row) -> list[Finding]:
    findings = _users_in(row, 2)
    for each in _USERS.finditer(row.group(1)):
        name = each.group()
        if name not in _NO_USERS and (database := read_name(name)) is not None:
            start = row.start(1) + each.start()
            findings.append(found(EntityType.DATABASE, start, start + len(name), database, Confidence.HIGH))
    return findings


def _find_cron_user(row: Row) -> list[Finding]:
    """A table that only one user has holds no users: its commands come at once."""
    name, command = row.group(1), row.group(2)
    if name in _COMMANDS or not (command[:1] in b"/~[($." or command in _COMMANDS):
        return []
    return _users_in(row, 1)


def _find_record(row: Row) -> list[Finding]:
    if (number := row.group(2)) is not None:
        port = read_port(number)
        return [] if port is None else [found(EntityType.PORT, *row.span(2), port, Confidence.HIGH)]
    host = read_named(row.group(1)) if not row.group(1).startswith(b"_") else None
    return [] if host is None else [found(EntityType.HOSTNAME, *row.span(1), host, Confidence.HIGH)]


def _find_named(row: Row) -> list[Finding]:
    """Machines by their names: what looks like a word is one of a sentence (``Hostname lookup``)."""
    return [host for name, host in _hosts_in(row, 1) if _TELLING.search(name) or name == b"localhost"]


def _find_called(row: Row) -> list[Finding]:
    """What a router or switch is called."""
    return [host for _, host in _hosts_in(row, 1)]


def _find_release(row: Row) -> list[Finding]:
    """Of the image that a container is built from."""
    version = read_version(row.group(1))
    return [] if version is None else [found(EntityType.VERSION, *row.span(1), version, Confidence.HIGH)]


def _find_addressed(row: Row) -> list[Finding]:
    """Names beside an address, if one of them looks like one: other tables have words there."""
    hosts = _hosts_in(row, 2)
    telling = any(_TELLING.search(name) or name == b"localhost" for name, _ in hosts)
    return [host for _, host in hosts] if telling and read_ipv4(row.group(1)) is not None else []


def _hosts_in(row: Row, group: int) -> list[tuple[bytes, Finding]]:
    hosts = []
    for each in _USERS.finditer(row.group(group)):
        name = each.group()
        if (host := read_named(name)) is not None:
            start = row.start(group) + each.start()
            hosts.append((name, found(EntityType.HOSTNAME, start, start + len(name), host, Confidence.MEDIUM)))
    return hosts


def _find_constant(row: Row) -> list[Finding]:
    key, value, port = row.group(1).lower(), row.group(2), row.group(3)
    if key.startswith(b"user"):
        return _users_in(row, 2)
    if key.startswith((b"host", b"server")):
        hosts = [host for _, host in _hosts_in(row, 2)]
        number = read_port(port) if port and hosts else None
        return hosts if number is None else [*hosts, found(EntityType.PORT, *row.span(3), number, Confidence.HIGH)]
    name = read_name(value)
    return [] if name is None else [found(EntityType.DATABASE, *row.span(2), name, Confidence.HIGH)]


def _find_port(row: Row) -> list[Finding]:
    port = read_port(row.group(1))
    return [] if port is None else [found(EntityType.PORT, *row.span(1), port, Confidence.HIGH)]


def _find_file(row: Row) -> list[Finding] | None:
    name = row.group(1)
    stem, _, ending = name.rpartition(b".")
    if not stem or ending.lower() not in _ENDINGS or name[:1] in b".-@+" or stem in {b"cls", b"self", b"this"}:
        return None
    return [found(EntityType.FILEPATH, *row.span(1), name.decode(), Confidence.LOW)]


_PATTERNS: Final[tuple[tuple[bytes, Callable[[Row], list[Finding] | None]], ...]] = (
    (rb"([\w.-]+):[x*!]?:[0-9]+:[0-9]+:$", _find_user),
    (
        rb"[ \t]*(?:local|host(?:no)?(?:ssl|gssenc)?)[ \t]+([\w,+@.\"-]+)[ \t]+([\w,+@.\"-]+)[ \t].*[a-z0-9]$",
        _find_rule,
    ),
    (rb"[ \t]*(?:[0-9*]\S*[ \t]+\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+|@[a-z]+)[ \t]+([^\s:]+)[ \t]+(\S+)$", _find_cron_user),
    (rb"(\S+)[ \t]+ALL[ \t]*=[ \t]*(?:\(([a-z_][\w.-]*))?", _find_allowed),
    (rb"(\S+)[ \t]+[0-9]+[ \t]+[0-9]+\.[0-9]+[ \t]", _find_user),
    (rb"\S+[ \t]+[0-9]+[ \t]+(\S+)[ \t]+\w+[ \t]+(?:IPv[46]|REG|DIR|CHR|FIFO|unix|sock)$", _find_user),
    (rb"[0-9 \t]*[-dlbcps](?:[r-][w-][xsStT-]){3}[.+@]?[ \t]+[0-9]+[ \t]+(\S+)", _find_user),
    (rb"(\S+)[ \t]+(?:pts/|tty|:)\w+[ \t]+$", _find_user),
    (
        rb"(?:([\w-]+)[ \t]+(?:[0-9]+[A-Za-z]?[ \t]+)?)?IN[ \t]+[A-Z]+[ \t]+(?:[0-9]+[ \t]+[0-9]+[ \t]+([0-9]+)|\S)$",
        _find_record,
    ),
    (rb"[ \t]*([0-9.]+)[ \t]+([A-Za-z][^#]*)", _find_addressed),
    (rb"[ \t]*(?i:user|cache_effective_user)[ \t]+([\w.-]+);?\s*$", _find_user),
    (rb"[ \t]*(?i:listen|listener|https?_port|expose)[ \t]+([0-9]+)[ \t;/\r]?$", _find_port),
    (rb"[ \t]*(?:set[ \t]+system[ \t]+)?host-name[ \t]+([^;\s]+)", _find_called),
    (rb"[ \t]*FROM[ \t]+[^:]+:(.+)$", _find_release),
    (rb"[ \t]*username[ \t]+(\S+)[ \t]+[a-z]+$", _find_user),
    (rb"[ \t]*create[ \t]+[0-7]+[ \t]+(\S+)$", _find_user),
    (rb"[ \t]*(?i:hostname|servername|server_name|serveralias|host)[ \t]+([^;]+)", _find_named),
    (rb"[ \t]*acl[ \t]+\S+[ \t]+\w+(?:[ \t]+-i)?(.*)", _find_user),
    (
        rb"[ \t]*(?i:(?:allow|deny)users|require user|(?:[a-z]+[ _](?:users|list)|user_alias[ \t]+\w+)[ \t]*=)(.*)",
        _find_user,
    ),
    (
        rb"define\([ ]?.\w*?(?:_|(?i:db))((?i:host|server|user|name|database)\w*).,[ ]?.([\w.-]+)(?::([0-9]+))?$",
        _find_constant,
    ),
    (rb"[ \t]*[\w-]+[ \t]+(?:--[\w=:.-]+[ \t]+)*[\"'<]?([\w.*+@-]*\.[A-Za-z][A-Za-z0-9]*)$", _find_file),
    (rb"(?:[A-Z][a-z]+|[a-z]+)(?: [a-z]+)+[,:]?(?: [a-z]+)? [\"'`<]([\w.*+@-]*\.[A-Za-z][A-Za-z0-9]*)$", _find_file),
    (rb"[\w.-]+[\"']?[ \t]*[=:][ \t]*[\"']?([\w.*+@-]*\.[A-Za-z][A-Za-z0-9]*)$", _find_file),
)
_DISSECTORS: Final = tuple((re.compile(pattern), dissect) for pattern, dissect in _PATTERNS)
_ANY: Final = compile_matcher(ROWS)
"""Most words that are looked at are no such line: to try one after another took as long as all else about them."""


def dissect_row(text: bytes) -> list[Finding] | None:
    """What a line of a table names; None if it is no such line, or names something else."""
    if _ANY.fullmatch(text) is None:
        return None
    rows = ((pattern.match(text), dissect) for pattern, dissect in _DISSECTORS)
    return next((dissect(row) for row, dissect in rows if row is not None), None)
