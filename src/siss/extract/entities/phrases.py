"""What a word is by what stands around it: a table of phrases, whose groups are called by what they name."""

import re
from collections.abc import Callable
from typing import Final

from siss.extract.entities.addresses import read_ipv4, read_ipv6, read_port
from siss.extract.entities.clauses import CLAUSES
from siss.extract.entities.codes import read_version
from siss.extract.entities.findings import Finding, found, listed_bytes
from siss.extract.entities.hosts import read_named, read_role
from siss.extract.entities.names import read_name, read_user
from siss.matching import compile_matcher
from siss.model.entity import Confidence, EntityType

_COUNTED: Final = re.compile(rb"-.*[0-9]|[0-9]{2}")
_DEVICE: Final = re.compile(rb"[A-Z]+[0-9]{4,}")
"""A standard, or a part: ``ES2015``, ``AD1848``."""
_INTERFACE: Final = re.compile(
    rb"(?i:ae|bond|br|en[ops]|eth|fa|ge|gi|lan|lo|port|te|tun|vlan|vsys|wan|wl|xe)[0-9][\w-]*"
)
_HASH: Final = re.compile(rb"[0-9A-Fa-f]+")
_FORM: Final = re.compile(rb"[a-z][a-z0-9]+(?:-[a-z0-9]+)*-(?:[a-z]*[0-9]{1,4}[a-z]?|[a-z])")
_PARTS: Final = re.compile(rb"[a-z]+")
_COUNTED_TOO: Final = listed_bytes(
    """
    account acl ae all alpha app asset attempt base batch beta bit blk block bond bridge bucket bug build case
    change channel chapter chunk class column commit conn connection container cpu cve day debug device dir disk doc
    document draft drive dump epoch et eth event exec executor exit experiment extent fe feature field figure file
    fix flow frame ge gen generation gi group head id image in index input instance interface invoice iso issue item
    iteration job key last latin layer length level lib line list lo lock loop lun make message mid mode model
    module mon month mr ms mx my no non num object off offset option order osd out output package page part
    partition pass patch path percent phase pid pipeline pod point pool port post pr priority process pull python
    queue rank rc record ref region release replica reply req request rev revision round row rule run sample schema
    section segment sensor sequence session sha shard sheet size slice slot snap snapshot socket source stage state
    step stream string sub subnet table tag task term test thread ticket tier tls topic trace track tran transaction
    trial try txn type unit up update user utf vcpu ver version vlan vol volume week win windows worker write x xe
    zone
    """
)
"""What programs number as people do machines: threads, jobs, parts of tables."""

_DIGIT_OR_DOT: Final = re.compile(rb"[0-9.]")
_TELLING: Final = re.compile(rb"[0-9.-]")
_PERSON: Final = re.compile(
    rb"[a-z]+[._][a-z]+|[a-z]+[0-9]+|(?:[A-Z0-9_-]+\\)?[\w.-]+@[\w.-]+|[A-Z][A-Z0-9_-]+\\[\w.-]+"
)
_ACCOUNTS: Final = listed_bytes("admin administrator guest operator postgres root superuser sysadmin www-data")
_PACKAGE: Final = re.compile(rb"(?:com|edu|gov|io|java|javax|net|org)\.|v?[0-9.]+$")
TERMS: Final = listed_bytes(
    """
    base64 ec2 es5 es6 ext3 ext4 gb2312 h264 h265 http1 http2 http3 ipv4 ipv6 iso8601 java11 java17 java8 k8s latin1
    md5 mp3 mp4 oauth2 pts0 python2 python3 rfc1918 rfc931 scram-sha-1 scram-sha-256 sha1 sha256 sha512 socks4 socks5
    sqlite3 ssl2 ssl3 tls1 tty0 tty1 tty2 ttyS0 utf-16 utf-8 utf16 utf8 vp9 win32 win64 x509 x86
    """
)
"""Words with numbers in them that are no machines."""

OF_PORTS: Final = listed_bytes(
    """
    client column default dest destination dst external file free gid host http https id internal line listen
    listening local network next offset other page peer physical pid port position public remote same serial server
    service sip sips socket source src switch target tcp tcp4 tcp6 tel trunk udp uid uplink usb version virtual
    """
)


def _read_beside(name: bytes) -> str | None:
    """A name beside an address: a word of the sentence has no digit, dot or dash in it (``gateway (10.0.0.1)``)."""
    return read_named(name) if _TELLING.search(name) and not _PACKAGE.match(name) else None


