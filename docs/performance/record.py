"""Makes the results of docs/performance/measure: reports of `esctl bench`, or the machine. No result names a host or a path.

    record.py row STORE ARGUMENTS… <REPORTS    one row; ARGUMENTS are those of each `esctl bench` that printed a report
    record.py machine PROGRAM SIZE             the machine, esctl and the databases
"""

import datetime
import json
import os
import platform
import re
import socket
import struct
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit


def reports(text):
    """Returns the reports in a text, also those of a sweep."""
    found, decoder = [], json.JSONDecoder()
    while text := text.lstrip():
        report, end = decoder.raw_decode(text)
        found += report.get("items", [report])
        text = text[end:]
    return found


def row(store, arguments, text):
    """Returns a row: the commands and their reports, with the kind of the store instead of its place."""
    def tidy(value):
        return round(value, 4) if isinstance(value, float) else value

    items = [{key: tidy(value) for key, value in report.items()} | {"store": store} for report in reports(text)]
    return {"commands": [f"esctl bench {words}" for words in arguments], "items": items}


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout.strip()


def sqlite_version(program):
    """Returns the version of SQLite in esctl, which each file has in its header."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "store.db")
        output(program, "init", "--quiet", env=os.environ | {"ESCTL_STORE": f"sqlite:{path}"})
        with open(path, "rb") as file:
            number = struct.unpack(">I", file.read(100)[96:])[0]
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def mongodb_version(url):
    """Returns the version that a MongoDB server reports to a client without a user: the answer of `buildInfo`."""
    # {buildInfo: 1, $db: "admin"} as BSON, in a message of kind OP_MSG.
    fields = b"\x10buildInfo\0" + struct.pack("<i", 1) + b"\x02$db\0" + struct.pack("<i", 6) + b"admin\0"
    body = struct.pack("<i", 0) + b"\0" + struct.pack("<i", len(fields) + 5) + fields + b"\0"
    place = urlsplit(url.split(",")[0])
    with socket.create_connection((place.hostname, place.port or 27017), timeout=10) as server:
        server.sendall(struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body)
        answer = server.makefile("rb")
        answer = answer.read(struct.unpack("<i", answer.read(4))[0] - 4)
    return re.search(rb"\x02version\0.{4}([^\0]+)\0", answer, re.DOTALL)[1].decode()


def memory_gib():
    """Returns the memory of this machine in whole GiB."""
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def machine(program, size):
    """Returns the conditions of a measurement."""
    versions = {"esctl": output(program, "--version").split()[-1], "SQLite": sqlite_version(program)}
    if url := os.environ.get("ESCTL_TEST_POSTGRES"):
        versions["PostgreSQL"] = output("psql", "--no-psqlrc", "-Atc", "SHOW server_version", url).split()[0]
    if url := os.environ.get("ESCTL_TEST_MONGODB"):
        versions["MongoDB"] = mongodb_version(url)
    # Only the version: the rest of a release can name a provider.
    kernel = ".".join(platform.release().split("-")[0].split(".")[:2])
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "size": size,
        "cores": os.cpu_count(),
        "memory_gib": memory_gib(),
        "kernel": f"{platform.system()} {kernel}",
        "architecture": platform.machine(),
        "versions": versions,
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["row", store, *arguments]:
            result = row(store, arguments, sys.stdin.read())
        case ["machine", program, size]:
            result = machine(program, size)
        case _:
            sys.exit(__doc__)
    json.dump(result, sys.stdout, indent=1)
    print()
