"""Makes the tables of docs/performance.md and its charts in docs/pictures from the JSON in docs/performance/results.

    charts.py [--results FOLDER] [--into FOLDER]    with --into, the page and the pictures go there instead of docs

The same JSON gives the same bytes.
"""

import argparse
import json
import math
import re
from html import escape
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent
STORES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mongodb": "MongoDB"}
WORKS = ["read", "replay", "project"]
APPENDS = {
    "append_single": "1 event a commit",
    "append_batch": "1,000 events a commit",
    "append_group": "1,000 appends of 5 a commit",
    "append_group_existing": "the same, in a filled store",
}
HOT = {"hot_append": "appends", "hot_commands": "commands"}
PEERS = ["eventsourcing", "Message DB"]


class Results:
    """The results in a folder; a row that was not measured has no items."""

    def __init__(self, folder):
        self.rows = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
        self.machine = self.rows["machine"]

    def items(self, row, store):
        return self.rows.get(f"{row}.{store}", {"items": []})["items"]

    def stores(self, row):
        return [store for store in STORES if self.items(row, store)]

    def peer(self, peer, store, what, batch=1):
        """Returns the report of a peer, or None."""
        for item in self.rows.get("peers", {"items": []})["items"]:
            if (item["peer"], item["store"], item["what"], item["batch"]) == (peer, store, what, batch):
                return item
        return None


# ---- Numbers


def rate(value):
    """Returns a rate with three digits that count."""
    if value is None:
        return "–"
    digits = max(0, math.floor(math.log10(value)) - 2) if value >= 1 else 0
    return f"{round(value / 10**digits) * 10**digits:,}"


def short(value):
    """Returns a number for an axis: 250k, 1.5M."""
    for size, letter in [(1_000_000, "M"), (1_000, "k")]:
        if value >= size:
            return f"{value / size:.10g}{letter}"
    return f"{value:.10g}"


def steps(most):
    """Returns the marks of an axis from 0 to at least a number."""
    size = 10 ** math.floor(math.log10(most / 4))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size * 4 >= most)
    return [step * index for index in range(math.ceil(most / step - 1e-9) + 1)]


# ---- Tables


def table(head, rows, words=2):
    """Returns a table in Markdown. The first columns have words, and the others numbers, which are set to the right."""
    marks = ["---"] * words + ["---:"] * (len(head) - words)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, marks, *rows])


def machine_text(results):
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    text = (
        f"Measured on {machine['date']}: {machine['cores']} cores ({machine['architecture']}), {machine['memory_gib']} GiB of memory, "
        f"{machine['kernel']}.\n{versions}.\n"
    )
    if machine["size"] == "quick":
        text += "\n**These are the tiny sizes of `--quick`, which try the script. They say nothing about speed.**\n"
    return text


def append_table(results):
    rows = []
    for row, name in APPENDS.items():
        for store in results.stores(row):
            item = results.items(row, store)[0]
            peers = [results.peer(peer, store, "append", item["batch"]) if "group" not in item else None for peer in PEERS]
            filled = f"{name} of {item['existing']:,} events" if item.get("existing") else name
            rates = [item["events_per_second"], item["bare_events_per_second"]]
            others = [peer and peer["events_per_second"] for peer in peers]
            rows.append([filled, STORES[store], *map(rate, rates), f"{item['ratio']:.2f}", *map(rate, others)])
    return table(["append", "store", "esctl", "baseline", "ratio", *PEERS], rows)


def hot_table(results):
    """Returns a table with a row for each backend, and three columns for appends and for commands."""
    head, rows = ["store"], []
    for name in HOT.values():
        head += [f"{name}: one stream", "1,000 streams", "ratio"]
    for store in STORES:
        items = [results.items(row, store) for row in HOT]
        if all(items):
            rates = [(item["events_per_second"], item["spread_events_per_second"], item["ratio_to_spread"]) for [item] in items]
            rows.append([STORES[store], *(cell for one, many, ratio in rates for cell in (rate(one), rate(many), f"{ratio:.2f}"))])
    return table(head, rows, words=1)


def sizes_of(results, kind, field):
    """Returns the reports of each work on each backend by their size, and all sizes."""
    series = {(work, store): results.items(f"{kind}_{work}", store) for work in WORKS for store in STORES}
    series = {name: {item[field]: item for item in items} for name, items in series.items() if items}
    return series, sorted({size for items in series.values() for size in items})


def growth_table(results, kind, field, more=()):
    """Returns a table of read, replay and project, with a column for each size. `more` makes further columns from the reports."""
    series, sizes = sizes_of(results, kind, field)
    head = ["work", "store", *(f"{size:,} {field}" for size in sizes), "last : first"]
    rows = []
    for (work, store), items in series.items():
        rates = [items[size]["events_per_second"] if size in items else None for size in sizes]
        ratio = f"{rates[-1] / rates[0]:.2f}" if rates[0] and rates[-1] else "–"
        rows.append([work, STORES[store], *map(rate, rates), ratio, *(cell(items) for _, cell in more)])
    return table(head + [name for name, _ in more], rows)


