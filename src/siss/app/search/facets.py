"""The facet that no engine knows: files by schema, from what the engine counted by content."""

from collections import Counter
from collections.abc import Sequence

from siss.app.services import Services
from siss.model.hit import FacetCount
from siss.model.ids import ContentId


async def count_schemas(services: Services, contents: Sequence[FacetCount], limit: int) -> tuple[FacetCount, ...]:
    """The commonest schemas of contents that have one, with the numbers of files. ``contents``: values are ids."""
    counts = {ContentId(int(content.value)): content.count for content in contents}
    files = Counter[str]()
    for content_id, schema in (await services.structures.schemas_of(list(counts))).items():
        files[str(schema)] += counts[content_id]
    ranked = sorted(files.items(), key=lambda schema: (-schema[1], schema[0]))
    return tuple(FacetCount(schema, count) for schema, count in ranked[:limit])
