"""A few words, of which one names something: what ``phrases`` reads. Pure text, a part of ``WORDS``.

Most say what the word is by what stands on both sides of it (``to db-main port 5432``, ``web04 (10.0.0.4)``), since
machines, users and databases have names of any form.
"""

from typing import Final

_QUAD: Final = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"

MACHINES: Final = (
    r"\b(?:from|on|ON|via|to|at|an|auf|von|nach) (?:[a-z][a-z]+(?:-[a-z]+)*|[A-Z][A-Z]+(?:-[A-Z]+)*)-?[0-9][\w.-]*"
    rf"(?: [(\[]{{1,2}}{_QUAD}[)\]])?"
    r"|(?m:^)[ \t]*(?i:host|client|node|server|on) [A-Za-z][\w.-]* \{"
    rf"|\b(?:[Ss]erver|[Hh]ost|[Rr]echner|[Nn]ode|[Mm]achine) [A-Za-z][\w.-]* \({_QUAD}\)"
    rf"|\b[A-Za-z][\w.-]* [(\[]{{1,2}}{_QUAD}(?::[0-9]{{1,5}})?[)\]]|\([A-Za-z][\w.-]*\) \[{_QUAD}\]"
    rf"|\b{_QUAD}\"?[,;]\"?[A-Za-z][A-Za-z-]*[0-9][\w-]*\"?[,;]|[,;\"][A-Za-z][A-Za-z-]*[0-9][\w-]*\"?[,;]\"?{_QUAD}\b"
    r"|\b[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5} (?:\([A-Za-z][\w.-]*\)|[A-Za-z][\w.-]*[ \t\r]*(?m:$))"
    r"|\b(?i:backend|broker|computer|datanode|dc|evacuating|fencing|gateway|host|idrac|ilo|instance|leader|machine|master"
    r"|member|minion|nodes?|partner|peer|primary|printer|reach|replica|secondary|server|standby|target|targeting|vm"
    r"|workstation) \\?[\"'`\[]?(?:[a-z][a-z0-9]+(?:-[a-z0-9]+)*-(?:[a-z]*[0-9]{1,4}[a-z]?|[a-z])"
    r"|[a-z][0-9][a-z]-[0-9]{1,4}|[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)+)\b(?:\.[A-Za-z0-9-]+)*(?::[0-9]{2,5}\b)?"
    r"|\b(?i:resolve|lookup|resolving|look up)"
    r"(?: host(?:name)?:? [\"'`]?[A-Za-z_][\w.-]*|:? [\"'`]?[A-Za-z_][A-Za-z_.-]*[0-9][\w.-]*)\b"
    r"|\b[\w.*-]+\((?:rw|ro|sync|async|fsid|insecure)[,)]"
    r"|\b(?i:host|nodes?|server|machine|instance|replica|vm) [A-Za-z]+[0-9-][\w-]*"
    r" (?:is (?:down|up|unreachable|online|offline|dead|alive)|joined|left|unreachable|went|OK|mount point"
    r"|not (?:responding|reachable)|has not responded)\b"
    rf"|\blookup [A-Za-z][\w.-]* on {_QUAD}|\bgetaddrinfo (?:ENOTFOUND|EAI_AGAIN) [A-Za-z][\w.-]*\b"
    r"|\b[A-Za-z][\w.-]* (?:could not be|cannot be|was not) resolved\b"
    r"|\bUnknownHost(?:Exception|Error): [A-Za-z][\w.-]*"
    r"|\b[A-Za-z][\w.-]*: (?:Name or service not known|Temporary failure in name resolution)\b"
    r"|\b[\w.-]+-fd JobId [0-9]+:"
    r"|\bon [A-Za-z][\w.-]* with PID [0-9]|\b(?i:host|node|server) \([a-z][\w-]*-[\w-]*\)"
    r"|\b(?i:client|machine|node|partner|peer|primary|replica|standby|workstation)"
    r" [\"'\[](?:[A-Za-z][A-Za-z-]*[0-9-][\w.-]*)[\"'\]]"
)
"""Beside an address, that of a network card, or a word for a machine; before what happened to it."""

