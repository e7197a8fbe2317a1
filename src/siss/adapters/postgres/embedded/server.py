"""The embedded PostgreSQL: started, watched over and stopped by the process that owns the state folder.

The cluster is in ``<state>/postgres/cluster``, for root as well. Root's server runs as an unprivileged user, who
cannot enter a home folder (mode 0700). Instead of moving the data elsewhere, or changing the rights of folders that
are not ours, the server inherits an open descriptor of the cluster and knows it as ``/proc/self/fd/N``. So a state
folder stays one folder that can be copied or deleted as a whole.

The socket is in a short folder of its own below the temporary folder (a socket's path has 107 bytes at most), named
for the state folder, so that its address survives a restart of the server.

If the owner is killed, the server goes on. The next owner finds it by its working folder and adopts it, or stops it
if it was started with other options than it would be now.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil
import psycopg

from siss.adapters.postgres.embedded.binaries import MAJOR, Binaries, find_binaries, run_as
from siss.adapters.postgres.embedded.processes import HandedFolder, runs, servers_in, socket_folder
from siss.adapters.postgres.translate import damaged
from siss.errors import DatabaseDamagedError, DiskFullError, StateError
from siss.logs import get_logger
from siss.state import StateFolder, state_error

USER: Final = "siss"
DATABASE: Final = "siss"
_FIRST: Final = "postgres"
"""The database of a new cluster; ours is created from it."""

_SPARE: Final = (_FIRST, "template1", "template0")
"""Databases that ``initdb`` creates and nobody uses: 7.5 MB each, which is more than a small index takes.

They are dropped. A backup is a dump of our database, and a restore, also into the next major version, begins with a
new cluster; only ``pg_upgrade`` would need the templates, and it is not used.
"""

_LOG_BYTES: Final = 16 << 20
_POLL: Final = 0.03
_LONGEST_WAIT: Final = 15.0
"""The longest wait, in seconds, between two tries to start a server, for instance on a full disk."""

_FULL_SIGNS: Final = ("No space left on device", "Disk quota exceeded", "Check free disk space")
"""What the server's log says when the disk was full; the last one, when a page was written only in part."""

_SHARED_MEMORY_SIGN: Final = "could not resize shared memory segment"
"""What it says beside that when it was not the disk but ``/dev/shm``, which containers often have little of."""

_DAMAGE_SIGNS: Final = ("invalid page in block", "could not read block", "could not open file")
"""What a server says that runs, but cannot accept connections because of damage: waiting does not help."""

_STOP_SECONDS: Final = (30.0, 15.0)
"""Seconds that a server may take for a fast shutdown (with a checkpoint), then for an immediate one."""

