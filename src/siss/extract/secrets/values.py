# ruff: noqa: E501, SIM905 - expressions and word lists are easier to read whole
"""Is this value a secret? Entropy, character classes, placeholders, and what only looks random.

The functions take unescaped values as text. They see at most ``LONGEST`` characters, so their time is bounded.
"""

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Final

from siss.matching import compile_pattern

LONGEST: Final = 4096
"""Characters; a longer value of an assignment is data, not a password."""

LONGEST_PASSWORD: Final = 128

# These patterns look at every candidate, so they are RE2: a hostile value costs no more than a long one.
_STAND_INS: Final = (
    rb"example|placeholder|change[-_ ]?(?:me|this|it)|your[-_ ]|\bmy[-_ ]?(?:pass|secret|token|api|key)"
    rb"|insert|replace|redacted|hidden|censored|removed|\*\*\*|\.\.\.|\xe2\x80\xa6|foo_?bar|\bfake"
    rb"|not[-_ ]?(?:set|used|needed|real|secret|a[-_ ])|\bno[-_ ]?(?:pass|secret|key|token)|-here\b|_here\b"
    rb"|<[^<>]*>|\bplease\b|must[-_ ]?be|to[-_ ]be|\bset[-_]?(?:me|in|by|via|this)|enter[-_ ]"
    rb"|default[-_]?(?:pass|key|secret|token|value)|qwertyuiop|unspecified|undefined"
    rb"|encrypted[-_ ]?(?:pass|value|data)|deadbeef|^open sesame$|^(?:required|nullable|sometimes|bail|string)\|"
)
_SHORT: Final = rb"xxx|tobe|mock|todo|dummy|fixme|your\w|lorem|sample"
_SHORT_WORDS: Final = (
    rb"(?:\b|_)(?:x{4}|mock|todo|dummy|fixme|lorem|sample)|(?:x{4}|mock|todo|dummy|fixme|sample)(?:\b|_)|x{5}"
)
_PLACEHOLDER: Final = compile_pattern(_STAND_INS + rb"|" + _SHORT, captures=False, case_sensitive=False)
_PLACEHOLDER_IN_LONG: Final = compile_pattern(_STAND_INS + rb"|" + _SHORT_WORDS, captures=False, case_sensitive=False)
_LONG: Final = 32
"""Characters from which on random text holds some words of three or four letters by chance."""
_REFERENCE: Final = compile_pattern(
    rb"\$\{[^{}\[\]<>#]*\}|^s/.*/$|\\f[RIB]|\\\((?:[dac]q|oq)|^\{\$[\w.:]+\}$|^`[^`]*`?$|^\$[A-Z_]+/[\w./-]+$|^[^:]*(?::[^:]*){3}|^0[xX][0-9a-fA-F]{1,8}$|\$\([^()]*\)|\{\{[^{}]*\}\}|^\{\{|<%|%>|\#\{"
    rb"|^%\(?\w+\)?[sd%]?$|^'?\$[A-Za-z_]\w*'?$|^\$[0-9@*]$|^@[\w.-]+@$|^@[A-Z_]+$|^[A-Z_]*[DBN_]PASS$|^__\w+__$|^\{[\w.:,!-]*\}$|^%[-\w.]*[sdvqxr]$"
    rb"|^!(?:vault|Ref|Sub|GetAtt|Join|ImportValue|FindInMap|reference|env|ENV|include|secret)\b"
    rb"|^(?:arn|vault|ssm|env|fd|rule|secret|file|op|kms|gcp|aws|data|urn|https?|keyring|ref|sm)[:+]|^ENC\[|^env\("
    rb"|\bprocess\.env\b|\bos\.(?:environ|getenv)\b"
    rb"|^(?:var|local|module|data|each|secrets|vars|inputs|steps|self|this|config|settings|params?|request|options?|args?|env|props?)\."
    rb"|^(?:~|\.{1,2})?/[\w.@/ -]*$|^[A-Za-z]:\\|^\w+://[^@]*$"
    rb"|\.(?:pem|key|crt|json|txt|ya?ml|py|js|php|html?|xml|conf|cfg|sh|java|c|h|go|png|svg|md|exe|dll|so|jks|p12|pfx|keytab|gpg|asc|enc|gz|tgz|zip|jar|deb|rpm|whl)$"
    rb"|^[a-z0-9][a-z0-9-]{0,30}(?:\.[a-z0-9][a-z0-9-]{0,20})+\.[a-z]{2,12}(?::[0-9]{1,5})?$"
    rb"|^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$|^<.*>$|^\[.*\]$|\(\)$|^\w+(?:\.\w+)*\(|->|::|=>|\w\s*==\s*\w|&&|\|\|"
    rb"|^\\[wdsWDS]|\\[bdsw][+*{]"
    rb"|^\$[A-Za-z_]\w*(?:(?:\.|->|::)\w+)+$|^\$\{\w+[^{}]*\}$|^\$[A-Za-z_]\w*[\[{]|^\$[A-Za-z_]\w*(?:[:.,/@-]\$[A-Za-z_]\w*)+$|^%\{[^{}]*\}$|^%\d\$[sd]$|^\$\w+\$$|\{\d*\}"
    rb"|^\w+(?:\.\w+)*\[[\w:-]+\](?:\.\w+)*$|^projects/[^/\s]+/secrets/|^[A-Za-z_]\w*\.(?:\w+\.)*\w*(?:[Tt]oken|[Ss]ecret|[Pp]assword|[Kk]ey)$|^--?[a-z][a-z-]*=|^--[a-z]|^\$\{\w+\{|^\w+(?:\.\w+)+:\w+$|^(?:&#39;|&quot;)+$|^(?:source|src|id|type)=|^pkcs11:|^[+.]\s*\w[\w.]*\(|^_[A-Z]\w*_$|^\\?[A-Z]\w*(?:\\+[A-Z]\w*)+$"
    rb"|^(?:0x)?%[sd](?:\W%[sd])*$|^(?:[A-Z0-9]+_)+(?:SECRET|TOKEN|PASSWORD|KEY)(?:_[A-Z0-9]+)*$|^(?:SECRET|TOKEN|PASSWORD|KEY)(?:_[A-Z0-9]+)+$"
    rb"|^/[\w.-]+/[\w.@/ {}:<>$-]*$|^[\w.-]+:/[\w.-]+/[\w./-]*$"
    rb"|^@[a-z_]+(?:\.[a-z_]+)+[?!]?$|^\\[%$@&][A-Za-z_]\w*$|^[A-Z][a-z]+\?$"
    rb"|^[A-Za-z_$][\w$]*\.[a-z]\w*[)}\],;]|^[\"']\s*\+\s*\w|^\d+/[a-z]+(?:/[a-z]+)?(?:,|$)|^\d+-(?:byte|bit)s?$|^(?:[a-z_]\w*\.){2,}[A-Z]\w*$|^\*\.\w+$|^[#.@][\w-]*(?:pass(?:w|phrase)|secret|token|key)[\w-]*$",
    captures=False,
)
_STOP: Final = frozenset(
    """
    true false none null nil yes no on off void undefined unknown default optional required mandatory disabled enabled any
    all auto never always string str int integer number boolean bool bytes object array list dict text char varchar binary
    blob password passwd pass pwd passphrase secret token key apikey api_key username user login admin root guest anonymous
    hidden input label field value name type test tests testing tester demo temp tmp foo bar baz qux abc abcd abcde
    abcdef abc123 asdf asdfasdf qwerty hello world plain plaintext cleartext clear encrypted unencrypted decrypted basic digest bearer oauth oauth2 jwt saml
    ldap kerberos md5 sha1 sha256 sha512 sha-256 sha-512 bcrypt blowfish scrypt argon2 argon2id pbkdf2 hmac base64 hex utf-8 utf8 ascii
    aes aes128 aes256 aes-256 des 3des rsa ed25519 x25519 crypt shadow trust peer ident prompt ask env environment file stdin
    keychain keyring vault stored saved same again confirm confirmation confirmed repeat retype forgot reset change changed
    update create invalid incorrect wrong empty missing expired valid short long strong weak medium simple complex random
    generate generated auto-generate autogenerate authenticated authentication authorization session cookie header query
    body path public private internal external primary secondary master slave server client service account database db
    mysql postgres postgresql mongodb redis sqlite oracle mssql rabbitmq smtp imap mail email ftp sftp ssh http https
    wifi wpa wpa2 wep open ok error warning info debug fail failed failure success accepted rejected denied granted
    letmein welcome whatever secret123 testing123 password1 pass123 123 1234 12345 123456 1234567 12345678 123456789 1234567890 000000 111111
    something blabla swordfish opensesame hunter2 testing1234 pass1 pass2 string0 latin1 attribute palavra-passe mot-de-passe
    todo tbd n/a na changeit unused ignored ignore reserved identifier keyword operator comment symbol variable constant
    adgangskode wachtwurd wagwoord wachtwoord passord passwort kennwort pasahitza pasvorto contrasigno contrasenya lozinka
    kodeord parool cyfrinair pasfhocal contrasinal ger-tremen lykilorth jelszava
    heslo geslo parola parole salasana jelszo losenord lykilord slaptazodis sifre senha fjalekalimi
    literal function newline whitespace word eof first last next previous current begin end start stop min max left right
    """.split()
)
_BIGRAMS: Final = frozenset(
    """
    th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar ve ra ld ur
    ro ic ne io me li ri co la om ma ce ta ch el us ns ss ll ec ge na ot tr di em no ca pe ee po so pr ct il ac rs ol lo
    un wo do sh id ut ke ho be ad mo ie im ir am am pa ai ow sp op cu ul sw ab ag ap ay ba bl bo br bu ck cl cr ef ei ev ex
    ey fe fi fo fr ga gr if ig iv ki ks ly mi mp ni od og oo os ov ow pl qu rd rn rt ry su ta tu ty ub uc ue ui um up va vi
    wa we wh wi wn ym ys ze ok ey ak sk ff tt ts rm rk nk lt xt
    """.split()
)
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*(?:[.:/\\-][A-Za-z_$][\w$]*)*")
_NAMED_KEY: Final = re.compile(r"(?i)(?:private|secret|public|api|access|encryption)_?key|password|token")
_COUNTED: Final = re.compile(r"(?:-\d{1,3})+\Z")
"""The number of a name: ``client-valid-token-1``."""