PORTS: Final = (
    r"\b(?i:to|from|for|host|server) [\"']?[A-Za-z][\w.-]*[\"']? (?:(?:on|at|to) )?[Pp]ort[ :=]{1,2}[0-9]{1,5}\b"
    r"|\b(?:to|from|host|server|upstream|broker|endpoint|tcp|reach(?:ing)?|contact(?:ing)?|server at)"
    r" [A-Za-z][\w-]*:[0-9]{3,5}\b"
    r"|\btcp:[A-Za-z][\w.-]*,[0-9]{2,5}\b|\b(?i:tcp|udp)[/:][0-9]{1,5}\b|\b(?:tcp|udp),[0-9]{1,5},[0-9A-Fa-f.:]+,[0-9A-Fa-f.:]+,[0-9]{1,5},[0-9]{1,5}\b"
    r"|\beni-[0-9a-f]+ [0-9A-Fa-f.:]+ [0-9A-Fa-f.:]+ [0-9]{1,5} [0-9]{1,5} "
    rf"|\b[Pp]ortals?[:=]? {_QUAD},[0-9]{{2,5}}\b|\('{_QUAD}', [0-9]{{1,5}}\)"
    rf"|(?:\bmonitor|@) [\w.-]+ {_QUAD} [0-9]{{2,5}}\b|\b{_QUAD} [0-9]{{2,5}} (?:@ [\w.-]+ )?{_QUAD} [0-9]{{2,5}}\b"
    r"|\b(?:[Ll]istener|[Ll]istening|bound|[Ss]erver(?: created)?|handler [0-9]+)"
    r" (?:on|at|to) [0-9]{4,5}\b[\w.:/+%-]*"
    r"|\b(?:started|running|available) (?:on|at) [0-9]{4,5}(?:[:,;)]|[ \t\r]*(?m:$))"
)
"""Also as columns of the logs of packet filters, of flows in a cloud's network, of iSCSI, of Python, and of Redis."""

