#!/usr/bin/env python3
"""Runs a real program bare and under `heddle run`, and compares.

A program is a small shell script in programs/. It calls `run COMMAND...` once (see lib.sh): that is what is recorded. The
comment at its top says:

    what:    what it does, in a few words
    package: what to install it from
    needs:   the commands it needs; where one is missing it is skipped
    finds:   KIND REGEX   a finding that is true, with a title that matches; may be there or not. Every other one is an error.
    suite:   quick        also part of what runs before every change

Its standard output and exit status have to be the same both times, and the trace has to be complete. What it took is told
and kept, never judged.

Usage: real.py HEDDLE TIMED SCRIPT FOLDER [PAIRS]     what it took goes to FOLDER/NAME.json
"""
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
TIMEOUT_S = 240  # against a hang


def read_header(script):
    with open(script) as file:
        pairs = [re.match(r"# (\w+): +(.*)", line) for line in file]
    header = {}
    for match in filter(None, pairs):
        header.setdefault(match[1], []).append(match[2].strip())
    return header


def missing(header):
    commands = " ".join(header.get("needs", [])).split()
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [command for command in commands if not shutil.which(command, path=path)]


class Run:
    """One run of a script, in a folder of its own."""

    def __init__(self, script, inputs, prefix):
        self.folder = tempfile.mkdtemp(prefix="real-")
        os.chmod(self.folder, 0o777)
        times = os.path.join(self.folder, ".times")
        rate = os.path.join(self.folder, ".rate")
        environment = dict(os.environ, REAL_RUN=" ".join(prefix(self.folder)), REAL_TIMES=times, REAL_RATE=rate, REAL_INPUTS=inputs,
                           REAL_TEXT=os.path.join(inputs, "text"), REAL_TESTS=HERE, LC_ALL="C.UTF-8", PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
        command = ["bash", "-euo", "pipefail", "-c", '. "$REAL_TESTS/lib.sh"; . "$0"', script]
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        try:
            self.output, self.errors = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            self.output, self.errors = process.communicate()
            self.errors += b"\nreal.py: hung\n"
        self.status = process.returncode
        ended = time.monotonic()
        try:
            os.killpg(process.pid, signal.SIGKILL)  # a server that it left behind
        except ProcessLookupError:
            pass
        self.wall_s, self.cpu_s, program_ended = self.numbers(times) or (ended - began, 0.0, ended)
        self.after_s = ended - program_ended
        self.rate = (self.numbers(rate) or [0])[0]

    @staticmethod
    def numbers(path):
        try:
            with open(path) as file:
                return [float(word) for word in file.read().split()]
        except OSError:
            return None

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def make_inputs(folder):
    """What programs read: the same each time, made once."""
    path = os.path.join(folder, "inputs")
    if not os.path.exists(os.path.join(path, "done")):
        subprocess.run([sys.executable, os.path.join(HERE, "inputs.py"), path], check=True)
    return path


def check_trace(heddle, trace, allowed):
    """Complaints, and what is worth keeping."""
    checked = subprocess.run([heddle, "check", "--json", trace], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if checked.returncode not in (0, 1):
        return [f"heddle check ended with {checked.returncode}: {checked.stderr}"], {}
    found = json.loads(checked.stdout)
    info = subprocess.run([heddle, "info", trace], stdout=subprocess.PIPE, text=True).stdout
    numbers = dict(re.findall(r"^(processes|threads|events) +(\d+)", info, re.MULTILINE))
    complaints = [] if found["complete"] else [f"the trace is not complete:\n{info}"]
    unexpected = [f for f in found["findings"] if not any(is_allowed(f, rule) for rule in allowed)]
    if unexpected:
        told = subprocess.run([heddle, "check", trace], stdout=subprocess.PIPE, text=True).stdout
        complaints.append(f"found what should not be there:\n{told}")
    return complaints, {"findings": len(found["findings"]), **{key: int(value) for key, value in numbers.items()}}


def is_allowed(finding, rule):
    kind, _, title = rule.partition(" ")
    return kind == finding["kind"] and re.search(title, finding["title"])


def compare(bare, recorded):
    complaints = []
    if bare.status != 0:
        complaints.append(f"even bare it ended with {bare.status}")
    if recorded.status != bare.status:
        complaints.append(f"it ended with {recorded.status}, bare with {bare.status}")
    if recorded.output != bare.output:
        complaints.append(f"its output differs; bare:\n{tell(bare.output)}\nrecorded:\n{tell(recorded.output)}")
    if complaints:
        complaints.append(f"bare it said:\n{tell(bare.errors)}\nrecorded it said:\n{tell(recorded.errors)}")
    return complaints


def tell(output):
    return output[-3000:].decode(errors="replace")


def ratio(pairs, key):
    """The median over pairs of recorded to bare; None where there is nothing to compare."""
    ratios = [getattr(recorded, key) / getattr(bare, key) for bare, recorded in pairs if getattr(bare, key) > 0]
    return statistics.median(ratios) if ratios else None


def run_pair(heddle, timed, script, inputs, allowed):
    bare = Run(script, inputs, lambda folder: [timed])
    recorded = Run(script, inputs, lambda folder: [heddle, "run", "-o", os.path.join(folder, "trace.heddle"), "--", timed])
    complaints = compare(bare, recorded)
    trace = os.path.join(recorded.folder, "trace.heddle")
    told, kept = check_trace(heddle, trace, allowed) if os.path.exists(trace) else (["there is no trace"], {})
    complaints += told
    for run in bare, recorded:
        if not (complaints and os.environ.get("REAL_KEEP")):
            run.remove()
    if complaints and os.environ.get("REAL_KEEP"):
        complaints.append(f"kept: {bare.folder} {recorded.folder}")
    return bare, recorded, complaints, kept


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    heddle, timed, script, folder = (os.path.abspath(word) for word in sys.argv[1:5])
    n_pairs = int(sys.argv[5]) if len(sys.argv) == 6 else int(os.environ.get("REAL_PAIRS", "1"))
    header, name = read_header(script), os.path.splitext(os.path.basename(script))[0]
    lacking = missing(header)
    if lacking:
        print(f"skipped: there is no {', '.join(lacking)}; install {' '.join(header.get('package', ['it']))}")
        return SKIPPED
    os.makedirs(folder, exist_ok=True)
    inputs, pairs, complaints, kept = make_inputs(folder), [], [], {}
    for _ in range(n_pairs):
        bare, recorded, wrong, kept = run_pair(heddle, timed, script, inputs, header.get("finds", []))
        pairs.append((bare, recorded))
        complaints += wrong
    result = {"name": name, "what": header["what"][0], "pairs": n_pairs, "wall": ratio(pairs, "wall_s"), "cpu": ratio(pairs, "cpu_s"),
              "rate": ratio(pairs, "rate"), "bare_s": statistics.median(bare.wall_s for bare, _ in pairs),
              "after_s": statistics.median(recorded.after_s for _, recorded in pairs), **kept}
    with open(os.path.join(folder, f"{name}.json"), "w") as file:
        json.dump(result, file)
    print("\n".join(complaints + [json.dumps(result)]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