def streams_table(results):
    series, sizes = sizes_of(results, "streams", "streams")
    memory = lambda size: lambda items: f"{items[size]['peak_memory_bytes'] / 2**20:.0f} MiB" if size in items else "–"
    found = growth_table(results, "streams", "streams", [(f"memory at {size:,}", memory(size)) for size in sizes[-2:]])
    events = {size: items[size]["events"] for items in series.values() for size in items}
    each = ", ".join(f"{events[size]:,} on {size:,} streams" for size in sizes)
    return f"{found}\nEvents: {each}.\n"


def events_table(results):
    series, _ = sizes_of(results, "events", "events")
    streams = sorted({item["streams"] for items in series.values() for item in items.values()})
    return f"{growth_table(results, 'events', 'events')}\nStreams: {', '.join(f'{number:,}' for number in streams)}.\n"


def peers_table(results):
    rows = []
    for store in results.stores("events_read"):
        read = {peer: results.peer(peer, store, "read") for peer in PEERS}
        sizes = [peer["events"] for peer in read.values() if peer]
        item = next((item for item in results.items("events_read", store) if item["events"] in sizes), None)
        if item:
            rates = [item["events_per_second"], item["bare_events_per_second"]]
            others = [peer and peer["events_per_second"] for peer in read.values()]
            rows.append([f"{item['events']:,} events", STORES[store], *map(rate, rates), *map(rate, others)])
    return table(["read", "store", "esctl", "baseline", *PEERS], rows)


TABLES = {
    "machine": machine_text,
    "append": append_table,
    "hot": hot_table,
    "streams": streams_table,
    "events": events_table,
    "peers": peers_table,
}


def page(text, results):
    """Returns a page with the tables between their markers."""
    for name, make in TABLES.items():
        marker = re.compile(f"(<!-- table: {name} -->\n).*?(<!-- end of table -->)", re.DOTALL)
        text, found = marker.subn(lambda match, make=make: match[1] + make(results) + match[2], text)
        assert found == 1, f"the page has {found} places for the table {name}"
    return text


# ---- Charts

WIDTH = 860
BARS_TOP = 108
STYLE = """
text { font: 12px -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 } .head { font-size: 13px; font-weight: 600 } .quiet { fill: #59636e }
.ground { fill: #ffffff; stroke: #d1d9e0 } .grid { stroke: #d1d9e0 } .axis { stroke: #59636e }
.a { --colour: #0969da } .b { --colour: #bc4c00 } .c { --colour: #1a7f37 } .d { --colour: #818b98 }
.line { fill: none; stroke: var(--colour); stroke-width: 2 } .mark { fill: var(--colour) }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .quiet { fill: #9198a1 }
.ground { fill: #0d1117; stroke: #3d444d } .grid { stroke: #3d444d } .axis { stroke: #9198a1 }
.a { --colour: #4493f8 } .b { --colour: #f0883e } .c { --colour: #3fb950 } .d { --colour: #9198a1 }
}
"""


def text(x, y, words, kind="", anchor="start", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" class="{kind}"/>'


def mark(series, x, y):
    """Returns the mark of a series, which differs in its shape as well as in its colour."""
    shapes = {
        "a": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="mark"/>',
        "b": f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" class="mark"/>',
        "c": f'<path d="M{x - 5:.1f} {y + 4:.1f}h10l-5 -9z" class="mark"/>',
    }
    return shapes[series]


def picture(title, height, parts):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" class="ground"/>',
        text(20, 30, title, "title"),
        *parts,
        "</svg>\n",
    ])


def lines_panel(x, store, series, field, sizes):
    """Returns one backend's part of a chart: a line for each work. The vertical axis begins with 0."""
    left, width, top, bottom = x + 46, 208, 96, 296
    marks = steps(max(item["events_per_second"] for items in series.values() for item in items))
    low, high = math.log10(sizes[0]), max(math.log10(sizes[-1]), math.log10(sizes[0]) + 1)
    across = lambda size: left + width * (math.log10(size) - low) / (high - low)
    up = lambda value: bottom - (bottom - top) * value / marks[-1]
    parts = [text(left, top - 14, STORES[store], "head")]
    for value in marks:
        parts += [line(left, up(value), left + width, up(value), "grid"), text(left - 6, up(value) + 4, short(value), "quiet", "end")]
    for size in sizes:
        parts.append(line(across(size), bottom, across(size), bottom + 5, "axis"))
        parts.append(text(across(size), bottom + 20, short(size), "quiet", "middle"))
    parts.append(line(left, bottom, left + width, bottom, "axis"))
    parts.append(text(left + width / 2, bottom + 42, f"{field} (logarithmic)", "quiet", "middle"))
    for name, items in zip("abc", series.values()):
        points = [(across(item[field]), up(item["events_per_second"])) for item in items]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        parts.append(f'<g class="{name}"><path d="M{path}" class="line"/>{"".join(mark(name, *point) for point in points)}</g>')
    return parts