USERS: Final = (
    r"\b(?i:user) (?:[A-Z0-9_-]+\\{1,2})?[a-z][\w-]*(?:\.[a-z][\w-]{2,}|[0-9])\b"
    r"|\b(?i:login|logon|logout|session) (?:by|for|of) [\"']?[A-Za-z][\w.@\\-]*[\"']?"
    r" (?:closed|ended|expired|from|using|via)\b"
    rf"|\bby [\w.@-]+ on {_QUAD}@|\bstarted by [\w.@\\-]+ in /"
    r"|\b[Uu]ser account [\"']?[A-Za-z][\w.@\\-]*[\"']? (?:is|was|has)\b"
    r"|\(uid=[A-Za-z][\w.-]*\)"
    rf"|\b(?:[Ff]ail(?:ed|ure)|attempt|denied|rejected|refused|succeeded|successful|accepted|granted) for"
    rf" (?:user )?[\"'`]?[A-Za-z][\w.@\\-]*[\"'`]? from (?:{_QUAD}|[0-9A-Fa-f]*:)"
    r"|\b(?i:user) [A-Za-z][\w.@-]* (?:on|at) [a-z][\w.-]*[0-9]\b|\bidentity [\"'`][\w.@\\-]+[\"'`]"
    r"|\badministrator [A-Z][A-Z0-9_]{2,}\b|\bUSER\([A-Z0-9$#@]{2,8} *\)|, k[0-9]+, u'[\w.@-]+'\)"
    r"|\bUserId=[\w.@-]+\([0-9]+\)"
    r"|[,;|\t][A-Za-z][A-Za-z0-9-]{1,14}\\{1,2}[a-z][\w.-]{2,}[$]?[,;|\t]"
    r"|[ ,;]db=[A-Za-z][\w$-]*[, ;]{1,2}(?:user=[\w.@$-]+|(?:app|application|client|host|remote|tls)=)"
    r"|\b[Qq]ueued on \"[^\s\"]+\" by \"[\w.@\\-]+\""
    r"|\b[Aa][bn]meldung des Benutzers [A-Za-z][\w.-]*|\bBenutzer [A-Za-z][\w.-]*|\b[Uu]tilisateur [A-Za-z][\w.-]*"
    r"|\b(?:acknowledged|approved|blocked|cancell?ed|disabled|enabled|initiated|locked|powered o(?:n|ff)"
    r"|rebooted|remounted|requested|restarted|submitted|terminated|triggered|unlocked) by"
    r" (?:user )?[\"'`]?[A-Za-z][\w.@\\-]*"
)
DATABASES: Final = (
    r"\b[Kk]eyspace [\"'`]?[A-Za-z_]\w*|"
    r"\bSID:? [A-Z][A-Z0-9]{2,11}\b|"
    r"\b(?:CREATE|DROP|ALTER|create|drop|alter) (?:DATABASE|database) (?i:if (?:not )?exists )?"
    r"[`\"']?[A-Za-z_][\w$-]*"
    r"|(?m:^)[ \t]*USE [`\"\[]?[A-Za-z_]\w*[`\"\]]?;|\b[Dd]atabase [A-Za-z_]\w* does not exist"
)
STATEMENTS: Final = (
    r"\b[\w.$-]+@(?:[\w.$-]+|\[unknown\])"
    r" (?:LOG|ERROR|FATAL|PANIC|WARNING|DETAIL|HINT|STATEMENT|CONTEXT|NOTICE|INFO|DEBUG[1-5]?):"
    r"|\[[\w-]+: [\w.-]+: [\w.]+: ?(?:emergency|alert|error|warning|notice|info(?:rmational)?|debug)\]:"
    r"|\[[\w-]+: ?\w+(?:\.\w+)+:(?i:emergency|alert|error|warning|notice|info(?:rmational)?|debug)\]:"
    r"|\b(?i:server) [\w.-]+/[\w.-]+ (?:is (?i:down|up|going|stopping)|failed|succeeded)\b"
)
"""Heads of lines that say who did it where: of PostgreSQL, of ONTAP, of HAProxy."""

REPLIES: Final = (
    r"[\]:] [45][0-9]{2}[ -](?:Administrative|Authentication|Greylist|Incorrect|Invalid|Mailbox"
    r"|Message (?:content|rej|size)|No such user|Recipient|Rejected|[Rr]elay|Requested|Sender|Too many|Try again"
    r"|Unrouteable|Unknown user|User (?:not|unk))"
)
"""What mail servers answer (RFC 5321), where no enhanced code follows."""

