"""Snapshots in an S3-compatible object store: one object, put and fetched whole.

Requests are signed as AWS Signature Version 4 says, with the path in the URL, which every such store understands
(MinIO, Ceph, Garage, and Google's with HMAC keys).
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import aiohttp

from siss.errors import ConfigError, UnavailableError
from siss.gateway.cache.snapshot import FolderSnapshots, SnapshotStore
from siss.gateway.config import LifecycleTable

_NAME: Final = "siss-gateway-cache.db"
_CHUNK: Final = 1 << 20
_SECONDS: Final = 600.0


class S3Snapshots:
    """``bucket`` and ``prefix`` on the configured endpoint."""

    def __init__(
        self,
        config: LifecycleTable,
        bucket: str,
        prefix: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = config
        self._path = "/" + quote("/".join(part for part in (bucket, prefix.strip("/"), _NAME) if part), safe="/-_.~")
        self._now = now

    async def put(self, file: Path) -> None:
        """Replace the object with a file. Raises ``UnavailableError``."""
        digest, size = await asyncio.to_thread(_measure, file)
        headers = self._sign("PUT", digest) | {"Content-Length": str(size)}
        async with self._session() as session:
            try:
                async with session.put(self._url, data=_read(file), headers=headers) as response:
                    if response.status not in {200, 201, 204}:
                        raise await self._refused(response)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise self._unreachable(error) from error

    async def fetch(self, file: Path) -> bool:
        """Write the object to a file; False where there is none. Raises ``UnavailableError``."""
        headers = self._sign("GET", sha256(b"").hexdigest())
        async with self._session() as session:
            try:
                async with session.get(self._url, headers=headers) as response:
                    if response.status == 404:
                        return False
                    if response.status != 200:
                        raise await self._refused(response)
                    with file.open("wb") as written:
                        async for part in response.content.iter_chunked(_CHUNK):
                            written.write(part)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise self._unreachable(error) from error
        return True

    @property
    def _url(self) -> str:
        return self._config.s3_endpoint + self._path

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_SECONDS), skip_auto_headers={"Content-Type"}
        )

    def _sign(self, method: str, digest: str) -> dict[str, str]:
        """The headers of a request, as docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html says."""
        config = self._config
        at = self._now().strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": urlsplit(config.s3_endpoint).netloc, "x-amz-content-sha256": digest, "x-amz-date": at}
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        request = f"{method}\n{self._path}\n\n{lines}\n{names}\n{digest}"
        scope = f"{at[:8]}/{config.s3_region}/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        key = b"AWS4" + config.s3_secret_key.get_secret_value().encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        credential = f"{config.s3_access_key}/{scope}"
        return {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}",
            "x-amz-content-sha256": digest,
            "x-amz-date": at,
        }

    async def _refused(self, response: aiohttp.ClientResponse) -> UnavailableError:
        said = (await response.text())[:200]
        return UnavailableError(f"{self._url}: {response.method} answered {response.status}: {said}")

    def _unreachable(self, error: Exception) -> UnavailableError:
        return UnavailableError(f"{self._url}: {error or type(error).__name__}")


def open_snapshots(config: LifecycleTable) -> SnapshotStore | None:
    """Where snapshots go: an object store, a folder, or nowhere. Raises ``ConfigError`` for another kind of place."""
    if not config.snapshot:
        return None
    parts = urlsplit(config.snapshot)
    if parts.scheme == "s3" and parts.netloc:
        return S3Snapshots(config, parts.netloc, parts.path)
    if parts.scheme in {"", "file"} and parts.path:
        return FolderSnapshots(Path(parts.path).expanduser())
    raise ConfigError(
        f"lifecycle.snapshot: must be s3://BUCKET/PREFIX or a folder (given: {config.snapshot!r})",
        variable="lifecycle.snapshot",
    )


def _measure(file: Path) -> tuple[str, int]:
    digest, size = sha256(), 0
    with file.open("rb") as read:
        while part := read.read(_CHUNK):
            digest.update(part)
            size += len(part)
    return digest.hexdigest(), size


async def _read(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as read:
        while part := read.read(_CHUNK):
            yield part
