# ruff: noqa: E501 - expressions are easier to read whole
"""Secrets that the form of a line gives away: password files, netrc, URLs, headers, SQL, settings of services.

Each rule has an RE2 expression that proposes a place and an exact one that takes the value out there.
"""

from typing import Final

from siss.extract.secrets.judges import (
    QUOTED_OR_BARE,
    Line,
    any_value,
    argument,
    basic,
    beside,
    chosen,
    connection,
    cookie,
    descrypt,
    drawn,
    entry,
    identified,
    nested_url,
    netrc,
    of_jwk,
    pgpass,
    random_value,
    signing,
    sql,
    stated,
    url_password,
    url_token,
    variable,
    worded,
)

_HASH: Final = (
    rb"\$\$apr1\$\$[A-Za-z0-9./]{1,8}\$\$[A-Za-z0-9./]{22}|\$\$2[aby]\$\$\d\d\$\$[A-Za-z0-9./]{53}|"
    rb"\$[67]\$(?:\d+\$)?[A-Za-z0-9+/]{12,24}={0,2}\$[A-Za-z0-9+/]{86}==|"
    rb"\$(?:1|apr1|md5)\$[A-Za-z0-9./]{1,8}\$[A-Za-z0-9./]{22}|\$2[abxy]?\$\d\d\$[A-Za-z0-9./]{53}"
    rb"|\$[56]\$(?:rounds=\d+\$)?[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{43,86}"
    rb"|\$(?:7|y|gy)\$[A-Za-z0-9./]+\$[A-Za-z0-9./]*\$[A-Za-z0-9./]{43}"
    rb"|\$(?:argon2(?:id?|d)|scrypt|pbkdf2-sha(?:1|256|512)|sha1)\$[A-Za-z0-9+/=,$.-]{30,200}|\$[PHS]\$[A-Za-z0-9./]{31,52}"
    rb"|\{(?i:S?SHA(?:256|512)?|S?MD5|CRYPT)\}(?![0-9a-f]{30,40}(?![A-Za-z0-9+/=]))[A-Za-z0-9+/]{22,200}={0,2}"
    rb"|pbkdf2_sha(?:1|256)\$\d+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/]{20,100}=?"
    rb"|pbkdf2:sha(?:1|256|512):\d+\$[A-Za-z0-9]{8,32}\$[0-9a-f]{40,128}|scrypt:\d+:\d+:\d+\$[A-Za-z0-9]{8,32}\$[0-9a-f]{64,128}"
    rb"|SCRAM-SHA-(?:1|256)\$\d+:[A-Za-z0-9+/]+={0,2}\$[A-Za-z0-9+/]+={0,2}:[A-Za-z0-9+/]+={0,2}|\{PKCS5S2\}[A-Za-z0-9+/]{40,128}={0,2}|grub\.pbkdf2\.sha\d+\.\d+\.[0-9A-Fa-f]{64,256}\.[0-9A-Fa-f]{64,256}"
)
_OPTIONS: Final = (
    rb"password|passwd|pass|passphrase|token|api-key|secret|secret-key|access-token|auth-token|requirepass|masterauth"
    rb"|(?:src|dest)?(?:store|key)pass"
)
_SESSIONS: Final = rb"JSESSIONID|PHPSESSID|\bsession(?:_id)?|\bSESSION|\bsid|ASP\.NET_SessionId|sessionid|connect\.sid|laravel_session|_session_id|wordpress_logged_in_[0-9a-f]+"