_ADDRESS: Final = rf"(?:{_QUAD}|[0-9A-Fa-f]{{1,4}}:[0-9A-Fa-f:]*:[0-9A-Fa-f]*)"
MESSAGES: Final = (
    rf"(?:(?m:^)|[ \t\]])[A-Za-z][\w.@-]*/{_ADDRESS}(?::[0-9]{{2,5}})?"
    r" (?:MULTI|SENT|PUSH|TLS|VERIFY|Data|Control|[Pp]eer|SIG[A-Z]|Outgoing|Incoming|Inactivity|Connection|Auth"
    r"|OPTIONS|WARNING|NOTE|Key|Delayed|Need|\[)"
    rf"|-> [A-Za-z][\w.@-]*/{_ADDRESS}(?::[0-9]{{2,5}})?[ \t\r]*(?m:$)"
    r"|[ \t][A-Za-z][\w.@\\-]* HIER_[A-Z_]+/|\b(?:TCP|UDP)_[A-Z_]+/[45][0-9]{2}\b"
    r"| - [45][0-9]{2} [0-9]{1,3} [0-9]{1,10}(?: [0-9]{1,7})?[ \t\r]*(?m:$)"
    r"|\bzone [A-Za-z0-9_-]+(?:\.[\w-]+)+/IN\b|\bhost is: \\?\"[A-Za-z][\w.-]*\\?\":[0-9]{2,5}\b"
    r"|\b[A-Za-z][\w.-]*/(?:[A-Za-z][\w.-]*|<NOSRV>) -?[0-9]+/-?[0-9]+/-?[0-9]+(?:/-?[0-9]+/\+?[0-9]+ [0-9]{3} |\b)"
    r"|(?m:^)\[[0-9]{10}\] [A-Za-z][\w-]*\[[0-9]+(?::[0-9a-f]+)?\]"
    rf"|{REPLIES}| U=[A-Za-z_][\w.-]* P="
    r"|\[[A-Za-z][\w.-]*\] (?:Restore |Increase )?(?:Ban|Unban|Found) (?:[0-9]{1,3}\.|[0-9A-Fa-f]{1,4}:)"
    r"|\bSERVICE (?:FLAPPING )?ALERT: [\w.-]+;[\w.-]+;"
    r"|\b(?:SERVICE|HOST) (?:ALERT|FLAPPING ALERT|DOWNTIME ALERT|STATE|EVENT HANDLER): [\w.-]+;"
    r"|\b(?:SERVICE|HOST) NOTIFICATION: [\w.-]+;[\w.-]+;"
    r"|\((?:SERVICE_NAME|SID)[ ]?=[ ]?[\w.$-]+\)"
    r"|[0-9]Z [A-Z][a-z]\([0-9]+\) [\w./-]+\[[0-9]+\]:"
    r"|\b(?:imap|lda|lmtp|managesieve|pop3|submission)\([\w.$+-]+\)(?:<[0-9]+>|: [A-Za-z])"
    r"|\b(?:ldap|pam|passwd-file|sql|static)\([\w.$+-]+,[0-9A-Fa-f.:]+[,)]"
    r"|(?m:^)[A-Za-z][\w.-]* [0-9]+ [A-Za-z][\w.@-]* \[[0-9]{2}/[A-Z]"
    r"|\bUPID:[A-Za-z][\w-]*:[0-9A-F]{8}:"
    r"|\b20[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} [\w.-]+ (?:: )?%"
    rf"|\bW3SVC[0-9]+ [\w-]+ {_QUAD}\b"
    rf"|\b(?:src|dst|from|to|for) [\w.-]+:{_QUAD}/[0-9]{{1,5}}\b"
    r"|,(?:TRAFFIC|THREAT),[a-z-]+,(?:[^,\n]*,){23}"
    r"|[\"'](?:[a-zA-Z_]*[Uu][Rr][IiLl]|[Rr]equest_?[Pp]ath)[\"']: ?[\"']/[^\s\"'<>]*"
    r"|\b(?:request (?:for |to )?|(?i:ur[il]): [\"']?)/[\w./%?=&~+-]+"
    r"|\"(?:user|host|server|client|source|destination|agent|observer)\":[ ]?\{[ ]?"
    r"\"(?:name|hostname|username)\":[ ]?\"[\w.@\\-]+\""
    rf"|\b(?:main|worker|sec-mod)\[[\w.@-]+\]:{_QUAD}"
    r"|\[\\?\"(?:ajp|https?)-[a-z0-9.-]+-[0-9]{2,5}\\?\"\]"
)
"""What one program writes, in the form that only it has: OpenVPN, Squid, HAProxy, Nagios, Oracle's listener, ESXi,
Proxmox, Dovecot (a mail address there tells itself), CUPS, Cisco and Huawei, IIS, Palo Alto, Tomcat, Exim, fail2ban,
BIND, Unbound, Hadoop.
"""

EVENT: Final = r"\b(?:CEF:[01]|LEEF:[12](?:\.[0-9])?)\|[^|\n]*\|[^|\n]*\|v?[0-9][\w.-]*\|"
"""The head of a line of ArcSight's format: who made the product, what it is, its version."""

CLAUSES: Final = f"{PORTS}|{MACHINES}|{USERS}|{DATABASES}|{STATEMENTS}|{EVENT}|{MESSAGES}"
