"""What is drawn from text while it is read: secrets first, then, from the redacted text, entities and fields.

``ExtractionConfig`` crosses to the reading processes; each makes ``Extractors`` of it once, and an ``Extraction`` for
each content.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from siss.app.secret_key import find_key
from siss.errors import ConfigError
from siss.extract.entities import scan as entities
from siss.extract.entities.collect import EntityCollector
from siss.extract.entities.columns import read_head
from siss.extract.redact import Redactor
from siss.extract.secrets import scan as secrets
from siss.extract.secrets.asked import replace_asked
from siss.extract.secrets.bare import is_telling
from siss.extract.secrets.custom import NOTHING, Customisation, read_baseline, read_customisation
from siss.extract.secrets.fingerprint import Fingerprinter, mark
from siss.extract.secrets.piece import Piece
from siss.extract.structure import select as structure
from siss.extract.structure.select import FieldReader, select_fields
from siss.model.content import Kind
from siss.model.dialect import Dialect
from siss.model.text import Window
from siss.settings import Settings

_SETTINGS_NAME: Final = re.compile(
    r".*\.(?:env|ini|cfg|cnf|conf|config|properties|toml|ya?ml|service|desktop)|\.env.*", re.IGNORECASE
)
"""Files whose keys are names (``config_key``)."""


@dataclass(frozen=True, slots=True)
class ExtractionConfig:
    """What extraction depends on besides its code. ``key``: of the fingerprints; ``accepted``: the baseline's.

    ``patterns``: RE2 expressions of custom entities by name; ``max_depth``: of fields.
    """

    key: bytes = field(repr=False)
    custom: Customisation = NOTHING
    accepted: frozenset[str] = frozenset()
    patterns: Mapping[str, str] = field(default_factory=dict)
    max_depth: int = 32

    @property
    def version(self) -> int:
        """63 bits that change with the code's rules, the settings or the key: what contents are drawn again for."""
        digest = hashlib.blake2b(digest_size=8, person=b"siss-extraction")
        told = (
            (secrets.VERSION, entities.VERSION, structure.VERSION, self.max_depth),
            Fingerprinter(self.key).of(b"which key this is"),
            (self.custom.rules, self.custom.allowed, self.custom.stopwords, sorted(self.custom.disabled)),
            sorted(self.accepted),
            sorted(self.patterns.items()),
        )
        digest.update(repr(told).encode())
        return int.from_bytes(digest.digest(), "big") >> 1


def load_extraction(settings: Settings, *, make_key: bool = True) -> ExtractionConfig:
    """What the settings, the files that they name, and the state folder's key say.

    The key is made where there is none; with ``make_key`` false, one that is kept nowhere stands in for it. Raises
    ``ConfigError`` that names the variable, ``StateError``.
    """
    rules, baseline = settings.secret_rules, settings.secret_baseline
    return ExtractionConfig(
        find_key(settings.data_dir, settings.secret_key_file, make=make_key),
        NOTHING if rules is None else read_customisation(_text_of(rules, "SISS_SECRET_RULES")),
        frozenset() if baseline is None else read_baseline(_text_of(baseline, "SISS_SECRET_BASELINE").splitlines()),
        settings.entity_patterns,
        settings.max_depth,
    )


def _text_of(path: Path, variable: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{variable}: {path} cannot be read: {error}", variable=variable) from error


@dataclass(frozen=True, slots=True)
class Extraction:
    """One content's: windows pass ``redactor`` first, the others see what comes out of it."""

    redactor: Redactor
    entities: EntityCollector
    fields: FieldReader | None


class Extractors:
    """The rules, compiled; one a process."""

    def __init__(self, config: ExtractionConfig) -> None:
        self.version = config.version
        self._config = config
        self._secrets = secrets.Scanner(config.custom)
        self._fingerprinter = Fingerprinter(config.key)
        self._entities = entities.Scanner(config.patterns)

    def begin(
        self, kind: Kind, dialect: Dialect | None, name: str, *, line: int = 1, context: bytes = b""
    ) -> Extraction:
        """For a content; ``line`` and ``context`` where it is read from a later line on, and without fields then."""
        fields = None if context else self.fields(kind, dialect)
        settings = kind is Kind.KEYVALUE or (kind is Kind.TEXT and _SETTINGS_NAME.fullmatch(name) is not None)
        return Extraction(
            self.redactor(line=line, context=context, bare=is_telling(name)),
            self.collector(dialect, settings=settings),
            fields,
        )

    def collector(self, dialect: Dialect | None, *, settings: bool) -> EntityCollector:
        """For what the chunks of one content name. ``settings``: it is a file of settings."""
        columns = None if dialect is None else read_head(dialect.first.encode("utf-8", "replace"))
        return EntityCollector(self._entities, settings=settings, columns=columns)

    def fields(self, kind: Kind, dialect: Dialect | None) -> FieldReader | None:
        """For the redacted windows of one content; None for what has no fields."""
        return select_fields(kind, dialect, max_depth=self._config.max_depth)

    def redactor(
        self, *, line: int = 1, context: bytes = b"", bare: bool = False, may_go_on: bool = True
    ) -> Redactor:
        """For the windows of one content, from ``line`` on; ``context``: the original text right before it.

        ``bare``, ``may_go_on``: of ``Redactor``.
        """
        return Redactor(
            self._secrets,
            self._fingerprinter,
            line=line,
            accepted=self._config.accepted,
            context=context,
            bare=bare,
            may_go_on=may_go_on,
        )

    def redact(self, text: str) -> str:
        """A short text (a name, a message, a query) as it may be shown, stored and logged."""
        data = text.encode("utf-8", "surrogatepass")
        one_line = b"\n" not in data and len(data) < secrets.LONGEST_LINE
        if one_line and not self._secrets.scan(Piece.whole(data)).found:
            return text  # as of most, and in a third of the time
        window = self.redactor(may_go_on=False).take(Window(0, data, 0, final=True))
        return text if window is None else window.data.decode("utf-8", "surrogatepass")

    def redact_question(self, text: str) -> str:
        """What somebody asked, as it may be kept: a key or password may stand in it under no name."""
        return replace_asked(self.redact(text), self._mark_asked)

    def _mark_asked(self, word: str) -> str:
        return mark("asked", self._fingerprinter.of(word.encode("utf-8", "surrogatepass"))).decode()
