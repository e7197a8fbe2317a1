"""Names of hosts: below a public suffix, below an internal one, or by the words that people name machines with.

Since top-level domains are English words (``.name``, ``.zip``, ``.id``), a dotted name proves little: file names,
methods and packages look the same. What cannot be told from its form alone counts only where it is said to be a host
(``host=``, ``//host/``, ``user@host``, ``host:port``).
"""

import re
from functools import lru_cache
from typing import Final

from publicsuffixlist import PublicSuffixList

from siss.extract.entities.findings import listed
from siss.possessive import compile_possessive

_SUFFIXES: Final = PublicSuffixList(accept_unknown=False, only_icann=True)
_ZONES: Final = frozenset(rule.rpartition(".")[2] for rule in _SUFFIXES._publicsuffix)  # noqa: SLF001
"""The last labels of all public suffixes: most names with dots have another, which is much the fastest to tell."""

_FORM: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_TITLED: Final = re.compile(
    r"(?:[A-Za-z][a-z0-9-]*\.)+(?:com|edu|gov|net|org)|[A-Z0-9]+-[A-Z0-9-]+(?:\.[a-z0-9-]+)+|[A-Z]{1,10}[0-9]{1,4}(?:\.[a-z0-9-]+){2,}"
)
_TELLING: Final = re.compile(r"[0-9-]")
_RELEASE: Final = compile_possessive(r"(?:[a-z0-9_-]*-)?v?[0-9]++(?:\.[0-9]++)++\.[a-z]++")
"""A version with a word behind it (``2.0.dev``, ``v1.2.local``), which some zone has for a suffix."""
_COUNTED: Final = re.compile(rb"[a-z][a-z0-9]+(?:-[a-z0-9]+)*-[0-9]{1,4}")
_LONGEST: Final = 253

_INTERNAL: Final = listed(
    """
    arpa corp domain example home internal intra intranet invalid lab lan local localdomain localhost private
    svc test
    """
)
"""Last labels of names that no public zone has (RFC 6761, RFC 6762, RFC 8375, ICANN's ``internal``)."""

_PLAIN: Final = listed(
    """
    ar at au be biz br ca ch cl cloud cn com cz de dk edu es eu fi fr gov gr hk hu ie il in int io it jp kr mil
    mx net nl nz online org pl pt ro ru se sg shop site tech th tr tv tw ua uk us vn xyz za
    """
)
"""Top-level domains that a name of two labels may have and still be a host."""

_FILE_LIKE: Final = listed(
    """
    app as bar bat build cab call cc cfd click data date dev do events fail foo gdn group id in info is java kim
    link md me mk mo mov ms my name new no now open page ping pl plus pm post properties ps py rs run sc sh so space
    st stream support surf to tools ts vi watch work zip zone
    """
)
"""Top-level domains that are file endings, members and methods too."""

_SOURCES: Final = listed(
    """
    c cc cpp cs go h hpp java js json kt lua php pl py rb rs scala sh sql swift ts tsx xml yml
    """
)
"""Endings of files that ``name:12`` gives the line of."""

_PACKAGES: Final = listed(
    """
    android androidx com edu gov io jakarta java javax kotlin net org scala sun
    """
)
"""How the names of packages begin."""

_ROLES: Final = listed(
    """
    ad agent api app appserver auth backup bastion broker build cache ci client combo compute consul controller core
    data db dbserver dc desktop dev dns edge elastic es esx esxi etcd exch file filer fileserver fs fw gateway git
    gitlab gpu grafana gw hadoop haproxy host influx jenkins jump k8s kafka kube lab laptop lb ldap log login logs
    mail mailserver master mongo monitor mx mysql namenode nas nfs nginx node ns ntp oracle pc pg postgres primary
    prod prometheus proxy rabbit rabbitmq rack redis registry relay replica router runner san search secondary server
    slave smtp splunk sql srv stage staging standby storage sw switch syslog test vault vm vpn web webserver win
    windc worker ws www zk zookeeper
    """
)
"""Words that machines are called by: ``db-prod-01``, ``web3:8080``."""

_LAST_ROLES: Final = listed("broker controller db host master node primary replica server slave srv worker")
"""Such words before the number at the end: ``spark-worker-3``."""

