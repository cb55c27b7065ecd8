#!/usr/bin/env python3
"""Python and Node handlers of every shape: what their invokers get, and what is logged.

    runtimes_test.py PROGRAM [unittest arguments]
"""

import base64
import json
import os
import re
import shutil
import sys
import time
import unittest

try:
    import boto3  # noqa: F401
except ImportError:
    print("skipped: boto3 is not installed")
    sys.exit(77)

from harness import Emulator, make_zip, wait_until

PROGRAM = ""
ROLE = "arn:aws:iam::000000000000:role/test"
PYTHON = ("python3.12", "app.py", "app.handler")
NODE = ("nodejs20.x", "index.js", "index.handler")
PAYLOAD = json.dumps({"e": "😀é\u2028\0", "n": [[1.5]]}, ensure_ascii=False).encode()


class Failed:
    """What is expected of an answer: a function error of this type, with this text in it."""

    def __init__(self, kind, text=""):
        self.kind = kind
        self.text = text


class RuntimesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(PROGRAM)
        cls.client = cls.emulator.client()
        cls.made = 0

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()

    def run_handler(self, language, source, calls=1, files=None, **settings):
        runtime, file, handler = language
        name = f"f{type(self).made}"
        type(self).made += 1
        self.client.create_function(**{
            "FunctionName": name, "Runtime": runtime, "Role": ROLE, "Handler": handler,
            "Code": {"ZipFile": make_zip({file: source, **(files or {})})}, "Timeout": 10,
            **settings})
        for _ in range(calls):
            answer = self.client.invoke(FunctionName=name, Payload=PAYLOAD, LogType="Tail")
            answer["Body"] = answer["Payload"].read()
        answer["Log"] = base64.b64decode(answer["LogResult"]).decode("utf-8", "replace")
        self.client.delete_function(FunctionName=name)  # its environments go
        return answer

    def check(self, answer, expected):
        if isinstance(expected, Failed):
            self.assertEqual(answer.get("FunctionError"), "Unhandled", answer["Body"])
            error = json.loads(answer["Body"])
            self.assertEqual(error["errorType"], expected.kind)
            self.assertIn(expected.text, error["errorMessage"])
        else:
            self.assertEqual(answer["Body"], expected)
            self.assertNotIn("FunctionError", answer)

    def check_all(self, language, table):
        for source, expected in table.items():
            with self.subTest(source):
                self.check(self.run_handler(language, source), expected)

    def test_python_handlers(self):
        body = "def handler(event, context):\n    "
        self.check_all(PYTHON, {
            body + "return event": PAYLOAD,
            body + "return None": b"null",
            body + "return b'\\x00\\xff'": b"\x00\xff",
            body + "return 'é😀'": '"é😀"'.encode(),
            body + "raise KeyError('k')": Failed("KeyError", "'k'"),
            body + "return object()": Failed(
                "Runtime.MarshalError",
                "Unable to marshal response: Object of type object is not JSON serializable"),
            body + "return {1, 2}": Failed("Runtime.MarshalError"),
            body + "return float('nan')": Failed("Runtime.MarshalError"),
            body + "import sys; sys.exit(3)": Failed("Runtime.ExitError", "exit status 3"),
            body + "import os; os.abort()": Failed("Runtime.ExitError", "signal: aborted"),
            body + "return input()": Failed("EOFError"),
            body + "import os; os.write(1, bytes(range(256))); return 1": b"1",
            body + "import subprocess; subprocess.Popen(['sleep', '60']); return 1": b"1",
            body + "import threading as t; x = t.Thread(target=print); x.start(); x.join(); "
            "return 1": b"1",
            "raise ValueError('at import')": Failed("ValueError", "at import"),
            "def handler(e, c)": Failed("Runtime.UserCodeSyntaxError",
                                        "Syntax error in module 'app'"),
            "import nothing_like_it": Failed(
                "Runtime.ImportModuleError",
                "Unable to import module 'app': No module named 'nothing_like_it'"),
            "x = 1": Failed("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
            "import sys; sys.exit(4)": Failed("Runtime.ExitError", "exit status 4"),
        })

    def test_node_handlers(self):
        if shutil.which("node") is None:
            self.skipTest("node is not installed")
        self.check_all(NODE, {
            "exports.handler = async (event) => event": PAYLOAD.replace(b" ", b""),
            "exports.handler = (e, c, done) => done(null, 1)": b"1",
            "exports.handler = (e, c, done) => { setTimeout(() => done(null, 2), 5) }": b"2",
            "exports.handler = (e, c, done) => done(new TypeError('no'))": Failed("TypeError",
                                                                                  "no"),
            "exports.handler = (e, c, done) => done('text')": Failed("string", "text"),
            "exports.handler = (e, c) => c.succeed(3)": b"3",
            "exports.handler = () => {}": b"null",
            "exports.handler = async () => undefined": b"null",
            "exports.handler = async () => { throw new RangeError('r') }": Failed("RangeError",
                                                                                  "r"),
            "exports.handler = () => { throw new RangeError('r') }": Failed("RangeError", "r"),
            "exports.handler = async () => { throw 'text' }": Failed("string", "text"),
            "const o = {}; o.o = o; exports.handler = async () => o": Failed(
                "Runtime.MarshalError", "circular"),
            "exports.handler = async () => process.exit(3)": Failed("Runtime.ExitError",
                                                                    "exit status 3"),
            "exports.handler = async () => { Promise.reject(new Error('u')); "
            "await new Promise((r) => setTimeout(r, 500)) }": Failed(
                "Runtime.UnhandledPromiseRejection", "Error: u"),
            "exports.handler = () => { setTimeout(() => { throw new Error('late') }, 5) }": Failed(
                "Error", "late"),
            "throw new TypeError('at load')": Failed("TypeError", "at load"),
            "exports.handler = async () => { syntax error": Failed("Runtime.UserCodeSyntaxError"),
            "require('nothing_like_it')": Failed("Runtime.ImportModuleError", "nothing_like_it"),
            "exports.other = 1": Failed("Runtime.HandlerNotFound",
                                        "index.handler is undefined or not exported"),
        })

    def test_node_modules_and_folders(self):
        if shutil.which("node") is None:
            self.skipTest("node is not installed")
        for file, handler, source, files in (
                ("index.mjs", "index.handler", "export const handler = async () => 1", {}),
                ("index.mjs", "index.handler",
                 "const v = await Promise.resolve(1); export const handler = async () => v", {}),
                ("index.js", "index.handler", "export const handler = async () => 1",
                 {"package.json": '{"type": "module"}'}),
                ("src/main.cjs", "src/main.api.get",
                 "exports.api = { get: async () => require('dep') }",
                 {"node_modules/dep/index.js": "module.exports = 1"})):
            with self.subTest(source):
                self.check(self.run_handler(("nodejs20.x", file, handler), source, files=files),
                           b"1")

    def test_logs_have_the_formats_of_the_service(self):
        answer = self.run_handler(PYTHON, (
            "import logging\ndef handler(event, context):\n"
            "    print('printed'); logging.info('hidden'); logging.warning('shown %d', 1)\n"
            "    raise ValueError('why')\n"))
        request = answer["ResponseMetadata"]["RequestId"]
        self.assertRegex(answer["Log"], re.compile(
            rf"^START RequestId: {request} Version: \$LATEST\nprinted\n"
            r"\[WARNING\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t"
            rf"{request}\tshown 1\n\[ERROR\] ValueError: why\nTraceback \(most recent call last\):"
            rf"\n  File .*/app.py\", line 4, in handler\n(.*\n)+END RequestId: {request}\n"))
        if shutil.which("node") is None:
            return
        answer = self.run_handler(NODE, "exports.handler = async () => {\n"
                                        "  console.log('a %d', 1, { b: 2 }); console.error('e');\n"
                                        "  process.stdout.write('raw\\n') }")
        request = answer["ResponseMetadata"]["RequestId"]
        self.assertRegex(answer["Log"], re.compile(
            rf"\n\S+Z\t{request}\tINFO\ta 1 {{ b: 2 }}\n\S+Z\t{request}\tERROR\te\nraw\nEND "))

    def test_the_tail_is_the_end_of_a_long_log(self):
        languages = [(PYTHON, "def handler(event, context):\n"
                              "    for i in range(20000): print('line', i)\n")]
        if shutil.which("node") is not None:
            languages.append((NODE, "exports.handler = async () => {\n"
                                    "  for (let i = 0; i < 20000; i++) console.log('line', i) }"))
        for language, source in languages:
            with self.subTest(language):
                log = self.run_handler(language, source)["Log"]
                self.assertEqual(len(log), 4096)
                self.assertRegex(log, r"line 19999\nEND RequestId: \S+\nREPORT .*\t\n$")

    def test_timeouts_reach_what_does_not_listen(self):
        ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        handler = "def handler(event, context):\n    "
        runaway = "setsid sh -c 'trap \"\" TERM HUP; sleep 86399' & sleep 86399"
        sources = [(PYTHON, ignore + handler + "while True: pass"),
                   (PYTHON, handler + "import os; os.kill(os.getpid(), 19)"),
                   (PYTHON, handler + "import os; os.system(" + repr(runaway) + ")")]
        if shutil.which("node") is not None:
            sources.append((NODE, "exports.handler = async () => { for (;;); }"))
        for language, source in sources:
            with self.subTest(source):
                started = time.monotonic()
                self.check(self.run_handler(language, source, Timeout=1),
                           Failed("Sandbox.Timedout", "Task timed out after 1.00 seconds"))
                self.assertGreater(time.monotonic() - started, 1)
        self.assertTrue(wait_until(lambda: not self.emulator.processes()))

    def test_a_handler_may_invoke_itself(self):
        answer = self.run_handler(PYTHON, (
            "import json, urllib.request\ndef handler(event, context):\n"
            "    if event == 3: return 3\n"
            "    again = 1 + (event if isinstance(event, int) else 0)\n"
            f"    url = '{self.emulator.api}/2015-03-31/functions/' + context.function_name\n"
            "    body = json.dumps(again).encode()\n"
            "    request = urllib.request.Request(url + '/invocations', body,\n"
            "                                     {'Content-Type': 'application/json'})\n"
            "    return json.loads(urllib.request.urlopen(request).read())\n"))
        self.check(answer, b"3")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
