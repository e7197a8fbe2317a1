"""What may be a mention: three alternations without captures, so that a text is read in time linear in its length.

They take whole candidates (a name with all its dots, a path with all its parts, a word with its key), longer than
what is wanted where need be: nothing is then found inside of something else, and RE2 needs no look-around. What a
candidate really names is decided by ``classify``. At one place the first alternative that matches wins.

They are three, since the states of an automaton multiply: one for all took seconds to build itself. That of words is
searched for in parts (``Alternation``) for this. For the same
reason there are no long counted repetitions; ``classify`` counts. Text is bytes: names have no letters beyond ASCII.
"""

from typing import Final

from siss.extract.entities.clauses import CLAUSES
from siss.extract.entities.invocations import INVOCATIONS
from siss.extract.entities.logins import LOGINS
from siss.extract.entities.tables import ROWS

_MONTH: Final = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_WEEKDAY: Final = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::(?:[0-5][0-9]|60)(?:[.,][0-9]+)?)?"
_CLOCK: Final = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_ZONE: Final = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])"
_LEVEL: Final = r"(?:(?:alert|crit|debug|emerg|err|error|info|notice|warning) )?"
_PROGRAM: Final = rf"[\w.-]+ {_LEVEL}%?[\w./-]+(?:\([\w:.-]+\))?(?:\[[0-9]+\])?(?:\([a-z]+\))?:"
_TOPICS: Final = r"[a-z]+(?:,[a-z!]+)+"
"""What stands where a program does in the lines of RouterOS."""

_WORDS: Final = r"[\w~+%-]"

FINGERPRINT: Final = r"\xc2\xabsecret:[^\s\xbb]*"
"""What stands for a secret (``«secret:…»``): read over, never part of a name."""

URL: Final = r"(?:jdbc:)?[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>`{}|\\^]+"
REQUEST: Final = (
    r"\b(?:GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS) \"?/[^\s\"'<>]*"
    r"(?: (?:-|[\w.%]+=[^\s\"]*) [0-9]{2,5} [\w.@\\-]+ [0-9]{1,3}(?:\.[0-9]{1,3}){3})?"
)
"""Also with what IIS has after it: the query, the port that was asked, who asked, from where."""

NAMED_DAY: Final = (
    rf"(?:\b{_WEEKDAY},? )?\b{_MONTH} [ 0-9]?[0-9] [0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.][0-9]+)?)?\b"
    rf"(?: {{1,2}}{_PROGRAM}| {{1,2}}[\w./-]+\[[0-9]+\]:| [\w.-]+ {_TOPICS} |(?: [A-Z]{{3,4}}\b)?(?: [0-9]{{4}}\b)?)"
    rf"|\b{_MONTH}\.? [ 0-9]?[0-9](?:st|nd|rd|th)?,? [0-9]{{4}}\b"
    rf"|\b[0-9]{{1,2}}(?: {_MONTH} |-{_MONTH}-|/{_MONTH}/)[0-9]{{4}}\b"
    r"|\b[0-9]{2}-(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)-[0-9]{4}\b"
    rf"|\b[0-9]{{2}}[ -]{_MONTH} [0-9]{{2}}:[0-9]{{2}}\b"
)
NUMBERED_DAY: Final = (
    rf"\b[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[Tt ]{_TIME}{_ZONE}?)?\b"
    r"|\b[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}\b|\b[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}\b"
    r"|\b[0-9]{2}/[0-9]{2}/[0-9]{2}[ ,][0-9]{1,2}:[0-9]{2}:[0-9]{2}"
    rf"|\b[0-9]{{2}}-[0-9]{{2}} {_CLOCK}"
    r"|\b(?:19|20)[0-9]{6}(?:T[0-9]{6}|-[0-9]{1,2}:[0-9]{1,2}:|:[0-9]{6}\.)"
    r"|(?m:^)\[?(?:19|20)[0-9]{6} [0-9]{6}\b|(?m:^)[0-9]{6} [0-9]{6} "
    rf"|\b(?:19|20)[0-9]{{2}}:[01][0-9]:[0-3][0-9][ -]{_CLOCK}"
)
SPOKEN_DAY: Final = (
    rf"\b(?i:last|next) (?:{_WEEKDAY}|(?i:week|month|quarter|year|{_WEEKDAY}))\b|\b(?i:yesterday|tomorrow)\b"
)
UUID: Final = r"\b(?:[A-Za-z]{2,12}-)?[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\b"
HARDWARE: Final = r"\b[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}\b[\w.-]*|\b[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}\b[\w.-]*"
"""Addresses of network cards with dashes or dots, which are read over: no host, no version."""
COLONS: Final = (
    r"\w*(?::\w+)*::[\w:.]*(?:%\w+)?(?:/[0-9]{1,3}\b|\]:[0-9]{1,5}\b|\[[0-9]{2,5}\])?"
    r"|\b\w{1,4}(?::\w{1,4}){7,}(?:%\w+)?(?:/[0-9]{1,3}\b|\]:[0-9]{1,5}\b)?"
)
QUOTED_EMAIL: Final = r'"[\w.]+[ @.]+[\w.]+"@[\w-]+(?:\.[\w-]+)+'
_SETS: Final = (
    r"(?:[\"']?(?:[ \t]+(?:=>|=|:)[ \t]+|=>?|>|:[ \t]*)|:\*\*[ \t]+`?|\*\*:[ \t]+`?"
    r"|[\"'][ \t]+value=|\", ?\"value\": ?|</name>\s*<value>)"
)
"""Between a key and its value, also where both are named: ``name="sip-port" value="5060"``."""

