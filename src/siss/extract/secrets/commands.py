# ruff: noqa: E501 - expressions are easier to read whole
"""Secrets among the arguments of commands and calls: scripts, shell histories, code, directives of one value."""

import re
from collections.abc import Iterator
from typing import Final

from siss.extract.secrets.judges import (
    Judge,
    Line,
    argument,
    bound,
    called,
    chosen,
    directive,
    private,
    stated,
    variable,
)

_OPTIONS: Final[tuple[tuple[bytes, bytes, Judge], ...]] = (
    (rb"sshpass", rb"-p[ \t]*", chosen),
    (rb"mysql(?:dump|admin|import|check|show)?|mariadb(?:-dump|-admin)?", rb"-p", chosen),
    (rb"ldap(?:search|modify|add|delete|whoami|passwd)", rb"-w[ \t]+", chosen),
    (rb"plink|pscp|psftp|putty", rb"-pw[ \t]+", chosen),
    (rb"curl|wget|https?", rb"(?:-u|--user|--proxy-user|-U)[ \t=]*[\"']?[^\s\"':/]{1,64}:", chosen),
    (
        rb"smb(?:client|get|cacls|tree)|rpcclient|net|winexe|wbinfo|mount\.cifs",
        rb"-U[ \t]*[\"']?[^\s%\"']{1,64}%",
        chosen,
    ),
    (rb"lftp|ncftp(?:put|get)?", rb"-u[ \t]+[^\s,]{1,64},", chosen),
    (rb"(?:ipmitool|sqlcmd|osql|isql|bcp|mosquitto_(?:pub|sub))", rb"[-/]P[ \t]+", chosen),
    (
        rb"psexec(?:64)?(?:\.exe)?|useradd|usermod|racadm|hive|beeline|rdesktop|ncftp(?:put|get)?",
        rb"-p[ \t]+",
        chosen,
    ),
    (rb"cmdkey|schtasks", rb"/(?:pass:|rp[ \t]+)", chosen),
    (rb"w?x?freerdp3?", rb"/p:", chosen),
    (rb"openssl", rb"-pass(?:in|out)?[ \t]+pass:", chosen),
    (
        rb"(?:docker|podman|nerdctl|buildah|skopeo|oc|az|helm)[ \t](?:[^\n|;]{0,200}?[ \t])?login",
        rb"-p[ \t=]",
        chosen,
    ),
    (rb"redis-cli", rb"-a[ \t]+", chosen),
    (rb"mongo(?:sh|dump|restore|export|import)?|7z[ar]?|rar", rb"-h?p[ \t]?", argument),
    (rb"(?:un)?zip", rb"-P[ \t]*", chosen),
    (rb"openssl", rb"-k[ \t]+", chosen),
    (rb"keytool|jarsigner", rb"-(?:src|dest)?(?:store|key)pass[ \t]+", chosen),
    (rb"gpg2?", rb"--passphrase[ \t=]+", chosen),
    (rb"snmp(?:get|walk|bulkwalk|set|getnext|table)", rb"-c[ \t]+", argument),
    (rb"snmp(?:get|walk|bulkwalk|set|getnext|table)", rb"-A[ \t]+", chosen),
    (rb"ssh-keygen", rb"-[NP][ \t]+", chosen),
)
"""Commands, what stands before the password among their arguments, and what it must look like."""

_BOUND: Final = re.compile(rb"\{\d+,\d+\}\??")


def _options() -> Iterator[Line]:
    for command, option, judge in _OPTIONS:
        # Bounds would make the automaton of the proposal large, and tell nothing there.
        shown = rb"\b(?:" + command + rb")[ \t](?:[^\n|;]*[ \t])?" + option + rb"[\"']?[^\s\"'$<{]"
        exact = (
            rb"(?:"
            + command
            + rb")[ \t](?:[^\n|;]{0,400}?[ \t])?"
            + option
            + rb"(?:\"([^\"\n]{4,200})\"|'([^'\n]{4,200})'|((?!-[A-Za-z-])[^\s\"'|<>;]{4,200}))"
        )
        yield Line("command-password", _BOUND.sub(rb"*", shown), exact, judge)


_CONNECT: Final = rb"mysqli?_p?connect|mysqli|PDO|getConnection|connect|imap_open|ldap_bind|ftp_login|oci_p?connect|PlainAuth|(?:FTP|SFTP|SSH|SMTP|IMAP|POP3)(?:\.|::)(?:open|start)"

