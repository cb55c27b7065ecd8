#!/usr/bin/env python3
"""The AWS endpoint as boto3 sees it, with real Python functions.

    lambda_test.py PROGRAM [unittest arguments]
"""

import base64
import json
import os
import re
import signal
import sys
import threading
import time
import unittest

try:
    import boto3  # noqa: F401
except ImportError:
    print("skipped: boto3 is not installed")
    sys.exit(77)

from botocore.exceptions import ClientError
from harness import Emulator, get, is_alive, make_zip, wait_until

PROGRAM = ""
ROLE = "arn:aws:iam::000000000000:role/test"
CODE = """
import os, time
count = 0
def handler(event, context):
    global count
    count += 1
    print("working on", event)
    if "sleep_s" in event: time.sleep(event["sleep_s"])
    if event.get("fail"): raise ValueError("as asked")
    if "exit" in event: os._exit(event["exit"])
    if "size" in event: return "x" * event["size"]
    return {"event": event, "count": count, "name": context.function_name,
            "version": context.function_version, "arn": context.invoked_function_arn,
            "id": context.aws_request_id, "variable": os.environ.get("VARIABLE"),
            "foreign": os.environ.get("LAMBDARIUM_TEST_SECRET"),
            "remaining": context.get_remaining_time_in_millis()}
"""


def create(client, name="f", code=CODE, **settings):
    configuration = {
        "FunctionName": name, "Runtime": "python3.11", "Role": ROLE, "Handler": "app.handler",
        "Code": {"ZipFile": make_zip({"app.py": code})}, "Timeout": 10}
    return client.create_function(**{**configuration, **settings})


def invoke(client, event, name="f", **settings):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **settings)
    answer["Body"] = answer["Payload"].read()
    return answer


class LambdaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["LAMBDARIUM_TEST_SECRET"] = "of the host"
        cls.emulator = Emulator(PROGRAM)
        cls.client = cls.emulator.client()
        create(cls.client, Environment={"Variables": {"VARIABLE": "value=1"}})

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()

    def expect_error(self, code, status, call):
        with self.assertRaises(ClientError) as caught:
            call()
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)
        return caught.exception.response

    def test_a_function_is_pending_when_made_and_active_when_looked_at(self):
        made = create(self.client, "made", Description="d", MemorySize=256)
        self.assertEqual(made["State"], "Pending")
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertEqual(made["FunctionArn"],
                         "arn:aws:lambda:us-east-1:000000000000:function:made")
        self.client.get_waiter("function_active_v2").wait(
            FunctionName="made", WaiterConfig={"Delay": 1, "MaxAttempts": 5})
        got = self.client.get_function(FunctionName="made")
        self.assertEqual(got["Configuration"]["MemorySize"], 256)
        self.assertEqual(got["Configuration"]["CodeSha256"], made["CodeSha256"])
        self.assertIn("made", [f["FunctionName"]
                               for f in self.client.list_functions()["Functions"]])
        self.client.delete_function(FunctionName="made")
        self.expect_error("ResourceNotFoundException", 404,
                          lambda: self.client.get_function(FunctionName="made"))

    def test_the_context_is_that_of_aws(self):
        answer = invoke(self.client, {"a": 1})
        self.assertEqual(answer["StatusCode"], 200)
        self.assertEqual(answer["ExecutedVersion"], "$LATEST")
        self.assertNotIn("FunctionError", answer)
        seen = json.loads(answer["Body"])
        self.assertEqual(seen["event"], {"a": 1})
        self.assertEqual(seen["id"], answer["ResponseMetadata"]["RequestId"])
        self.assertEqual(seen["arn"], "arn:aws:lambda:us-east-1:000000000000:function:f")
        self.assertEqual(seen["version"], "$LATEST")
        self.assertEqual(seen["variable"], "value=1")
        self.assertTrue(9000 < seen["remaining"] <= 10000, seen)

    def test_functions_do_not_see_the_variables_of_the_host(self):
        self.assertIsNone(json.loads(invoke(self.client, {})["Body"])["foreign"])

    def test_an_environment_is_used_again(self):
        first = json.loads(invoke(self.client, {})["Body"])["count"]
        self.assertEqual(json.loads(invoke(self.client, {})["Body"])["count"], first + 1)

    def test_the_tail_of_the_log_has_the_platforms_lines(self):
        answer = invoke(self.client, {"line": "x"}, LogType="Tail")
        log = base64.b64decode(answer["LogResult"]).decode()
        request = answer["ResponseMetadata"]["RequestId"]
        self.assertRegex(log, re.compile(
            rf"^START RequestId: {request} Version: \$LATEST\n"
            r"working on {'line': 'x'}\n"
            rf"END RequestId: {request}\n"
            rf"REPORT RequestId: {request}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
            r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\t(Init Duration: \d+\.\d\d ms\t)?\n"
            r"$"))

    def test_an_error_of_the_handler_comes_back_as_its_payload(self):
        answer = invoke(self.client, {"fail": True})
        self.assertEqual((answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled"))
        error = json.loads(answer["Body"])
        self.assertEqual((error["errorType"], error["errorMessage"]), ("ValueError", "as asked"))

    def test_an_exit_is_reported_and_the_next_call_works(self):
        answer = invoke(self.client, {"exit": 3})
        request = answer["ResponseMetadata"]["RequestId"]
        self.assertEqual(json.loads(answer["Body"]), {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: {request} "
                            "Error: Runtime exited with error: exit status 3"})
        self.assertNotIn("FunctionError", invoke(self.client, {}))

    def test_a_timeout_kills_the_environment(self):
        create(self.client, "short", Timeout=1)
        answer = invoke(self.client, {"sleep_s": 30}, "short")
        request = answer["ResponseMetadata"]["RequestId"]
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(json.loads(answer["Body"]), {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {request} Error: Task timed out after 1.00 seconds"})
        self.assertEqual(json.loads(invoke(self.client, {}, "short")["Body"])["count"], 1)

    def test_a_response_over_the_limit_is_an_error_of_the_function(self):
        limit = 6_291_556
        self.assertEqual(len(invoke(self.client, {"size": limit - 2})["Body"]), limit)
        answer = invoke(self.client, {"size": limit - 1})
        self.assertEqual(json.loads(answer["Body"])["errorType"], "Function.ResponseSizeTooLarge")

    def test_two_calls_at_once_are_two_environments(self):
        create(self.client, "both")
        answers = []
        threads = [threading.Thread(
            target=lambda: answers.append(invoke(self.client, {"sleep_s": 1}, "both")["Body"]))
            for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # In one environment the second would have counted to two.
        self.assertEqual([json.loads(answer)["count"] for answer in answers], [1, 1])

    def test_reserved_concurrency_turns_the_second_call_away(self):
        create(self.client, "one")
        self.client.put_function_concurrency(FunctionName="one", ReservedConcurrentExecutions=1)
        self.assertEqual(
            self.client.get_function(FunctionName="one")["Concurrency"],
            {"ReservedConcurrentExecutions": 1})
        first = threading.Thread(target=lambda: invoke(self.client, {"sleep_s": 2}, "one"))
        first.start()
        self.assertTrue(wait_until(lambda: self.emulator.health()["in_flight"] >= 1))
        error = self.expect_error("TooManyRequestsException", 429,
                                  lambda: invoke(self.client, {}, "one"))
        first.join()
        self.assertEqual(error["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded")
        self.assertEqual(error["Error"]["Message"], "Rate Exceeded.")

    def test_an_event_is_accepted_at_once_and_run(self):
        before = self.emulator.health()["invocations"]
        answer = invoke(self.client, {}, InvocationType="Event")
        self.assertEqual((answer["StatusCode"], answer["Body"]), (202, b""))
        self.assertNotIn("ExecutedVersion", answer)
        self.assertTrue(wait_until(lambda: self.emulator.health()["invocations"] > before))

    def test_a_dry_run_runs_nothing(self):
        before = self.emulator.health()["invocations"]
        self.assertEqual(invoke(self.client, {}, InvocationType="DryRun")["StatusCode"], 204)
        self.assertEqual(self.emulator.health()["invocations"], before)

    def test_new_code_is_run_by_the_next_call(self):
        create(self.client, "changing", "def handler(e, c): return 1\n")
        self.assertEqual(invoke(self.client, {}, "changing")["Body"], b"1")
        self.client.update_function_code(
            FunctionName="changing",
            ZipFile=make_zip({"app.py": "def handler(e, c): return 2\n"}))
        self.assertEqual(invoke(self.client, {}, "changing")["Body"], b"2")

    def test_a_new_configuration_holds_for_the_next_call(self):
        create(self.client, "configured")
        self.client.update_function_configuration(
            FunctionName="configured", Environment={"Variables": {"VARIABLE": "new"}})
        self.assertEqual(json.loads(invoke(self.client, {}, "configured")["Body"])["variable"],
                         "new")

    def test_a_handler_that_is_not_there_is_an_error_of_its_init(self):
        create(self.client, "missing", Handler="app.nothing")
        error = json.loads(invoke(self.client, {}, "missing")["Body"])
        self.assertEqual(error["errorType"], "Runtime.HandlerNotFound")
        create(self.client, "broken", "import nothing_like_this\n")
        error = json.loads(invoke(self.client, {}, "broken")["Body"])
        self.assertEqual(error["errorType"], "Runtime.ImportModuleError")

    def test_wrong_requests_get_awss_errors(self):
        self.expect_error("ResourceNotFoundException", 404,
                          lambda: invoke(self.client, {}, "nobody"))
        self.expect_error("ResourceConflictException", 409, lambda: create(self.client))
        self.expect_error("InvalidParameterValueException", 400, lambda: create(
            self.client, "bad-zip", Code={"ZipFile": b"not a zip"}))
        self.expect_error("InvalidParameterValueException", 400, lambda: create(
            self.client, "bad-path", Code={"ZipFile": make_zip({"../app.py": ""})}))
        self.expect_error("InvalidParameterValueException", 400, lambda: create(
            self.client, "bad-runtime", Runtime="python2.7"))
        self.expect_error("InvalidRequestContentException", 400, lambda: self.client.invoke(
            FunctionName="f", Payload=b"{no json"))
        self.assertEqual(
            self.expect_error("RequestEntityTooLargeException", 413, lambda: self.client.invoke(
                FunctionName="f", Payload=json.dumps("x" * 6_291_600)))["Error"]["Message"],
            "6291602 byte payload is too large for the RequestResponse invocation type "
            "(limit 6291456 bytes)")

    def test_the_pool_answers_the_inference_protocol(self):
        self.assertEqual(get(self.emulator.gpu + "/v2/health/ready")[0], 200)
        self.assertEqual(get(self.emulator.gpu + "/v2/models/nobody/ready")[0], 404)


class LifeTest(unittest.TestCase):
    def test_an_interrupt_ends_the_emulator_and_every_child_within_two_seconds(self):
        emulator = Emulator(PROGRAM)
        self.addCleanup(emulator.close)
        client = emulator.client()
        create(client)
        invoke(client, {})
        children = emulator.processes()
        self.assertTrue(children)
        started = time.monotonic()
        self.assertEqual(emulator.interrupt(), 0)
        self.assertTrue(wait_until(lambda: not any(map(is_alive, children)), 2))
        # The promise itself: two seconds, with a second of grace for what is in flight.
        self.assertLess(time.monotonic() - started, 5)

    def test_a_killed_emulator_leaves_no_process_and_loses_no_function(self):
        emulator = Emulator(PROGRAM)
        self.addCleanup(emulator.close)
        client = emulator.client()
        create(client, "kept", MemorySize=300)
        client.put_function_concurrency(FunctionName="kept", ReservedConcurrentExecutions=7)
        create(client, "gone")
        client.delete_function(FunctionName="gone")
        invoke(client, {}, "kept")
        children = emulator.processes()
        emulator.process.send_signal(signal.SIGKILL)
        emulator.process.wait()
        self.assertTrue(wait_until(lambda: not any(map(is_alive, children)), 5), children)

        again = Emulator(PROGRAM, data=emulator.data)
        self.addCleanup(again.close)
        client = again.client()
        functions = client.list_functions()["Functions"]
        self.assertEqual([(f["FunctionName"], f["MemorySize"]) for f in functions], [("kept", 300)])
        self.assertEqual(client.get_function(FunctionName="kept")["Concurrency"],
                         {"ReservedConcurrentExecutions": 7})
        self.assertEqual(json.loads(invoke(client, {}, "kept")["Body"])["count"], 1)

    def test_a_second_emulator_of_the_same_folder_or_port_is_refused(self):
        emulator = Emulator(PROGRAM)
        self.addCleanup(emulator.close)
        with self.assertRaisesRegex(RuntimeError, "data"):
            Emulator(PROGRAM, data=emulator.data)
        port = emulator.api.rsplit(":", 1)[1]
        with self.assertRaisesRegex(RuntimeError, f"{port}.*--api-port"):
            Emulator(PROGRAM, "--api-port", port)

    def test_idle_environments_are_reclaimed(self):
        emulator = Emulator(PROGRAM, "--set", "policies.keep_alive.ttl_s=0.2")
        self.addCleanup(emulator.close)
        client = emulator.client()
        create(client)
        invoke(client, {})
        self.assertTrue(wait_until(lambda: emulator.health()["environments"]["total"] == 0))
        self.assertTrue(wait_until(lambda: not emulator.processes()))

    def test_more_calls_than_environments_wait_in_order(self):
        emulator = Emulator(PROGRAM, "--max-environments", "2")
        self.addCleanup(emulator.close)
        client = emulator.client()
        create(client)
        threads = []
        answers = []
        for number in range(8):
            threads.append(threading.Thread(target=lambda n=number: answers.append(
                json.loads(invoke(client, {"n": n, "sleep_s": 0.05})["Body"])["event"]["n"])))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), list(range(8)))
        self.assertLessEqual(emulator.health()["environments"]["total"], 2)

    def test_a_recorded_run_has_an_identical_twin(self):
        import subprocess

        folder = os.environ.get("TMPDIR", "/tmp")
        run = os.path.join(folder, f"lambdarium-twin-{os.getpid()}.sqlite")
        emulator = Emulator(PROGRAM, "--record", run, "--set", "policies.keep_alive.ttl_s=0.1")
        self.addCleanup(emulator.close)
        client = emulator.client()
        create(client, Timeout=1)
        for event in [{}, {"fail": True}, {"exit": 1}, {"sleep_s": 3}, {}]:
            invoke(client, event)
        self.assertTrue(wait_until(lambda: emulator.health()["environments"]["total"] == 0))
        invoke(client, {})
        emulator.interrupt()
        twin = subprocess.run([PROGRAM, "twin", run], stdout=subprocess.PIPE, text=True,
                              check=False)
        os.remove(run)
        self.assertRegex(twin.stdout, "^twin: identical")
        self.assertEqual(twin.returncode, 0)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
