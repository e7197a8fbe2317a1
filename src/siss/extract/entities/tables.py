"""Candidates that are lines of tables and settings: what ``rows`` reads by column. Pure text, a part of ``WORDS``.

A key and a sign stand nowhere in them, and the value's own form tells nothing (``user backup``). What counts is the
whole line: each pattern begins where a line does, and proves by its other columns what table it is of.
"""

from typing import Final

_B: Final = r"[ \t]+"
_NAME: Final = r"[A-Za-z_][\w.@$+\\-]*"
_LINE: Final = r"(?m:^)[ \t]*"
_END: Final = r"[ \t]*;?[ \t\r]*(?m:$)"

ACCOUNT: Final = r"(?m:^)[A-Za-z_][\w.-]*:[x*!]?:[0-9]{1,10}:[0-9]{1,10}:"
"""``backup:x:34:34:``, of passwd."""

HBA: Final = (
    rf"{_LINE}(?:local|host(?:no)?(?:ssl|gssenc)?){_B}[\w,+@.\"-]+{_B}[\w,+@.\"-]+(?:{_B}[\w.:/-]+){{0,2}}{_B}"
    r"(?:trust|reject|md5|scram-sha-256|peer|ident|password|gss|sspi|pam|ldap|radius|cert)\b"
)
"""Who may come to which database of PostgreSQL's, from where."""

CRON: Final = (
    rf"{_LINE}(?:(?:[0-9*][0-9*/,-]*{_B}){{3}}(?:[0-9*][0-9*/,-]*|[A-Za-z]{{3}}){_B}(?:[0-9*][\w*/,-]*|[A-Za-z]{{3}})"
    rf"|@(?:reboot|hourly|daily|midnight|weekly|monthly|yearly|annually)){_B}{_NAME}{_B}[\w./~$\[(-]+"
)
"""The table of cron that all users share."""

SUDOERS: Final = rf"(?m:^){_NAME}{_B}ALL[ \t]*=[ \t]*(?:\([a-z_][\w.-]*(?:[ \t]*:[ \t]*[\w.-]+)?\)|\(|ALL|NOPASSWD|/)"
PROCESS: Final = (
    rf"(?m:^){_NAME}{_B}[0-9]{{1,7}}{_B}[0-9]+\.[0-9]+{_B}[0-9]+\.[0-9]+{_B}[0-9]+{_B}[0-9]+{_B}"
    rf"|(?m:^)[\w.:/-]+{_B}[0-9]{{1,7}}{_B}{_NAME}{_B}(?:cwd|rtd|txt|mem|DEL|[0-9]+[rwu]?){_B}"
    r"(?:IPv[46]|REG|DIR|CHR|FIFO|unix|sock)\b"
)
"""What ``ps aux`` and ``lsof`` print."""

LISTING: Final = (
    rf"(?m:^)[0-9 \t]*[-dlbcps](?:[r-][w-][xsStT-]){{3}}[.+@]?{_B}[0-9]{{1,6}}{_B}{_NAME}{_B}[\w.@\\-]+{_B}[0-9]"
)
SESSION: Final = rf"(?m:^){_NAME}{_B}(?:pts/[0-9]+|tty[0-9S][0-9]?|:[0-9]){_B}"
"""What ``last`` and ``who`` print."""

RECORD: Final = (
    rf"(?m:^)[\w-]+{_B}(?:[0-9]+[A-Za-z]?{_B})?IN{_B}(?:A{_B}[0-9]|AAAA{_B}[0-9A-Fa-f:]|(?:CNAME|MX|NS|PTR|SRV|TXT){_B}[\w\"])"
    rf"|\bIN{_B}SRV{_B}[0-9]{{1,5}}{_B}[0-9]{{1,5}}{_B}[0-9]{{1,5}}\b"
)
"""A name of a zone (RFC 1035), and the port of a service (RFC 2782)."""