COMMANDS: Final = (
    *_options(),
    Line(
        "command-password",
        rb"\b(?:htpasswd[ \t]+-[a-zA-Z]*b[a-zA-Z]*[ \t]|net use[ \t]+(?:\S+[ \t]+)?\\\\\S+[ \t]+[^\s/]|mysql\w*[\"'][ \t]*,[^\n]*[\"']-p[^\s\"'$])",
        rb"(?:htpasswd[ \t]+-[a-zA-Z]*b[a-zA-Z]*[ \t]+(?:[^\s]{1,200}[ \t]+){1,2}?(?=\S+[ \t]*(?:\r?\n|\Z))"
        rb"|net use[ \t]+(?:[^\s\\]{1,10}[ \t]+)?\\\\\S{1,200}[ \t]+(?=\S+[ \t]+/)|mysql\w*[\"'][ \t]*,[^\n]{0,300}?[\"']-p)[\"']?([^\s\"'|<>]{4,200})",
        chosen,
    ),
    Line(
        "command-password",
        rb"\b(?:ConvertTo-SecureString[ \t]+(?:-AsPlainText[ \t]+|-Force[ \t]+|-String[ \t]+)*[\"']|net use[ \t][^\n|;]*/user:\S+[ \t]+\w)",
        rb"(?:ConvertTo-SecureString[ \t]+(?:-AsPlainText[ \t]+|-Force[ \t]+|-String[ \t]+){0,3}[\"']([^\"'\n]{4,128})[\"']|net use[ \t][^\n|;]{0,200}/user:\S{1,64}[ \t]+(\S{4,128}))",
        chosen,
    ),
    Line(
        "command-password",
        rb"\b(?:net user[ \t]+\S+[ \t]+[^\s/*]|(?:sqlplus|expdp|impdp|sqlldr|exp|imp|rman)[ \t](?:[^\n|;]*\w/[^\s@/\"']+@|(?:[^\n|;]*[ \t])?(?:userid=|target[ \t]+)\w+/\w)|(?:echo|printf)[ \t]+(?:-[ne]+[ \t]+)?(?:[\"'][^\n|\"'$]+[\"']|[^\s|\"'$]+)[ \t]*\|[^\n]*(?:-stdin|\bchpasswd|\bsmbpasswd|\bkinit|\bpasswd|\bsudo[ \t][^\n]*-S)|(?:kinit|passwd|openconnect|cryptsetup|sudo)[ \t][^\n|;<]*<<<[ \t]*[\"'])",
        rb"(?:net user[ \t]+[^\s/]\S{0,63}[ \t]+([^\s/*]\S{3,128})(?=[ \t]*(?:/|\r?\n|\Z))|\w+[ \t][^\n|;]{0,200}?(?:\w/([^\s@/\"']{4,64})@[\w/]|(?:userid=|target[ \t]+)\w+/([^\s@/\"']{4,64})(?!\S))|(?:echo|printf)[ \t]+(?:-[ne]+[ \t]+)?(?:[\"'](?:[\w.-]{1,32}:)?([^|\"'\n]{4,128})[\"']|(?:[\w.-]{1,32}:)?([^\s|\"']{4,128}))[ \t]*\||\w+[ \t][^\n|;<]{0,200}<<<[ \t]*[\"']([^\"'\n]{4,128})[\"'])",
        chosen,
    ),
    Line(
        "command-password",
        rb"(?m:\b(?:setenv|SetEnv|set[ \t]+-[a-zA-Z]+|proxy_set_header|RequestHeader[ \t]+set|(?:configure|config)[ \t]+set|(?:config|remote)[ \t]+create[ \t][^\n]*)[ \t]+[\w.-]*(?i:pass|pw|psk|secret|token|key)[\w.-]*[ \t]+[^\s=:-])",
        rb"(?:setenv|SetEnv|set[ \t]+-[a-zA-Z]+|proxy_set_header|RequestHeader[ \t]+set|(?:configure|config)[ \t]+set|(?:config|remote)[ \t]+create[ \t][^\n]{0,200}?)[ \t]+([\w.-]{2,80})[ \t]+(?:\"([^\"\n]{4,256})\"|'([^'\n]{4,256})'|([^\s\"'$<|;]{4,256}))[ \t]*;?[ \t]*(?=\r?\n|\r?\Z)",
        variable,
    ),
    Line(
        "command-password",
        rb"(?i:\bconn(?:ect)?[ \t]+\w+/[^\s@/\"'&<$]+@[\w/])|\.MapNetworkDrive[ \t(]",
        rb"(?:(?i:conn(?:ect)?[ \t]+)\w{1,64}/([^\s@/\"']{4,64})@|\.MapNetworkDrive[ \t(]+[^\n]{0,200}?,[ \t]*(?i:true|false)[ \t]*,[ \t]*[\"'][^\"'\n]{1,99}[\"'][ \t]*,[ \t]*[\"']([^\"'\n]{4,128})[\"'])",
        chosen,
    ),
    Line(
        "call-password",
        rb"\b(?:" + _CONNECT + rb")[ \t]*\([^()\n]*,[ \t]*[\"'][^\"'\n]*[\"'][ \t]*,[ \t]*[\"']",
        rb"(?:"
        + _CONNECT
        + rb")[ \t]*\([ \t]*(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|[^(),\n]{1,200})[ \t]*,[ \t]*[\"'][^\"'\n]{0,200}[\"'][ \t]*,[ \t]*[\"']([^\"'\n]{4,128})[\"'][ \t]*[,)]",
        called,
    ),
    Line(
        "call-password",
        rb"(?:(?:\.|->|::)(?:login|authenticate)|(?:Basic|_basic_|basic_)[Aa]uth|UserPassword|UsernamePassword\w*|PasswordCredentials?|NetworkCredential|\bauth[ \t]*=)[ \t]*\([ \t]*(?:[\"'][^\"'\n]+[\"']|[\w.$]+)[ \t]*,[ \t]*[\"']",
        rb"[\w.:>_-]+?[ \t]*(?:=[ \t]*)?\([ \t]*(?:[\"'][^\"'\n]{1,200}[\"']|[\w.$]{1,80})[ \t]*,[ \t]*[\"']([^\"'\n]{4,128})[\"'][ \t]*[,)]",
        called,
    ),
    Line(
        "directive-password",
        rb"(?m:^[ \t]*(?:#[ \t]*define[ \t]+|ENV[ \t]+)?[\w.-]*(?i:pass(?:word|wd|phrase)?|pw|psk|requirepass|masterauth|primaryauth)[\w]*[ \t]+[^\s=:]|^[ \t]*#[ \t]*define[ \t]+\w*(?:TOKEN|SECRET|KEY)[ \t]+\")",
        rb"(?m:^)[ \t]*(?:#[ \t]*define[ \t]+|ENV[ \t]+)?([\w.-]{2,60})[ \t]+(?:\"([^\"\n]{4,128})\"|'([^'\n]{4,128})'|([^\s\"'=:(]\S{3,127}))[ \t]*;?[ \t]*(?=\r?\n|\r?\Z)",
        directive,
    ),
    Line(
        "command-password",
        rb"[ \t]-X[ \t]+[\"']?[^\s\"'$<-]",
        rb"[ \t]-X[ \t]+(?:\"([^\"\n]{4,200})\"|'([^'\n]{4,200})'|([^\s\"'|<>;]{4,200}))",
        private,
    ),
    Line(
        "ldap-password",
        rb"\bcredentials=[\"']?[^\s\"'$<{]",
        rb"credentials=(?:\"([^\"\n]{4,128})\"|'([^'\n]{4,128})'|([^\s\"',;|<>]{4,128}))",
        bound,
    ),
    Line(
        "vpn-secret",
        rb"(?m::[ \t]+(?:PSK|EAP|XAUTH|NTLM|RSA|ECDSA|P12|PIN)[ \t]+(?:[^\s\"]+[ \t]+)?\"|(?:^|[ \t]):[ \t]+(?:PSK|EAP|XAUTH)[ \t]+[^\s\"]+[ \t]*\r?$)",
        rb"[ \t]?:[ \t]+(?:PSK|EAP|XAUTH|NTLM|RSA|ECDSA|P12|PIN)[ \t]+(?:(?:[^\s\"]{1,200}[ \t]+)?\"([^\"\n]{4,200})\"|([^\s\"]{4,200})[ \t]*(?=\r?\n|\Z))",
        stated,
    ),
    Line(
        "vpn-secret",
        rb"(?m:^[^\s#]+[ \t]+\S+[ \t]+\"[^\"\n]+\"[ \t]+\*[ \t]*\r?$)",
        rb"\"?[^\s\"]{1,99}[^\s:\"]\"?[ \t]+[^\s\"]{1,100}[ \t]+\"([^\"\n]{4,100})\"[ \t]+\*",
        stated,
    ),
)
