"""Programs that run beside us: started once, found again by their pid file, stopped cleanly."""

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from ingestion.errors import UserError
from sandbox.settings import private_folder


def listening(port: int) -> bool:
    """Whether something on this machine accepts connections on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def require_free_port(port: int, variable: str) -> None:
    """Make sure that a port can be bound.

    Raises:
        UserError: it is taken; `variable` is the environment variable that chooses another.
    """
    with socket.socket() as probe:
        # As servers do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(
                f"Port {port} is taken by another program. Stop that one, or choose another port: {variable}=..."
            ) from error


@dataclass(frozen=True)
class Daemon:
    """One program in the background, known by `<state>/<name>.pid`; its output goes to `<state>/logs/<name>.log`."""

    name: str
    command: list[str]
    port: int
    state: Path
    seconds_to_start: float = 180
    """Generous: it bounds a hang, and a slow machine takes its time."""

    @property
    def _pid_file(self) -> Path:
        return self.state / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        """The file with what the program printed."""
        return self.state / "logs" / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The id of the running program, None if it does not run."""
        try:
            pid, born = self._pid_file.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if _birth(int(pid)) == float(born) else None

    def start(self) -> None:
        """Start the program and wait until its port answers.

        Raises:
            UserError: it ended, or the port stayed closed for `seconds_to_start`.
        """
        private_folder(self.state)
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_file.write_text(f"{process.pid} {_birth(process.pid)}")
        deadline = time.monotonic() + self.seconds_to_start
        while not listening(self.port):
            if process.poll() is not None:
                self._pid_file.unlink()
                raise UserError(f"{self.name} ended at once; the reason is at the end of {self.log}")
            if time.monotonic() > deadline:
                self.stop()
                raise UserError(f"{self.name} did not open port {self.port} in time; see {self.log}")
            time.sleep(0.1)

    def stop(self, seconds: float = 20) -> bool:
        """Ask the program to end (SIGTERM) and wait; after `seconds` make it (SIGKILL).

        Returns:
            False if it did not run.
        """
        pid = self.pid
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self.pid is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.pid is not None:
            os.kill(pid, signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)
        return True


def _birth(pid: int) -> float | None:
    """When a process started, so that a pid used again is not taken for ours; None for one that ended."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.NoSuchProcess:
        return None


@contextmanager
def only_one(state: Path, what: str) -> Iterator[None]:
    """Hold the sandbox for one run; the lock ends with the process, however it ends.

    Raises:
        UserError: another run holds it.
    """
    with (private_folder(state) / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise UserError(f"Another run is at work here: {file.read()}. Wait for it, or stop it.") from error
        file.truncate(0)
        file.write(f"{what}, process {os.getpid()}")
        file.flush()
        yield
