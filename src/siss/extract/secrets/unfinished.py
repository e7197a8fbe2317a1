"""What stands at the end of a text whose last line has no end, and may go on: half of a token, or of a password.

No rule can know half a token, and whoever writes a log may write it in two pieces. So the last run of such a text is
taken out where it begins as tokens do, or stands behind a name that says secret, however short it is. When the line
goes on it is read anew, and the rule that knows the whole takes its place.
"""

import re
from typing import Final

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.names import NAMES, read_name
from siss.extract.secrets.values import is_placeholder, is_reference

_LONGEST: Final = 4096
_CLOSING: Final = b" \t\r\n\"'`<>{}()[],;&|"
"""No run ends so: most texts without a last line break are told by their last byte."""
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~+/=-"
"""Of which tokens are made."""
_TOKEN: Final = re.compile(
    rb"(?:\b|_)((?:gh[pousr]_|github_pat_|gl(?:pat|dt|rt|soat|cbt|ptt|ft|imt)-|xox[abeoprs]-|xapp-|(?:AKIA|ASIA|ABIA|ACCA)|AIza|ya29\.|1//0|GOCSPX-|SG\.|npm_|pypi-|hf_|dop_v1_|doo_v1_|dor_v1_|hv[sbr]\.|"
    rb"shp(?:at|ca|pa|ss)_|[sr]k_(?:live|test|prod)_|whsec_|sk-(?:ant|proj|or|svcacct)-|rubygems_|glc_|glsa_|lin_api_|ntn_|figd_|sbp_|nvapi-|gsk_|xai-|pplx-|SWMTKN-|PMAK-|NRAK-|dckr_pat_|atlas_v\d|eyJ[A-Za-z0-9_-]{4})"
    rb"[A-Za-z0-9_.~+/=-]*)\Z"
)
"""How the tokens begin that services hand out; ``tokens`` knows them whole."""
_NAMED: Final = re.compile(
    rb"([A-Za-z0-9_.$-]{0,60}(?i:"
    + NAMES
    + rb")[A-Za-z0-9_.-]{0,40})[\"'`]?[ \t]*[=:][ \t]*[\"'`]?([^\s\"'`<>{}()\[\],;&|]{1,512})\Z"
)


def classify_unfinished(data: bytes, start: int) -> Candidate | None:
    """The run that ends a text, if it may be the beginning of a secret; it begins from ``start`` on."""
    if data[-1:] in _CLOSING:
        return None
    begin = max(data.rfind(b"\n", start) + 1, start, len(data) - _LONGEST)
    found = _TOKEN.search(data, begin + len(data[begin:].rstrip(_LETTERS)))
    if found is not None:
        return Candidate("unfinished-token", *found.span(1), found[1])
    begin = max(begin, len(data) - 700)
    told = b"=" in data[begin:] or b":" in data[begin:]
    found = _NAMED.search(data, begin) if told else None
    if found is None or read_name(found[1].decode("latin-1")) is None:
        return None
    text = found[2].decode("utf-8", "replace")
    if (len(text) > 2 and is_placeholder(text)) or is_reference(text):
        return None
    return Candidate("unfinished-password", *found.span(2), found[2])
