#!/usr/bin/env python3
"""Prints what the programs took, from what real.py kept: table.py FOLDER"""
import glob
import json
import os
import sys


def told(ratio):
    return f"{ratio:.2f}" if ratio else "–"


def main():
    results = []
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.json"))):
        with open(path) as file:
            results.append(json.load(file))
    print("| program | events | time | processor | answers a second | ends after |\n|---|---|---|---|---|---|")
    for result in results:
        print(f"| {result['what']} | {result.get('events', 0):,} | {told(result['wall'])} | {told(result['cpu'])} | {told(result['rate'])} "
              f"| {result['after_s']:.2f} s |")
    print("\nRecorded to bare: wall time, processor time of the program, requests answered; then how long Heddle took when it had ended.")


if __name__ == "__main__":
    main()