_NOT_HOSTS: Final = listed(
    """
    -1 0 a aarch64 alert all amd64 an and any are arm64 armhf crit critical debug default emerg error false
    fatal file for from here i386 i686 in info is it name none not notice null of off on or pam please port
    ppc64le pve riscv64 root s390x server set string that the this to trace true type unknown value warn warning was
    with x64 x86 x86_64 your
    """
)


def is_host(text: str) -> bool:
    """Whether a text in lower case has the form of a host's name (RFC 1123, underscores in the first label)."""
    return len(text) <= _LONGEST and _FORM.fullmatch(text) is not None


@lru_cache(maxsize=1 << 13)
def suffix_of(host: str) -> str | None:
    """The public suffix below which a name in lower case lies, ``internal`` for an internal one, None for neither."""
    last = host.rpartition(".")[2]
    if last in _INTERNAL:
        return "internal"
    if last not in _ZONES:
        return None
    found = _SUFFIXES.publicsuffix(host)
    return None if found is None or found == host else str(found)


def read_named(text: bytes) -> str | None:
    """A host where one must stand: any valid name that is not just a word of the language or a number."""
    name = text.decode("ascii", "replace").rstrip(".").lower()
    if not is_host(name) or name in _NOT_HOSTS or name.replace(".", "").replace("-", "").isdigit():
        return None
    return name


def read_dotted(text: bytes) -> str | None:
    """A host by its form alone: a public or internal suffix, and no look of a file, member or package."""
    raw = text.decode("ascii", "replace")
    last = raw.rpartition(".")[2].lower()
    if (last not in _ZONES and last not in _INTERNAL) or last.isdigit():
        return None
    name = raw.lower()
    if raw not in (name, raw.upper()) and not _TITLED.fullmatch(raw):
        return None
    if not is_host(name) or "_" in name.partition(".")[2] or (suffix := suffix_of(name)) is None:
        return None
    labels = name.split(".")
    if len(labels) > 2 and (labels[0] in _PACKAGES or (labels[1] in _PACKAGES and raw != name)):
        return None
    if len(labels) > 1 and labels[-2].isdigit() and _RELEASE.fullmatch(name):
        return None
    if "_" in labels[0] and name.partition(".")[2] == suffix:
        return None  # no registry gives such a name: a member of something, or a module
    if suffix == "internal":
        known = last in {"local", "lan", "internal", "localdomain", "corp"}
        return name if len(labels) > 2 or (known and len(labels) > 1) else None
    telling = labels[0] in _ROLES or _TELLING.search(labels[0]) is not None
    if last in _FILE_LIKE and not (telling and len(labels) > 2):
        return None
    if last not in _PLAIN and not (telling or len(last) == 2):
        return None
    return name


def read_role(text: bytes) -> str | None:
    """A name without dots that begins with a role (``db-prod-01``, ``web3``, ``localhost``), or ends in one."""
    name = text.decode("ascii", "replace").lower()
    if name == "localhost":
        return name
    parts = name.split("-")
    told = parts[0].rstrip("0123456789") in _ROLES or (
        len(parts) > 2 and parts[-1].isdigit() and parts[-2] in _LAST_ROLES
    )
    return name if told and is_host(name) and "_" not in name else None


def read_ported(text: bytes) -> str | None:
    """A name without dots before a port: a role, or any that ends in a dash and a number (``mesos-agent-21``)."""
    return read_role(text) or (read_named(text) if _COUNTED.fullmatch(text) else None)


def read_served(text: bytes) -> str | None:
    """``db.prod.svc``, before a port: a role, with any labels after it, and not a line of a source file."""
    first, _, rest = text.partition(b".")
    if rest.decode("ascii", "replace").lower() in _INTERNAL:
        return read_named(text)
    if rest.rpartition(b".")[2].decode("ascii", "replace") in _SOURCES or read_role(first) is None:
        return None
    return read_named(text)


def read_numbered(text: bytes) -> str | None:
    """``db-prod-01``: a role, a dash, and a number at the end."""
    return read_role(text) if b"-" in text and text[-1:].isdigit() and text[:1].islower() else None