def _read_after(name: bytes) -> str | None:
    """A name after ``from``, ``on``, ``to``: numbered, and by what machines are called (``on web04``).

    What has dots tells itself.
    """
    bare = name.rstrip(b".")
    if _COUNTED.search(bare) is None or b"." in bare or bare.lower() in TERMS or _DEVICE.fullmatch(bare):
        return None
    return read_role(bare) or (read_named(bare) if is_machine(bare) else None)


def _read_cell(name: bytes) -> str | None:
    """A numbered name in the cell beside that of an address; protocols and interfaces stand there as well."""
    if name.lower() in TERMS or _INTERFACE.fullmatch(name) or (len(name) > 7 and _HASH.fullmatch(name)):
        return None
    return _read_formed(name) if len(name) > 3 else None


def is_machine(name: bytes) -> bool:
    """Whether a name has a machine's form (``stor-fra2``, ``net-ctl-07b``), and is none of what is counted so too."""
    return _FORM.fullmatch(name) is not None and _COUNTED_TOO.isdisjoint(_PARTS.findall(name))


def _read_formed(name: bytes) -> str | None:
    """Behind what is a machine, or may be done to one; the labels after the first may be any."""
    first = name.partition(b".")[0].lower()
    return read_named(name) if _COUNTED_TOO.isdisjoint(_PARTS.findall(first)) else None


def _read_server(name: bytes) -> str | None:
    """What a balancer calls one of those behind it: a word may be any (``be_app/primary``)."""
    return read_named(name) if _TELLING.search(name) else None


def _read_actor(name: bytes) -> str | None:
    """Who did something: a program or a rule does as well, so the name has an account's form, or is one of all."""
    bare = name.rstrip(b".")
    return read_user(bare) if _PERSON.fullmatch(bare) or bare.lower() in _ACCOUNTS else None


def _read_bound(number: bytes) -> str | None:
    """A number that is no year."""
    return None if len(number) == 4 and number.startswith((b"19", b"20")) else read_port(number)


def _read_remote(name: bytes) -> str | None:
    """A name with a port after it, not what the port is called by (``to remote port 22``)."""
    return None if name.lower() in OF_PORTS else read_named(name)


def _read_looked_up(name: bytes) -> str | None:
    """What is resolved: also symbols, and conflicts."""
    return _read_beside(name) if _DIGIT_OR_DOT.search(name) and name.lower() not in TERMS else None


BELONGINGS: Final = listed_bytes(
    """
    accounts agent data directory entry file files folder group groups home info input interface list manager mode
    model object password permissions preferences profile record rights role roles service settings space table
    that token which who
    """
)
"""What a user has, and is done something to: ``user profile deleted``."""

_COMMON: Final = listed_bytes(
    """
    all any client connection host message packet query request requests service session the
    """
)
"""What something is for beside people: ``failed for request from 10.0.0.4``."""


def _read_account(name: bytes) -> str | None:
    """Who it was: a word beside an address, or a cell of a table."""
    return None if name.lower() in _COMMON else read_user(name)


def _read_asked(path: bytes) -> str | None:
    """What was asked of a server, without the server."""
    return path.decode() if len(path) > 1 and path.isascii() else None


def _read_http(status: bytes) -> str | None:
    """What a server answered, if that says that something failed."""
    return f"HTTP {status.decode()}" if status[:1] in {b"4", b"5"} else None


def _read_reply(code: bytes) -> str | None:
    """A reply of a mail server's (RFC 5321)."""
    return f"SMTP {code.decode()}"


def _read_owning(name: bytes) -> str | None:
    """Whose something is on a machine; not what of theirs is (``user data on nas1``)."""
    return None if name.lower() in BELONGINGS else _read_account(name)


def _read_telling(name: bytes) -> str | None:
    """What somebody calls a machine, where an application may be called something, too."""
    return read_named(name) if _TELLING.search(name) else None


def _read_end(address: bytes) -> str | None:
    """An address of either kind."""
    return read_ipv4(address) or read_ipv6(address)


