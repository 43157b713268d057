#!/usr/bin/env python3
"""What `heddle export` writes can be read again, by Heddle and by others. Usage: export.py HEDDLE RECORD"""
import collections
import csv
import io
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile

HEDDLE, RECORD = (os.path.realpath(path) for path in sys.argv[1:3])
GALLERY = pathlib.Path(__file__).resolve().parents[2] / "traces"
STORIES = 40


class Wrong(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def heddle(*arguments, statuses=(0,)):
    result = subprocess.run([HEDDLE, *arguments], capture_output=True, text=True, check=False)
    expect(result.returncode in statuses, f"{arguments} ended with {result.returncode}: {result.stderr}")
    return result


def record(name, story):
    pathlib.Path(name).unlink(missing_ok=True)
    subprocess.run([RECORD, name, story], check=True)
    return name


# ---- there and back

def random_story(chance):
    """Threads that by turns take a few locks, one within the other, and give them back in any order."""
    threads = [f"W{i}" for i in range(chance.randint(2, 3))]
    steps = [f"main: spawn {thread} @{i}" for i, thread in enumerate(threads)]
    for _ in range(chance.randint(2, 6)):
        thread, locks = chance.choice(threads), chance.sample(["M0", "M1", "M2"], chance.randint(1, 3))
        steps += [f"{thread}: lock {lock} @{chance.randint(10, 40)}" for lock in locks]
        steps += [f"{thread}: unlock {lock} @{chance.randint(50, 60)}" for lock in chance.sample(locks, len(locks))]
    steps += [f"{thread}: exit {thread}" for thread in threads]
    return ";".join(steps + [f"main: join {thread} @{80 + i}" for i, thread in enumerate(threads)])


def names_of(trace, table):
    rows = heddle("sql", trace, f"select id, name from {table}").stdout.splitlines()[1:]
    return {name: number for number, name in (row.split("\t") for row in rows)}


def what_is_found(trace, threads=None, objects=None):
    """Without what is worded by names: which kinds, which threads and locks, of which events."""
    found = collections.Counter()
    for finding in json.loads(heddle("check", "--json", trace, statuses=(0, 1)).stdout)["findings"]:
        who = sorted(f"T{threads[name]}" if threads else name for name in finding["threads"])
        what = sorted(f"L{objects[name]}" if objects else name for name in finding["objects"])
        steps = sorted((step["event"], step["role"]) for step in finding["steps"])
        found[finding["kind"], finding["certainty"], finding["seen"], *who, *what, *map(str, steps)] += 1
    return found


def there_and_back(trace):
    """What is found before and after, or None where the format has no place for something."""
    exported = heddle("export", "--format=std", "-o", "way.std", str(trace))
    pathlib.Path("back.heddle").unlink(missing_ok=True)
    heddle("import", "-o", "back.heddle", "way.std")
    if exported.stderr:
        return None
    again = heddle("export", "--format=std", "back.heddle")
    count = len(pathlib.Path("way.std").read_text(encoding="utf-8").splitlines())
    expect(not again.stderr and len(again.stdout.splitlines()) == count, f"{trace}: what is exported the second time differs")
    return what_is_found(str(trace), names_of(trace, "thread"), names_of(trace, "object")), what_is_found("back.heddle")


def test_random_stories_come_back_as_they_went():
    chance = random.Random(7)
    n_found = 0
    for _ in range(STORIES):
        story = random_story(chance)
        before, after = there_and_back(record("there.heddle", story))
        expect(before == after, f"{story}:\n  {before}\n  {after}")
        n_found += bool(before)
    expect(STORIES // 8 < n_found < STORIES, f"{n_found} of {STORIES} stories have something to find, which proves little")


def test_the_gallery_comes_back():
    n_whole = 0
    for trace in sorted(GALLERY.glob("*/*.heddle")):
        result = there_and_back(trace)
        n_whole += result is not None
        expect(result is None or result[0] == result[1], f"{trace}: {result}")
    expect(n_whole > 0, "nothing of the gallery fits into the format")


def test_one_place_has_one_number():
    """However a thread came there: two callers of one function, in a trace of which the stacks are written by hand."""
    trace = record("callers.heddle", "main: lock x @5 in f, unlock x @6 in f, lock x @7 in f, unlock x @6 in f")
    with sqlite3.connect(trace) as database:
        database.execute("update location set line = 5 where line = 7")
    places = [line.split("|")[2] for line in heddle("export", "--format=std", trace).stdout.splitlines()]
    expect(places[0] == places[2] != places[1] == places[3], f"places are {places}")


# ---- Perfetto

def slices_nest(slices):
    """On one track a slice lies in another or beside it."""
    stack = []
    for began, ended in sorted(slices, key=lambda one: (one[0], -one[1])):
        while stack and stack[-1] <= began:
            stack.pop()
        if stack and ended > stack[-1]:
            return False
        stack.append(ended)
    return True


def check_chrome(trace):
    events = json.loads(heddle("export", "--format=chrome", str(trace)).stdout)["traceEvents"]
    tracks, arrows, holds = collections.defaultdict(list), collections.defaultdict(dict), collections.Counter()
    named = {(event["pid"], event["tid"]) for event in events if event["ph"] == "M" and event["name"] == "thread_name"}
    for event in events:
        at = round(event.get("ts", 0) * 1000)
        expect((event["pid"], event["tid"]) in named, f"{event}: of a thread without a name")
        if event["ph"] == "X":
            tracks[event["pid"], event["tid"]].append((at, at + round(event["dur"] * 1000)))
        elif event["ph"] in "sf":
            ends = arrows[event["cat"], event["id"]]
            expect(event["ph"] not in ends, f"{event}: two arrows have one number")
            ends[event["ph"]] = at, event["tid"]
        elif event["ph"] in "be":
            holds[event["cat"], event["id"], event["name"]] += 1 if event["ph"] == "b" else -1
    expect(all(slices_nest(slices) for slices in tracks.values()), f"{trace}: slices of a track cross")
    expect(not any(holds.values()), f"{trace}: a hold has no end: {holds}")
    whole = [ends for ends in arrows.values() if len(ends) == 2]
    for (kind, _), ends in arrows.items():
        expect(kind != "lock" or ends["s"][1] != ends["f"][1], f"{trace}: a thread hands a lock to itself: {ends}")
    for ends in whole:
        expect(ends["s"][0] <= ends["f"][0], f"{trace}: an arrow goes back in time: {ends}")
        for at, tid in ends.values():
            expect(any(began <= at <= ended for (_, thread), slices in tracks.items() if thread == tid for began, ended in slices),
                   f"{trace}: an arrow ends nowhere: {ends}")
    return collections.Counter(key[0] for key, ends in arrows.items() if len(ends) == 2)


def test_perfetto_can_open_it():
    counts = collections.Counter()
    for trace in sorted(GALLERY.glob("*/*.heddle")):
        counts += check_chrome(trace)
    expect(set(counts) == {"lock", "spawn", "join", "message"}, f"arrows: {counts}")
    trace = record("odd.heddle", 'main: lock say"it\\, spawn A; A: start A, wait-lock say"it\\; main: lock R read, unlock R read, unlock nothing, '
                   'unlock say"it\\; A: lock say"it\\, wait-cond c')
    check_chrome(trace)


# ---- tables

def test_csv_is_the_view():
    for trace in sorted(GALLERY.glob("*/*.heddle")):
        rows = list(csv.reader(io.StringIO(heddle("export", "--format=csv", str(trace)).stdout, newline="")))
        wanted = [row.split("\t") for row in heddle("sql", str(trace), "select * from events").stdout.splitlines()]
        expect(len(rows) == len(wanted) > 1, f"{trace}: {len(rows)} rows, wanted {len(wanted)}")
        expect(rows[0] == wanted[0], f"{rows[0]}")
        for row, other in zip(rows[1:], wanted[1:]):
            expect([cell for cell in row if cell] == [cell for cell in other if cell and cell != "NULL"], f"{trace}: {row}, wanted {other}")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    test_random_stories_come_back_as_they_went()
    test_the_gallery_comes_back()
    test_one_place_has_one_number()
    test_perfetto_can_open_it()
    test_csv_is_the_view()
    os.chdir("/")
