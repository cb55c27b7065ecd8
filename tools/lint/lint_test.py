#!/usr/bin/env python3
"""The lint is code, too: each planted violation must be found, and a clean tree must pass."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from lint import blank_comments_and_strings, lint  # noqa: E402

CLEAN_HEADER = "#pragma once\n\n#include <string>\n"


class LintTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for header in ["models/base/time.h", "emulator/fleet/fleet.h", "runtime-api/http/server.h",
                       "gpu-pool/cuda/cuda_backend.h", "policies/named.h"]:
            self.write(header, CLEAN_HEADER)

    def write(self, file, text, mode=0o644):
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)

    def violations(self):
        return lint(self.root, with_format=False)[1]

    def expect(self, file, text, part, mode=0o644):
        """The file is the only one that is wrong, and the message says what."""
        self.write(file, text, mode)
        found = self.violations()
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(file + ":"), found)
        self.assertIn(part, found[0])

    def expect_clean(self, file, text, mode=0o644):
        self.write(file, text, mode)
        self.assertEqual(self.violations(), [])

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.violations(), [])

    # Dependency direction.

    def test_models_must_not_know_the_emulator(self):
        self.expect("models/base/x.cc", '#include "emulator/fleet/fleet.h"\n',
                    "models/base must not depend on emulator/fleet")

    def test_a_core_must_not_know_sockets(self):
        self.expect("emulator/fleet/x.cc", '#include "runtime-api/http/server.h"\n',
                    "must not depend on runtime-api/http")

    def test_the_simulator_must_not_know_sockets(self):
        self.expect("emulator/simulated/x.cc", '#include "runtime-api/http/server.h"\n',
                    "must not depend on runtime-api/http")

    def test_the_server_must_not_know_cuda(self):
        self.expect("emulator/main/x.cc", '#include "gpu-pool/cuda/cuda_backend.h"\n',
                    "must not depend on gpu-pool/cuda")

    def test_the_fleet_may_know_policies_and_the_driver_sockets(self):
        self.write("emulator/fleet/x.cc", '#include "policies/named.h"\n')
        self.expect_clean("emulator/live/x.cc", '#include "runtime-api/http/server.h"\n')

    def test_tests_may_include_anything(self):
        self.expect_clean("tests/unit/emulator/x_test.cc", '#include "emulator/fleet/fleet.h"\n')

    def test_a_folder_without_a_row_is_an_error(self):
        self.expect("basement/x.cc", "int x;\n", "no row")

    def test_include_paths_do_not_climb(self):
        self.expect("policies/dispatch/x.cc", '#include "../named.h"\n',
                    "start at the project's root")

    def test_an_include_of_nothing_is_an_error(self):
        self.expect("policies/x.cc", '#include "models/base/tiem.h"\n', "no file of the project")

    def test_libraries_stay_in_their_folders(self):
        for header in ["uv.h", "llhttp.h", "sqlite3.h", "yaml-cpp/yaml.h", "archive.h",
                       "cuda_runtime_api.h", "cublas_v2.h", "CLI/CLI.hpp", "boost/asio.hpp"]:
            with self.subTest(header):
                self.expect("emulator/live/x.cc", f"#include <{header}>\n", "belongs in")

    def test_libraries_are_allowed_where_they_belong(self):
        self.write("runtime-api/http/x.cc", "#include <uv.h>\n#include <llhttp.h>\n")
        self.write("emulator/store/x.cc", "#include <sqlite3.h>\n#include <archive.h>\n")
        self.expect_clean("tests/unit/emulator/store/x_test.cc",
                          "#include <sqlite3.h>\n#include <boost/test/unit_test.hpp>\n")

    def test_full_json_is_for_sources_not_headers(self):
        self.write("policies/x.cc", "#include <nlohmann/json.hpp>\n")
        self.expect("policies/x.h", "#pragma once\n#include <nlohmann/json.hpp>\n", "json_fwd")

    # Calls.

    def test_banned_calls_are_found(self):
        for call in ["time(nullptr)", "std::time(0)", "rand()", "srand(1)", "sleep(1)", "usleep(5)",
                     'system("x")', "::system(s)", 'popen("x", "r")', "std::random_device d",
                     "std::this_thread::sleep_for(d)"]:
            with self.subTest(call):
                self.expect("emulator/live/x.cc", f"void f() {{ {call}; }}\n", "banned")

    def test_other_names_and_members_are_no_calls_of_these(self):
        lines = ["loop.time();", "timer->sleep();", "run_time(3);", "random_stream(1);",
                 "brand();", "std::chrono::system_clock::now();", "start_time (x);"]
        self.expect_clean("emulator/live/x.cc", "\n".join(lines) + "\n")

    def test_comments_and_strings_are_no_calls(self):
        self.expect_clean("emulator/live/x.cc",
                          '// never sleep(1)\n/* rand() */ auto s = "time(0)";\n'
                          'auto r = R"(system("x"))"; auto n = 1\'000\'000;\n')

    def test_a_call_after_separated_digits_is_found(self):
        self.expect("emulator/live/x.cc", "int a = 1'000; void f() { rand(); } int b = 2'000;\n",
                    "banned")

    def test_cores_read_no_clock(self):
        self.expect("emulator/fleet/x.cc", "auto t = std::chrono::steady_clock::now();\n",
                    "reads no clock")

    # Files.

    def test_tabs_long_lines_and_unfinished_work_are_found(self):
        self.expect("policies/x.cc", "int\tx;\n", "a tab")
        self.expect_clean("policies/x.cc", 'auto yaml = R"(a:\n\tb)";\n')
        self.expect("policies/x.cc", "// " + "x" * 98 + "\n", "101 columns")
        self.expect("policies/x.cc", "// FIX" + "ME later\n", "unfinished")
        self.expect_clean("policies/x.cc", "// " + "é" * 97 + "\n")

    def test_documents_may_have_long_lines(self):
        self.expect_clean("README.md", "x" * 300 + "\n")

    def test_large_files_are_found_at_one_byte_over_the_limit(self):
        self.write("docs/picture.bin", b"\xff" * (1 << 20))
        self.assertEqual(self.violations(), [])
        self.expect("docs/picture.bin", b"\xff" * ((1 << 20) + 1), "is the limit")

    def test_a_script_needs_its_run_bit(self):
        self.expect("tools/x", "#!/bin/sh\n", "run bit")
        self.expect_clean("tools/x", "#!/bin/sh\n", mode=0o755)

    def test_paths_of_one_machine_are_found(self):
        for path in ["/ho" + "me/anna/x", "/ro" + "ot/.cache", "../sha" + "red/data"]:
            with self.subTest(path):
                self.expect("docs/x.md", f"see {path}\n", "one machine")
        self.expect_clean("docs/x.md", "HOME is /home/sbx_user1051\n")

    def test_a_header_needs_its_pragma(self):
        self.expect("policies/x.h", "int f();\n", "#pragma once")

    def test_blanking_keeps_lines_and_columns(self):
        text = 'a /* b\nc */ d "e" // f\n'
        blanked = blank_comments_and_strings(text)
        self.assertEqual([line.split() for line in blanked.split("\n")], [["a"], ["d"], []])
        self.assertEqual([len(line) for line in blanked.split("\n")],
                         [len(line) for line in text.split("\n")])


if __name__ == "__main__":
    unittest.main()
