#!/usr/bin/env python3
"""What `heddle check --sarif` prints is SARIF 2.1.0. Usage: sarif.py HEDDLE RECORD

The rules of the format that bear on us are written out here, so that nothing has to be there but Python. Where
SARIF_SCHEMA names the official schema's file and jsonschema is installed, that is asked too."""
import copy
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

HEDDLE, RECORD = (os.path.realpath(path) for path in sys.argv[1:3])

RING = ("main: spawn Plato, spawn Kant; {first}: lock forks[0] @31 in dine; {second}: lock forks[1] @32 in dine;"
        "{first}: wait-lock forks[1] @33 in dine; {second}: wait-lock forks[0] @34 in dine; main: wait-join Plato @58 in main")
STORIES = {
    "deadlock": RING.format(first="Plato", second="Kant"),
    "lock-order-cycle": "main: spawn A, spawn B; A: lock x @1 in a, lock y @2 in a, unlock y, unlock x, exit;"
                        "B: lock y @3 in b, lock x @4 in b, unlock x, unlock y, exit",
    "lock-leak": "main: spawn A; A: lock table{3} @7 in f, exit; main: join A",
    None: "main: lock x, unlock x",
}


class Wrong(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def check(trace, folder=None, wanted=None):
    result = subprocess.run([HEDDLE, "check", "--sarif", trace], cwd=folder, capture_output=True, text=True, check=False)
    if wanted is not None:
        expect(result.returncode == wanted, f"exit status {result.returncode}, wanted {wanted}: {result.stderr}")
    return json.loads(result.stdout)


def message(value, what):
    expect(isinstance(value.get("text"), str) and value["text"], f"{what} has no text")
    expect(not re.search(r"(?<!\{)(\{\{)*\{(?!\{)", value["text"]), f"{what} has a brace that is not doubled: {value['text']}")


def location(value, bases):
    if "message" in value:
        message(value["message"], "a location's message")
    if "physicalLocation" in value:
        artifact = value["physicalLocation"]["artifactLocation"]
        expect(re.fullmatch(r"(file:///)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", artifact["uri"]), f"no URI: {artifact['uri']}")
        expect("uriBaseId" not in artifact or artifact["uriBaseId"] in bases, "an unknown base")
        expect("uriBaseId" not in artifact or not artifact["uri"].startswith("file:"), "absolute, and with a base")
        if "region" in value["physicalLocation"]:
            expect(value["physicalLocation"]["region"]["startLine"] >= 1, "lines count from 1")
    for place in value.get("logicalLocations", []):
        expect(place["fullyQualifiedName"], "a function without a name")


def flow(value, bases):
    orders = []
    expect(value["threadFlows"], "a flow without a thread")
    for thread in value["threadFlows"]:
        expect(thread["locations"], "a thread that does nothing")
        own = [step["executionOrder"] for step in thread["locations"]]
        expect(own == sorted(own), f"a thread's own steps are out of order: {own}")
        orders += own
        for step in thread["locations"]:
            location(step["location"], bases)
            for frame in step.get("stack", {}).get("frames", []):
                location(frame["location"], bases)
    expect(sorted(orders) == list(range(1, len(orders) + 1)), f"the order of the steps has gaps: {orders}")


def one_result(result, rules, bases):
    expect(rules[result["ruleIndex"]]["id"] == result["ruleId"], "ruleIndex and ruleId differ")
    expect(result["level"] in ("note", "warning", "error"), f"no level: {result['level']}")
    message(result["message"], "a result")
    for place in result["locations"] + result["relatedLocations"]:
        location(place, bases)
    ids = [place["id"] for place in result["relatedLocations"]]
    expect(len(set(ids)) == len(ids), "two related locations have one id")
    for one in result["codeFlows"]:
        flow(one, bases)
    for value in result["partialFingerprints"].values():
        expect(re.fullmatch(r"[0-9a-f]{16}", value), f"no fingerprint: {value}")


def shape(log):
    expect(log["version"] == "2.1.0" and log["$schema"].startswith("https://"), "no version or schema")
    expect(len(log["runs"]) == 1, "not one run")
    run = log["runs"][0]
    driver = run["tool"]["driver"]
    expect(driver["name"] and re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"]), "the tool has no name or version")
    rules = driver["rules"]
    expect(len({rule["id"] for rule in rules}) == len(rules) > 0, "rules are not unique")
    for rule in rules:
        for name in ("shortDescription", "fullDescription", "help"):
            message(rule[name], f"{rule['id']}: {name}")
    for invocation in run["invocations"]:
        expect(invocation["executionSuccessful"] is True, "executionSuccessful is missing")
    bases = run.get("originalUriBaseIds", {})
    for base in bases.values():
        expect(base["uri"].startswith("file:///") and base["uri"].endswith("/"), f"no base: {base}")
    for result in run["results"]:
        one_result(result, rules, bases)


def validate(log):
    """By the official schema, where it can be had."""
    if "SARIF_SCHEMA" not in os.environ:
        return
    import jsonschema  # pylint: disable=import-outside-toplevel
    schema = json.loads(pathlib.Path(os.environ["SARIF_SCHEMA"]).read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(log)


def test_the_checks_can_fail(log):
    def spoil(where):
        broken = copy.deepcopy(log)
        where(broken["runs"][0])
        try:
            shape(broken)
        except (Wrong, KeyError, IndexError):
            return
        raise Wrong("a broken log went through")

    spoil(lambda run: run["results"][0].update(ruleIndex=3))
    spoil(lambda run: run["results"][0]["message"].update(text="a {0}"))
    spoil(lambda run: run["results"][0]["codeFlows"][0]["threadFlows"].pop(0))
    spoil(lambda run: run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].update(uri="a b.c"))


def test_what_is_suppressed_stays_and_says_so(folder):
    trace = record(folder, "hidden", STORIES["deadlock"])
    (folder / ".heddle-suppressions").write_text("# They like each other.\n* function=dine\n", encoding="utf-8")
    log = check(trace, folder, wanted=0)
    (folder / ".heddle-suppressions").unlink()
    shape(log)
    validate(log)
    suppressions = log["runs"][0]["results"][0]["suppressions"]
    expect([(one["kind"], one["justification"]) for one in suppressions] == [("external", "They like each other.")], f"{suppressions}")


def record(folder, name, story, *options):
    subprocess.run([RECORD, *options, f"{name}.heddle", story], cwd=folder, check=True)
    return f"{name}.heddle"


def test_every_story(folder):
    for kind, story in STORIES.items():
        log = check(record(folder, kind or "nothing", story), folder, wanted=1 if kind else 0)
        shape(log)
        validate(log)
        found = [result["ruleId"] for result in log["runs"][0]["results"]]
        expect(found == ([kind] if kind else []), f"{kind}: found {found}")
        if kind == "lock-order-cycle":
            expect(len(log["runs"][0]["results"][0]["codeFlows"]) == 2, "the witness is not told")
        if kind == "deadlock":
            test_the_checks_can_fail(log)


def test_fingerprints_hold(folder):
    def of(story):
        return check(record(folder, "again", story), folder)["runs"][0]["results"][0]["partialFingerprints"]

    def moved(story, lines):
        return re.sub(r"@(\d+)", lambda line: f"@{int(line[1]) + lines}", story)

    one = of(STORIES["deadlock"])
    os.rename(folder / "again.heddle", folder / "before.heddle")
    swapped = of("main: start; Someone: start; " + RING.format(first="Kant", second="Plato"))
    expect(one == swapped, f"another thread came first: {one}, {swapped}")
    os.unlink(folder / "again.heddle")
    later = of(moved(STORIES["deadlock"], 10))
    expect(one["heddleFunctions/v1"] == later["heddleFunctions/v1"], "moving the lines changes what should not mind them")
    expect(one["heddleLines/v1"] != later["heddleLines/v1"], "moving the lines does not change what goes by them")


def test_files_below_the_folder_are_relative(folder):
    below, elsewhere = folder.resolve() / "a table" / "dine.c", "/somewhere/else/dine.c"
    trace = record(folder, "placed", STORIES["deadlock"])
    with sqlite3.connect(folder / trace) as database:
        database.execute("update location set file = ? where line = 31", (str(below),))
        database.execute("update location set file = ? where line <> 31", (elsewhere,))
    log = check(trace, folder)
    shape(log)
    validate(log)
    result = log["runs"][0]["results"][0]
    artifacts = {place["physicalLocation"]["region"]["startLine"]: place["physicalLocation"]["artifactLocation"]
                 for place in result["locations"] + result["relatedLocations"]}
    expect(artifacts[31] == {"uri": "a%20table/dine.c", "uriBaseId": "%SRCROOT%"}, f"below: {artifacts[31]}")
    expect(artifacts[33] == {"uri": f"file://{elsewhere}"}, f"elsewhere: {artifacts[33]}")
    base = log["runs"][0]["originalUriBaseIds"]["%SRCROOT%"]["uri"]
    expect(base == f"{folder.resolve().as_uri()}/", f"the base is {base}")


def test_the_gallery(folder):
    """Traces that were recorded from real programs, with whole stacks."""
    gallery = pathlib.Path(__file__).resolve().parents[2] / "traces"
    for trace in sorted(gallery.glob("*/*.heddle")):
        log = check(trace, folder)
        shape(log)
        validate(log)


def test_what_is_missing_is_told(folder):
    log = check(record(folder, "short", STORIES["deadlock"], "--unfinished"), folder)
    shape(log)
    validate(log)
    expect(log["runs"][0]["invocations"][0]["toolExecutionNotifications"], "nothing is said of what is missing")


with tempfile.TemporaryDirectory() as name:
    test_every_story(pathlib.Path(name))
    test_fingerprints_hold(pathlib.Path(name))
    test_files_below_the_folder_are_relative(pathlib.Path(name))
    test_the_gallery(pathlib.Path(name))
    test_what_is_suppressed_stays_and_says_so(pathlib.Path(name))
    test_what_is_missing_is_told(pathlib.Path(name))
