"""Measures what people would use instead of esctl, and prints reports like those of `esctl bench`.

    peers.py [usual|quick|large]

`eventsourcing` for Python runs on SQLite. With ESCTL_TEST_POSTGRES it also runs on PostgreSQL, and so does `write_message` of Message
DB. Each has its own tables and indexes, durable commits, and is called through its own interface in this process. The packages go into
a temporary folder. On the server the work is done in a scratch database, which is removed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from statistics import median

PYTHON_PACKAGES = ["eventsourcing==9.5.6", "psycopg[binary,pool]==3.3.9"]
MESSAGE_DB = "@eventide/message-db@1.3.1"
# The SQL of Message DB in the order of its own script, without the role and the views.
MESSAGE_DB_SQL = [
    "schema/message-store", "tables/messages", "types/message", "functions/message-store-version", "functions/hash-64",
    "functions/acquire-lock", "functions/category", "functions/is-category", "functions/id", "functions/cardinal-id",
    "functions/stream-version", "functions/write-message", "functions/get-stream-messages", "functions/get-category-messages",
    "functions/get-last-stream-message", "indexes/messages-id", "indexes/messages-stream", "indexes/messages-category",
]

ROUNDS = 5
BATCH = 1000
# The number of events that a read gets at once.
PAGE = 5000
# The number of streams that single appends write in turn, until each has ten events.
OPEN_STREAMS = 10
READ_STREAMS = 1000
# The first stream of each work.
SINGLE, BATCHES, READS = 1, 1_000_000, 2_000_000


def event(number):
    """Returns the data and metadata of an event, of the sizes of `esctl bench`."""
    data = {"amount": 25, "new_amount": 499975, "regenerated": 0, "last_regenerated": f"2025-12-03T16:46:{number % 60:02}.437Z",
            "regeneration_remainder": 0}
    return data, {"client_id": "bench", "correlation_id": uuid.uuid4().hex[:28]}


def compact(value):
    return json.dumps(value, separators=(",", ":"))


class EventSourcing:
    """The recorder of an application of `eventsourcing`."""

    peer = "eventsourcing"

    def __init__(self, store, environment):
        from eventsourcing.persistence import InfrastructureFactory, StoredEvent
        from eventsourcing.utils import Environment

        self.store, self.stored_event = store, StoredEvent
        self.factory = InfrastructureFactory.construct(Environment("bench", environment))
        self.recorder = self.factory.application_recorder()

    def make(self, stream, version, number):
        data, metadata = event(number)
        state = f'{{"data":{compact(data)},"metadata":{compact(metadata)}}}'.encode()
        return self.stored_event(uuid.UUID(int=stream), version, "resource.allocated", state)

    def append(self, events):
        self.recorder.insert_events(events)

    def read(self):
        count, start = 0, 1
        while page := self.recorder.select_notifications(start=start, limit=PAGE):
            count, start = count + len(page), page[-1].id + 1
        return count

    def check_durable(self):
        if self.store == "sqlite":
            with self.factory.datastore.transaction(commit=False) as cursor:
                for name, wanted in [("synchronous", 2), ("journal_mode", "wal")]:
                    cursor.execute(f"PRAGMA {name}")
                    assert cursor.fetchone()[0] == wanted, name
        else:
            with self.factory.datastore.get_connection() as connection:
                check_durable(connection)

    def close(self):
        self.factory.close()


class MessageDb:
    """The functions `write_message` and `get_category_messages` of Message DB."""

    peer, store = "Message DB", "postgres"
    write = "SELECT write_message(%s, %s, %s, %s::jsonb, %s::jsonb, %s)"

    def __init__(self, folder, url):
        import psycopg

        self.connection = psycopg.connect(url, autocommit=True)
        for name in MESSAGE_DB_SQL:
            self.connection.execute((folder / "database" / f"{name}.sql").read_text())
        self.connection.execute("SET search_path TO message_store, public")

    def make(self, stream, version, number):
        data, metadata = event(number)
        # Its versions begin with 0, and -1 is a stream without messages.
        return str(uuid.uuid4()), f"resource-bench-{stream:06}", "resource.allocated", compact(data), compact(metadata), version - 2

    def append(self, events):
        if len(events) == 1:
            self.connection.execute(self.write, events[0], prepare=True)
            return
        # In a pipeline: the answer of a message is not waited for before the next one is sent.
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.executemany(self.write, events)

    def read(self):
        count, position = 0, 1
        query = "SELECT * FROM get_category_messages('resource', %s, %s)"
        while page := self.connection.execute(query, (position, PAGE), prepare=True).fetchall():
            count, position = count + len(page), page[-1][4] + 1
        return count

    def check_durable(self):
        check_durable(self.connection)

    def close(self):
        self.connection.close()


def check_durable(connection):
    """Fails if a commit in PostgreSQL can be lost."""
    for name in ["fsync", "synchronous_commit", "full_page_writes"]:
        row = connection.execute(f"SHOW {name}").fetchone()
        value = row[name] if isinstance(row, dict) else row[0]
        assert value == "on", f"{name} is {value}"


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def report(peer, what, events, batch, times):
    seconds = median(times)
    return {"what": what, "peer": peer.peer, "store": peer.store, "events": events, "batch": batch,
            "events_per_second": round(events / seconds, 4), "seconds": round(seconds, 4)}


def measure_single(peer, commits):
    """Appends one event a commit in rounds, ten to a stream."""
    def make(number):
        stream = number // (10 * OPEN_STREAMS) * OPEN_STREAMS + number % OPEN_STREAMS
        return [peer.make(SINGLE + stream, number // OPEN_STREAMS % 10 + 1, number)]

    return measure_rounds(peer, commits, 1, make)


def measure_batch(peer, commits):
    """Appends many events a commit in rounds, to one stream each, as `esctl bench` does."""
    return measure_rounds(peer, commits, BATCH, lambda number: [peer.make(BATCHES + number, index + 1, index) for index in range(BATCH)])


def measure_rounds(peer, commits, batch, make):
    """Appends in rounds, with the events made before. `make` makes those of a commit by its number."""
    def append(made):
        for events in made:
            peer.append(events)

    parts = ([make(round_ * commits + index) for index in range(commits)] for round_ in range(ROUNDS))
    return report(peer, "append", commits * batch, batch, [timed(lambda: append(part))[0] for part in parts])


def measure_reads(peer, events, added):
    """Reads everything in rounds, after some events were added."""
    for start in range(0, added, PAGE):
        numbers = range(start, min(start + PAGE, added))
        peer.append([peer.make(READS + number % READ_STREAMS, number // READ_STREAMS + 1, number) for number in numbers])
    times, counts = zip(*(timed(peer.read) for _ in range(ROUNDS)))
    assert set(counts) == {events}, counts
    return report(peer, "read", events, 1, times)


def measure(peer, size):
    """Measures a peer in a store of its own."""
    singles, batches, reads = (50, 1, 10_000) if size == "quick" else (1000, 10, 100_000)
    peer.check_durable()
    items = [measure_single(peer, singles), measure_batch(peer, batches)]
    items.append(measure_reads(peer, reads, reads - ROUNDS * (singles + batches * BATCH)))
    peer.close()
    return items


@contextmanager
def scratch_database(url):
    """Makes a database of its own; gives the settings of a connection to it."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    name = f"peers_scratch_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield conninfo_to_dict(url) | {"dbname": name}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def measure_all(folder, size):
    """Measures each peer that can run here."""
    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "events.db")}
    items = measure(EventSourcing("sqlite", environment), size)
    if url := os.environ.get("ESCTL_TEST_POSTGRES"):
        from psycopg.conninfo import make_conninfo

        with scratch_database(url) as settings:
            keys = {"DBNAME": "dbname", "HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
            environment = {f"POSTGRES_{key}": settings.get(name) or "" for key, name in keys.items()}
            environment |= {"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_PORT": settings.get("port") or "5432"}
            items += measure(EventSourcing("postgres", environment), size)
        with scratch_database(url) as settings:
            items += measure(MessageDb(folder / "package", make_conninfo(**settings)), size)
    return items


def install(folder):
    """Installs the peers into a folder. Returns its Python."""
    quiet = {"check": True, "stdout": sys.stderr}
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], **quiet)
    python = folder / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PYTHON_PACKAGES], **quiet)
    if os.environ.get("ESCTL_TEST_POSTGRES"):
        packed = subprocess.run(["npm", "pack", "--silent", MESSAGE_DB], cwd=folder, check=True, capture_output=True, text=True)
        subprocess.run(["tar", "-xzf", folder / packed.stdout.strip()], cwd=folder, **quiet)
    return python


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["inside", folder, size]:
            versions = [*PYTHON_PACKAGES, MESSAGE_DB]
            print(json.dumps({"packages": versions, "items": measure_all(Path(folder), size)}, indent=1))
        case [] | ["usual" | "quick" | "large"]:
            with tempfile.TemporaryDirectory() as folder:
                python = install(Path(folder))
                size = (sys.argv[1:] or ["usual"])[0]
                sys.exit(subprocess.run([python, __file__, "inside", folder, size]).returncode)
        case _:
            sys.exit(__doc__)