LITERAL_EMAIL: Final = r"[\w.~+%-]+@\[[\w:.]+\]"
ASSIGNMENT: Final = (
    r"(?:\b(?:[\w.-]*[._-])?(?i:hosts?|(?:host|dev|device|machine|agent)_?name|[rsd]?host|servers?|server_?name|domain|fqdn|node|user[_-]?name|benutzer(?:name)?|utilisateur|usuario|authid|datenbank|rechner(?:name)?|usr_?name|usr|[rsd]?user|ugi|helo"
    r"|db_?user|login|logname|uname|acct|account(?:_?name)?|workstation(?:_?name)?|computer(?:_?name)?|owner|principal(?:_?name)?|role|set_id|db|database(?:_?name)?|db_?name|catalog|port|s_?port|d_?port|(?:src|dst|local|remote|source|dest|destination|peer|listen)_?port|(?:src|dst|to)_?-?ports|spt|dpt"
    r"|service|svc|service_?name|syslog_identifier|unit|version|ver|err_?no|code|status|sqlstate|hresult)"
    r"|\b(?:[Aa]ccount|[Uu]ser|[Hh]ost|[Cc]omputer|[Ww]orkstation|[Aa]gent|[Dd]evice|[Nn]et[Bb][Ii][Oo][Ss]) [Nn]ame"
    r"|\bsAMAccountName|\bUser(?: I[Dd]|ID)"
    r"|\b[A-Z][A-Za-z0-9]*(?:Version|Port|Status|User[Nn]ame|Host[Nn]ame)|\b(?:ORACLE_SID|SID_NAME)"
    r"|\b[a-z][A-Za-z0-9]*(?:Host|Hostname|HostName|Server|Domain|Node"
    r"|User|Username|UserName|Login|Database|DbName|Port"
    r"|Service|ServiceName|NodeName|ComputerName|MachineName|Version|Code|Status)"
    r"|\b(?:Subject|Target|Source|Client|Remote|Local|Caller|Destination|Dest|Ip)(?:User|UserName|Host|HostName|Port)"
    r"|\bWorkstationName|\b(?:NodeList|nodeName|NodeName|BatchHost|NAS-Identifier))"
    rf"(?:=<|{_SETS}[\"'\[]?)[\w./@$+~:\\-]+(?:\(|,[0-9]{{4,5}}\b|=[\w./@$+~:\\-]+)?"
)
CREDENTIAL: Final = (
    r"[\w.-]*(?i:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)"
    rf"[\w-]*[\"']?[ \t]{{0,2}}(?:=>|[=:])(?:[ \t]{{0,2}}[\"']?{FINGERPRINT})?"
    r"|\b[A-Z][A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY|CREDENTIALS?)[A-Z0-9_]*\b"
)
ENVIRONMENT: Final = r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+="
SPOKEN: Final = (
    r"\b(?i:[ds]?ports?)(?:\(s\):)?[ \t]+(?:to |number |no\. ?|\{ ?|[\"'\[])?[0-9]{1,5}\b(?:, ?[0-9]{1,5}\b)*"
    r"|\buid=[A-Za-z_][\w.-]*,(?i:ou|cn|dc)=|- [\"']?[0-9]{2,5}:[0-9]{2,5}\b"
    r"|[ \t](?:-p|--publish)[ =][0-9]{2,5}:[0-9]{2,5}\b"
    r"|\b(?i:version|ver|release)\.?[ \t]{1,2}[\"']?v?[0-9]+(?:\.[0-9]+)*[\w.+-]*"
    r"|\b(?i:invalid user|for user|by user|as user|of user|session opened for user"
    r"|(?:logged (?:in|on)|log ?in|log ?on|connect(?:ed|ing)|authenticat(?:ed|ing)) as)"
    r" (?:unix-user:)?\\?[\"']?[\w.@$\\-]+"
    r"(?:\(uid=[0-9]+\) by [\w.@$\\-]+\(uid|'@'[\w.-]+')?"
    r"|\b(?i:host|hostname|node|server|machine|computer|client|terminal|workstation|endpoint|peer|agent|station"
    r"|hypervisor|standby|panel|rechner|arbeitsplatz):?"
    r" [A-Za-z][A-Za-z-]*[0-9][\w.-]*"
    r"|\(to [\w.-]+\) [\w.-]+ on\b|\bby [\w.@-]+ on (?:vty|console|tty|ssh|telnet|pts)"
    r"|(?:[+-][0-9]{2}:[0-9]{2}|:[0-9]{2}(?:\.[0-9]+)?Z) [\w.-]+ [\w./-]+(?:\([\w:.-]+\))?(?:\[[0-9]+\]:|: )"
    r"|-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{3,6})? [\w.-]+ [\w./-]+\[[0-9]+\]"
    r"|(?m:^)<[0-9]{1,3}>1 [0-9T:.Z+-]+ [\w.-]+ [\w./-]+ "
    r"|\b(?:password|publickey|login|keyboard-interactive/pam|authentication|none|access) (?:failed )?for"
    r" (?:invalid user |user )?[\"']?[\w.@-]+"
    r"|\b(?i:user|role|account|login|caller|peer"
    r"|(?:login|logon|query|request|credentials|session|issuance|failed|denied|rejected|granted|attempt) for"
    r"|database|service|host|host ?name|server|domain|zone|agent|host ?name to|server (?:on|at)"
    r"|(?:computer|host|server) name is)"
    r" [\"'`\[][\w.@$\\-]+[\"'`\]](?:\\\[[\w.$-]+\]| -> \[[\w.$\\-]+\])?"
    r"(?:@[\"'`][\w.%-]+[\"'`])?"
    r"|- [A-Za-z][\w.@$+-]* \[[0-9]{2}/[A-Z]"
    r"|\b(?:replicaof|slaveof|remote|telnet|nc|virtual_server|real_server) [\w.-]+ [0-9]{2,5}\b"
    r"|\b(?i:data source|server|addr)=(?:tcp:)?[\w.\\-]+,[ ]?[0-9]{2,5}\b"
    r"|\b(?i:user|benutzer|utilisateur|usuario) [\w.@\\-]+"
    r" (?:from|logged|authenticated|connected|by|failed|does not exist|locked|disconnected|executed"
    r"|joined|signed|login|logout|uploaded|downloaded|deleted|created|changed|opened|renamed|modified|tried|attempted)\b"
    r"|\b(?:TCP|UDP) [0-9]{1,3}(?:\.[0-9]{1,3}){3} [0-9]{1,3}(?:\.[0-9]{1,3}){3} [0-9]{1,5} [0-9]{1,5}\b"
    r"|\bUser <[\w.@\\-]+> IP\b|\bUser@Host: [\w.@$-]+\["
    r"|\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\t[0-9]{1,5}\t[0-9]{1,3}(?:\.[0-9]{1,3}){3}\t[0-9]{1,5}\b"
    r"|\b[\w.@-]+ : TTY=|\bIP6? [0-9A-Fa-f.:]+ > [0-9A-Fa-f.:]+"
    r"|\b(?i:(?:listen(?:s|ing)?|serving) on|bound to|binding to) [\"']?(?:\[::\]|\*)?:[0-9]{2,5}\b"
    r"|\bsystemctl (?:start|stop|restart|reload|status|enable|disable) [\w@.-]+"
    r"|\bservice [\w@.-]+ (?:(?:start|restart|reload)(?:ed)?|stop(?:ped)?|status|is (?:not )?(?:running|down|up))\b"
    r"|\bThe [A-Z][\w.$@-]*(?: [A-Z][\w.$-]*)? service"
    r" (?:is|was|has|entered|terminated|failed|hung|could|did|depends|started|stopped)\b"
    r"|\b(?:PostgreSQL|MySQL|MariaDB|Oracle|SQLite|Redis|MongoDB|Python|Java|Node(?:\.js)?|Ruby|PHP|Perl|Go|Rust|GCC|gcc"
    r"|clang|OpenSSL|OpenSSH|nginx|Nginx|Apache|Tomcat|Jetty|Docker|Kubernetes|Kafka|Linux|Ubuntu|Debian|CentOS|RHEL"
    r"|Fedora|Windows|macOS|Android|iOS|Spark|Hadoop|Elasticsearch|OpenSearch|Grafana|Prometheus|Git|git|systemd|bash"
    r"|Bash|glibc|kernel|curl|Chrome|Firefox) v?[0-9]+(?:\.[0-9]+)+[\w.+-]*"
)
REASONS: Final = "|".join(
    """
    Operation not permitted
    No such file or directory
    Input/output error
    Resource temporarily unavailable
    Cannot allocate memory
    Permission denied
    Device or resource busy
    File exists
    Invalid argument
    Too many open files
    No space left on device
    Read-only file system
    Broken pipe
    Address already in use
    Cannot assign requested address
    Network is unreachable
    Connection reset by peer
    Transport endpoint is not connected
    Connection timed out
    Connection refused
    Host is down
    No route to host
    """.strip().split("\n    ")
)
"""What Linux says of the commonest errors."""

