"""What a served process asks of name servers and whom it calls, written down by the process itself."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_SITE: Final = """
import itertools, json, os, pathlib, socket, sys

FOLDER = pathlib.Path(__file__).parent
NAMES = {name: itertools.chain(first, itertools.repeat(first[-1]))
         for name, first in json.loads((FOLDER / "names.json").read_text()).items()}


def note(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        where = f"connect {arguments[1][0]} {arguments[1][1]}"
    elif event in ("socket.sendto", "socket.sendmsg") and isinstance(arguments[1], tuple):
        where = f"send {arguments[1][0]}"
    else:
        return
    write(where)
    if not where.split()[1].startswith("127."):
        raise ConnectionRefusedError("nothing leaves this machine in a test")


def write(line):
    with (FOLDER / "outgoing.txt").open("a") as file:
        file.write(line + "\\n")


def ask(host, *more, real=socket.getaddrinfo, **options):
    name = host.decode() if isinstance(host, bytes) else str(host)
    if is_address(name, real):
        return real(host, *more, **options)
    write(f"ask {name}")
    if name not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "no such name in a test")
    return [one for address in next(NAMES[name]) for one in real(address, *more, **options)]


def is_address(name, real):
    try:
        return bool(real(name, None, flags=socket.AI_NUMERICHOST))
    except (OSError, UnicodeError):
        return False


socket.getaddrinfo = ask
sys.addaudithook(note)
"""
"""CAUTION: as sitecustomize, which Python runs before everything else, the service's imports included."""


def watched(folder: Path, names: Mapping[str, list[list[str]]]) -> dict[str, str]:
    """The environment of a process that writes down what goes out, and for which these names answer.

    Each name gives its answers one after the other, the last again and again; no other name is known.
    """
    (folder / "sitecustomize.py").write_text(_SITE)
    (folder / "names.json").write_text(json.dumps(names))
    own = [str(folder), *(path for path in sys.path if path and "site-packages" not in path)]
    return {"PYTHONPATH": os.pathsep.join(own)}


def outgoing(folder: Path) -> list[str]:
    """Each name asked for, connection and datagram so far, in order."""
    file = folder / "outgoing.txt"
    return file.read_text().splitlines() if file.exists() else []
