"""Which encoding text is in: known from its bytes, declared by it, or guessed.

A guess is the last resort and is said (``Reason.ENCODING_GUESSED``): faust-cchardet proposes, its proposal must
decode without an error and without control characters, else Windows-1252, which nearly all of Latin-1 is.
"""

import codecs
import re
import string
from typing import Final

import cchardet

from siss.detect.widths import codec_of

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_DECLARED: Final = re.compile(rb"""\s{0,64}<\?xml\s[^>]{0,200}?encoding\s?=\s?["']([A-Za-z0-9._:-]{1,40})["']""")
_HTML_DECLARED: Final = re.compile(rb"""(?i)<meta\s[^>]{0,200}?charset\s?=\s?["']?([a-z0-9._:-]{1,40})""")
_EBCDIC: Final = "cp037"
_EBCDIC_XML: Final = "<?xm".encode(_EBCDIC)
_EBCDIC_LETTERS: Final = string.ascii_letters.encode(_EBCDIC)
_EBCDIC_BLANK: Final = b"\x40"
_EBCDIC_BLANKS: Final = 25
"""There is a blank among so many characters, or more of them: tables are full of blanks."""

_EBCDIC_OTHERS: Final = (string.digits + ".,;:()+-*/%&$#@'=<>?_\"\t\r\n\x85").encode(_EBCDIC)
_ISO2022: Final = re.compile(rb"\x1b\$[@B]|\x1b\$\)C")

# What a file calls Latin-1 (or an older standard) is read as the superset that everyone else reads it as
# (WHATWG Encoding, 4.2).
_SUPERSETS: Final = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "cp950",
}

# The detector proposes rare single-byte encodings for any few odd bytes. Multi-byte ones prove themselves by
# decoding; of the others only these are believed, when it is sure and has seen more than a few bytes.
_PROVEN: Final = frozenset({"cp932", "euc_jp", "gb18030", "cp949", "cp950"})
_BELIEVED: Final = frozenset(
    {"cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8-r", "cp866"}
    | {"iso8859-2", "iso8859-5", "iso8859-7", "iso8859-8", "maccyrillic", "mac-cyrillic"}
)
_LIKELY: Final = 0.5
_SURE: Final = 0.8
_ENOUGH: Final = 16
# An apostrophe in Mac Roman, a capital letter between small ones in Latin-1.
_MAC_APOSTROPHE: Final = re.compile(rb"[a-z]\xd5[a-z]")
_GUESS_BYTES: Final = 1 << 16
_ASCII: Final = bytes(range(128))
_DELETED: Final = bytes(set(range(256)) - set(range(32)) | set(b"\t\n\r\f\b\x0b\x1b"))