HOSTS: Final = (
    rf"{_LINE}[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}{_B}"
    rf"[A-Za-z][\w.-]*(?:{_B}[A-Za-z][\w.-]*){{0,7}}[ \t\r]*(?:#|(?m:$))"
)
LIST_OF_USERS: Final = (
    r"\b(?i:(?:valid|invalid|admin|auth|allowed|denied)[ _]users|(?:read|write)[ _]list)[ \t]*="
    r"[\w@.+%\\\", \t-]+"
    rf"|{_LINE}(?:(?:Allow|Deny)Users|[Rr]equire user|User_Alias{_B}\w+[ \t]*="
    rf"|acl{_B}[\w-]+{_B}(?:proxy_auth|ident)(?:{_B}-i)?)"
    r"[ \t][\w@.+%/\\\", \t-]+"
)
DIRECTIVE: Final = (
    rf"{_LINE}(?i:user|cache_effective_user){_B}[a-z_](?:[\w.-]*\w)?{_END}"
    rf"|{_LINE}(?:(?i:hostname|servername|server_name|serveralias)|Host){_B}[A-Za-z_][\w.-]*(?:{_B}[\w.-]+){{0,7}}{_END}"
    rf"|{_LINE}(?:set{_B}system{_B})?host-name{_B}[A-Za-z_][\w.-]*{_END}"
    rf"|{_LINE}FROM{_B}[a-z][\w./-]*:v?[0-9][\w.-]*"
    rf"|{_LINE}username{_B}{_NAME}{_B}(?:privilege|password|secret|role|nopassword)\b"
    rf"|{_LINE}(?i:listen|listener|https?_port|expose){_B}[0-9]{{2,5}}(?:[ \t;/\r]|(?m:$))"
    rf"|{_LINE}create{_B}0?[0-7]{{3}}{_B}{_NAME}\b"
)
"""A key, and nothing but its values after it."""

_FILE: Final = r"[\w.*+@-]*\.[A-Za-z][A-Za-z0-9]{0,9}"
REFERENCE: Final = (
    rf"{_LINE}(?:COPY|ADD|(?i:include(?:_?optional|_once|_if_exists|_dir)?|source|load_file|rootfile)"
    rf"|(?:ca|cert|key|dh|crl-verify|tls-auth|tls-crypt|auth-user-pass)){_B}(?:--[\w=:.-]+{_B})*[\"'<]?{_FILE}\b"
    rf"|\b(?:No such file or directory|[Cc]annot (?:open|find|read|load|stat)|[Cc]ould not (?:open|find|read|load)"
    r"|[Ff]ailed to (?:open|read|load|parse)|[Uu]nable to (?:open|read|load|find))"
    rf"(?: (?:config|file|the file|configuration file))?[,:]?(?: open)? [\"'`<]{_FILE}\b"
    r"|\b(?i:[\w.-]*"
    r"(?:file|file_?name|path|config|conf|cert|certificate|keystore|truststore|template|schema|script|include))"
    rf"[\"']?(?:[ \t]*=[ \t]*|:[ \t]*)[\"']?{_FILE}\b"
)
"""Bare names, where something says that they are files: ``COPY nginx.conf``, ``include "mime.conf"``."""

CONSTANT: Final = (
    r"\bdefine\([ ]?[\"']\w*(?i:host(?:name)?|server|user(?:name)?|name|database)[\"'],[ ]?[\"'][\w.-]+"
    r"(?::[0-9]{2,5})?"
)
"""``define('DB_USER', 'shop')``, in settings that are PHP."""

ROWS: Final = (
    f"{ACCOUNT}|{HBA}|{CRON}|{SUDOERS}|{PROCESS}|{LISTING}|{SESSION}|{RECORD}|{HOSTS}|{LIST_OF_USERS}|{DIRECTIVE}"
    f"|{REFERENCE}|{CONSTANT}"
)
"""A line, or the beginning of one, that is read by column."""