FAILURE: Final = (
    rf"\b[0-9]{{1,3}}: ?(?:{REASONS})\b|\([0-9]{{1,3}}\)(?:{REASONS})\b"
    rf"|\b(?:{REASONS}) \([0-9]{{1,3}}\)|\berror [0-9]{{1,5}}\("
    r"|Exception \([0-9]{2,10}\)|\((?i:error|fehler|erreur) [0-9]{1,5}\)"
    r"|\bError [0-9]{1,5} (?:connecting|while|when|reading|writing|opening)\b"
    r"|\berror\([0-9]{1,5}\)|\(code [0-9]{1,5}\)"
    r"|\b(?i:error|fehler|(?:error|failure|result) code|fehlercode)[ \t]{0,2}[:=]?[ \t]{0,2}\(?0x[0-9A-Fa-f]{1,8}\b"
    r"|\bNT_STATUS_[A-Z_]+|\bER_[A-Z]{2,}(?:_[A-Z]+)+|\b(?:RFC|KDC|KRB5(?:KDC)?|SSL|LDAP|CUDA)_ERR(?:OR)?_[A-Z0-9_]+"
    r"|\bHTTP(?:/[0-3](?:\.[0-9])?)?[\"']?[ :|]{1,2}"
    r"(?:[45]|(?:(?i:status|error|code|response)[ :]{1,2}){1,2}[1-5])[0-9]{2}\b"
    r"|\b(?:ERROR|Error) [0-9]{4} \([0-9A-Z]{5}\)"
    r"|\b(?i:status|status code|error code|error_code|error number|fehler|fehlercode"
    r"|exit code|exit status|exited with (?:code|status)|errno"
    r"|os error|error|code)"
    r"[ \t]{0,2}[:=#]?[ \t]{0,2}[('\"]?-?[0-9]{1,10}\b(?:-[0-9]{2}-[0-9]{2}\b)?"
    r"|\b[45][0-9]{2} (?:Bad Request|Unauthorized|Forbidden|Not Found|Method Not Allowed|Request Time-?out|Conflict"
    r"|Gone|Too Many Requests|Internal Server Error|Not Implemented|Bad Gateway|Service Unavailable"
    r"|Gateway Time-?out)\b"
    r"|\((?:err|rc) [0-9]{1,6}\)|\b(?:28|42|53|55|57)P[0-9]{2}\b"
    r"|\be(?:conn|timed|noent|host|net|addr|acces|nospc|pipe|perm|notconn)[a-z]{0,8}\b"
    r"|\berr=[0-9]{1,6}\b|\bSQLSTATE[ :=]{0,2}\[?[0-9A-Z]{5}\b(?:\](?:: General error:)? \[?[0-9]{3,5}\b)?"
    r"|\bE[A-Z0-9]{3,14}\b|\bERR_[A-Z0-9_]+\b|\b[A-Z]{2,12}_E_[A-Z_]+\b|\b[A-Z][A-Z0-9]{1,5}-[0-9]{3,6}\b|\bORA-[1-9][0-9]?\b"
    r"|\b0x[89Cc][0-9A-Fa-f]{7}\b|\b0xbad[0-9a-f]{4}\b|\bAADSTS[0-9]{4,7}\b|\bSQL[0-9]{4,5}[NWC]\b|\b[A-Z]{3,5}[0-9]{4,5}[EWS]\b|\bAH[0-9]{5}\b|\bWFLY[A-Z]{2,10}[0-9]{4}\b|\bSIG(?:SEGV|KILL|ABRT|BUS|TERM|ILL|FPE)\b"
)
_NAMED: Final = r"[\w.()$~@+-]+"
WINDOWS_PATH: Final = (
    rf"\b_?[A-Za-z]:\\(?:[\w .()$~@+-]*\\)*[\w.()$~@+*-]*|\\\\[\w.$-]+\\(?:{_NAMED}(?: {_NAMED})*\\)*{_NAMED}"
    rf"|%[A-Za-z_]{{3}}[\w()]*%\\(?:[\w .()$~@+-]*\\)*{_NAMED}"
)

