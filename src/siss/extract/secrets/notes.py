"""What people write down for each other: sentences, and an account with a stroke before its password."""

from typing import Final

from siss.extract.secrets.judges import Line, spoken, stroked

_WORD: Final = rb"password|passwort|kennwort|passphrase"
_QUOTED_WORD: Final = _WORD + rb"|pwd?|pin"
_ACCOUNT: Final = rb"root|admin(?:istrator)?|sa|pi|administrateur|sysadmin|superuser"
_ACCESS: Final = rb"log-?in|credentials?|creds|zugang(?:sdaten)?|anmeldung|identifiants|acceso"

NOTES: Final = (
    Line(
        "spoken-password",
        rb"(?i:\b(?:" + _WORD + rb")\b[^\n:=\"'`]*[ \t](?:is|ist|lautet|est|es|to|auf)[ \t:])",
        rb"(?i:(?:"
        + _WORD
        + rb")\b[^\n:=\"'`]{0,40}?[ \t](?:is|ist|lautet|est|es|to|auf)(?:[ \t]+(?:now|jetzt|nun))?[ \t]*:?[ \t]+)"
        rb"[\"'`]?([^\s\"'`]{8,64}?)[\"'`]?(?=[.,;]?[ \t]*(?:\r?\n|\Z)|[ \t]+(?:-|und|and)[ \t]|[.,][ \t]|[\"'`])",
        spoken,
    ),
    Line(
        "spoken-password",
        rb"(?i:\b(?:" + _QUOTED_WORD + rb")[ \t]+[\"'`][^\s\"'`]+[\"'`])",
        rb"\w+[ \t]+[\"'`]{1,2}([^\s\"'`]{6,64})[\"'`]",
        spoken,
    ),
    Line(
        "noted-password",
        rb"(?i:\b(?:" + _ACCOUNT + rb")[\"'`]?[ \t]+/[ \t]+[\"'`]?[^\s/])",
        rb"[\w-]+[\"'`]?[ \t]+/[ \t]+[\"'`]?([^\s\"'`]{6,64})(?=[\"'`]?[,;.]?(?:\s|\Z))",
        stroked,
    ),
    Line(
        "noted-password",
        rb"(?i:\b(?:" + _ACCESS + rb")\b[^\n/]*\w[\"'`]?[ \t]?/[ \t]?[\"'`]?[^\s/])",
        rb"(?i:"
        + _ACCESS
        + rb")\b[^\n/]{0,80}?\w[\"'`]?[ \t]?/[ \t]?[\"'`]?([^\s\"'`/]{8,64}?)(?=[\"'`]?[,;.]?(?:\s|\Z))",
        stroked,
    ),
)
