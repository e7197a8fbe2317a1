"""What a packed block reads back as, by the reader that answers are made with."""

from siss.adapters.postgres.questions.texts import decode_block
from siss.model.content import TextBlock
from siss.ports.texts import Block


def read_block(block: TextBlock) -> Block:
    return decode_block((0, block.seq, block.start, block.source_start, block.data, block.span_map))
