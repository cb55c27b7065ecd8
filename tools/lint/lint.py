#!/usr/bin/env python3
"""Holds the rules that a compiler does not: dependency direction, banned calls, looks.

    tools/lint/lint.py [--root FOLDER] [--no-format]

Prints one line `file:line: message` for each violation and exits with 1 when there is any.
clang-format takes part where version 14, the project's, is installed.
"""

import argparse
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import layers  # noqa: E402

COLUMNS_MAX = 100
BYTES_MAX = 1 << 20
CPP = {".h", ".cc", ".cu", ".cuh"}
# Files that a person edits as code: the limits on columns and tabs count here, not in documents.
CODE = CPP | {".py", ".js", ".mjs", ".ts", ".sh", ".cmake"}
SKIPPED = {".git", ".cache", ".lambdarium", "node_modules", "__pycache__"}

BANNED = [
    (r"time", "read no clock; take the time from the caller"),
    (r"s?rand", "use RandomStream, whose numbers are the same everywhere"),
    (r"(?:u|nano)?sleep", "wait for an event; sleeping hides a race"),
    (r"(?:system|popen)", "run programs through the process adapters, without a shell"),
]
BANNED_CALLS = [
    (re.compile(r"(?<![\w.:>~])(?:std::|::)?" + name + r"\s*\("), why) for name, why in BANNED
]
BANNED_WORDS = [
    (re.compile(r"\brandom_device\b"), "use RandomStream, whose numbers are the same everywhere"),
    (re.compile(r"\bsleep_(?:for|until)\b"), "wait for an event; sleeping hides a race"),
]
CLOCK = re.compile(r"\b(?:system|steady|high_resolution)_clock::now\b|\bclock_gettime\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
UNFINISHED = re.compile(r"\b" + "FIX" + "ME" + r"\b")
# A path that exists on one machine only, or outside the checkout. The home of the user that Lambda
# runs functions as is no machine's.
MACHINE_PATH = re.compile(
    r"(?<![\w./])/(?:home/(?!sbx_)|root/|Users/|wo" + r"rk/)[\w.]|\.\./sha" + r"red\b"
)


def list_files(root):
    """Every file that is or may become part of the project, relative to the root."""
    if (root / ".git").exists() and shutil.which("git"):
        command = ["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"]
        names = subprocess.run(command, check=True, capture_output=True).stdout.split(b"\0")
        files = [os.fsdecode(name) for name in names if name]
    else:
        files = []
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = [
                s for s in subfolders if s not in SKIPPED and not s.startswith("build")
            ]
            files += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(file for file in files if (root / file).is_file())


def blank_comments_and_strings(text):
    """C++ source with comments and literals replaced by spaces, line by line in the same place."""
    pattern = re.compile(
        r"//[^\n]*|/\*.*?\*/"
        r'|R"([^()\\\s]*)\(.*?\)\1"'
        r'|"(?:\\.|[^"\\\n])*"'
        r"|'(?:\\.|[^'\\\n])+'",
        re.DOTALL,
    )

    def blank(match):
        # An apostrophe between digits separates them: 1'000'000 is no literal.
        start = match.start()
        if match.group().startswith("'") and start > 0 and text[start - 1].isalnum():
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    return pattern.sub(blank, text)


def is_code(file):
    path = Path(file)
    return path.suffix in CODE or path.name == "CMakeLists.txt"


class Lint:
    def __init__(self, root):
        self.root = root
        self.violations = []

    def report(self, file, line, message):
        self.violations.append(f"{file}:{line}: {message}")

    def check_includes(self, file, text):
        row = layers.row_of(file)
        if row is None:
            self.report(file, 1, "this folder has no row in tools/lint/layers.py")
            return
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                self.check_include(file, number, row, match.group(1), match.group(2))

    def check_include(self, file, number, row, own, library):
        if own is not None:
            self.check_own_include(file, number, row, own)
        name = own or library
        for pattern, folders in layers.LIBRARIES:
            if re.fullmatch(pattern, name):
                subjects = [file, file.removeprefix("tests/unit/")]
                if not any(layers.inside(s, folder) for s in subjects for folder in folders):
                    self.report(file, number, f"<{name}> belongs in {', '.join(folders)} alone")
                break
        product = row not in layers.OUTSIDE
        if name == "nlohmann/json.hpp" and file.endswith(".h") and product:
            self.report(file, number, "in a header use nlohmann/json_fwd.hpp; this one is slow")

    def check_own_include(self, file, number, row, target):
        if ".." in target.split("/"):
            self.report(file, number, f'"{target}": include paths start at the project\'s root')
            return
        if row in layers.OUTSIDE:
            return
        target_row = layers.row_of(target)
        if target_row is None or not (self.root / target).is_file():
            # A file that the build makes has no place in the tree; it stays in its own folder.
            if target_row is None or not layers.inside(target, row):
                self.report(file, number, f'"{target}" is no file of the project')
            return
        allowed = [row] + layers.ALLOWED[row]
        if not any(layers.inside(target_row, folder) for folder in allowed):
            self.report(file, number, f"{row} must not depend on {target_row}")

    def check_calls(self, file, text):
        no_clock = any(layers.inside(file, folder) for folder in layers.NO_CLOCK)
        for number, line in enumerate(blank_comments_and_strings(text).splitlines(), 1):
            for pattern, why in BANNED_CALLS + BANNED_WORDS:
                match = pattern.search(line)
                if match:
                    self.report(file, number, f"'{match.group().strip()}' is banned: {why}")
            if no_clock and CLOCK.search(line):
                self.report(file, number, "this folder is handed the time and reads no clock")

    def check_text(self, file, text):
        code = is_code(file)
        # A raw string may hold a tab on purpose, as the text that a parser is tested with.
        bare = blank_comments_and_strings(text) if Path(file).suffix in CPP else text
        for number, line in enumerate(bare.splitlines(), 1):
            if code and "\t" in line:
                self.report(file, number, "a tab; indent with spaces")
        for number, line in enumerate(text.splitlines(), 1):
            if code and len(line) > COLUMNS_MAX:
                self.report(file, number, f"{len(line)} columns; {COLUMNS_MAX} is the limit")
            if UNFINISHED.search(line):
                self.report(file, number, "unfinished work does not land")
            match = MACHINE_PATH.search(line)
            if match:
                self.report(file, number, f"'{match.group()}' is a path of one machine")

    def check_file(self, file):
        path = self.root / file
        data = path.read_bytes()
        if len(data) > BYTES_MAX:
            self.report(file, 1, f"{len(data)} bytes; {BYTES_MAX} is the limit")
            return
        # A script without its run bit fails only on the machine of whoever calls it.
        if data.startswith(b"#!") and not path.stat().st_mode & stat.S_IXUSR:
            self.report(file, 1, "a script without its run bit (chmod +x)")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            if is_code(file):
                self.report(file, 1, "not UTF-8")
            return
        self.check_text(file, text)
        if Path(file).suffix in CPP:
            self.check_includes(file, text)
            if layers.row_of(file) not in layers.OUTSIDE:
                self.check_calls(file, text)
            if file.endswith(".h") and "#pragma once" not in text:
                self.report(file, 1, "a header without #pragma once")

    def check_format(self, files):
        program = shutil.which("clang-format-14") or shutil.which("clang-format")
        if program is None:
            return
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        if " 14." not in version:
            return  # other versions format otherwise
        sources = [file for file in files if Path(file).suffix in CPP]
        for start in range(0, len(sources), 50):
            command = [program, "--dry-run", "--style=file", *sources[start : start + 50]]
            answer = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
            seen = set()
            places = re.findall(r"^(.+?):(\d+):\d+: (?:warning|error):", answer.stderr, re.M)
            for file, line in places:
                if file not in seen:
                    seen.add(file)
                    self.report(file, line, f"not formatted; run `clang-format -i {file}`")


def lint(root, with_format):
    checker = Lint(root)
    files = list_files(root)
    for file in files:
        checker.check_file(file)
    if with_format:
        checker.check_format(files)
    return len(files), checker.violations


def main():
    parser = argparse.ArgumentParser(description="Hold the rules that a compiler does not.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--no-format", action="store_true", help="leave clang-format out")
    arguments = parser.parse_args()
    count, violations = lint(arguments.root.resolve(), not arguments.no_format)
    for violation in violations:
        print(violation)
    print(f"lint: {count} files, {len(violations)} violations", file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