TOP_FOLDERS: Final = """
    Applications Library System Users Volumes bin boot data dev etc export home lib lib64 media mnt nas nfs opt
    private proc root run sbin snap srv storage sys tmp usr var vol volume1 volume2 www
    """
"""What an absolute path of one part may be."""

_PARTS: Final = r"(?:/[\w.~+%@:#=$-]+)"
_TOP: Final = rf"/(?:{'|'.join(TOP_FOLDERS.split())}|localhost)\b"
PATH: Final = (
    rf"(?:(?:\b\w[\w.-]*:[0-9.]*|[\w.~+%@$-]+){_PARTS}+|/?{_PARTS}{{2,}}|/[A-Za-z]*[\d_.~+%@:#=$-][\w.~+%@:#=$-]*|{_TOP})"
    r"/?\(?|~/|\b\w[\w.-]*(?:\.d|-enabled)/\*"
)
"""``//nas/team`` is what lies on another machine.

``conf.d/*`` is a folder that is included from beside it.

A slash and one word of letters is more often the end of an element of XML, so few such words are looked at.
"""

_LETTERED: Final = rf"{_WORDS}*[A-Za-z_]{_WORDS}*"
DOTTED: Final = (
    rf"@{{0,2}}(?:{_LETTERED}[.@]{_WORDS}+|[0-9][0-9-]*(?:[.@]{_LETTERED}|[.@]{_WORDS}+\.{_WORDS}+))(?:[.@]{_WORDS}+)*"
    r"(?:(?::[0-9]{1,5}(?:\.[0-9]{1,3}){0,3}\b){1,2}|\]:[0-9]{1,5}(?:\.[0-9]{1,3}){0,3}\b(?::[0-9]{1,5}\b)?|:/[\w./~+%@#=$-]*|\()?"
)
"""Names with dots or an at sign. Decimal numbers are left out here already: tables are full of them."""

