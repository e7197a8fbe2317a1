# ruff: noqa: E501 - expressions are easier to read whole
"""What people write down for each other: sentences, labels of several words, and an account beside its password.

Prose speaks of passwords far more often than it tells one. So what is taken depends on the form: in quotes or behind a
colon nearly every word, in a sentence what has digits, and of plain words only those that no sentence about passwords
ends with (``said``).
"""

from typing import Final

from siss.extract.secrets.judges import Line, chosen
from siss.extract.secrets.note_judges import labelled, marked_up, pin, put, said, shown, stroked

_WORD: Final = rb"password|passwort|kennwort|passphrase|mot de passe|contrase(?:n|\xc3\xb1)a|senha|wachtwoord"
_SHORT: Final = _WORD + rb"|pwd?|passwd|pass|psk"
_ACCOUNT: Final = rb"root|admin(?:istrator)?|sa|pi|administrateur|sysadmin|superuser"
_ACCESS: Final = rb"log-?in|credentials?|creds|zugang(?:sdaten)?|anmeldung|identifiants|acceso"
_IS: Final = rb"is|ist|lautet|est|es|\xc3\xa8|\xc3\xa9|to|auf"
_FOR: Final = rb"for|of|f\xc3\xbcr|fuer|zu|zum|zur|vom|von|der|des|im|in|am|an|on|at|pour|du|de|del|para|per|voor"

NOTES: Final = (
    Line(
        "spoken-password",
        rb"(?i:\b(?:" + _WORD + rb"|pw)\b[^\n:=\"']*[ \t](?:" + _IS + rb")[ \t:])",
        rb"(?i:(?:"
        + _WORD
        + rb"|pw)\b[^\n:=\"']{0,40}?[ \t](?:"
        + _IS
        + rb")(?:[ \t]{1,4}(?:now|jetzt|nun))?[ \t]{0,4}:?[ \t]{1,8})"
        rb"[\"'`]?([^\s\"'`]{5,64}?)[\"'`]?(?=[.,;]?[ \t]*(?:\r?\n|\Z)|[ \t]+(?:-|und|and|\(|gesetzt|ge\xc3\xa4ndert|ge(?:ae|a)ndert)[ \t(]?|[.,][ \t]|[\"'`])",
        said,
    ),
    Line(
        "spoken-password",
        rb"(?i:\b(?:" + _SHORT + rb"|pin)[ \t]+[\"'`][^\s\"'`]+[\"'`])",
        rb"(?i:" + _SHORT + rb"|pin)[ \t]+[\"'`]{1,2}([^\s\"'`]{6,64})[\"'`]",
        shown,
    ),
    Line(
        "spoken-password",
        rb"(?i:\b(?:" + _SHORT + rb")[ \t]+[^\s:=\"'`<>({\[]*[0-9])",
        rb"(?i:"
        + _SHORT
        + rb")[ \t]+([^\s\"'`<>=:,;()]{6,64}?)(?=[.,;)]?[ \t]*(?:\r?\n|\Z)|[.,;)][ \t]|[ \t](?:and|und|\())",
        put,
    ),
    Line(
        "noted-password",
        rb"(?i:\b(?:" + _WORD + rb"|pw)[ \t]+(?:(?:" + _FOR + rb")[ \t][^\n:=<>(){}]*|[\w-]+)[ \t]?[:=][ \t]+[^\s=])",
        rb"(?i:"
        + _WORD
        + rb"|pw)[ \t]+[^\n:=<>(){}]{1,50}?[ \t]?[:=][ \t]+[\"'`]?([^\s\"'`<>(){}]{5,64})[\"'`]?[ \t]*(?=\r?\n|\Z)",
        labelled,
    ),
    Line(
        "noted-password",
        rb"(?im:^[ \t>*-]*(?:user(?:name)?|login|account|benutzer(?:name)?|utilisateur)[ \t]?:[ \t]*[^\s,;/|:]+[ \t]*[,;/|][ \t]*(?:"
        + _SHORT
        + rb")[ \t]?:[ \t]*[a-z]+[ \t]*\.?\r?$)",
        rb"[ \t>*-]*[A-Za-z]+[ \t]?:[ \t]*[^\s,;/|:]{1,64}[ \t]*[,;/|][ \t]*(?i:"
        + _SHORT
        + rb")[ \t]?:[ \t]*([A-Za-z]{6,64})[ \t]*\.?(?=\r?\n|\r?\Z)",
        chosen,
    ),
    Line(
        "noted-password",
        rb"(?i:\b(?:"
        + _WORD
        + rb"|pass):?[ \t]*</(?:b|strong|td|th|span|dt)>:?[ \t]*(?:<(?:td|code|tt|dd|b)[^<>]*>)?[^\s<:])"
        rb"|(?i:\b(?:" + _WORD + rb"|pass):[ \t]*<(?:code|tt|b|strong|kbd)>[^\s<])",
        rb"(?i:"
        + _WORD
        + rb"|pass):?[ \t]*(?:<[^<>]{1,40}>|:|[ \t]){1,6}([^\s<>]{5,64})(?=</?(?:td|code|tt|dd|b|br|strong|kbd|li|p)\b|[ \t]*(?:\r?\n|\Z))",
        marked_up,
    ),
    Line(
        "noted-password",
        rb"(?i:\b(?:" + _ACCOUNT + rb")[\"'`]?[ \t]*[/:][ \t]*[\"'`]?[^\s/:=])",
        rb"(?<![\w/.@*-])(?i:"
        + _ACCOUNT
        + rb")(?:[\"'`]?[ \t]+/[ \t]+[\"'`]?([^\s\"'`]{6,64})|[:/]([^\s\"'`/:(){}<>,]{6,64}))(?=[\"'`]?[,;.)]?(?:\s|\Z))",
        stroked,
    ),
    Line(
        "noted-password",
        rb"(?i:\b(?:" + _ACCESS + rb")\b[^\n/]*\w[\"'`]?[ \t]?/[ \t]?[\"'`]?[^\s/])",
        rb"(?i:"
        + _ACCESS
        + rb")\b[^\n/]{0,80}?\w[\"'`]?[ \t]?/[ \t]?[\"'`]?([^\s\"'`/]{6,64}?)(?=[\"'`]?[,;.]?(?:\s|\Z))",
        stroked,
    ),
    Line(
        "noted-pin",
        rb"\b(?:PIN|PUK)(?:[ -][Cc]ode)?[ \t]?[:=][ \t]*[0-9]{4}",
        rb"[A-Z]{3}(?:[ -][Cc]ode)?[ \t]?[:=][ \t]*(\d{4,5}|\d{8})(?![\w.,/-])",
        pin,
    ),
)
