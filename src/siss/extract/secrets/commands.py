# ruff: noqa: E501 - expressions are easier to read whole
"""Secrets among the arguments of commands and calls: scripts, shell histories, code, directives of one value."""

from typing import Final

from siss.extract.secrets.judges import Line, argument, called, chosen, directive, stated, variable

COMMANDS: Final = (
    Line(
        "command-password",
        rb"\b(?:sshpass[ \t]+-p|mysql(?:dump|admin|import)?[ \t](?:[^\n|;]*[ \t])?-p|(?:curl|wget|https?)[ \t](?:[^\n|;]*[ \t])?(?:-u|--user|--proxy-user|-U)"
        rb"|smbclient[ \t][^\n|;]*[ \t]-U|ldap(?:search|modify|add)[ \t][^\n|;]*[ \t]-w|plink[ \t][^\n|;]*-pw)[ \t=]*[\"']?[^\s\"'$<{]",
        rb"(?:sshpass[ \t]+-p[ \t]*|mysql(?:dump|admin|import)?[ \t](?:[^\n|;]{0,400}[ \t])?-p(?![ \t])|ldap(?:search|modify|add)[ \t][^\n|;]{0,400}[ \t]-w[ \t]+"
        rb"|plink[ \t][^\n|;]{0,400}-pw[ \t]+|(?:curl|wget|https?)[ \t](?:[^\n|;]{0,400}[ \t])?(?:-u|--user|--proxy-user|-U)[ \t=]*[\"']?[^\s\"':/]{1,64}:"
        rb"|smbclient[ \t][^\n|;]{0,400}[ \t]-U[ \t]*[\"']?[^\s%]{1,64}%)[\"']?([^\s\"'|<>]{4,200})",
        chosen,
    ),
    Line(
        "command-password",
        rb"\b(?:ConvertTo-SecureString[ \t]+(?:-AsPlainText[ \t]+|-Force[ \t]+|-String[ \t]+)*[\"']|net use[ \t][^\n|;]*/user:\S+[ \t]+\w|echo[ \t]+[\"']?[^\s|\"']+[\"']?[ \t]*\|[ \t]*sudo[ \t]+-S)",
        rb"(?:ConvertTo-SecureString[ \t]+(?:-AsPlainText[ \t]+|-Force[ \t]+|-String[ \t]+){0,3}[\"']([^\"'\n]{4,128})[\"']|net use[ \t][^\n|;]{0,200}/user:\S{1,64}[ \t]+(\S{4,128})"
        rb"|echo[ \t]+[\"']?([^\s|\"']{4,128})[\"']?[ \t]*\|)",
        chosen,
    ),
    Line(
        "command-password",
        rb"\b(?:(?:docker|podman|nerdctl|buildah|skopeo|oc|az|helm)[ \t][^\n|;]*\blogin[ \t][^\n|;]*[ \t]-p|mongo(?:sh|dump|restore|export|import)?[ \t][^\n|;]*[ \t]-p|redis-cli[ \t][^\n|;]*-a|7z[ar]?[ \t][^\n|;]*[ \t]-p|(?:un)?zip[ \t][^\n|;]*-P"
        rb"|openssl[ \t][^\n|;]*[ \t]-k|snmp(?:get|walk|bulkwalk|set|getnext|table)[ \t][^\n|;]*[ \t]-c|schtasks[ \t][^\n|;]*/rp)[ \t]*[\"']?[^\s\"'$<{-]",
        rb"(?:(?:docker|podman|nerdctl|buildah|skopeo|oc|az|helm)[ \t][^\n|;]{0,200}?\blogin[ \t][^\n|;]{0,200}?[ \t]-p[ \t=]|mongo(?:sh|dump|restore|export|import)?[ \t][^\n|;]{0,200}?[ \t]-p[ \t]?|redis-cli[ \t][^\n|;]{0,200}?-a[ \t]|7z[ar]?[ \t][^\n|;]{0,200}?[ \t]-p|(?:un)?zip[ \t][^\n|;]{0,200}?-P"
        rb"|openssl[ \t][^\n|;]{0,200}?[ \t]-k|snmp\w+[ \t][^\n|;]{0,200}?[ \t]-c|schtasks[ \t][^\n|;]{0,200}?/rp)[ \t]*[\"']?([^\s\"'|<>]{4,200})",
        argument,
    ),
    Line(
        "command-password",
        rb"\b(?:net user[ \t]+\S+[ \t]+[^\s/*]|(?:sqlplus|expdp|impdp|sqlldr)[ \t][^\n|;]*\w/[^\s@/\"']+@|echo[ \t]+[\"']?[^\s|\"'$]+[\"']?[ \t]*\|[^\n]*(?:-stdin|\bchpasswd))",
        rb"(?:net user[ \t]+\S{1,64}[ \t]+([^\s/*]\S{3,128})(?=[ \t]*(?:/|\r?\n|\Z))|\w+[ \t][^\n|;]{0,200}?\w/([^\s@/\"']{4,64})@[\w/]|echo[ \t]+[\"']?(?:[\w.-]{1,32}:)?([^\s|\"']{4,128})[\"']?[ \t]*\|)",
        argument,
    ),
    Line(
        "command-password",
        rb"(?m:\b(?:setenv|SetEnv|set[ \t]+-[a-zA-Z]+|proxy_set_header|RequestHeader[ \t]+set|(?:configure|config)[ \t]+set|(?:config|remote)[ \t]+create[ \t][^\n]*)[ \t]+[\w.-]*(?i:pass|pw|psk|secret|token|key)[\w.-]*[ \t]+[^\s=:-])",
        rb"(?:setenv|SetEnv|set[ \t]+-[a-zA-Z]+|proxy_set_header|RequestHeader[ \t]+set|(?:configure|config)[ \t]+set|(?:config|remote)[ \t]+create[ \t][^\n]{0,200}?)[ \t]+([\w.-]{2,80})[ \t]+(?:\"([^\"\n]{4,256})\"|'([^'\n]{4,256})'|([^\s\"'$<|;]{4,256}))[ \t]*;?[ \t]*(?=\r?\n|\r?\Z)",
        variable,
    ),
    Line(
        "command-password",
        rb"\b(?:(?:ipmitool|sqlcmd|bcp)[ \t][^\n|;]*[ \t]-P[ \t]|psexec(?:64)?(?:\.exe)?[ \t][^\n|;]*[ \t]-p[ \t]|lftp[ \t][^\n|;]*-u[ \t]+[^\s,]+,|htpasswd[ \t]+-[a-zA-Z]*b[a-zA-Z]*[ \t]"
        rb"|openssl[ \t][^\n|;]*[ \t]-pass(?:in|out)?[ \t]+pass:|net use[ \t]+\S+[ \t]+\\\\\S+[ \t]+[^\s/])",
        rb"(?:(?:ipmitool|sqlcmd|bcp)[ \t][^\n|;]{0,200}?[ \t]-P[ \t]+|psexec(?:64)?(?:\.exe)?[ \t][^\n|;]{0,200}?[ \t]-p[ \t]+|lftp[ \t][^\n|;]{0,200}?-u[ \t]+[^\s,]{1,64},|htpasswd[ \t]+-[a-zA-Z]*b[a-zA-Z]*[ \t]+(?:[^\s]{1,200}[ \t]+){1,2}?(?=\S+[ \t]*(?:\r?\n|\Z))"
        rb"|openssl[ \t][^\n|;]{0,200}?[ \t]-pass(?:in|out)?[ \t]+pass:|net use[ \t]+\S{1,10}[ \t]+\\\\\S{1,200}[ \t]+(?=\S+[ \t]+/))[\"']?([^\s\"'|<>]{4,200})",
        argument,
    ),
    Line(
        "command-password",
        rb"\bmysql\w*[\"'][ \t]*,[^\n]*[\"']-p[^\s\"'$]|\b(?:useradd|usermod)[ \t][^\n|;]*-p[ \t]+[^\s$-]|\bcmdkey[ \t][^\n]*/pass:\S|\b(?:racadm|hive|beeline)[ \t][^\n|;]*[ \t]-p[ \t]+[^\s$-]",
        rb"(?:mysql\w*[\"'][ \t]*,[^\n]{0,300}?[\"']-p|(?:useradd|usermod)[ \t][^\n|;]{0,200}?-p[ \t]+|cmdkey[ \t][^\n]{0,200}?/pass:|(?:racadm|hive|beeline)[ \t][^\n|;]{0,300}?[ \t]-p[ \t]+)[\"']?([^\s\"'|<>]{4,128})",
        chosen,
    ),
    Line(
        "command-password",
        rb"(?i:\bconn(?:ect)?[ \t]+\w+/[^\s@/\"'&<$]+@[\w/])|\.MapNetworkDrive[ \t(]",
        rb"(?:(?i:conn(?:ect)?[ \t]+)\w{1,64}/([^\s@/\"']{4,64})@|\.MapNetworkDrive[ \t(]+[^\n]{0,200}?,[ \t]*(?i:true|false)[ \t]*,[ \t]*[\"'][^\"'\n]{1,99}[\"'][ \t]*,[ \t]*[\"']([^\"'\n]{4,128})[\"'])",
        chosen,
    ),
    Line(
        "call-password",
        rb"(?:\.login|HTTPBasicAuth|NetworkCredential|\bauth[ \t]*=)[ \t]*\([ \t]*(?:[\"'][^\"'\n]+[\"']|[\w.$]+)[ \t]*,[ \t]*[\"']",
        rb"[\w.]+[ \t]*(?:=[ \t]*)?\([ \t]*(?:[\"'][^\"'\n]{1,200}[\"']|[\w.$]{1,80})[ \t]*,[ \t]*[\"']([^\"'\n]{4,128})[\"'][ \t]*[,)]",
        called,
    ),
    Line(
        "call-password",
        rb"\b(?:mysqli?_p?connect|mysqli|PDO|getConnection|connect|imap_open|ldap_bind|ftp_login|oci_p?connect)[ \t]*\([^()\n]*,[ \t]*[\"'][^\"'\n]*[\"'][ \t]*,[ \t]*[\"']",
        rb"\w+[ \t]*\([ \t]*(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|[^(),\n]{1,200})[ \t]*,[ \t]*[\"'][^\"'\n]{0,200}[\"'][ \t]*,[ \t]*[\"']([^\"'\n]{4,128})[\"'][ \t]*[,)]",
        called,
    ),
    Line(
        "directive-password",
        rb"(?m:^[ \t]*(?:#[ \t]*define[ \t]+|ENV[ \t]+)?[\w.-]*(?i:pass(?:word|wd|phrase)?|pw|psk|requirepass|masterauth|primaryauth)[\w]*[ \t]+[^\s=:])",
        rb"(?m:^)[ \t]*(?:#[ \t]*define[ \t]+|ENV[ \t]+)?([\w.-]{2,60})[ \t]+(?:\"([^\"\n]{4,128})\"|'([^'\n]{4,128})'|([^\s\"'=:(]\S{3,127}))[ \t]*;?[ \t]*(?=\r?\n|\r?\Z)",
        directive,
    ),
    Line(
        "vpn-secret",
        rb"(?m::[ \t]*(?:PSK|EAP|XAUTH|NTLM|RSA|PIN)[ \t]+\")",
        rb":[ \t]*(?:PSK|EAP|XAUTH|NTLM|RSA|PIN)[ \t]+\"([^\"\n]{4,200})\"",
        stated,
    ),
    Line(
        "vpn-secret",
        rb"(?m:^[^\s#]+[ \t]+\S+[ \t]+\"[^\"\n]+\"[ \t]+\*[ \t]*\r?$)",
        rb"[^\s\"]{1,99}[^\s:\"][ \t]+[^\s\"]{1,100}[ \t]+\"([^\"\n]{4,100})\"[ \t]+\*",
        stated,
    ),
)
