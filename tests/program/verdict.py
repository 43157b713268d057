#!/usr/bin/env python3
"""Records a program and compares what Heddle found with what the comment at the top of its source says:

    verdict: none | KIND NAME... [behind: NAME...]
                          a finding of that kind between exactly these threads and objects, and, behind, the threads that
                          merely queue; one line for each finding. Every step has to stand on a line that locks or waits.
    exit: STATUS          of `heddle run`
    options: OPTION...    for `heddle run`

Usage: verdict.py HEDDLE PROGRAM|TRACE SOURCE      a trace that is there already (NAME.heddle) is only checked
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

CALL = re.compile(r"lock|guard|join|send|recv|receive|wait|pop|once|HEDDLE_WITH", re.IGNORECASE)
TIMEOUT_S = 60  # against a hang; nothing here takes two seconds


def parse_verdict(line):
    ring, _, behind = line.partition(" behind: ")
    kind, *names = shlex.split(ring)  # what is called by more than one word stands in quotes
    return kind, frozenset(names), frozenset(behind.split())


def read_expectations(source):
    with open(source) as file:
        comment = file.read().split("*/")[0]

    def field(name):
        return re.findall(rf"^ \* {name}: (.*?)(?: \*/)?$", comment, re.MULTILINE)

    verdicts = [] if field("verdict") == ["none"] else [parse_verdict(line) for line in field("verdict")]
    exits, options = field("exit"), field("options")
    if not field("verdict") or len(exits) != 1 or not exits[0].strip().isdigit():
        sys.exit(f"{source}: the comment at its top needs a verdict and an exit status")
    return set(verdicts), int(exits[0]), " ".join(options).split()


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S)


def simplify(finding):
    behind = frozenset(step["thread"] for step in finding["steps"] if step["role"] == "queues")
    return finding["kind"], (frozenset(finding["threads"]) | frozenset(finding["objects"])) - behind, behind


def read_findings(check):
    found = json.loads(check.stdout)
    if not found["complete"]:
        sys.exit("the trace is not complete")
    return found["findings"], {simplify(finding) for finding in found["findings"]}


def is_ours(frame):
    return "/runtime/interposer/" in (frame["file"] or "")


def misplaced_steps(findings, source):
    """Steps that are not where the source has a call that could be them, or have frames that the program's author never wrote."""
    with open(source) as file:
        lines = [""] + file.read().splitlines()
    for finding in findings:
        for step in finding["steps"]:
            if step["event"] == "exit":  # behind all of the program's own
                continue
            ours = os.path.basename(step["file"] or "") == os.path.basename(source)
            if not ours or not CALL.search(lines[step["line"] or 0]):
                yield f"{finding['kind']}: {step['thread']} {step['event']} {step['object']} stands at {step['file']}:{step['line']}\n"
            if any(is_ours(frame) for frame in step["stack"]):
                yield f"{finding['kind']}: {step['thread']} {step['event']} {step['object']} has frames of Heddle in its stack\n"


def describe(findings):
    lines = (f"    {kind} {' '.join(sorted(names))} behind: {' '.join(sorted(behind))}\n" for kind, names, behind in findings)
    return "".join(sorted(lines)) or "    none\n"


def record(heddle, program, options, status, trace):
    recorded = run(heddle, "run", "-o", trace, *options, "--", program)
    said = f"heddle run said:\n{recorded.stdout}{recorded.stderr}"
    if recorded.returncode != status:
        return [f"heddle run ended with {recorded.returncode}, wanted {status}\n"], said
    return [], said


def check(heddle, trace, source, expected):
    checked = run(heddle, "check", "--json", trace)
    complaints = []
    if checked.returncode != (1 if expected else 0):
        complaints.append(f"heddle check ended with {checked.returncode}\n{checked.stderr}")
    if checked.returncode in (0, 1):
        findings, got = read_findings(checked)
        if got != expected or len(findings) != len(expected):
            complaints.append(f"wanted:\n{describe(expected)}found:\n{describe(got)}")
        complaints += misplaced_steps(findings, source)
    return complaints


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    heddle, program, source = sys.argv[1:]
    expected, status, options = read_expectations(source)
    complaints, said = [], ""
    with tempfile.TemporaryDirectory() as folder:
        trace = program if program.endswith(".heddle") else os.path.join(folder, "trace.heddle")
        if trace != program:
            complaints, said = record(heddle, program, options, status, trace)
        complaints += check(heddle, trace, source, expected)
    print("\n".join(complaints + ([said] if complaints else [])), end="")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