SETTINGS: Final = {
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "min_wal_size": "64MB",
    "checkpoint_timeout": "15min",
    # Pages that are written whole for the first time hold compressed texts, nearly all: to try takes time for little.
    "wal_compression": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "max_connections": "120",  # three processes that answer and the owner, with all of their connections open
    "huge_pages": "try",
    "io_method": "sync",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    # Containers often have 64 MB of /dev/shm, which parallel plans would exhaust; two cores gain little by them.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "autovacuum_max_workers": "2",
    "autovacuum_naptime": "20s",
    "autovacuum_vacuum_scale_factor": "0.1",
    # While an index is filled all tables grow from look to look; what is known of their values need not keep up.
    "autovacuum_analyze_scale_factor": "0.2",
    "idle_in_transaction_session_timeout": "10min",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
_LASTING: Final = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FLEETING: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_logger = get_logger(__name__)


class EmbeddedServer:
    """One PostgreSQL server for one state folder, which the caller owns.

    ``lasting`` False is for tests: nothing is forced to disk, and the databases that ``initdb`` makes stay, to make
    others from. ``report`` is told in a word what ``start`` waits for (``creating``, ``starting``, ``recovering``).
    """

    def __init__(
        self, state: StateFolder, *, lasting: bool = True, report: Callable[[str], None] | None = None
    ) -> None:
        self._state = state
        self._settings = SETTINGS | (_LASTING if lasting else _FLEETING)
        self._lasting = lasting
        self._report = report or (lambda _: None)
        self._process: psutil.Process | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None
        self._stopping = False
        # One start at a time: a server that has just begun has not yet written who it is.
        self._turn = asyncio.Lock()

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data folder."""
        return self._state.postgres / "cluster"

    @property
    def log_file(self) -> Path:
        """Where the server writes what goes wrong."""
        return self._state.logs / "postgres.log"

    @property
    def dsn(self) -> str:
        """The URL of the database, for any process of this user."""
        assert self._socket_folder is not None, "start() comes first"
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self._socket_folder), safe='')}"

    @property
    def pid(self) -> int | None:
        """The server's process; None while there is none."""
        return self._process.pid if self._process is not None and self.is_alive() else None

    def is_alive(self) -> bool:
        """Whether the server's process runs."""
        if self._child is not None:
            return self._child.poll() is None
        return self._process is not None and runs(self._process)

    async def start(self) -> None:
        """Start the server, or adopt one that a killed owner left, and wait until it answers.

        However long recovery takes is waited for. Raises ``StateError`` with the end of the server's log where it
        does not come up, ``DiskFullError`` where that is because there is no room, ``DatabaseDamagedError`` where
        it is up and lets nobody in, because of a page that it cannot read.
        """
        async with self._turn:
            self._stopping = False
            if not self.is_alive():
                await self._begin()
            await self._wait_until_ready()

    async def stop(self) -> None:
        """Stop the server: sessions are ended, a checkpoint is written."""
        self._stopping = True
        async with self._turn:
            if self._process is not None:
                await self._end(self._process)
            self._process = self._child = None
            if self._socket_folder is not None:
                shutil.rmtree(self._socket_folder, ignore_errors=True)

    async def keep_alive(self, interval: float = 1.0) -> None:
        """Start the server again whenever it ends by itself, and keep its log small. Runs until cancelled."""
        failures = 0
        while True:
            await asyncio.sleep(min(interval * 2**failures, _LONGEST_WAIT))
            self._rotate_log()
            if self._stopping or self._turn.locked() or self.is_alive():
                failures = 0
                continue
            _logger.error("PostgreSQL ended by itself and is started again", log=str(self.log_file))
            try:
                await self.start()
            except (StateError, DiskFullError, DatabaseDamagedError) as error:
                failures += 1
                _logger.error("PostgreSQL does not start", error=error.message)  # noqa: TRY400

    async def _begin(self) -> None:
        binaries = await asyncio.to_thread(find_binaries)
        account = binaries.account
        try:
            self._state.create()
            if account is not None:
                os.chown(self._state.postgres, account.uid, account.gid)
            self._socket_folder = socket_folder(self._state.path, account)
            if not (self.cluster / "PG_VERSION").exists():
                self._report("creating")
                await asyncio.to_thread(self._create_cluster, binaries)
            self._check_version()
            if not await self._adopt(binaries):
                await self._end_orphans()
                self._launch(binaries)
        except OSError as error:
            raise state_error(self._state.path, error) from error

    def _create_cluster(self, binaries: Binaries) -> None:
        # Under another name first: half a cluster must not be taken for a whole one.
        fresh = self._state.postgres / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if binaries.account is not None:
            os.chown(fresh, binaries.account.uid, binaries.account.gid)
        with HandedFolder(fresh, binaries.account) as handed:
            made = subprocess.run(  # noqa: S603
                [
                    *(binaries.program("initdb"), "-D", handed.name, "--locale=C", "-E", "UTF8"),
                    *("-U", USER, "-A", "trust", "--no-instructions"),
                    *(() if self._lasting else ("--no-sync",)),
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                pass_fds=handed.descriptors,
                start_new_session=True,  # Ctrl-C at the terminal is no failure of it: it takes a second more to end
                **run_as(binaries.account),
            )
        if made.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise _failure(f"PostgreSQL's data folder {self.cluster} cannot be made", made.stderr or made.stdout)
        fresh.rename(self.cluster)

    def _check_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text("ascii").strip()
        if found != str(MAJOR):
            raise StateError(
                f"{self.cluster} was written by PostgreSQL {found}, this version of SISS brings {MAJOR}: "
                "run the version of SISS that wrote it, or set SISS_DATA_DIR to a new folder and index again"
            )

    async def _adopt(self, binaries: Binaries) -> bool:
        """Whether a server that runs already, as it would be started now, is ours from here on."""
        pid = self._noted_pid()
        found = next((process for process in servers_in(self.cluster) if process.pid == pid), None)
        if found is None:
            return False
        with suppress(psutil.Error):
            if _without_folder(found.cmdline()) == _without_folder(self._command(binaries, "")):
                self._process, self._child = found, None
                _logger.info("adopted a running PostgreSQL", pid=pid)
                return True
        await self._end(found)
        return False

    def _command(self, binaries: Binaries, folder: str) -> list[str]:
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        return [binaries.program("postgres"), "-D", folder, "-h", "", "-k", str(self._socket_folder), *options]

    async def _end_orphans(self) -> None:
        # A backend that outlives its postmaster still writes: no second server before the last one has gone.
        for process in servers_in(self.cluster):
            await self._end(process)
        pid = self._noted_pid()
        if pid is not None and psutil.pid_exists(pid):
            # A zombie, or somebody else has that number now: PostgreSQL would take it for a server and not start.
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        assert self._socket_folder is not None
        for left in self._socket_folder.iterdir():
            left.unlink()

    def _launch(self, binaries: Binaries) -> None:
        self._report("starting")
        self._rotate_log()
        with HandedFolder(self.cluster, binaries.account) as handed, self.log_file.open("ab") as log:
            # A session of its own: Ctrl-C at the terminal is for the owner, who stops the server last.
            self._child = subprocess.Popen(  # noqa: S603
                self._command(binaries, handed.name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=handed.descriptors,
                start_new_session=True,
                **run_as(binaries.account),
            )
        self._process = psutil.Process(self._child.pid)

    async def _wait_until_ready(self) -> None:
        began, told = time.monotonic(), False
        while True:
            try:
                async with await self._connect() as connection:
                    if connection.info.dbname == DATABASE:
                        if self._lasting:
                            await _drop_spare(connection)
                        return
                    await _create_database(connection)
                    continue
            except psycopg.Error as error:
                if any(sign in str(error) for sign in _DAMAGE_SIGNS):
                    raise damaged(error) from error
                if not isinstance(error, psycopg.OperationalError):
                    raise
                if not self.is_alive():
                    shutil.rmtree(self._socket_folder or "", ignore_errors=True)
                    raise _failure(f"PostgreSQL does not start in {self.cluster}", _tail(self.log_file)) from error
                if not told and time.monotonic() - began > 1.0:
                    self._report("recovering")
                    told = True
            await asyncio.sleep(_POLL)

    async def _end(self, process: psutil.Process) -> None:
        # One that recovers has nothing to lose, and PostgreSQL 18 asked to stop then may wait for ever.
        politely = await self._answers()
        for order, seconds in zip((signal.SIGINT, signal.SIGQUIT), _STOP_SECONDS, strict=True):
            if order is signal.SIGINT and not politely:
                continue
            with suppress(psutil.NoSuchProcess):
                process.send_signal(order)
            if await self._gone(process, seconds):
                return
        with suppress(psutil.NoSuchProcess):
            process.kill()
        await self._gone(process, _STOP_SECONDS[1])

    async def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            async with await self._connect():
                return True
        return False

    async def _connect(self) -> psycopg.AsyncConnection:
        """Connect to our database, or to the one that it is made from where it is not there yet."""
        try:
            return await psycopg.AsyncConnection.connect(self.dsn, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as error:
            if f'"{DATABASE}" does not exist' not in str(error):  # the cluster's messages are not translated
                raise
        first = self.dsn.replace(f"/{DATABASE}?", f"/{_FIRST}?")
        return await psycopg.AsyncConnection.connect(first, autocommit=True, connect_timeout=10)

    async def _gone(self, process: psutil.Process, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._child is not None and self._child.pid == process.pid:
                if self._child.poll() is not None:
                    return True
            elif not runs(process):
                return True
            await asyncio.sleep(_POLL)
        return False

    def _noted_pid(self) -> int | None:
        try:
            return int((self.cluster / "postmaster.pid").read_text("ascii", "replace").split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _rotate_log(self) -> None:
        # The server appends (O_APPEND), so what it holds open may be emptied under it.
        with suppress(OSError):
            if self.log_file.stat().st_size > _LOG_BYTES:
                shutil.copyfile(self.log_file, self.log_file.with_suffix(".log.1"))
                os.truncate(self.log_file, 0)


async def _create_database(connection: psycopg.AsyncConnection) -> None:
    there = await connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,))
    if await there.fetchone() is None:
        await connection.execute(f"CREATE DATABASE {DATABASE}")  # a constant


async def _drop_spare(connection: psycopg.AsyncConnection) -> None:
    there = await connection.execute("SELECT datname FROM pg_database WHERE datname = ANY(%s)", (list(_SPARE),))
    for (name,) in await there.fetchall():
        try:
            await connection.execute(f"ALTER DATABASE {name} IS_TEMPLATE false")
            await connection.execute(f"DROP DATABASE {name}")
        except psycopg.Error as error:  # somebody looks into it, or the disk is full: the next start tries again
            _logger.info("a spare database stays", database=name, error=str(error))


def _without_folder(command: list[str]) -> list[str]:
    return command[:1] + command[3:]


def _tail(file: Path, lines: int = 12) -> str:
    with suppress(OSError):
        return "\n".join(file.read_text("utf-8", "replace").splitlines()[-lines:])
    return ""


def _failure(what: str, log: str) -> StateError | DiskFullError:
    if any(sign in log for sign in _FULL_SIGNS):
        room = "/dev/shm" if _SHARED_MEMORY_SIGN in log else "the disk"  # noqa: S108 - told, not written to
        return DiskFullError(f"{what}, because {room} is full: free some space, or give it more, and start again")
    return StateError(f"{what}. What it says:\n{log.strip()}")
