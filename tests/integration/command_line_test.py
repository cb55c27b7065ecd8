#!/usr/bin/env python3
"""The program as scripts see it: exit codes, streams, and JSON that parses.

    command_line_test.py PROGRAM [unittest arguments]
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""


def run(*arguments, stdout=subprocess.PIPE, cwd=None):
    return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, text=True, timeout=60, cwd=cwd)


class CommandLineTest(unittest.TestCase):
    def expect_wrong_input(self, *arguments):
        """Exit code 2, nothing on stdout, and a message that is returned."""
        answer = run(*arguments)
        self.assertEqual(answer.returncode, 2, answer)
        self.assertEqual(answer.stdout, "")
        self.assertIn("lambdarium", answer.stderr)
        return answer.stderr

    def commands(self, *path):
        """Names under 'Subcommands:' in the help of a command."""
        lines = run(*path, "--help").stdout.splitlines()
        if "Subcommands:" not in lines:
            return []
        rest = lines[lines.index("Subcommands:") + 1 :]
        return [line.split()[0] for line in rest[: rest.index("")]]

    def test_help_lists_the_commands_and_goes_to_stdout(self):
        answer = run("--help")
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        for name in ["serve", "invoke", "simulate", "trace", "replay", "twin", "bill", "lab",
                     "gpu", "doctor"]:
            self.assertIn(name, self.commands())
        self.assertIn("Exit codes", answer.stdout)

    def test_every_command_has_help_in_which_each_option_is_explained(self):
        paths = [[name] for name in self.commands()]
        paths += [path + [name] for path in paths for name in self.commands(*path)]
        self.assertGreater(len(paths), 10)
        for path in paths:
            with self.subTest(path):
                answer = run(*path, "--help")
                self.assertEqual((answer.returncode, answer.stderr), (0, ""))
                options = [line for line in answer.stdout.splitlines() if line.startswith("  -")]
                for line in options:
                    self.assertGreater(len(line), 34, f"{line!r} has no description")

    def test_what_serve_cannot_listen_on_or_name_is_said_with_its_option(self):
        with tempfile.TemporaryDirectory() as folder:
            for option, value in (("--host", "nope.invalid"), ("--host", "999.1.1.1"),
                                  ("--region", "Somewhere"), ("--region", "-1"),
                                  ("--parameter", "A"), ("--parameter", "A=1")):
                with self.subTest([option, value]):
                    answer = run("serve", option, value, "--http-port", "0", "--api-port", "0",
                                 "--gpu-port", "0", "--data", os.path.join(folder, "data"),
                                 cwd=folder)
                    self.assertEqual((answer.returncode, answer.stdout), (2, ""))
                    self.assertIn(f"{option} '{value}'", answer.stderr)

    def test_the_version_is_one_line(self):
        answer = run("--version")
        self.assertEqual(answer.returncode, 0)
        self.assertRegex(answer.stdout, r"\Alambdarium \d+\.\d+\.\d+\n\Z")

    def test_an_unknown_command_is_wrong_input_and_names_the_nearest(self):
        self.assertIn("did you mean 'doctor'", self.expect_wrong_input("doctr"))
        self.assertIn("did you mean 'list'", self.expect_wrong_input("gpu", "lst"))

    def test_an_unknown_option_names_the_nearest(self):
        self.assertIn("did you mean '--json'", self.expect_wrong_input("gpu", "list", "--jsn"))
        self.assertIn("'--trace'", self.expect_wrong_input("simulate", "--trce=x"))

    def test_no_command_at_all_says_which_there_are(self):
        message = self.expect_wrong_input()
        self.assertIn("simulate", message)
        self.assertIn("list", self.expect_wrong_input("gpu"))

    def test_an_argument_too_many_is_wrong_input(self):
        self.assertIn("extra", self.expect_wrong_input("gpu", "list", "extra"))

    def test_global_values_are_checked(self):
        for seed in ["-1", "1.5", "", "18446744073709551616", "0x10"]:
            with self.subTest(seed):
                self.expect_wrong_input(f"--seed={seed}", "gpu", "list")
        self.assertIn("trace, debug", self.expect_wrong_input("--log-level", "loud", "gpu", "list"))

    def test_numbers_are_read_as_they_are_written(self):
        for option, arguments in [
                ("--limit", ("trace", "info", "t.csv")), ("--top", ("trace", "info", "t.csv")),
                ("--limit", ("replay", "t.csv")),
                ("--functions", ("trace", "generate", "--out", "-")),
                ("--invocations", ("trace", "generate", "--out", "-")),
                ("--keep-functions", ("trace", "sample", "t.csv", "--out", "-"))]:
            for value in ["-1", "1.5", "1e3", "0x10", "99999999999999999999", "many"]:
                with self.subTest([*arguments, option, value]):
                    message = self.expect_wrong_input(*arguments, f"{option}={value}")
                    self.assertIn(f"{option}: '{value}' is not a whole number", message)

    def test_global_options_stand_before_or_after_the_command(self):
        for arguments in [("--json", "gpu", "list"), ("gpu", "--json", "list"),
                          ("gpu", "list", "--json"),
                          ("gpu", "list", "--seed", "18446744073709551615", "--json")]:
            with self.subTest(arguments):
                answer = run(*arguments)
                self.assertEqual(answer.returncode, 0)
                json.loads(answer.stdout)

    def test_gpu_list_knows_this_machine_and_the_models(self):
        document = json.loads(run("gpu", "list", "--json").stdout)
        self.assertIn("cpu", [device["id"] for device in document["devices"]])
        models = {model["name"]: model for model in document["models"]}
        self.assertEqual({"a30-24", "a100-40", "a100-80", "h100-80", "h200-141", "b200-180"},
                         set(models))
        profiles = {profile["name"]: profile for profile in models["a100-40"]["profiles"]}
        self.assertEqual(profiles["3g.20gb"]["starts"], [0, 4])
        self.assertEqual(profiles["1g.5gb"]["max"], 7)

    def test_doctor_reports_and_never_fails(self):
        answer = run("doctor", "--json")
        self.assertEqual(answer.returncode, 0)
        facts = {fact["name"]: fact for fact in json.loads(answer.stdout)["facts"]}
        for name in ["cores", "memory", "gpu", "cgroups", "python", "node", "bubblewrap", "mpi"]:
            self.assertIn(facts[name]["finding"], ["here", "limited", "missing"])
            self.assertTrue(facts[name]["meaning"])

    def test_text_has_no_colours_where_it_goes_to_a_file(self):
        self.assertNotIn("\x1b", run("doctor").stdout)

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            answer = run("gpu", "list", stdout=full)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("lambdarium", answer.stderr)

    def test_a_file_that_is_not_there_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            missing = os.path.join(folder, "missing.csv")
            for arguments in [("trace", "info", missing), ("simulate", "--trace", missing),
                              ("twin", missing), ("bill", "--usage", missing)]:
                with self.subTest(arguments):
                    answer = run(*arguments, cwd=folder)
                    self.assertIn(answer.returncode, [1, 2])
                    self.assertIn("missing.csv", answer.stderr)
                    self.assertEqual(os.listdir(folder), [])

    def test_a_simulation_answers_with_one_document_that_depends_on_the_seed_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            trace = os.path.join(folder, "trace.csv")
            with open(trace, "w") as file:
                file.write("arrival_s,function,duration_s\n0,f,1\n0.5,f,1\n2,g,0.25\n")
            documents = []
            for _ in range(2):
                answer = run("simulate", "--trace", trace, "--json", "--seed", "7", cwd=folder)
                self.assertEqual(answer.returncode, 0, answer)
                document = json.loads(answer.stdout)
                for key in ["wall_s", "invocations_per_wall_s"]:
                    document.pop(key)
                documents.append(document)
            self.assertEqual(documents[0], documents[1])
            self.assertEqual(documents[0]["seed"], 7)
            self.assertEqual(documents[0]["completed"], 3)
            self.assertEqual(documents[0]["cold_starts"], 3)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