def lines_chart(results, kind, field, title):
    stores = [store for store in STORES if any(results.items(f"{kind}_{work}", store) for work in WORKS)]
    by_store = {store: {work: results.items(f"{kind}_{work}", store) for work in WORKS} for store in stores}
    sizes = sorted({item[field] for series in by_store.values() for items in series.values() for item in items})
    parts = [text(20, 52, "Each panel has a vertical axis of its own, which begins with 0.", "quiet")]
    for index, (name, work) in enumerate(zip("abc", WORKS)):
        x = WIDTH - 250 + index * 80
        parts.append(f'<g class="{name}">{mark(name, x, 26)}</g>' + text(x + 10, 30, work))
    parts.append(text(22, 196, "events/s", "quiet", "middle", ' transform="rotate(-90 22 196)"'))
    for index, (store, series) in enumerate(by_store.items()):
        parts += lines_panel(30 + index * 272, store, series, field, sizes)
    return picture(title, 352, parts)


def bars_of(results, row, store):
    """Returns the bars of a backend: a colour, a name and a rate for each side."""
    items = results.items(row, store)
    if not items:
        return []
    peers = [(name, results.peer(name, store, "append", items[0]["batch"]) if "group" not in items[0] else None) for name in PEERS]
    sides = [("a", "esctl", items[0]["events_per_second"]), ("d", "baseline", items[0]["bare_events_per_second"])]
    return sides + [("b", name, peer["events_per_second"]) for name, peer in peers if peer]


def bars_panel(x, name, by_store, heights):
    """Returns a column of a chart: the bars of each backend, on one axis that begins with 0."""
    left, width, top = x + 96, 120, BARS_TOP
    marks = steps(max([1, *(value for bars in by_store.values() for _, _, value in bars)]))
    # The axis has marks at its ends and its middle only: each bar has its number.
    across = lambda value: width * value / marks[-1]
    parts, y = [text(x, top - 22, name, "head")], top
    for store, bars in by_store.items():
        parts.append(text(x, y + 12, STORES[store], "quiet"))
        for index, (colour, side, value) in enumerate(bars):
            middle = y + 30 + index * 20
            parts.append(f'<rect x="{left:.1f}" y="{middle - 7:.1f}" width="{across(value):.1f}" height="14" class="mark {colour}"/>')
            parts += [text(left - 6, middle + 4, side, "", "end"), text(left + across(value) + 5, middle + 4, rate(value))]
        y += heights[store]
    parts.append(line(left, y, left + width, y, "axis"))
    for value in [0, marks[-1] / 2, marks[-1]]:
        parts += [line(left + across(value), y, left + across(value), y + 5, "axis")]
        parts += [text(left + across(value), y + 19, short(value), "quiet", "middle")]
    return parts + [text(left + width / 2, y + 38, "events/s", "quiet", "middle")]


def append_chart(results):
    rows = {row: name for row, name in list(APPENDS.items())[:3] if results.stores(row)}
    stores = [store for store in STORES if any(results.items(row, store) for row in rows)]
    bars = {row: {store: bars_of(results, row, store) for store in stores} for row in rows}
    heights = {store: 34 + 20 * max(len(bars[row][store]) for row in rows) for store in stores}
    parts = [text(20, 52, "Durable appends. Each column has an axis of its own.", "quiet")]
    for index, (row, name) in enumerate(rows.items()):
        parts += bars_panel(20 + index * 280, name, bars[row], heights)
    return picture("Appends: esctl, the bare database, and other event stores", BARS_TOP + sum(heights.values()) + 56, parts)


CHARTS = {
    "performance_append.svg": append_chart,
    "performance_streams.svg": lambda results: lines_chart(results, "streams", "streams", "Growth in streams"),
    "performance_events.svg": lambda results: lines_chart(results, "events", "events", "Growth in events"),
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--results", type=Path, default=DOCS / "performance/results")
    arguments.add_argument("--into", type=Path, default=DOCS)
    given = arguments.parse_args()
    results = Results(given.results)
    (given.into / "pictures").mkdir(parents=True, exist_ok=True)
    made = page((DOCS / "performance.md").read_text(encoding="utf-8"), results)
    (given.into / "performance.md").write_text(made, encoding="utf-8")
    for name, draw in CHARTS.items():
        (given.into / "pictures" / name).write_text(draw(results), encoding="utf-8")


if __name__ == "__main__":
    main()