LINES: Final = (
    Line(
        "url-password",
        rb"[A-Za-z][A-Za-z0-9+.-]*:(?:\\?/){2}[^\s/?#@:\"'<>`|\\(){}\[\],]*:[^\s/?#@\"'<>`|\\]+@[^\s\"'<>/@:]",
        rb"[A-Za-z][A-Za-z0-9+.-]*+:(?:\\?/){2}([^\s/?#@:\"'<>`|\\(){}\[\],]{0,128}):([^\s/?#\"'<>`|\\]{1,512})@(?=([^\s\"'<>/@]{1,200}))",
        url_password,
        2,
    ),
    Line(
        "url-password",
        rb"%3[aA](?:%2[fF]){2}[^\s%&\"'<>]*%3[aA][^\s&\"'<>]+%40",
        rb"%3[aA](?:%2[fF]){2}([^\s%&\"'<>]{0,128})%3[aA]([^\s&\"'<>]{1,512}?)%40(?=([^\s\"'<>&]{1,200}))",
        nested_url,
        2,
    ),
    Line(
        "url-token",
        rb"[A-Za-z][A-Za-z0-9+.-]*:(?:\\?/){2}[A-Za-z0-9_-]{20,}@[^\s\"':<>/@]",
        rb"[A-Za-z][A-Za-z0-9+.-]*+:(?:\\?/){2}([A-Za-z0-9_-]{20,255})@(?=([^\s\"'<>/@]{1,200}))",
        url_token,
        1,
    ),
    Line(
        "connection-string",
        rb"jdbc:oracle:[a-z]+:[^\s/@:\"']+/[^\s@\"'<>]+@",
        rb"jdbc:oracle:[a-z]+:[^\s/@:\"']{1,64}/([^\s@\"'<>]{3,128})@",
        stated,
    ),
    Line(
        "authorization-basic",
        rb"(?i:\bbasic\\?[ \t]+[a-z0-9+/_-]{8})",
        rb"(?i:basic)\\?[ \t]+([A-Za-z0-9+/_-]{8,2000}={0,2})",
        basic,
    ),
    Line(
        "authorization-basic",
        rb"(?im:^authorization:[ \t]*basic[ \t]+[^\s:=]+[ \t:]+[^\s=]+[ \t]*\r?$)",
        rb"(?i:authorization:[ \t]*basic[ \t]+)[^\s:=]{1,64}[ \t:]+([^\s=]{4,128})[ \t]*(?=\r?\n|\r?\Z)",
        argument,
    ),
    Line(
        "authorization-bearer",
        rb"(?i:\bauthorization\\*[\"']?[ \t]*[:=,][ \t]*\\*[\"']?(?:bearer|token|apikey|oauth)[ \t]+[a-z0-9._~+/=-]{16})",
        rb"(?i:authorization\\*[\"']?[ \t]*[:=,][ \t]*\\*[\"']?(?:bearer|token|apikey|oauth)[ \t]+)([A-Za-z0-9._~+/=-]{16,4000})",
        random_value,
    ),
    Line(
        "password-hash",
        rb"\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|sha1|md5|argon2(?:id?|d)|scrypt|pbkdf2-sha(?:1|256|512)|P|H|S)\$[A-Za-z0-9./$=,+-]{20}|\$\$(?:apr1|2[aby])\$\$"
        rb"|\{(?i:S?SHA(?:256|512)?|S?MD5|CRYPT)\}[A-Za-z0-9+/=]{22}|\bpbkdf2_sha(?:1|256)\$[0-9]+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]{20}"
        rb"|\b(?:pbkdf2:sha(?:1|256|512)|scrypt:[0-9]+:[0-9]+):[0-9]+\$[A-Za-z0-9]+\$[0-9a-f]{40}|\bSCRAM-SHA-(?:1|256)\$[0-9]+:[A-Za-z0-9+/]{8}|\{PKCS5S2\}[A-Za-z0-9+/]{40}|\bgrub\.pbkdf2\.sha[0-9]+\.[0-9]+\.[0-9A-Fa-f]{64}",
        rb"(" + _HASH + rb")(?![A-Za-z0-9./])",
        any_value,
    ),
    Line(
        "password-hash",
        rb"(?m:^[\w.@-]+:[A-Za-z0-9./]{13}(?:\r?$|:))",
        rb"[\w.@-]{1,64}:([A-Za-z0-9./]{13})(?=\r?\n|:[0-9]|\Z)",
        descrypt,
    ),
    Line(
        "password-hash",
        rb"[\"']md5[0-9a-f]{32}[\"']|(?m:^[^\s:]+:[0-9]+:[0-9A-FX*]{32}:[0-9A-Fa-f]{32}:)",
        rb"[\"'](md5[0-9a-f]{32})[\"']|[^\s:]{1,64}:\d+:([0-9A-FX*]{32}:[0-9A-Fa-f]{32}):",
        any_value,
    ),
    Line(
        "pgpass",
        rb"(?m:^[^\s:#]+:(?:\*|[0-9]{2,5}):[^\s:/]+:[^\s:/]+:(?:[^\s:/\\]|\\[^\s])(?:[^\s:\\]|\\[^\s])*\r?$)",
        rb"[^\s:#]{1,255}:(?:\*|\d{2,5}):(?:\*|[^\s:/]{1,64}):(?:\*|[^\s:/]{1,64}):((?:\\.|[^\s:\\]){4,128})(?=\r?\n|\r?\Z)",
        pgpass,
    ),
    Line(
        "netrc",
        rb"(?i:\bpass(?:word|wd|phrase)?[ \t]+[\"']?)",
        rb"(?i:pass(?:word|wd|phrase)?)[ \t]+(?:\"([^\"\n]{4,128})\"|'([^'\n]{4,128})'|([^\s\"'=:,.()][^\s\"',()]{3,127}))"
        rb"(?=[ \t]*(?:\r?\n|\Z|#|login|account|port|macdef|machine|(?:is|to|here|there|with|options|ssl|keep|fetchall)\b))",
        netrc,
    ),
    Line(
        "connection-string",
        rb"(?i:\b(?:host|server|dbname|database|user(?:_?name|_?id)?|uid|login)=[^\s;,=&\"'<>(){}$%]+[ ;]+(?:\w+=[^\s;,=&\"'<>(){}$%]*[ ;]+){0,6}?(?:password|passwd|pwd|pass)=[A-Za-z])",
        rb"\w+=[^\s;,=&\"'<>(){}$%]{1,100}[ ;]{1,4}(?:\w{1,30}=[^\s;,=&\"'<>(){}$%]{0,100}[ ;]{1,4}){0,6}?"
        rb"(?i:password|passwd|pwd|pass)=([A-Za-z]{6,64})(?=[\s;\"']|\Z)",
        worded,
    ),
    Line(
        "command-password",
        rb"(?i:[\s\"']--?(?:" + _OPTIONS + rb"|pw|pwd)(?:[ \t]+|[\"'][ \t]*,[ \t]*[\"']))",
        rb"[\s\"'](?i:--?(?:" + _OPTIONS + rb")|-pw|-pwd)(?:[ \t]+|[\"'][ \t]*,[ \t]*)" + QUOTED_OR_BARE,
        argument,
    ),
    Line(
        "connection-string",
        rb"(?i:[;\"'][ \t]*(?:password|pwd|sharedaccesskey|accountkey)[ \t]*=[ \t]*[^\s;\"'{<$])",
        rb"[;\"'][ \t]*[A-Za-z]+[ \t]*=[ \t]*([^;\"'<>\n]{4,200})(?=[;\"'])",
        connection,
    ),
    Line(
        "shared-secret",
        rb"(?m:^[ \t]*secret[ \t]+\")",
        rb"[ \t]*secret[ \t]+\"([^\"\n$]{8,200})\"[ \t]*;",
        argument,
    ),
    Line(
        "mail-password",
        rb"(?m:^\[?[\w.-]+\]?(?::[0-9]+)?[ \t]+[^\s:@\"']+@[^\s:@\"']+:)",
        rb"\S{1,200}[ \t]+[^\s:@\"'{}]{1,128}@(?!sha\d)[^\s:@\"']{1,128}:([^\s:]{4,128})[ \t]*(?=\r?\n|\Z)",
        chosen,
    ),
    Line(
        "mail-password",
        rb"(?m:^\[[\w-]+(?:\.[\w-]+)+\](?::[0-9]+)?[ \t]+[\w.+-]+:[^\s/]\S*[ \t]*\r?$)",
        rb"\[[\w.-]{3,200}\](?::\d+)?[ \t]+[\w.+-]{1,128}:([^\s/]\S{3,127})[ \t]*(?=\r?\n|\Z)",
        chosen,
    ),
    Line(
        "ldap-password",
        rb"(?im:^(?:userPassword|unicodePwd):)",
        rb"(?i:userPassword|unicodePwd)(?:::[ \t]*([A-Za-z0-9+/]{6,400}={0,2})|:[ \t]*([^\s:{][^\r\n]{3,128}))",
        stated,
    ),
    Line(
        "plain-password",
        rb"\{(?:PLAIN|CLEAR|CLEARTEXT|plain|cleartext)\}",
        rb"\{(?i:PLAIN|CLEAR|CLEARTEXT)\}([^\s:{}\"']{4,128})",
        chosen,
    ),
    Line(
        "jenkins-secret",
        rb"\{AQAAAB[A-Za-z0-9+/]{20}",
        rb"\{(AQAAAB[A-Za-z0-9+/]{20,4000}={0,2})\}",
        any_value,
    ),
    Line(
        "sql-password",
        rb"(?i:\bidentified[ \t]+(?:by|with[ \t]+\S+[ \t]+(?:by|as))[ \t]+(?:password[ \t]+)?[\"'])",
        rb"(?i:identified[ \t]+(?:by|with[ \t]+\S{1,64}[ \t]+(?:by|as))[ \t]+(?:password[ \t]+)?)(?:'((?:[^'\n]|''){4,128})'|\"([^\"\n]{4,128})\")",
        identified,
    ),
    Line(
        "sql-password",
        rb"(?i:\bpassword(?:[ \t]*\([ \t]*|[ \t]+)N?'|_string[ \t]*=[ \t]*password\(\")",
        rb"(?i:password)(?:[ \t]*\([ \t]*|[ \t]+)N?'((?:[^'\n]|''){4,128})'|(?i:_string[ \t]*=[ \t]*password)\(\"([^\"\n]{4,128})\"",
        sql,
    ),
    Line(
        "secret-key",
        rb"\"(?:github-oauth|gitlab-oauth|gitlab-token|bearer)\"[ \t]*:[ \t]*\{[ \t]*\r?\n?[ \t]*\"[^\"\n]+\"[ \t]*:[ \t]*\"[^\"\n]",
        rb"\"[a-z-]+\"[ \t]*:[ \t]*\{[ \t]*\r?\n?[ \t]*\"[^\"\n]{1,200}\"[ \t]*:[ \t]*\"([A-Za-z0-9_-]{16,255})\"",
        random_value,
    ),
    # Registry exports, remote desktops, installers, FreeRADIUS, HAProxy, expect
    Line(
        "registry-password",
        rb"(?i:(?:password|passwd|pwd)[a-z0-9]*\"=hex(?:\([0-9a-f]\))?:[0-9a-f]{2},)",
        rb"(?i:(?:password|passwd|pwd)[a-z0-9]{0,32}\"=hex(?:\([0-9a-f]\))?:([0-9a-f]{2}(?:,[0-9a-f]{2}){3,400}))",
        any_value,
    ),
    Line(
        "rdp-password", rb"(?m:^password 51:b:[0-9A-Fa-f]{16})", rb"password 51:b:([0-9A-Fa-f]{16,4000})", any_value
    ),
    Line(
        "installer-password",
        rb"(?m:^(?:rootpw[ \t]+--plaintext|[ \t]*d-i[ \t]+\S*pass[wp]\S*[ \t]+password)[ \t]+\S)",
        rb"(?:rootpw[ \t]+--plaintext|[ \t]*d-i[ \t]+\S{1,64}[ \t]+password)[ \t]+(\S{4,128})",
        stated,
    ),
    Line(
        "radius-password",
        rb"\bCleartext-Password[ \t]*:?=+[ \t]*\"",
        rb"Cleartext-Password[ \t]*:?=+[ \t]*\"([^\"\n%]{4,128})\"",
        stated,
    ),
    Line(
        "proxy-password",
        rb"(?m:^[ \t]*stats[ \t]+auth[ \t]+[^\s:]+:[^\s:])",
        rb"[ \t]*stats[ \t]+auth[ \t]+[^\s:]{1,64}:(\S{4,128})",
        stated,
    ),
    Line(
        "expect-password",
        rb"(?i:\bexpect[^\n]*assw[^\n]*(?:\r?\n[^\n]*)?\bsend(?:line)?[ \t]*[(\t -][- \t]*[\"'][^\"'\n$])",
        rb"(?i:expect[^\n]{0,200}?assw[^\n]{0,200}?(?:\r?\n[^\n]{0,200}?)?\bsend(?:line)?[ \t]*[(\t -][- \t]{0,8})[\"']((?:[^\"'\n\\]){4,128})(?:\\[rn])*[\"']",
        chosen,
    ),
    Line(
        "authorization-bearer",
        rb"[\"']Bearer [A-Za-z0-9._~+/=-]{16}",
        rb"[\"']Bearer ([A-Za-z0-9._~+/=-]{16,4000})[\"']",
        random_value,
    ),
    Line(
        "ceph-key",
        rb"\bkey[ \t]*[=:][ \t]*\"?AQ[A-Za-z0-9+/]{36}==",
        rb"key[ \t]*[=:][ \t]*\"?(AQ[A-Za-z0-9+/]{36}==)",
        any_value,
    ),
    Line(
        "command-password",
        rb"(?m:^[ \t]*(?:proxy-)?user[ \t]*[= ][ \t]*(?:\"[^\":\n]+:[^\"\n]+\"|[^\s\":/(]+:[^\s\"/:()]+[ \t]*\r?$))|(?m:^[ \t]*\"?(?:npm|_)AuthIdent\"?:[ \t]*\"?[^\s\":]+:)|\blogin=[^\s:=*${]+:[^\s:]",
        rb"[ \t]*(?:proxy-)?user[ \t]*[= ][ \t]*(?:\"[^\":\n]{1,64}:([^\"\n]{4,128})\"|[^\s\":/(]{1,64}:([^\s\":/()\]]{4,128})[ \t]*(?=\r?\n|\Z))|[ \t]*\"?\w{3}AuthIdent\"?:[ \t]*\"?[^\s\":]{1,64}:([^\s\"]{4,128})|login=[^\s:=*${]{1,64}:([^\s:]{4,128})",
        chosen,
    ),
    Line(
        "vpn-secret",
        rb"(?m:^[\w.@\\-]+[ \t]+(?:\*|(?:x?l2tp|pptp|ppp)d?[0-9]?)[ \t]+(?:\"[^\s\"]+\"|[^\s\"*:/]+)[ \t]+(?:\*|[0-9.]+)[ \t]*\r?$)|(?m:^[ \t]*(?:IPSec[ \t]+secret|Xauth[ \t]+password)[ \t]+\S)",
        rb"[ \t]*(?:IPSec[ \t]+secret|Xauth[ \t]+password)[ \t]+(\S{4,128})|(?m:^)[\w.@\\-]{2,64}[ \t]+(?:\*|(?:x?l2tp|pptp|ppp)d?\d?)[ \t]+(?:\"([^\s\"]{6,64})\"|([^\s\"*:/]{6,64}))[ \t]+(?:\*|[\d.]+)[ \t]*(?=\r?\n|\r?\Z)",
        entry,
    ),
    Line(
        "mail-password",
        rb"(?m:^(?:smtp|mail|relay|mx|imap|pop)[\w-]*(?:\.[\w-]+)+(?::[0-9]+)?[ \t]+[\w.+-]+:[^\s/:]+[ \t]*\r?$)"
        rb"|(?m:^(?:[\w*-]+(?:\.[\w-]+)+:)?[\w.+-]+@[\w-]+(?:\.[\w-]+)+:[^\s/:]+[ \t]*\r?$)",
        rb"[\w.-]{4,200}(?::\d+)?[ \t]+[\w.+-]{1,128}:([^\s/:]{6,128})[ \t]*(?=\r?\n|\r?\Z)"
        rb"|(?:[\w*-][\w.*-]{1,200}:)?[\w.+-]{1,128}@[\w.-]{1,200}:([^\s/:]{6,128})[ \t]*(?=\r?\n|\r?\Z)",
        entry,
    ),
    Line(
        "url-password",
        rb"\bSQLConnectInfo[ \t]+\S+[ \t]+\S+[ \t]+\S",
        rb"SQLConnectInfo[ \t]+\S{1,100}[ \t]+[\w.@\\-]{1,64}[ \t]+([^\s/:]{6,128})[ \t]*(?=\r?\n|\r?\Z)",
        entry,
    ),
    Line(
        "sql-password",
        rb"(?i:\b(?:create|alter)[ \t]+user[ \t]+\S+[ \t]+identified[ \t]+by[ \t]+[a-z0-9])",
        rb"(?i:(?:create|alter)[ \t]+user[ \t]+\S{1,64}[ \t]+identified[ \t]+by[ \t]+)(?!(?i:values|password|random)\b)([^\s;'\"]{4,64})",
        stated,
    ),
    Line(
        "terraform-password",
        rb"\"result\"[ \t]*:[ \t]*\"[^\"\n]",
        rb"\"result\"[ \t]*:[ \t]*\"([^\"\n]{4,200})\"",
        drawn,
    ),
    Line(
        "terraform-password",
        rb"(?i:\bvariable[ \t]+\"\w*(?:pass|pwd|secret|token|key)\w*\"[ \t]*\{[^{}]*\bdefault[ \t]*=[ \t]*\"[^\"\n])",
        rb"variable[ \t]+\"(\w{1,80})\"[ \t]*\{[^{}]{0,400}?\bdefault[ \t]*=[ \t]*\"([^\"\n]{4,200})\"",
        variable,
    ),
    Line(
        "secret-key",
        rb"(?i:\b(?:jwt|encryption|signing|hmac|cookies?|session|crypt)\w*[\"']?[ \t]*[:=]>?[ \t]*[{\[]?[ \t]*(?:\r?\n[ \t]*)?[\"']?(?:key|secret)[\"']?[ \t]*[:=]>?[ \t]*[\"']?[a-z0-9+/_-]{16})",
        rb"(?i:jwt|encryption|signing|hmac|cookies?|session|crypt)\w*[\"']?[ \t]*[:=]>?[ \t]*[{\[]?[ \t]*(?:\r?\n[ \t]*)?[\"']?(?i:key|secret)[\"']?[ \t]*[:=]>?[ \t]*[\"']?([A-Za-z0-9+/_-]{16,400}={0,2})",
        signing,
    ),
    Line(
        "secret-key",
        rb"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b[^\n]*?(?:\n[^\n]*?)??[\"'\s,;:=][A-Za-z0-9+/]{40}|\bAC[0-9a-f]{32}[\"'][ \t]*,[ \t]*[\"'][0-9a-f]{32}[\"']",
        rb"(?:AKIA|ASIA)[A-Z0-9]{16}\b[^\n]{0,100}?(?:\n[^\n]{0,60}?)?[\"'\s,;:=]([A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])|AC[0-9a-f]{32}[\"'][ \t]*,[ \t]*[\"']([0-9a-f]{32})",
        beside,
    ),
    Line(
        "irc-password",
        rb"(?i:\bnickserv[: \t]+identify[ \t]+\S)",
        rb"(?i:nickserv[: \t]+identify[ \t]+)(?:[\w\[\]{}|^`-]{1,32}[ \t]+(?=[^\s\"';]+[\"';\s]))?([^\s\"'<>$;]{4,64})",
        chosen,
    ),
    Line(
        "secret-key",
        rb"\"(?:user(?:name)?|login|email)\"[ \t]*:[ \t]*\"[^\"\n]+\"[ \t]*,[ \t]*(?:\r?\n[ \t]*)?\"key\"[ \t]*:[ \t]*\"",
        rb"\"[a-z]+\"[ \t]*:[ \t]*\"[^\"\n]{1,200}\"[ \t]*,\s*\"key\"[ \t]*:[ \t]*\"([A-Za-z0-9+/_-]{16,400}={0,2})\"",
        random_value,
    ),
    Line(
        "secret-key",
        rb"\bomniauth[ \t(]+:\w+,[ \t]*[\"'][^\"'\n]+[\"'],[ \t]*[\"']|(?m:^[ \t]*(?:ENV|ARG)[ \t]+\w*(?:TOKEN|KEY|SECRET)[ \t]+\w)|sonar\.login=",
        rb"(?:omniauth[ \t(]+:\w+,[ \t]*[\"'][^\"'\n]{1,200}[\"'],[ \t]*[\"']|[ \t]*(?:ENV|ARG)[ \t]+\w{1,60}[ \t]+|sonar\.login=)([\w+/.~-]{16,255}={0,2})",
        random_value,
    ),
    Line(
        "session-cookie",
        rb"(?:" + _SESSIONS + rb")=[\w%.+/-]{16}",
        rb"(?:" + _SESSIONS + rb")=([\w%.+/|~-]{16,1000}=*)",
        cookie,
    ),
    Line(
        "secret-key",
        rb"\b(?:Unseal|Recovery) Key [0-9]+:[ \t]*[A-Za-z0-9+/]{43}",
        rb"\w+ Key \d{1,3}:[ \t]*([A-Za-z0-9+/]{43,44}={0,2})",
        random_value,
    ),
    Line(
        "password",
        rb"\"type\"[ \t]*:[ \t]*\"password\"[ \t]*,[ \t]*\"value\"[ \t]*:[ \t]*\"[^\"\n]",
        rb"\"type\"[^\n]{0,60}?\"value\"[ \t]*:[ \t]*\"([^\"\n]{4,128})\"",
        chosen,
    ),
    Line(
        "private-jwk",
        rb"\"(?:d|p|q|dp|dq|qi|k)\"[ \t]*:[ \t]*\"[A-Za-z0-9_-]{20}",
        rb"\"\w{1,2}\"[ \t]*:[ \t]*\"([A-Za-z0-9_-]{20,1500})\"",
        of_jwk,
    ),
    Line("maven-master", rb"<master>\{", rb"<master>(\{[A-Za-z0-9+/=]{16,200}\})</", any_value),
    Line(
        "sip-password",
        rb"(?m:^register[ \t]*=>?[ \t]*[^\s:@]+:)",
        rb"register[ \t]*=>?[ \t]*[^\s:@]{1,64}:([^\s:@]{4,64})@",
        stated,
    ),
    Line(
        "url-password",
        rb"[\s\"'`=][\w.-]+:[^\s:@/\"'`]+@(?:tcp|unix)\(",
        rb"[\s\"'`=][\w.-]{1,64}:([^\s:@/\"'`]{4,128})@(?:tcp|unix)\(",
        chosen,
    ),
    Line(
        "directive-password",
        rb"(?m:^[ \t]*(?:user[ \t]+\S+[ \t]+on[ \t][^\n]*>\S|sentinel[ \t]+auth-pass[ \t]+\S+[ \t]+\S|\$USER[0-9]+\$[ \t]*=[ \t]*\S))",
        rb"[ \t]*(?:user[ \t]+\S{1,64}[ \t]+on[ \t](?:[^\n]{0,200}?[ \t])?>|sentinel[ \t]+auth-pass[ \t]+\S{1,64}[ \t]+|\$USER\d+\$[ \t]*=[ \t]*)(\S{4,128})",
        entry,
    ),
    Line(
        "vpn-secret",
        rb"(?m:^[^\s<]+[ \t]*\r?\n</auth-user-pass>)",
        rb"([^\s<]{4,128})[ \t]*\r?\n</auth",
        chosen,
    ),
    Line(
        "password",
        rb"<credential-reference[^<>\n]*[ \t]clear-text=\"",
        rb"<credential-reference[^<>\n]{0,200}?[ \t]clear-text=\"([^\"\n]{4,128})\"",
        stated,
    ),
    Line(
        "secret-key",
        rb"(?i:\b(?:api|access|secret|auth)[ -](?:key|token)(?:[ \t]*[:=]|[ \t]+(?:is|ist|lautet):?[ \t])[ \t]*)[\"'`]?[A-Za-z0-9_-]{20}",
        rb"(?i:(?:api|access|secret|auth)[ -](?:key|token)(?:[ \t]*[:=]|[ \t]+(?:is|ist|lautet):?[ \t])[ \t]*)[\"'`]?([A-Za-z0-9_-]{20,255})",
        random_value,
    ),
    Line(
        "wifi-password",
        rb"(?i:\b(?:wlan|wifi|wi-fi|wpa2?)[ -](?:netzwerk)?schl(?:\xc3\xbc|ue)ssel[ \t]*:)",
        rb"(?i:(?:wlan|wifi|wi-fi|wpa2?)[ -](?:netzwerk)?schl\S{3,8}[ \t]*:)[ \t]*(\S{8,63})[ \t]*(?=\r?\n|\Z)",
        argument,
    ),
    Line(
        "rabbitmq-password",
        rb"\{default_pass,[ \t]*<<\"",
        rb"\{default_pass,[ \t]*<<\"([^\"\n]{4,128})\"",
        stated,
    ),
)