_VERSION: Final = re.compile(r"v?\d+(?:[.,:/_-]\d+)+[a-z]{0,8}\d*")
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0


def character_classes(text: str) -> int:
    """How many of lower case, upper case, digits and others occur."""
    return (
        any(c.islower() for c in text)
        + any(c.isupper() for c in text)
        + any(c.isdigit() for c in text)
        + any(not c.isalnum() for c in text)
    )


def is_placeholder(text: str) -> bool:
    """What people write where a secret goes: words for it, one character repeated, the alphabet, stars."""
    if len(set(text.lower())) <= max(2, len(text) // 12 if len(text) < 40 else 3):
        return True
    lowered = text.lower()
    return (
        lowered.strip("<>[](){}'\"*-_.: ") in _STOP
        or (_PLACEHOLDER_IN_LONG if len(text) >= _LONG else _PLACEHOLDER).search(text.encode("utf-8", "replace"))
        is not None
        or _is_sequence(lowered)
    )


def is_reference(text: str) -> bool:
    """A template, a variable, a call, a path, an address: what leads to a secret but is none."""
    return _REFERENCE.search(text.encode("utf-8", "replace")) is not None


def is_wordlike(text: str) -> bool:
    """Words of a language or an identifier made of them: most pairs of letters are common ones."""
    letters = [word.lower() for word in _WORDS.findall(text)]
    pairs = [word[i : i + 2] for word in letters for i in range(len(word) - 1)]
    if len(pairs) < 2:
        return True
    single = sum(len(word) == 1 for word in letters)
    return sum(pair in _BIGRAMS for pair in pairs) / len(pairs) >= 0.6 and single <= len(letters) / 3


def is_random(text: str, *, least: int = 16) -> bool:
    """A key or token without any form of its own: long, of several classes, and unlike words."""
    if len(text) < least or " " in text:
        return False
    if _HEX.fullmatch(text):
        return entropy(text) >= 2.9 and any(c.isdigit() for c in text) and not text.isdigit()
    if _UUID.fullmatch(text):
        return True
    bits = entropy(text)
    if text.isdigit() or bits < (3.0 if len(text) < 20 else 3.3) or _VERSION.fullmatch(text):
        return False
    digits = sum(c.isdigit() for c in text)
    if digits == 0:
        return len(text) >= 20 and character_classes(text) >= 2 and not is_wordlike(text)
    if _NAMED_KEY.search(text) and _IDENTIFIER.fullmatch(_COUNTED.sub("", text)):
        return False
    return not (digits <= 4 and is_wordlike(text) and _IDENTIFIER.fullmatch(text))


def is_password(text: str, *, config: bool) -> bool:
    """Something a person may have chosen. ``config``: it stands where only values stand, not code or prose."""
    size = len(text)
    if not 4 <= size <= LONGEST_PASSWORD:
        return False
    if " " in text or "\t" in text:
        return _is_punctuated(text)
    if _VERSION.fullmatch(text) or (text.isdigit() and size < 6):
        return False
    digits = any(c.isdigit() for c in text)
    special = any(not c.isalnum() and c not in "_-." for c in text)
    if not digits and _OTHER_SCRIPT.search(text):
        return False  # a label in another language, with its own full stop
    if digits or special:
        if not config and size < 6:
            return False
        return any(c.isalnum() for c in text) and (config or not _is_code(text))
    if not config:
        return size >= 8 and not is_wordlike(text)
    # Letters of other alphabets without a digit are a translation of a label.
    return size >= 6 and text.isascii() and not _names_itself(text) and (text.isalnum() or is_chain(text))


_OTHER_SCRIPT: Final = re.compile(r"[\u0370-\u1fff\u2e80-\ud7ff\uf900-\ufdff\uff66-\uffdc]")
"""Letters that are not Latin ones."""

_COMPOUND: Final = re.compile(r"(?=.*[A-Z])(?=.*[a-z])[A-Za-z]{2,16}(?:[-_.][A-Za-z]{1,16}){1,4}")


def is_compound(text: str) -> bool:
    """Words of both cases with signs between, none of which speaks of credentials or of code: ``Bruecke-Nord``."""
    return (
        len(text) >= 8
        and bool(_COMPOUND.fullmatch(text))
        and not any(map(_OF_CODE.fullmatch, re.split(r"[-_.]", text.lower())))
    )


_PAIR: Final = re.compile(r"[a-z]{4,12}-[a-z]{4,12}")
_CHAIN: Final = re.compile(r"[A-Za-z]{3,12}(?:-[A-Za-z]{3,12}){2,7}")


def is_chain(text: str) -> bool:
    """Three words or more with hyphens between, none of which speaks of credentials: ``copper-river-lantern``."""
    return bool(_CHAIN.fullmatch(text) or _PAIR.fullmatch(text)) and not any(
        map(_OF_LABELS.fullmatch, text.lower().split("-"))
    )


_PROSE: Final = re.compile(
    r"(?i)\b(?:pass(?:word|phrase|code)?s?|enter|type|must|your|you|characters?|chars?|please|is|the|for|of|and|not|or|to|at|least|use|if)\b"
)


def is_phrase(text: str, *, digits: bool) -> bool:
    """A few words that somebody chose, and no sentence. ``digits``: it must have one, or a sign that prose has not."""
    if not 8 <= len(text) <= 63 or not 2 <= len(text.split()) <= 6 or (digits and _PROSE.search(text)):
        return False
    return not digits or any(c.isdigit() or c in "@#$%^*~=+&" for c in text)


def is_key_material(text: str) -> bool:
    """Long random salts and keys that may hold blanks and every other sign (as WordPress makes them)."""
    if "${" in text or "$(" in text or "{{" in text or "::" in text or text.startswith(("pkcs11:", '" +', "' +")):
        return False
    return len(text) >= 32 and character_classes(text) == 4 and entropy(text) >= 4.2 and _is_punctuated(text)


def _is_punctuated(text: str) -> bool:
    """Too many signs for prose, and not code."""
    signs = sum(not c.isalnum() and c != " " for c in text)
    return (
        len(text) >= 20
        and text.count(" ") <= len(text) // 8
        and signs >= len(text) // 5
        and any(map(str.isdigit, text))
    )


def _is_sequence(text: str) -> bool:
    """Half of it or more repeats a character or counts on from it: ``aaaaaaaa``, ``12345678``, ``abcdefgh``."""
    longest, length, step = 1, 1, 2
    for before, after in pairwise(text):
        found = ord(after) - ord(before)
        length = length + 1 if found == step and -1 <= found <= 1 else 2 if -1 <= found <= 1 else 1
        step = found
        longest = max(longest, length)
    return longest >= 4 and longest >= len(text) / 2


def _is_code(text: str) -> bool:
    return text[0] in "+,;)&|(=<>{}[].:?*" or any(
        sign in text for sign in ("()", "](", "->", "%s", "%d", "\\n", "){")
    )


_OWN_WORDS: Final = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|key|api|auth|access|user|login|name|id|field|type|url|file|path|input|"
    r"label|text|hash|my|the|new|old|current|confirm|client|db|database|root|admin|private|public|reset|test|_|-|\.|s)+"
)