_ANY: Final = compile_matcher(CLAUSES)
_READERS: Final[dict[str, tuple[EntityType, Callable[[bytes], str | None]]]] = {
    "host": (EntityType.HOSTNAME, read_named),
    "beside": (EntityType.HOSTNAME, _read_beside),
    "after": (EntityType.HOSTNAME, _read_after),
    "cell": (EntityType.HOSTNAME, _read_cell),
    "remote": (EntityType.HOSTNAME, _read_remote),
    "address": (EntityType.IP_ADDRESS, read_ipv4),
    "database": (EntityType.DATABASE, read_name),
    "ends": (EntityType.IP_ADDRESS, _read_end),
    "service": (EntityType.SERVICE_NAME, read_name),
    "asked": (EntityType.URL, _read_asked),
    "server": (EntityType.HOSTNAME, _read_server),
    "formed": (EntityType.HOSTNAME, _read_formed),
    "looked": (EntityType.HOSTNAME, _read_looked_up),
    "user": (EntityType.USERNAME, read_user),
    "account": (EntityType.USERNAME, _read_account),
    "owning": (EntityType.USERNAME, _read_owning),
    "named": (EntityType.HOSTNAME, _read_telling),
    "owner": (EntityType.USERNAME, _read_account),
    "actor": (EntityType.USERNAME, _read_actor),
    "error": (EntityType.ERROR_CODE, bytes.decode),
    "http": (EntityType.ERROR_CODE, _read_http),
    "smtp": (EntityType.ERROR_CODE, _read_reply),
    "port": (EntityType.PORT, read_port),
    "bound": (EntityType.PORT, _read_bound),
    "other": (EntityType.PORT, read_port),
    "mapped": (EntityType.PORT, read_port),
    "target": (EntityType.PORT, read_port),
    "version": (EntityType.VERSION, read_version),
}
_PHRASES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rb"^identity .(?P<user>[\w.@\\-]+).$",
        rb"^(?:from|on|ON|via|to|at|an|auf|von|nach) (?P<after>[\w.-]+)$",
        rb"^(?:from|on|ON|via|to|at) (?P<beside>[A-Za-z][\w.-]*?)\.? [(\[]{1,2}[0-9.]+[)\]]$",
        rb"^[A-Za-z]+ (?P<host>[A-Za-z][\w.-]*) \([0-9.]+\)$",
        rb"^\(?(?P<beside>[A-Za-z][\w.-]*?)\.?\)? [(\[]{1,2}[0-9.]+(?::[0-9]+)?[)\]]$",
        rb"^[ \t]*[A-Za-z]+ (?P<host>[A-Za-z][\w.-]*) \{$",
        (
            rb"^(?i:[a-z]+) \\?[\"'`\[]?"
            rb"(?P<formed>[A-Za-z][A-Za-z0-9]+(?:-[A-Za-z0-9]+)+(?:\.[\w-]+)*)(?::(?P<port>[0-9]+))?$"
        ),
        rb"^(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2} \((?P<host>[A-Za-z][\w.-]*)\)$",
        rb"^(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2} (?P<beside>[A-Za-z][\w.-]*)\s*$",
        rb"^(?i:resolv(?:e|ing)|look ?up)(?i: host(?:name)?:?) [\"'`]?(?P<beside>[A-Za-z_][\w.-]*)$",
        rb"^(?i:resolv(?:e|ing)|look ?up):? [\"'`]?(?P<looked>[A-Za-z_][\w.-]*)$",
        rb"^(?P<beside>[A-Za-z][\w.-]+)\((?:rw|ro|sync|async|fsid|insecure)[,)]$",
        rb"^(?i:[a-z]+) [\"']?(?P<remote>[A-Za-z][\w.-]*)[\"']? (?:(?:on|at|to) )?[Pp]ort[ :=]{1,2}(?P<port>[0-9]+)$",
        rb"^(?i:tcp|udp)[/:](?P<port>[0-9]+)$",
        rb"^tcp:(?P<remote>[\w.-]+),(?P<port>[0-9]+)$",
        rb"^[a-z]+(?: at)? (?P<remote>[A-Za-z][\w-]*):(?P<other>[0-9]+)$",
        rb"^(?i:host|nodes?|server|machine|instance|replica|vm) (?P<host>[A-Za-z]+[0-9-][\w-]*) [A-Za-z ]+$",
        rb"^(?i:(?:create|drop|alter) database (?:if (?:not )?exists )?)[`\"']?(?P<database>[\w$-]+)$",
        rb"^[ \t]*USE [`\"\[]?(?P<database>\w+)[`\"\]]?;$",
        rb"^[Dd]atabase (?P<database>\w+) does not exist$",
        rb"^(?i:user|benutzer|[a-z]+ des benutzers|utilisateur) (?P<user>[\w.\\-]+)$",
        rb"^(?:tcp|udp),[0-9]+,[^,]+,[^,]+,(?P<port>[0-9]+),(?P<other>[0-9]+)$",
        rb"^eni-[0-9a-f]+ [0-9A-Fa-f.:]+ [0-9A-Fa-f.:]+ (?P<port>[0-9]+) (?P<mapped>[0-9]+) $",
        rb"^[0-9.]+\"?[,;]\"?(?P<cell>[A-Za-z][\w-]*)\"?[,;]$",
        rb"^[,;\"](?P<cell>[A-Za-z][\w-]*)\"?[,;]\"?[0-9.]+$",
        rb"^[Pp]ortals?[:=]? [0-9.]+,(?P<port>[0-9]+)$",
        rb"^\('[0-9.]+', (?P<port>[0-9]+)\)$",
        rb"^(?:monitor|@) [\w.-]+ [0-9.]+ (?P<port>[0-9]+)$",
        rb"^[0-9.]+ (?P<port>[0-9]+) (?:@ [\w.-]+ )?[0-9.]+ (?P<other>[0-9]+)$",
        rb"^(?i:[a-z]+(?: [0-9]+| created)?) (?:on|at|to) (?P<bound>[0-9]+)[.:,;)]?\s*$",
        rb"^[a-z]+(?: o[nf]+)? by user [\"'`]?(?P<actor>[\w.@\\-]+)$",
        rb"^[a-z]+(?: o[nf]+)? by [\"'`]?(?P<actor>[\w.@\\-]+)$",
        rb"^(?P<user>[\w.$-]+)@(?:(?P<database>[\w.$-]+)|\[unknown\]) [A-Z]+[1-5]?:$",
        rb"^\[(?P<host>[\w-]+): [\w.-]+: [\w.]+: ?[a-z]+\]:$",
        rb"^(?i:server) [\w.-]+/(?P<server>[\w.-]+) (?:is )?(?i:[a-z]+)$",
        rb"^(?i:[a-z]+) (?:by|for|of) [\"']?(?P<user>[\w.@\\-]+)[\"']? [a-z]+$",
        rb"^by (?P<user>[\w.@-]+) on (?P<address>[0-9.]+)@$",
        rb"^[Uu]ser account [\"']?(?P<user>[\w.@\\-]+)[\"']? [a-z]+$",
        rb"^lookup (?P<host>[A-Za-z][\w.-]*) on [0-9.]+$",
        rb"^getaddrinfo (?P<error>[A-Z_]+) (?P<host>[A-Za-z][\w.-]*)$",
        rb"^(?P<beside>[A-Za-z][\w.-]*) [a-z ]+ resolved$",
        rb"^UnknownHost\w+: (?P<host>[\w.-]+)$",
        rb"^(?P<beside>[\w.-]+): [A-Z][a-z ]+$",
        rb"^(?P<host>[\w.-]+)-fd JobId [0-9]+:$",
        rb"^\(uid=(?P<user>[\w.-]+)\)$",
        rb"^on (?P<host>[A-Za-z][\w.-]*) with PID [0-9]$",
        rb"^(?i:[a-z]+) [\"'\[](?P<beside>[A-Za-z][\w.-]*)[\"'\]]$",
        rb"^(?i:[a-z]+) \((?P<after>[\w-]+)\)$",
        rb"^started by (?P<user>[\w.@\\-]+) in /$",
        rb"^(?:[A-Z]+_[A-Z_]+/| - )(?P<http>[45][0-9]{2})(?: [0-9 ]+)?\s*$",
        (
            rb"^(?:-> |\W)?(?P<user>[\w.@-]+)/(?P<ends>[0-9.]+|[0-9A-Fa-f:]*::[0-9A-Fa-f]{1,4}?)"
            rb"(?::(?P<port>[0-9]+))? ?(?:[A-Za-z]+|\[|\s*)$"
        ),
        rb"^[ \t](?P<user>[\w.@\\-]+) HIER_[A-Z_]+/$",
        rb"^zone (?P<host>[\w.-]+)/IN$",
        rb"^host is: \\?\"(?P<host>[\w.-]+)\\?\":(?P<port>[0-9]+)$",
        rb"^[\w.-]+/(?:(?P<server>[\w.-]+)|<NOSRV>) [0-9/+-]+(?: (?P<http>[0-9]{3}) )?$",
        rb"^\[[0-9]+\] (?P<service>[\w-]+)\[[0-9a-f:]+\]$",
        rb"^[\]:] (?P<smtp>[45][0-9]{2})[ -][A-Za-z ]+$",
        rb"^ U=(?P<user>[\w.-]+) P=$",
        rb"^\[(?P<service>[\w.-]+)\] [A-Za-z ]+ [0-9A-Fa-f]+[.:]$",
        rb"^[A-Z]+ NOTIFICATION: (?P<user>[\w.-]+);(?P<host>[\w.-]+);$",
        rb"^(?:SERVICE|HOST) [A-Z ]+: (?P<host>[\w.-]+);(?:(?P<service>[\w.-]+);)?$",
        rb"^\([A-Z_]+[ ]?=[ ]?(?P<database>[\w.$-]+)\)$",
        rb"^[0-9]Z \S+ (?P<service>[\w./-]+)\[[0-9]+\]:$",
        rb"^[a-z0-9]+\((?P<user>[^),]+)\)(?:<[0-9]+>|: [A-Za-z])$",
        rb"^[a-z-]+\((?P<user>[^),]+),(?P<ends>[^),]+)[,)]$",
        rb"^[\w.-]+ [0-9]+ (?P<user>[\w.@-]+) \[[0-9]{2}/[A-Z]$",
        rb"^\[(?P<host>[\w-]+): ?[\w.]+:[A-Za-z]+\]:$",
        rb"^[Qq]ueued .* by \"(?P<user>[\w.@\\-]+)\"$",
        rb"^UPID:(?P<host>[\w-]+):[0-9A-F]+:$",
        rb"^20[0-9]{2} [0-9:]+ (?P<host>[\w.-]+) (?:: )?%$",
        rb"^W3SVC[0-9]+ (?P<host>[\w-]+) [0-9.]+$",
        rb"^[a-z]+ [\w.-]+:(?P<address>[0-9.]+)/(?P<port>[0-9]+)$",
        (
            rb"^,(?:TRAFFIC|THREAT),(?:[^,]*,){8}(?P<user>[^,]*),(?P<owner>[^,]*),(?:[^,]*,){10}"
            rb"(?P<port>[0-9]+),(?P<other>[0-9]+),(?P<mapped>[0-9]+),(?P<target>[0-9]+),$"
        ),
        rb"^\[\\?\"[a-z0-9.-]+-(?P<port>[0-9]+)\\?\"\]$",
        rb"^(?i:[a-z]+) for (?:user )?[\"'`]?(?P<account>[\w.@\\-]+)[\"'`]? from (?:[0-9.]+|[0-9A-Fa-f]*:)$",
        rb"^[\"'][A-Za-z_]+[\"']: ?[\"'](?P<asked>/.*)$",
        rb"^(?:request (?:for |to )?|(?i:ur[il]): [\"']?)(?P<asked>/.*?)[.]?$",
        rb"^\"(?:user|client)\":[ ]?\{[ ]?\"(?:name|username)\":[ ]?\"(?P<user>[\w.@\\-]+)\"$",
        rb"^\"[a-z]+\":[ ]?\{[ ]?\"(?:name|hostname)\":[ ]?\"(?P<named>[\w.-]+)\"$",
        rb"^[a-z-]+\[(?P<user>[\w.@-]+)\]:[0-9.]+$",
        rb"^(?i:user) (?P<owning>[\w.@-]+) (?:on|at) (?P<after>[\w.-]+)$",
        rb"^[Kk]eyspace [\"'`]?(?P<database>\w+)$",
        rb"^administrator (?P<user>[A-Z0-9_]+)$",
        rb"^USER\((?P<user>[^ )]+) *\)$",
        rb"^UserId=(?P<user>[\w.@-]+)\([0-9]+\)$",
        rb"^, k[0-9]+, u'(?P<user>[\w.@-]+)'\)$",
        rb"^[,;|\t](?P<account>[A-Za-z][\w-]*\\{1,2}[\w.-]+[$]?)[,;|\t]$",
        rb"^[ ,;]db=(?P<database>[\w$-]+)[, ;]+(?:user=(?P<user>[\w.@$-]+)|[a-z]+=)$",
        rb"^SID:? (?P<database>[A-Z0-9]+)$",
        rb"^(?:CEF:[01]|LEEF:[12](?:\.[0-9])?)\|[^|]*\|[^|]*\|(?P<version>[^|]+)\|$",
    )
)


def dissect_phrase(text: bytes) -> list[Finding] | None:
    """What the first phrase of the table that this is names; None if it is none."""
    if _ANY.fullmatch(text) is None:
        return None
    for pattern in _PHRASES:
        if (told := pattern.match(text)) is not None:
            findings: list[Finding] = []
            for group, value in told.groupdict().items():
                kind, read = _READERS[group]
                if group == "other" and not findings:  # ``to sip:2210``
                    break
                if value is not None and (name := read(value)) is not None:
                    findings.append(found(kind, *told.span(group), name, Confidence.MEDIUM))
            return findings
    return None
