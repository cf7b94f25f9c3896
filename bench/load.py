"""Load from outside: wrk against a server on this machine, pgbench against its database."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

CLIENTS: Final = 16
SECONDS: Final = 6
WORKERS: Final = 2
"""Processes of every server, ours and the others': as many as there are cores."""


class Missing(Exception):
    """A program that the measurement needs is not installed."""


def requests_per_second(
    url: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    bodies: Sequence[str] = (),
    callers: Sequence[tuple[str, dict[str, str]]] = (),
    clients: int = CLIENTS,
) -> tuple[float, float]:
    """Return requests a second and the p99 in milliseconds.

    Args:
        url: Of this machine only.
        method: GET or POST.
        headers: Sent with each request.
        bodies: One is sent after the other, again and again.
        callers: Likewise, a path and headers of its own for each request; with one body.
        clients: Connections at once.

    Raises:
        Missing: wrk is not here.
        RuntimeError: some answer was no success.
    """
    if not shutil.which("wrk"):
        raise Missing("wrk: apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(method, headers or {}, bodies, callers))
        script.flush()
        command = ["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}s", "--latency", "-s", script.name]
        said = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(f"{method} {url}: {said}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    if not rate or not p99:
        raise RuntimeError(said)
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]
    return float(rate[1]), float(p99[1]) * scale


def _script(
    method: str,
    headers: dict[str, str],
    bodies: Sequence[str],
    callers: Sequence[tuple[str, dict[str, str]]],
) -> str:
    lines = [f'wrk.method = "{method}"']
    lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items()]
    if callers:
        listed = ",".join(f'{{"{path}",{_table(headers | own)}}}' for path, own in callers)
        lines.append(
            f"local callers = {{{listed}}}; local turn = 0; local body = [==[{bodies[0]}]==]"
        )
        lines.append(
            "request = function() turn = turn + 1; local one = callers[turn % #callers + 1]"
        )
        lines.append("return wrk.format(nil, one[1], one[2], body) end")
    elif bodies:
        listed = ",".join(f"[==[{body}]==]" for body in bodies)
        lines.append(f"local bodies = {{{listed}}}; local turn = 0")
        lines.append("request = function() turn = turn + 1")
        lines.append("return wrk.format(nil, nil, nil, bodies[turn % #bodies + 1]) end")
    return "\n".join(lines)


def _table(headers: dict[str, str]) -> str:
    return "{" + ",".join(f'["{name}"]="{value}"' for name, value in headers.items()) + "}"


def transactions_per_second(bin_folder: Path, url: str, script: str) -> float:
    """Return what pgbench reaches with *script*, `CLIENTS` clients and prepared statements."""
    program = bin_folder / "pgbench"
    found = str(program) if program.exists() else shutil.which("pgbench")
    if not found:
        raise Missing("pgbench")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        flags = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "1", "-T", str(SECONDS)]
        dsn = url.replace("postgresql+psycopg://", "postgresql://")
        command = [found, *flags, "-f", file.name, dsn]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"tps = ([\d.]+)", said)
    if not rate:
        raise RuntimeError(said)
    return float(rate[1])


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def granian(target: str, interface: str, env: dict[str, str], *, threads: int) -> Iterator[str]:
    """Serve *target* on a free port of this machine; yield its address."""
    port = free_port()
    flags = ["--interface", interface, "--port", str(port), "--log-level", "error", "--no-ws"]
    flags += ["--workers", str(WORKERS)]
    if interface == "wsgi":
        flags += ["--blocking-threads", str(threads)]
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", *flags, target],
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # A line for each request; a terminal would be the brake.
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            urlopen(address + "/healthz", timeout=1)  # noqa: S310  (this machine's own server)
        except URLError as error:
            if not isinstance(error.reason, ConnectionError):
                return
        except OSError:
            pass
        else:
            return
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")
