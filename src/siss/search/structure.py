"""What a question about structure asks of a file, whichever its language."""

from siss.model.structure import KINDS, StructureQuery
from siss.ports.structure import Pruning
from siss.search.jsonpath.compile import compile_jsonpath
from siss.search.jsonpath.required import required_paths
from siss.search.xpath.evaluate import compile_xpath
from siss.search.xpath.parser import parse_xpath
from siss.search.xpath.required import required_elements


def prune(query: StructureQuery, glob: str | None = None) -> Pruning:
    """What a file must have for a query to find something. ``glob``: which files.

    Raises ``InvalidQueryError`` with ``position`` and ``expected`` for an expression that does not parse.
    """
    if query.language == "jsonpath":
        required = required_paths(compile_jsonpath(query.expression))
    else:
        namespaces = dict(query.namespaces)
        compile_xpath(query.expression, namespaces)
        required = required_elements(parse_xpath(query.expression, namespaces))
    return Pruning(KINDS[query.language], required, glob)