_OF_LABELS: Final = re.compile(
    _OWN_WORDS.pattern
    + r"|(?:for|and|not|from|with|your|use|set|get|env|cluster|service|server|app|web|config|icon|text|input|value|"
    r"default|required|field|button|form|policy|store|storage|data|system|internal|external|credentials?|certs?|tls|ssl|ssh|http|https|"
    r"sha|hmac|aes|rsa|utf|release|prod|dev|staging|production|manager|provider|required|optional|min|max|length|lock|open|closed)"
)
"""Words in the names of objects, settings and labels, which are chained by hyphens too."""

_OF_CODE: Final = re.compile(
    _OF_LABELS.pattern
    + r"|(?:string|object|types?|class|none|null|empty|messages?|msg|errors?|title|prompt|hint|placeholder|validators?|"
    r"headers?|request|response|session|cookie|models?|entity|utils?|constants?|enum|options?|settings?|params?|args?|this|self|wpa\d?|wep|psk|eap|personal|enterprise)"
)

_NAMED: Final = re.compile(r"(?i)passw|passphrase|psk|secret|token|credential")


def is_identifier(text: str) -> bool:
    """A name in code that speaks of credentials: ``user2Password``, ``testToken1``."""
    return text.isidentifier() and bool(_NAMED.search(text) or _NAMED_KEY.search(text))


def _names_itself(text: str) -> bool:
    """Made of words for credentials only: ``user_password``, ``access-token``."""
    return (
        bool(_OWN_WORDS.fullmatch(text))
        or bool(_NAMED.search(text))
        or ("_" in text.strip("_") and is_wordlike(text))
    )