def find_encoding(head: bytes, *, complete: bool) -> tuple[str, bool] | None:
    """The Python codec of a text's first bytes and whether it was guessed; None where no text is likely.

    ``complete``: ``head`` is all there is, so that it does not end in the middle of a character.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark) and not _misread(head, encoding):
            return encoding, False
    if b"\0" in head and (wide := _by_nul_parity(head)):
        return wide, not head[:32].replace(b"\0", b"").startswith(b"<?xml")
    if is_utf8(head, complete=complete):
        if b"\x1b$" in head and (found := _ISO2022.search(head)):
            return ("iso2022_kr" if found[0].endswith(b"C") else "iso2022_jp"), False
        return "utf-8", False
    if head.startswith(_EBCDIC_XML):
        return _declared_ebcdic(head), False
    if _is_ebcdic(head[:_GUESS_BYTES]):
        return _EBCDIC, True
    if control_share(head) > 0.02:
        return None
    if (declared := _declared(head)) and _decodes(head, declared, complete=complete):
        return declared, False
    if mostly_utf8(head):
        return "utf-8", False
    return _guess(head, complete=complete), True


def is_utf8(head: bytes, *, complete: bool) -> bool:
    """Whether bytes are valid UTF-8, but for a character that the end cuts."""
    if head.isascii():
        return True
    try:
        codecs.utf_8_decode(head, "strict", complete)
    except UnicodeDecodeError:
        return False
    return True


def mostly_utf8(head: bytes) -> bool:
    """Whether a few damaged places stand in what is otherwise UTF-8 with characters beyond ASCII."""
    sample = head[:_GUESS_BYTES]
    bad = len(sample.decode("utf-8", "surrogateescape")) - len(text := sample.decode("utf-8", "ignore"))
    wide = len(text) - len(text.encode("ascii", "ignore"))
    return wide > 2 * bad


def control_share(head: bytes) -> float:
    """The share of control characters that no text has, NUL among them."""
    return len(head.translate(None, _DELETED)) / len(head) if head else 0.0


def _misread(head: bytes, encoding: str) -> bool:
    """Whether a mark is chance: FF FE 00 00 may also be UTF-16 that begins with NUL, or no text at all."""
    if encoding == "utf-8":
        return False
    unit = 4 if encoding.startswith("utf-32") else 2
    sample = head[: min(len(head), 4096) // unit * unit]
    text = sample.decode(encoding, "replace")
    bad = sum(char == "\ufffd" or (char < " " and char not in "\t\n\r\f\b\x0b\x1b") for char in text)
    return bad * 10 > len(text)


def _by_nul_parity(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: in mostly western text one half of the bytes are NULs."""
    sample = head[: min(len(head), 4096) // 4 * 4] or head[:2]
    if len(sample) < 2:
        return None
    quarters = [sample[position::4].count(0) / max(len(sample[position::4]), 1) for position in range(4)]
    if len(sample) >= 8:
        if quarters[0] < 0.1 and min(quarters[2:]) > 0.95 and quarters[1] > 0.5:
            return "utf-32-le"
        if quarters[3] < 0.1 and min(quarters[:2]) > 0.95 and quarters[2] > 0.5:
            return "utf-32-be"
    even, odd = sample[::2].count(0) / len(sample[::2]), sample[1::2].count(0) / len(sample[1::2])
    if odd > 0.5 and even < 0.05:
        found = "utf-16-le"
    elif even > 0.5 and odd < 0.05:
        found = "utf-16-be"
    else:
        return None
    return None if _misread(sample, found) else found


def _declared(head: bytes) -> str | None:
    found = _XML_DECLARED.match(head) or (_HTML_DECLARED.search(head[:2048]) if b"<" in head[:512] else None)
    if not found:
        return None
    name = _known(found[1].decode("ascii"))
    # Bytes that can be read as ASCII declare a name: they are in none of the wide encodings.
    return None if name is None or name.startswith(("utf-16", "utf-32", "utf-8", "utf-7")) else name


def _declared_ebcdic(head: bytes) -> str:
    found = _XML_DECLARED.match(head[:400].decode(_EBCDIC, "replace").encode("ascii", "replace"))
    name = _known(found[1].decode("ascii")) if found else None
    return name if name and codec_of(name).newline != b"\n" else _EBCDIC


def _is_ebcdic(sample: bytes) -> bool:
    """Whether bytes are letters with blanks between them where EBCDIC has these: nobody else has so many at signs.

    National variants (cp500, cp273, cp1047) differ in brackets and letters with accents, not in these.
    """
    blanks = sample.count(_EBCDIC_BLANK)
    if blanks * _EBCDIC_BLANKS < len(sample):
        return False
    letters = len(sample) - len(sample.translate(None, _EBCDIC_LETTERS))
    others = len(sample) - len(sample.translate(None, _EBCDIC_OTHERS))
    return letters * 5 >= len(sample) and (blanks + letters + others) * 100 >= len(sample) * 95


def _known(name: str) -> str | None:
    try:
        found = codecs.lookup(name).name
        b"<".decode(found)  # codecs that do not give text (zlib, rot13) refuse
    except (LookupError, ValueError):
        return None
    return None if found in _NOT_OF_FILES else _SUPERSETS.get(found, found)


# Python's own codecs, and those that no file should be able to ask for.
_NOT_OF_FILES: Final = frozenset(
    {"idna", "punycode", "unicode-escape", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape", "undefined"}
    | {"utf-7", "mbcs", "oem", "hz", "charmap", "palmos"}
)


def _decodes(head: bytes, encoding: str, *, complete: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(head, complete)
    except (UnicodeError, LookupError):
        return False
    return True


def _guess(head: bytes, *, complete: bool) -> str:
    sample = head[:_GUESS_BYTES]
    whole = complete and len(sample) == len(head)
    found = cchardet.detect(sample)
    name = _known(found["encoding"]) if found["encoding"] else None
    if name is not None and _decodes(sample, name, complete=whole):
        odd = len(sample.translate(None, _ASCII))
        confidence = found["confidence"] or 0.0
        if (name in _PROVEN and confidence >= _LIKELY) or (
            name in _BELIEVED and confidence >= _SURE and odd >= _ENOUGH
        ):
            return name
    if _MAC_APOSTROPHE.search(sample):
        return "mac-roman"
    # Windows-1252 leaves five bytes undefined; Latin-1 calls them (and 27 more) control characters.
    return "cp1252" if _decodes(sample, "cp1252", complete=whole) else "iso8859-1"
