# ruff: noqa: E501 - expressions are easier to read whole
"""What was typed at a login, as FreeRADIUS, honeypots and traces of mail log it."""

from typing import Final

from siss.extract.secrets.judges import Line, sasl_plain, typed

LOGGED: Final = (
    Line(
        "radius-password",
        rb"\b(?:Login (?:OK|incorrect)[^\n]*|login attempt) \[[^\]/\n]+/[^\]<\n]",
        rb"(?:Login (?:OK|incorrect)(?: \([^\n]{1,200}?\))?:|login attempt) \[(?:b')?[^\]/\n]{1,128}/(?:b')?([^\]<\n]{1,128}?)'?\]",
        typed,
    ),
    Line(
        "authorization-basic",
        rb"\bAUTH(?:ENTICATE)? PLAIN [A-Za-z0-9+/]{8}",
        rb"AUTH(?:ENTICATE)? PLAIN ([A-Za-z0-9+/]{8,2000}={0,2})",
        sasl_plain,
    ),
)
