#!/usr/bin/env python3
"""Fails when a program is linked with a library that it must not know.

    check_links.py PROGRAM NAME…

`ldd PROGRAM` must name none of NAME: the simulator runs without an event loop, a database or a GPU,
and the server without a GPU, on machines where those are not installed.
"""

import subprocess
import sys


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    program, names = sys.argv[1], sys.argv[2:]
    answer = subprocess.run(["ldd", program], capture_output=True, text=True)
    if answer.returncode != 0:
        print(f"ldd {program}: {answer.stderr.strip()}", file=sys.stderr)
        return 1
    linked = [line.split()[0] for line in answer.stdout.splitlines() if line.strip()]
    wrong = [library for library in linked if any(name in library for name in names)]
    for library in wrong:
        print(f"{program} is linked with {library}", file=sys.stderr)
    print(f"{len(linked)} libraries, none of {', '.join(names)}" if not wrong else "", end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
