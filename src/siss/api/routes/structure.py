"""JSONPath and XPath over everything that is indexed."""

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siss.api.errors import documented
from siss.api.models.parameters import Cursor
from siss.api.models.structure import StructurePage
from siss.api.render import structure as render
from siss.api.state import json_response, note, principal_of, state_of
from siss.app.structure.ask import MAX_MATCHES, MAX_SECONDS, MAX_SIZE, AskedPage, ask_structure
from siss.model.structure import StructureQuery
from siss.search.dsl import Namespaces

router = APIRouter(tags=["structure"])

_LONGEST: Final = 100_000
"""Characters that are looked at, so that the answer can say how many are too many."""


class StructureBody(BaseModel):
    """What both languages take beside the expression."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: str | None = Field(
        None,
        min_length=1,
        max_length=1024,
        description="Only files whose path passes this glob: `*` and `?`; `configs/*.json` begins in any folder.",
    )
    size: int = Field(20, ge=1, le=MAX_SIZE, description="Files on a page.")
    matches: int = Field(20, ge=1, le=MAX_MATCHES, description="Matches of one file that are shown.")
    cursor: Cursor = None
    seconds: float | None = Field(
        None,
        gt=0,
        le=MAX_SECONDS,
        description="After this long the page ends where it is. Default: `SISS_QUERY_TIMEOUT`.",
    )

    def page(self) -> AskedPage:
        """Which page is asked for."""
        return AskedPage(self.path, self.size, self.matches, self.cursor, self.seconds)


class JsonPathBody(StructureBody):
    """What ``POST /search/jsonpath`` takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"expression": "$.servers[?@.port == 5432].hostname", "path": "*/configs/*.json", "size": 20}
            ]
        }
    )

    expression: Annotated[str, Field(max_length=_LONGEST, description="JSONPath, as RFC 9535 has it.")]


class XPathBody(StructureBody):
    """What ``POST /search/xpath`` takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "expression": "//m:dependency[m:artifactId='log4j-core']/m:version",
                    "namespaces": {"m": "http://maven.apache.org/POM/4.0.0"},
                    "path": "pom.xml",
                }
            ]
        }
    )

    expression: Annotated[str, Field(max_length=_LONGEST, description="XPath 1.0.")]
    namespaces: Namespaces = Field({}, description="The prefixes that the expression uses, with their URIs.")


@router.post(
    "/search/jsonpath",
    response_model=StructurePage,
    responses=documented(400, 503),
    summary="JSONPath over all JSON files",
)
async def post_jsonpath(request: Request, body: JsonPathBody) -> Response:
    """JSON and JSON Lines files in which the expression finds something, with the values and where they stand.

    Decided on the local, redacted text, never on the NAS. Files come in no particular order.
    """
    return await _answer(request, StructureQuery("jsonpath", body.expression), body.page())


@router.post(
    "/search/xpath",
    response_model=StructurePage,
    responses=documented(400, 503),
    summary="XPath over all XML files",
)
async def post_xpath(request: Request, body: XPathBody) -> Response:
    """XML files in which the expression finds something, with the values and where they stand.

    A relative path begins at the root element. As in XPath 1.0, a name without a prefix is in no namespace.
    """
    query = StructureQuery("xpath", body.expression, tuple(sorted(body.namespaces.items())))
    return await _answer(request, query, body.page())


async def _answer(request: Request, query: StructureQuery, page: AskedPage) -> Response:
    state = state_of(request)
    note(request, query=query.expression)
    answer = await ask_structure(state.services, principal_of(request), query, page)
    found = render.structure_page(state.render, answer)
    note(request, results=len(found["items"]))
    return json_response(found)
