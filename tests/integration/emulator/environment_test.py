#!/usr/bin/env python3
"""How execution environments begin, fail, are reset and log, with scripted and real runtimes.

    environment_test.py PROGRAM [unittest arguments]
"""

import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from urllib.parse import urlsplit

try:
    import boto3  # noqa: F401
except ImportError:
    print("skipped: boto3 is not installed")
    sys.exit(77)

from harness import Emulator, get, make_zip, wait_until

PROGRAM = ""
ROLE = "arn:aws:iam::000000000000:role/test"


def create(client, name, code, **settings):
    configuration = {
        "FunctionName": name, "Runtime": "python3.11", "Role": ROLE, "Handler": "app.handler",
        "Code": {"ZipFile": make_zip({"app.py": code})}, "Timeout": 10}
    client.create_function(**{**configuration, **settings})
    client.get_waiter("function_active_v2").wait(FunctionName=name)


def invoke(client, name, event=None, tail=True):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event or {}),
                           LogType="Tail" if tail else "None")
    answer["Body"] = answer["Payload"].read()
    answer["Log"] = base64.b64decode(answer.get("LogResult", "")).decode()
    return answer


class EnvironmentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(PROGRAM, "--freeze", "on", "--record", "run.sqlite")
        cls.client = cls.emulator.client()
        # Ten seconds of waiting, beside everything else.
        create(cls.client, "slow_init", """
import os, time
if not os.path.exists("/tmp/" + os.environ["FLAG"]):
    open("/tmp/" + os.environ["FLAG"], "w").close()
    time.sleep(60)
os.remove("/tmp/" + os.environ["FLAG"])
def handler(event, context): return context.get_remaining_time_in_millis()
""", Environment={"Variables": {"FLAG": f"lambdarium-{os.getpid()}"}}, Timeout=5)
        cls.slow = {}
        cls.slow_thread = threading.Thread(
            target=lambda: cls.slow.update(invoke(cls.emulator.client(), "slow_init")))
        cls.slow_thread.start()

    @classmethod
    def tearDownClass(cls):
        cls.slow_thread.join()
        try:
            cls.emulator.interrupt()
            # The recorded run, decided again: failed inits and resets, too.
            run = os.path.join(cls.emulator.folder, "run.sqlite")
            subprocess.run([PROGRAM, "twin", run], check=True, stdout=subprocess.DEVNULL)
        finally:
            cls.emulator.close()

    def log_of(self, name):
        path = os.path.join(self.emulator.data, "logs", name + ".log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def wait_for_log(self, name, pattern):
        found = wait_until(lambda: re.search(pattern, self.log_of(name), re.M | re.S))
        self.assertTrue(found, self.log_of(name))

    def test_an_init_that_fails_is_run_again_inside_the_invocation(self):
        create(self.client, "second_try", """
import os
first = os.path.join(os.environ["TMPDIR"], "first")
if not os.path.exists(first):
    open(first, "w").close()
    os._exit(3)
def handler(event, context): return "fine"
""")
        answer = invoke(self.client, "second_try")
        self.assertEqual(answer["Body"], b'"fine"')
        self.assertNotIn("FunctionError", answer)
        self.assertNotIn("Init Duration", answer["Log"])
        self.wait_for_log("second_try",
                          r"^INIT_START [^\n]*\nINIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\t"
                          r"Status: error\tError Type: Runtime.ExitError\nSTART ")
        self.assertEqual(invoke(self.client, "second_try")["Body"], b'"fine"')
        self.assertEqual(self.log_of("second_try").count("INIT_START"), 1)

    def test_an_init_that_fails_twice_is_told_once_with_the_error_of_the_init(self):
        create(self.client, "never", "raise ValueError('not today')")
        answer = invoke(self.client, "never")
        self.assertEqual(answer["StatusCode"], 200)
        self.assertEqual(answer["FunctionError"], "Unhandled")
        error = json.loads(answer["Body"])
        self.assertEqual((error["errorType"], error["errorMessage"]),
                         ("ValueError", "not today"))
        self.assertRegex(
            answer["Log"], r"^START [^\n]*\n(?:[^\n]*\n)*END [^\n]*\nREPORT [^\n]*Status: error")
        self.wait_for_log("never", r"Phase: init\tStatus: error.*Phase: invoke\tStatus: error.*"
                                   r"START .*END .*REPORT ")
        self.assertEqual(self.log_of("never").count("Phase:"), 2)

    def test_a_second_init_has_the_time_of_the_function(self):
        create(self.client, "late", """
import os, time
first = os.path.join(os.environ["TMPDIR"], "first")
if not os.path.exists(first):
    open(first, "w").close()
    os._exit(1)
time.sleep(60)
""", Timeout=1)
        answer = invoke(self.client, "late")
        error = json.loads(answer["Body"])
        self.assertEqual(error["errorType"], "Sandbox.Timedout")
        self.assertIn("Task timed out after 1.00 seconds", error["errorMessage"])
        self.assertIn("Billed Duration: 1000 ms", answer["Log"])
        self.wait_for_log("late", r"Phase: init\tStatus: error.*Phase: invoke\tStatus: timeout\n"
                                  r"START .*Task timed out after 1.00 seconds.*END ")

    def test_an_init_over_ten_seconds_is_given_up_and_run_again(self):
        self.slow_thread.join()
        remaining = int(self.slow["Body"])
        self.assertTrue(0 < remaining <= 5000, remaining)
        report = re.search(r"Billed Duration: (\d+) ms", self.slow["Log"])
        self.assertLess(int(report.group(1)), 5000)  # not the ten seconds
        self.wait_for_log("slow_init",
                          r"INIT_REPORT Init Duration: 1\d{4}\.\d\d ms\tPhase: init\t"
                          r"Status: timeout\nSTART ")

    RESET = """
import os, time
memory = []
def handler(event, context):
    place = os.path.join(os.environ["TMPDIR"], "kept")
    known = os.path.exists(place)
    open(place, "a").close()
    memory.append(1)
    if "sleep_s" in event: time.sleep(event["sleep_s"])
    if "exit" in event: os._exit(event["exit"])
    return {"known": known, "calls": len(memory)}
"""

    def test_a_reset_keeps_tmp_and_loses_memory(self):
        create(self.client, "reset", self.RESET, Timeout=1)
        self.assertEqual(json.loads(invoke(self.client, "reset")["Body"]),
                         {"known": False, "calls": 1})
        self.assertIn("FunctionError", invoke(self.client, "reset", {"sleep_s": 60}))
        self.assertEqual(json.loads(invoke(self.client, "reset")["Body"]),
                         {"known": True, "calls": 1})
        self.assertIn("FunctionError", invoke(self.client, "reset", {"exit": 4}))
        self.assertEqual(json.loads(invoke(self.client, "reset")["Body"]),
                         {"known": True, "calls": 1})
        self.client.update_function_configuration(FunctionName="reset", Description="anew")
        self.client.get_waiter("function_updated_v2").wait(FunctionName="reset")
        self.assertEqual(json.loads(invoke(self.client, "reset")["Body"]),
                         {"known": False, "calls": 1})

    def test_what_takes_too_much_memory_is_killed(self):
        create(self.client, "greedy", """
import time
def handler(event, context):
    block = b"x" * (event["mb"] << 20)
    time.sleep(60)
""")
        answer = invoke(self.client, "greedy", {"mb": 300})
        self.assertEqual(json.loads(answer["Body"])["errorType"], "Runtime.ExitError")
        self.assertRegex(json.loads(answer["Body"])["errorMessage"],
                         r"^RequestId: \S+ Error: Runtime exited with error: signal: killed$")
        self.assertRegex(answer["Log"], r"Max Memory Used: [1-3]\d\d MB")

    def test_background_threads_stand_still_between_invocations(self):
        create(self.client, "ticking", """
import threading, time
ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        time.sleep(0.002)
threading.Thread(target=tick, daemon=True).start()
import os
def handler(event, context): return {"pid": os.getpid(), "ticks": ticks}
""")
        create(self.client, "other", "def handler(event, context): return 1")
        pid = json.loads(invoke(self.client, "ticking")["Body"])["pid"]
        self.assertTrue(wait_until(lambda: state_of(pid) == "T"))
        before = cpu_of(pid)
        for _ in range(3):
            invoke(self.client, "other", tail=False)
        self.assertEqual(cpu_of(pid), before)
        self.assertEqual(json.loads(invoke(self.client, "ticking")["Body"])["pid"], pid)

    def test_json_format_tells_everything_as_records(self):
        create(self.client, "structured", """
import os, sys
print('{"level":"DEBUG","message":"left out"}')
def handler(event, context):
    print('{"level":"INFO","message":"kept"}')
    print("plain")
    sys.stdout.flush()
    if event.get("fail"): raise ValueError("as asked")
    return [os.environ.get("AWS_LAMBDA_LOG_FORMAT"), os.environ.get("AWS_LAMBDA_LOG_LEVEL")]
""", LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG"})
        answer = invoke(self.client, "structured")
        self.assertEqual(json.loads(answer["Body"]), ["JSON", "INFO"])
        for text in ("START ", "REPORT ", "END ", "left out"):
            self.assertNotIn(text, answer["Log"])
        self.wait_for_log("structured", r'"type":"platform.report"')
        lines = self.log_of("structured").splitlines()
        self.assertIn("plain", lines)
        records = [json.loads(line) for line in lines if line.startswith("{")]
        self.assertIn({"level": "INFO", "message": "kept"}, records)
        self.assertEqual([record["type"] for record in records if "type" in record],
                         ["platform.initStart", "platform.initRuntimeDone", "platform.initReport",
                          "platform.start", "platform.runtimeDone", "platform.report"])
        self.assertIn("initDurationMs", records[-1]["record"]["metrics"])
        invoke(self.client, "structured", {"fail": True})
        self.wait_for_log("structured", r'"platform.report","record":{[^\n]*"status":"error"')

    def test_a_json_format_with_level_warn_is_silent_about_success(self):
        create(self.client, "silent", "def handler(event, context): print('hello')",
               LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN",
                              "LogGroup": "mine"})
        invoke(self.client, "silent")
        self.wait_for_log("silent", "hello")
        self.assertEqual(self.log_of("silent"), "hello\n")

    def test_foreign_hosts_and_origins_are_refused(self):
        create(self.client, "guarded", "def handler(event, context): return 1")
        where = urlsplit(self.emulator.api)

        def status(path="/2015-03-31/functions/guarded/invocations", **headers):
            connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
            try:
                connection.request("POST", path, b"{}", headers)
                answer = connection.getresponse()
                answer.read()
                return answer.status
            finally:
                connection.close()

        self.assertEqual(status(), 200)
        self.assertEqual(status(Host="localhost:1"), 200)
        self.assertEqual(status(Host="lambda.us-east-1.amazonaws.com"), 200)
        self.assertEqual(status(Origin="http://localhost:8000"), 200)
        self.assertEqual(status(Host="evil.example"), 403)
        self.assertEqual(status(Origin="http://evil.example"), 403)
        self.assertEqual(status(Origin="null"), 403)
        self.assertEqual(status("/_lambdarium/health", Host="evil.example"), 403)


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Changing:
    Type: AWS::Serverless::Function
    Properties:
      {properties}
      CodeUri: changing/
      Handler: app.handler
      Runtime: python3.11
      Timeout: 10
      Events:
        Get: {{Type: HttpApi, Properties: {{Path: {path}, Method: GET}}}}
  Steady:
    Type: AWS::Serverless::Function
    Properties: {{CodeUri: steady/, Handler: app.handler, Runtime: python3.11}}
"""
ANSWER = """
import os, time
calls = 0
def handler(event, context):
    global calls
    calls += 1
    if event.get("until"):
        while not os.path.exists(event["until"]): time.sleep(0.01)
    return "{text} " + str(calls) + os.environ.get("EXTRA", "")
"""


class WatchTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lambdarium-watch-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("changing", "steady"):
            os.mkdir(os.path.join(self.folder, name))
            self.write_code(name, "one")
        self.write_template()
        self.emulator = Emulator(PROGRAM, os.path.join(self.folder, "template.yaml"), "--watch",
                                 data=os.path.join(self.folder, "state"))
        self.addCleanup(self.emulator.close)
        self.client = self.emulator.client()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def write_code(self, name, text):
        self.write(os.path.join(name, "app.py"), ANSWER.replace("{text}", text))

    def write_template(self, properties="Description: first", path="/one"):
        self.write("template.yaml", TEMPLATE.format(properties=properties, path=path))

    def call(self, name, event=None):
        return json.loads(invoke(self.client, name, event, tail=False)["Body"])

    def expect(self, name, pattern):
        answers = []

        def right():
            answers.append(self.call(name))
            return re.fullmatch(pattern, answers[-1])

        self.assertTrue(wait_until(right), answers[-1])

    def test_the_next_invocation_runs_new_code_and_one_under_way_ends_on_the_old(self):
        self.assertEqual(self.call("Changing"), "one 1")
        self.assertEqual(self.call("Steady"), "one 1")
        release = os.path.join(self.folder, "release")
        seen = []
        client = self.emulator.client()
        under_way = threading.Thread(target=lambda: seen.append(
            invoke(client, "Changing", {"until": release})["Body"]))
        under_way.start()
        self.assertTrue(wait_until(lambda: self.emulator.health()["in_flight"] == 1))
        self.write_code("changing", "two")
        # An environment that starts before the change is noticed may run it already.
        self.assertTrue(wait_until(lambda: "Changing: new code" in self.emulator.stderr()))
        self.assertRegex(self.call("Changing"), "two .*")
        open(release, "w", encoding="utf-8").close()
        under_way.join()
        self.assertEqual(seen, [b'"one 2"'])
        self.assertRegex(self.call("Changing"), "two .*")
        self.assertEqual(self.call("Steady"), "one 2")  # its environment is the same

    def test_changes_of_the_template_apply_and_wrong_ones_do_not(self):
        self.assertEqual(self.call("Changing"), "one 1")
        self.assertEqual(self.call("Steady"), "one 1")
        self.assertEqual(get(self.emulator.http + "/one")[0], 200)
        self.write_template("Environment: {Variables: {EXTRA: ' more'}}", "/two")
        self.expect("Changing", r"one \d+ more")
        self.assertEqual(get(self.emulator.http + "/two")[0], 200)
        self.assertEqual(get(self.emulator.http + "/one")[0], 404)
        self.assertEqual(self.call("Steady"), "one 2")
        self.write_template("MemorySize: enormous", "/three")
        self.assertTrue(wait_until(lambda: "is not applied" in self.emulator.stderr()))
        self.assertIn("MemorySize", self.emulator.stderr())
        self.assertRegex(self.call("Changing"), r"one \d+ more")
        self.assertEqual(get(self.emulator.http + "/two")[0], 200)
        self.write("template.yaml", TEMPLATE.format(properties="Description: x", path="/one")
                   .split("  Steady:")[0])
        self.assertTrue(wait_until(
            lambda: [f["FunctionName"] for f in self.client.list_functions()["Functions"]] ==
            ["Changing"]))
        self.assertRegex(self.call("Changing"), r"one \d+")


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def cpu_of(pid):
    """Time on the CPU of all its threads, in nanoseconds."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="utf-8") as file:
            total += int(file.read().split()[0])
    return total


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
