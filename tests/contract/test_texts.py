"""What any store of texts keeps: the process's own and the table."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest
import zstandard

from siss.adapters.memory.texts import MemoryTexts
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.errors import CorruptError
from siss.model.content import Segment, TextBlock
from siss.model.ids import ContentId
from siss.model.spans import Run, SpanMap
from siss.ports.texts import BLOCK_STEP, BLOCK_STEPS, Texts

TEXT = b"".join(b"line %d\n" % number for number in range(100))
Put = Callable[[list[TextBlock]], Awaitable[ContentId]]


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> tuple[Texts, Put]:
    if request.param == "memory":
        kept = MemoryTexts()

        async def put(blocks: list[TextBlock]) -> ContentId:
            kept.put(ContentId(7), blocks)
            return ContentId(7)

        return kept, put
    catalog: PostgresIngestCatalog = request.getfixturevalue("ingest_catalog")

    async def write(blocks: list[TextBlock]) -> ContentId:
        content_id, _ = await catalog.open_content()
        await catalog.append_segment(content_id, Segment([], blocks, []))
        return content_id

    return request.getfixturevalue("texts"), write


def blocks_of(text: bytes, size: int = 100, steps: int = BLOCK_STEPS) -> list[TextBlock]:
    return [
        TextBlock(number * steps, at, min(at + size, len(text)), at + 3, zstandard.compress(text[at : at + size]))
        for number, at in enumerate(range(0, len(text), size))
    ]


async def test_a_text_reads_back(store: tuple[Texts, Put]):
    texts, put = store
    content_id = await put(blocks_of(TEXT))
    assert await texts.read(content_id, 0, 1 << 40) == TEXT
    assert b"".join([block.text async for block in texts.stream(content_id)]) == TEXT
    for start, end in (
        (0, 0),
        (0, 1),
        (99, 101),
        (100, 200),
        (150, 651),
        (780, 9999),
        (9999, 10000),
        (50, 20),
        (-5, 5),
    ):
        assert await texts.read(content_id, start, end) == TEXT[max(start, 0) : max(end, 0)]


@pytest.mark.parametrize("steps", [1, BLOCK_STEPS], ids=["of an older version", "of this version"])
async def test_the_block_of_a_chunk(store: tuple[Texts, Put], steps: int):
    texts, put = store
    held = BLOCK_STEP * steps
    content_id = await put(blocks_of(TEXT, steps=steps))
    keys = [(content_id, seq) for seq in (0, held - 1, held, 2 * held - 1, 2 * held, 999)]
    found = await texts.blocks_of([*keys, (ContentId(123456), 0)])
    assert [found[key].start for key in keys[:-1]] == [0, 0, 100, 100, 200]
    assert set(found) == set(keys[:-1])
    block = found[content_id, held]
    assert block.text == TEXT[100:200]
    assert block.span_map.to_source(150) == 153
    [alone] = (await texts.blocks_of([(content_id, 2 * held - 1)])).values()
    assert alone == block
    assert await texts.blocks_of([]) == {}


async def test_the_maps_at_offsets(store: tuple[Texts, Put]):
    texts, put = store
    content_id = await put(blocks_of(TEXT))
    places = [(content_id, at) for at in (0, 99, 100, len(TEXT) - 1)]
    found = await texts.maps_at([*places, places[0], (content_id, len(TEXT)), (ContentId(123456), 0)])
    assert set(found) == set(places)
    assert [found[place].to_source(place[1]) for place in places] == [3, 102, 103, len(TEXT) + 2]
    assert await texts.maps_at([]) == {}


async def test_the_way_back_to_the_source(store: tuple[Texts, Put]):
    texts, put = store
    spans = SpanMap((Run(0, 10, 1, 1), Run(4, 14, 2, 1), Run(8, 16, 1, 1)))
    content_id = await put([TextBlock(0, 0, 10, 10, zstandard.compress(b"0123456789"), spans.pack())])
    [block] = (await texts.blocks_of([(content_id, 2)])).values()
    assert block.span_map == spans


async def test_many_blocks_come_in_order(store: tuple[Texts, Put]):
    texts, put = store
    text = TEXT * 20
    content_id = await put(blocks_of(text))
    starts = [block.start async for block in texts.stream(content_id)]
    assert starts == list(range(0, len(text), 100))
    assert [found async for found in texts.find_damage()] == []
    assert await texts.read(content_id, 5, len(text) - 5) == text[5:-5]


async def test_nothing_there(store: tuple[Texts, Put]):
    texts, _ = store
    assert await texts.read(ContentId(404), 0, 10) == b""
    assert [block async for block in texts.stream(ContentId(404))] == []


@pytest.mark.parametrize("data", [b"", b"not zstd", zstandard.compress(b"x" * 100)[:-3]])
async def test_a_damaged_block_is_said_to_be_so(store: tuple[Texts, Put], data: bytes):
    texts, put = store
    content_id = await put([TextBlock(0, 0, 100, 0, data)])
    assert [found async for found in texts.find_damage()] == [content_id]
    with pytest.raises(CorruptError, match=f"content {content_id}"):
        await texts.read(content_id, 0, 10)


async def test_a_block_of_another_text_is_found_to_be_so(store: tuple[Texts, Put]):
    texts, put = store
    blocks = blocks_of(TEXT * 30)
    blocks[-2] = msgspec.structs.replace(blocks[-2], data=zstandard.compress(b"shorter"))
    content_id = await put(blocks)
    assert [found async for found in texts.find_damage()] == [content_id]


async def test_a_damaged_map_is_said_to_be_so(store: tuple[Texts, Put]):
    texts, put = store
    content_id = await put([TextBlock(0, 0, 3, 0, zstandard.compress(b"abc"), b"\xc1")])
    with pytest.raises(CorruptError):
        await texts.blocks_of([(content_id, 0)])


async def test_data_that_expands_without_end_is_refused(database: Database, texts: Texts, ingest_catalog):
    compressor = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    bomb = compressor.compress(b"\0" * (1 << 24)) + compressor.flush()
    content_id, _ = await ingest_catalog.open_content()
    await ingest_catalog.append_segment(content_id, Segment([], [TextBlock(0, 0, 10, 0, bomb)], []))
    with pytest.raises(CorruptError):
        await texts.read(content_id, 0, 10)
