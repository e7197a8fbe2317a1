"""Blocks read back what was packed, and lead back to the source."""

from hypothesis import given
from hypothesis import strategies as st

from siss.chunk.blocks import BlockPacker
from siss.chunk.cut import Chunker, Rules
from siss.chunk.trail import SpanTrail
from siss.model.content import Chunk, TextBlock
from siss.model.spans import Run, SpanMap
from siss.model.text import Window
from text_blocks import read_block


def pack(windows: list[Window], size: int = 16) -> tuple[list[Chunk], list[TextBlock]]:
    trail = SpanTrail()
    chunker, packer = Chunker(Rules(size), trail), BlockPacker(trail)
    chunks, blocks = [], []
    for window in windows:
        trail.note(window)
        for chunk, text in chunker.feed(window, [], final=window.final):
            chunks.append(chunk)
            block = packer.add(chunk, text)
            if block:
                blocks.append(block)
                trail.forget(block.end)
    last = packer.close()
    return chunks, [*blocks, last] if last else blocks


def latin1_window(start: int, source_start: int, text: str, *, final: bool) -> Window:
    """As the decoder of a single-byte encoding gives it: one source byte a character."""
    runs, at = [], start
    for index, char in enumerate(text):
        runs.append(Run(at, source_start + index, len(char.encode()), 1))
        at += len(char.encode())
    return Window(start, text.encode(), source_start, final, SpanMap.of(runs).runs)


def test_blocks_hold_eight_chunks_and_the_rest():
    chunks, blocks = pack([Window(0, b"0123456789abcde\n" * 18, 0, final=True)])
    assert len(chunks) == 18
    assert [(block.seq, block.start, block.end) for block in blocks] == [(0, 0, 128), (2, 128, 256), (4, 256, 288)]
    assert b"".join(read_block(block).text for block in blocks) == b"0123456789abcde\n" * 18
    assert all(block.span_map == b"" for block in blocks)


def test_a_constant_shift_needs_no_map():
    _, blocks = pack([Window(0, b"after a byte order mark\n" * 4, 3, final=True)])
    assert [(block.source_start - block.start, block.span_map) for block in blocks] == [(3, b"")] * len(blocks)
    assert read_block(blocks[0]).span_map.to_source(5) == 8


@given(st.lists(st.text(st.sampled_from("ab é\n"), min_size=1, max_size=40), min_size=1, max_size=5))
def test_every_character_leads_back_to_its_byte(pieces):
    windows, start, source = [], 0, 0
    for index, piece in enumerate(pieces):
        windows.append(latin1_window(start, source, piece, final=index == len(pieces) - 1))
        start, source = start + len(piece.encode()), source + len(piece)
    text = "".join(pieces)
    chunks, blocks = pack(windows)
    original = text.encode("latin-1")
    for chunk in chunks:
        body = text.encode()[chunk.start : chunk.end].decode()
        assert original[chunk.source_start : chunk.source_end].decode("latin-1") == body
    for stored in blocks:
        block = read_block(stored)
        at = block.start
        for char in block.text.decode():
            assert original[block.span_map.to_source(at) :][:1].decode("latin-1") == char
            at += len(char.encode())
        assert original[block.span_map.to_source(at, end=True) - 1 :][:1].decode("latin-1") == block.text.decode()[-1]


def test_a_replaced_stretch_maps_as_a_whole_in_both_its_blocks():
    runs = (Run(0, 0, 1, 1), Run(30, 30, 0, 0), Run(60, 90, 1, 1))
    _, blocks = pack([Window(0, b"x" * 128, 0, True, runs)], 5)
    first, second = read_block(blocks[0]).span_map, read_block(blocks[1]).span_map
    assert (first.to_source(35), second.to_source(45)) == (30, 30)
    assert (second.to_source(45, end=True), second.to_source(61)) == (90, 91)