ADDRESS_PORT: Final = r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:(?:#|\]:)[0-9]{1,5}\b|\[[0-9]{2,5}\])"
"""As BIND and Postfix write it."""

SHORT_DAY: Final = r"\b[0-3][0-9]\.[01][0-9]\.[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\b"
"""``23.11.26 09:58:00``, as German devices write it: not a version."""

MAIL_STATUS: Final = r"\b[245][0-9]{2}[ -][245]\.[0-7]\.[0-9]{1,3}\b|\bdsn=[245]\.[0-7]\.[0-9]{1,3}\b"
"""An enhanced status code (RFC 3463): not a version."""

ACCOUNT: Final = r"\\?\b[A-Z][A-Z0-9_-]{1,14}(?:\.[A-Z0-9-]+)*(?:\\{1,2}[\w.$-]+)+"
"""``CORP\\anna``, as Windows names who did something; taken with all its parts, for paths look the same."""

NUMBERED: Final = (
    r"\b[a-z][a-z0-9]*(?:-[a-z0-9]+)*-?[0-9]+:(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?|[0-9]{2,5})\b|\b[a-z][a-z0-9]{1,11}(?:-[a-z0-9]+)*-[0-9]+(?:-[a-z0-9]+)*\b"
    r"|[\"'\[][a-z][a-z0-9-]*[a-z0-9](?:\]:[0-9]{4,5}\b|:[0-9]{4,5}[\"'])|\blocalhost(?::[0-9]{2,5})?\b|\*:[0-9]{2,5}\b|\b[0-9]{1,5}[/:](?:tcp|udp)\b"
)

DAYS: Final = f"{FINGERPRINT}|{NAMED_DAY}|{NUMBERED_DAY}|{SPOKEN_DAY}"
"""Days, and the host and program that follow one at the head of a line of syslog."""

WORDS: Final = (
    f"{FINGERPRINT}|{ROWS}",
    f"{ASSIGNMENT}|{CREDENTIAL}|{ENVIRONMENT}|{LOGINS}",
    SPOKEN,
    CLAUSES,
    f"{INVOCATIONS}|{FAILURE}",
)
"""What the words around it tell: one alternation in parts, as its states would multiply more than the others'."""

CLOSING: Final = (
    rf"</(?:{'|'.join(TOP_FOLDERS.split())})>|<[0-9]+\.[0-9]+\.[0-9]+>"
    r"|\b(?i:sections?|chapter|appendix|figure|table|clause) [0-9]+(?:\.[0-9]+)+"
)
"""The end of an element, a process of Erlang (``<0.123.0>``) and part of a book, which are read over."""

_STEP: Final = r"[\w.()~+&,@%-]+(?: [\w.()+&,]+| - )*"
QUOTED_PATH: Final = (
    rf"[\"'\[](?:[A-Za-z]:\\|\\\\[\w.$-]+\\)(?:{_STEP}\\)*{_STEP}\.[A-Za-z0-9]{{1,5}}[\"'\]]"
    rf"|[\"'\[]/(?:{'|'.join(TOP_FOLDERS.split())})(?:/{_STEP})+\.[A-Za-z0-9]{{1,5}}[\"'\]]"
)
"""Between quotes or brackets the name of a file may have blanks, if it has an ending, too."""

FORMS: Final = (
    f"{FINGERPRINT}|{QUOTED_PATH}|{CLOSING}|{URL}|{REQUEST}|{UUID}|{HARDWARE}|{QUOTED_EMAIL}|{LITERAL_EMAIL}|{COLONS}|{WINDOWS_PATH}|{ACCOUNT}|{PATH}|{ADDRESS_PORT}"
    f"|{SHORT_DAY}|{MAIL_STATUS}|{DOTTED}|{NUMBERED}"
)
"""What its own form tells."""

CONFIG_KEY: Final = r"(?m:^)[ \t]*[A-Za-z][\w-]*(?:[._-][\w-]+)+[ \t]*[=:]"
"""Keys of a file of settings. In other texts only keys of the environment count (``ENVIRONMENT``)."""
