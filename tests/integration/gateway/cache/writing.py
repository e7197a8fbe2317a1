"""A process that fills a cache until it is killed: ``python -m integration.gateway.cache.writing FOLDER SEED``.

It prints the number of each question that is on disk, and ends with 3 where an answer is not its question's.
"""

import asyncio
import random
import sys
from pathlib import Path

from siss.gateway.cache.cache import ResponseCache
from siss.gateway.cache.tiers import CacheOptions
from siss.gateway.model.lookup import Hit
from siss.gateway.model.policy import CachePolicy, SemanticMode
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Question
from unit.gateway.cache.asking import WordEmbedder, answer, ask

POLICY = CachePolicy(semantic=SemanticMode.ON, threshold=0.8)
QUESTIONS = 3000


def question_of(number: int) -> Question:
    return ask(f"What does error code {number} of the tape library mean?")


def answer_to(number: int) -> Reply:
    return answer(f"Error {number}: " + f"see page {number}. " * (number % 40))


async def fill(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    options = CacheOptions(folder=folder, memory_bytes=100_000)
    async with await ResponseCache.open(options, embedder=WordEmbedder(64)) as cache:
        _say("ready")
        while True:
            numbers = [chance.randrange(QUESTIONS) for _ in range(32)]
            await asyncio.gather(*(_ask(cache, number) for number in numbers))
            await cache.flush()
            _say(*numbers)


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def _ask(cache: ResponseCache, number: int) -> None:
    found = await cache.lookup(question_of(number), POLICY)
    if not isinstance(found, Hit):
        await cache.store(question_of(number), answer_to(number), found.ticket, POLICY)
    elif found.reply != answer_to(number):
        sys.exit(3)


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1]), int(sys.argv[2])))
