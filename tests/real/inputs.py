#!/usr/bin/env python3
"""Makes what the programs read, the same bytes each time: inputs.py FOLDER"""
import os
import random
import sys

N_LINES = 400000


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    generator = random.Random(1)
    words = ["".join(generator.choices("abcdefghijklmnopqrstuvwxyz", k=generator.randint(2, 9))) for _ in range(4000)]
    with open(os.path.join(folder, "text.part"), "w") as file:
        for _ in range(N_LINES):
            file.write(" ".join(generator.choices(words, k=10)) + "\n")
    os.rename(os.path.join(folder, "text.part"), os.path.join(folder, "text"))
    open(os.path.join(folder, "done"), "w").close()


if __name__ == "__main__":
    main()
