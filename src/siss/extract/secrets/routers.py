# ruff: noqa: E501 - expressions are easier to read whole
"""Secrets in the configurations of routers, switches, access points and of what watches over them."""

from typing import Final

from siss.extract.secrets.judges import (
    QUOTED_OR_BARE,
    Line,
    any_value,
    argument,
    monitored,
    nested,
    passphrase,
    stated,
)

ROUTERS: Final = (
    Line(
        "cisco-password",
        rb"\b(?:password|secret|authentication-key|md5|key-string|wpa-psk ascii) (?:level [0-9]+ )?[05789] ",
        rb"(?:password|secret|authentication-key|md5|key-string|wpa-psk ascii) (?:level \d+ )?[05789] (\S{4,200}?)(?=[\"',;]*[ \t]*(?:\r?\n|\Z|address|encrypted))",
        stated,
    ),
    Line(
        "cisco-password",
        rb"(?m:^[ \t]*(?:key-string|snmp-server community|(?:username[ \t]+\S+|enable)[ \t]+(?:privilege [0-9]+[ \t]+)?(?:password|secret)|crypto isakmp key|(?:tacacs|radius)-server[ \t][^\n]*key)[ \t]+)",
        rb"[ \t]*(?:key-string[ \t]+(\S{4,100})[ \t]*(?=\r?\n|\Z)|snmp-server community[ \t]+(\S{4,64})(?=[ \t]+(?:RO|RW|ro|rw|view|[0-9]))"
        rb"|(?:username[ \t]+\S+|enable)[ \t]+(?:privilege [0-9]+[ \t]+)?(?:password|secret)[ \t]+(?:[05789][ \t]+)?(\S{5,100})[ \t]*(?=\r?\n|\Z)"
        rb"|crypto isakmp key[ \t]+(?:[06][ \t]+)?(\S{4,100})[ \t]+address|(?:tacacs|radius)-server[ \t][^\n]{0,200}?\bkey[ \t]+(?:[067][ \t]+)?(\S{4,100})[ \t]*(?=\r?\n|\Z))",
        stated,
    ),
    Line(
        "cisco-password",
        rb"\bkey [067] ",
        rb"key [067] (\S{4,200})(?=[ \t]*(?:\r?\n|\Z))",
        argument,
    ),
    Line(
        "router-password",
        rb"(?m:^[ \t]*set [\w-]+ ENC )",
        rb"[ \t]*set [\w-]+ ENC (\S{8,300})",
        any_value,
    ),
    Line(
        "router-password",
        rb"\bname=[^\s\"'<>,]+[ \t]+(?:password|secret)=",
        rb"name=[^\s\"'<>,]+[ \t]+(?:password|secret)=(?:\"([^\"\n]{4,128})\"|([^\s\",]{4,128})(?!,))",
        stated,
    ),
    Line("juniper-secret", rb"\$9\$[A-Za-z0-9./-]{8}", rb"(\$9\$[A-Za-z0-9./-]{8,200})", any_value),
    Line(
        "wifi-password",
        rb"(?i:\b(?:wpa2?-pre-shared-key|authentication-passphrase|wpa-psk|wpa_passphrase|ipsec-secret|private-pre-shared-key)[ \t]*=[ \t]*[\"']?[^\s\"'])",
        rb"(?i:wpa2?-pre-shared-key|authentication-passphrase|wpa-psk|wpa_passphrase|ipsec-secret|private-pre-shared-key)[ \t]*=[ \t]*"
        + QUOTED_OR_BARE,
        passphrase,
    ),
    Line(
        "wireguard-key",
        rb"\b(?:PrivateKey|PresharedKey|preshared-key|private-key)[ \t]*=?[ \t]*\"?[A-Za-z0-9+/]{43}=",
        rb"(?:PrivateKey|PresharedKey|preshared-key|private-key)[ \t]*=?[ \t]*\"?([A-Za-z0-9+/]{43}=)",
        any_value,
    ),
    Line(
        "router-password",
        rb"(?m:^[ \t]*(?:(?:ip ospf |ipv6 ospf |ntp |area [^\n]* )?(?:message-digest-key [0-9]+ md5|authentication-key(?: [0-9]+ md5)?)|standby [0-9]+ authentication(?: text)?|standby [0-9][^\n]*key-string|vtp password|(?:ikev[12] )?(?:(?:local|remote)-authentication )?pre-shared-key(?: local| remote| ascii-text)?|neighbor \S+ password|ppp (?:chap|pap) [^\n]*password)[ \t]+(?:[0-9][ \t]+)?\"?\S)",
        rb"[ \t]*(?:(?:ip ospf |ipv6 ospf |ntp |area [^\n]{0,60}? )?(?:message-digest-key \d+ md5|authentication-key(?: \d+ md5)?)|standby \d+ authentication(?: text)?|standby \d[^\n]{0,60}?key-string|vtp password|(?:ikev[12] )?(?:(?:local|remote)-authentication )?pre-shared-key(?: local| remote| ascii-text)?|neighbor \S{1,60} password|ppp (?:chap|pap) [^\n]{0,60}?password)[ \t]+(?:\d[ \t]+)?\"?([^\s\"]{4,128})\"?(?:[ \t]+7)?[ \t]*(?=\r?\n|\Z)",
        stated,
    ),
    Line(
        "router-password",
        rb"(?m:^[ \t]*(?:set[ \t](?:[^\n]*[ \t])?(?:pre-shared-secret|plaintext-password|pre-shared-key|authentication-key|password|passwd|secret|passphrase|psksecret)[ \t]+(?:ascii-text[ \t]+)?[\"']?\S|set[ \t]+snmp[ \t]+community[ \t]+\S))",
        rb"[ \t]*set[ \t](?:snmp[ \t]+community|(?:[^\n]{0,200}?[ \t])?(?:pre-shared-secret|plaintext-password|pre-shared-key|authentication-key|password|passwd|secret|passphrase|psksecret))[ \t]+(?:ascii-text[ \t]+)?[\"']?([^\s\"']{4,128})",
        argument,
    ),
    Line(
        "router-password",
        rb"\b(?:auth(?: sha| md5)(?:-?[0-9]+)?|priv (?:3?des|aes)(?: [0-9]+)?) [^\s]{8}",
        rb"(?:auth (?:sha|md5)(?:-?\d+)?|priv (?:3?des|aes)(?: \d+)?) ([^\s]{8,128})(?=[ \t]*(?:\r?\n|\Z|priv|access))",
        argument,
    ),
    Line(
        "snmp-community",
        rb"(?m:^[ \t]*(?:r[ow]community6?|createUser[ \t]+\S+[ \t]+(?:MD5|SHA(?:-?[0-9]+)?))[ \t]+[\"']?\S)",
        rb"[ \t]*(?:r[ow]community6?|createUser[ \t]+\S{1,64}[ \t]+\S{1,10})[ \t]+(?:\"([^\"\n]{4,128})\"|([^\s\"]{4,128}))",
        stated,
    ),
    Line(
        "router-password",
        rb"(?m:^[ \t]*(?:/[a-z][^\n]*|(?:add|set)[ \t][^\n]*)[ \t](?:password|secret|passphrase|(?:authentication|encryption)-password)=[\"']?[^\s\"'$])",
        rb"[ \t]*(?:/[a-z]|add|set)[^\n]{0,600}?[ \t](?:password|secret|passphrase|(?:authentication|encryption)-password)=(?:\"([^\"\n]{4,128})\"|([^\s\"',]{4,128}))(?=[ \t]|\r?\n|\Z)",
        stated,
    ),
    Line(
        "wifi-password",
        rb"(?m:^[ \t]*option[ \t]+'?(?:key|psk|secret|(?:private|preshared)_key|sae_password|\w*passw(?:or)?d|\w*_pass)'?[ \t]+['\"]?[^\s'\"])|\buci[ \t]+set[ \t]+\S+\.(?:key|password)=",
        rb"(?:[ \t]*option[ \t]+'?\w{2,40}'?[ \t]+|uci[ \t]+set[ \t]+\S{1,200}?\.(?:key|password)=)(?:'([^'\n]{5,128})'|\"([^\"\n]{5,128})\"|([^\s'\"]{5,128}))[ \t]*(?=\r?\n|\Z)",
        stated,
    ),
    Line(
        "cisco-password",
        rb"(?m:^[ \t]*(?:passwd|enable password|username \S+ password)[ \t]+\S+[ \t]+(?:pbkdf2|encrypted|md5)\b)",
        rb"[ \t]*(?:passwd|enable password|username \S{1,64} password)[ \t]+(\S{8,200})[ \t]+(?:pbkdf2|encrypted|md5)",
        any_value,
    ),
    Line(
        "router-password",
        rb"\b(?:password|secret|key|psk|authentication-mode|community(?: read| write)?) (?:(?:irreversible-)?cipher|plaintext|simple) \S|\bset-key ascii [0-9] \S",
        rb"(?:[a-z-]+(?: read| write)? (?:(?:irreversible-)?cipher|plaintext|simple)|set-key ascii \d) \"?([^\s\"]{6,200})",
        argument,
    ),
    Line(
        "snmp-community",
        rb"(?m:^[ \t]*snmp-server host [^\n]*version (?:1|2c)[ \t]+\S)",
        rb"[ \t]*snmp-server host [^\n]{1,100}?version (?:1|2c)[ \t]+(\S{4,64})",
        stated,
    ),
    Line(
        "snmp-community",
        rb"(?m:^[ \t]*com2sec6?[ \t]+\S+[ \t]+\S+[ \t]+\S)|/snmp community(?:[ \t]*\r?\n)?[ \t]*(?:add|set)[ \t][^\n]*\bname=\S|(?m:^[ \t]*snmp-server community \")",
        rb"[ \t]*com2sec6?[ \t]+\S{1,64}[ \t]+\S{1,64}[ \t]+(\S{4,64})|/snmp community(?:[ \t]*\r?\n)?[ \t]*(?:add|set)[ \t][^\n]{0,200}?\bname=\"?([^\s\"]{4,64})|[ \t]*snmp-server community \"([^\"\n]{4,64})\"",
        stated,
    ),
    Line(
        "snmp-community",
        rb"\bcommunity[ \t]+\"?[^\s\"{};]+\"?[ \t]*\{|(?m:^[ \t]*community[ \t]*[:=][ \t]*[^\s,({]+[ \t]*\r?$)|(?m:\b(?:DES|AES(?:-?[0-9]+)?)[ \t]+(?:\"[^\"\n]|[^\s\"]+[ \t]*\r?$))",
        rb"[ \t]*community[ \t]*[:=][ \t]*[\"']?([^\s\"']{4,64})[\"']?[ \t]*(?=\r?\n|\r?\Z)|(?:community|DES|AES(?:-?\d+)?)[ \t]+(?:\"([^\"\n]{4,64})\"|([^\s\"{};]{4,64}))",
        monitored,
    ),
    Line(
        "router-password",
        rb"(?m:^[ \t]+key[ \t]+(?:[0-7][ \t]+)?\"?[^\s\"]+\"?[ \t]*\r?$)|(?m:^[ \t]+password[ \t]+[^\s\"]+[ \t]*\r?$)",
        rb"[ \t]+(?:key|password)[ \t]+(?:[0-7][ \t]+)?\"?([^\s\"]{4,128})\"?[ \t]*(?=\r?\n|\r?\Z)",
        nested,
    ),
    Line(
        "router-password",
        rb"(?m:^[ \t]*wpa-(?:passphrase|hexkey)[ \t]+\S)|\bpassword (?:manager|operator|port-access)[ \t][^\n]*plaintext[ \t]|(?m:^[ \t]*(?:pre-shared-secret|failover[ \t]+(?:key|ipsec[ \t]+pre-shared-key))[ \t]+\"?[^\s\"{])|\bradius-servers?[ \t][^\n]*[ \t]secret[ \t]+\S",
        rb"[ \t]*(?:wpa-(?:passphrase|hexkey)|password[ \t][^\n]{0,100}?plaintext|radius-servers?[ \t][^\n]{0,200}?[ \t]secret|pre-shared-secret|failover[ \t]+(?:key|ipsec[ \t]+pre-shared-key))[ \t]+\"?([^\s\"]{4,128})",
        stated,
    ),
)
