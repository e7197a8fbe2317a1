"""Which parser reads what was recognised."""

from siss.model.content import Kind
from siss.model.dialect import Dialect
from siss.model.text import Ledger, Parser
from siss.parse.delimited import DelimitedParser
from siss.parse.json_text import JsonParser
from siss.parse.jsonl import JsonLinesParser
from siss.parse.keyvalue import KeyValueParser
from siss.parse.log import LogParser
from siss.parse.text import TextParser
from siss.parse.xml_text import XmlParser


def select_parser(
    kind: Kind, dialect: Dialect | None, ledger: Ledger, *, max_depth: int, mtime_us: int
) -> Parser | None:
    """A parser for one content; None for what is cut by lines.

    ``mtime_us``: when the file was changed, microseconds since the epoch, for time stamps without a year.
    """
    match kind:
        case Kind.TEXT:
            return TextParser()
        case Kind.LOG:
            return LogParser(mtime_us)
        case Kind.KEYVALUE:
            return KeyValueParser()
        case Kind.DELIMITED:
            return DelimitedParser(dialect or Dialect(), ledger)
        case Kind.JSON:
            return JsonParser(ledger, max_depth=max_depth)
        case Kind.JSONL:
            return JsonLinesParser(ledger)
        case Kind.XML:
            return XmlParser(ledger, max_depth=max_depth)
        case Kind.ARCHIVE | Kind.BINARY | Kind.EMPTY:
            return None
