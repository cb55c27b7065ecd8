#!/usr/bin/env python3
"""Asynchronous invocations: retries, destinations, and emulators that are killed.

    async_test.py PROGRAM [unittest arguments]

LAMBDARIUM_ASYNC_EVENTS is how many events the emulator accepts while it is killed (2,000);
LAMBDARIUM_ASYNC_SEED chooses when it is killed (a new choice each time, which is printed).
"""

import collections
import http.client
import json
import os
import random
import shutil
import signal
import socketserver
import sys
import tempfile
import threading
import time
import unittest

try:
    import boto3  # noqa: F401
except ImportError:
    print("skipped: boto3 is not installed")
    sys.exit(77)

from botocore.exceptions import ClientError
from harness import Emulator, make_zip, wait_until

PROGRAM = ""
ROLE = "arn:aws:iam::000000000000:role/test"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
# Tells the test of each attempt, and waits until the test knows, over a connection that lasts as
# long as the environment.
CODE = """
import json, os, socket, time
host, port = os.environ["TEST_ADDRESS"].split(":")
connection = socket.create_connection((host, int(port))).makefile("rw")
def handler(event, context):
    connection.write(json.dumps({"name": context.function_name, "id": context.aws_request_id,
                                 "version": context.function_version, "event": event}) + "\\n")
    connection.flush()
    connection.readline()
    if "sleep_s" in event: time.sleep(event["sleep_s"])
    if event.get("fail"): raise ValueError("as asked")
    return {"answer": event.get("n")}
"""


class Listener(socketserver.ThreadingTCPServer):
    """What the functions tell: one line of JSON for each attempt."""

    daemon_threads = True

    def __init__(self):
        self.seen = []
        self.ids = set()
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), ListenerHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def of(self, name):
        with self.lock:
            return [line for line in self.seen if line["name"] == name]


class ListenerHandler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            for line in self.rfile:
                attempt = json.loads(line)
                with self.server.lock:
                    self.server.seen.append(attempt)
                    self.server.ids.add(attempt["id"])
                self.wfile.write(b"known\n")
        except OSError:
            pass  # the environment was killed


def create(client, listener, name, **settings):
    configuration = {
        "FunctionName": name, "Runtime": "python3.11", "Role": ROLE, "Handler": "app.handler",
        "Code": {"ZipFile": make_zip({"app.py": CODE})}, "Timeout": 10,
        "Environment": {"Variables": {"TEST_ADDRESS": listener.address()}}}
    return client.create_function(**{**configuration, **settings})


def send(client, name, event, **settings):
    answer = client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event),
                           **settings)
    assert answer["StatusCode"] == 202, answer
    return answer["ResponseMetadata"]["RequestId"]


class AsyncTest(unittest.TestCase):
    """The waits are a thousandth of AWS's: a minute is 60 ms."""

    @classmethod
    def setUpClass(cls):
        cls.listener = Listener()
        cls.emulator = Emulator(PROGRAM, "--time-scale", "1000")
        cls.client = cls.emulator.client()
        for name in ("f", "target"):
            create(cls.client, cls.listener, name)

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()
        cls.listener.shutdown()
        cls.listener.server_close()

    def make(self, name, **config):
        create(self.client, self.listener, name)
        if config:
            self.client.put_function_event_invoke_config(FunctionName=name, **config)

    def wait_idle(self):
        self.assertTrue(wait_until(
            lambda: self.emulator.health()["asynchronous"]["pending"] == 0, 20))

    def records(self, name):
        """What destination `name` was told: the events of a function of that name."""
        return [line["event"] for line in self.listener.of(name)]

    def file_lines(self, name):
        path = os.path.join(self.emulator.data, "destinations", name + ".jsonl")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def test_a_failing_event_is_attempted_three_times_under_one_request_id(self):
        self.make("failing")
        started = time.monotonic()
        sent = send(self.client, "failing", {"fail": True})
        self.wait_idle()
        self.assertEqual([line["id"] for line in self.listener.of("failing")], [sent] * 3)
        # One and two minutes, divided by a thousand.
        self.assertGreaterEqual(time.monotonic() - started, 0.180)

    def test_the_maximum_of_retries_is_respected(self):
        for retries in (0, 1):
            name = f"retries-{retries}"
            self.make(name, MaximumRetryAttempts=retries)
            send(self.client, name, {"fail": True})
            self.wait_idle()
            self.assertEqual(len(self.listener.of(name)), retries + 1)

    def test_success_and_failure_go_to_functions(self):
        create(self.client, self.listener, "happy")
        create(self.client, self.listener, "unhappy")
        self.make("told", DestinationConfig={"OnSuccess": {"Destination": ARN + "happy"},
                                             "OnFailure": {"Destination": ARN + "unhappy"}})
        good = send(self.client, "told", {"n": 1})
        bad = send(self.client, "told", {"fail": True})
        self.assertTrue(wait_until(
            lambda: self.records("happy") and self.records("unhappy"), 20))
        self.wait_idle()
        [success] = self.records("happy")
        self.assertRegex(success.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(success, {
            "version": "1.0",
            "requestContext": {"requestId": good, "functionArn": ARN + "told:$LATEST",
                               "condition": "Success", "approximateInvokeCount": 1},
            "requestPayload": {"n": 1},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
            "responsePayload": {"answer": 1}})
        [failure] = self.records("unhappy")
        self.assertEqual(failure["requestContext"], {
            "requestId": bad, "functionArn": ARN + "told:$LATEST",
            "condition": "RetriesExhausted", "approximateInvokeCount": 3})
        self.assertEqual(failure["responseContext"], {
            "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"})
        self.assertEqual(failure["responsePayload"]["errorMessage"], "as asked")
        self.assertNotEqual(self.listener.of("happy")[0]["id"], good)

    def test_an_event_is_given_up_when_it_would_be_too_old(self):
        self.make("aged", MaximumEventAgeInSeconds=60,
                  DestinationConfig={"OnFailure": {"Destination": ARN + "target"}})
        sent = send(self.client, "aged", {"fail": True})
        self.assertTrue(wait_until(lambda: any(
            record["requestContext"]["requestId"] == sent for record in self.records("target"))))
        [record] = [record for record in self.records("target")
                    if record["requestContext"]["requestId"] == sent]
        self.assertEqual(record["requestContext"]["condition"], "EventAgeExceeded")
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 1)
        self.assertEqual(len(self.listener.of("aged")), 1)

    def test_a_reserved_concurrency_of_zero_goes_to_the_failure_destination_at_once(self):
        create(self.client, self.listener, "zero-told")
        self.make("zero", DestinationConfig={"OnFailure": {"Destination": ARN + "zero-told"}})
        self.client.put_function_concurrency(FunctionName="zero", ReservedConcurrentExecutions=0)
        sent = send(self.client, "zero", {"n": 1})
        self.assertTrue(wait_until(lambda: self.records("zero-told")))
        [record] = self.records("zero-told")
        record.pop("timestamp")
        self.assertEqual(record, {
            "version": "1.0",
            "requestContext": {"requestId": sent, "functionArn": ARN + "zero:$LATEST",
                               "condition": "ZeroReservedConcurrency",
                               "approximateInvokeCount": 0},
            "requestPayload": {"n": 1}})
        self.assertEqual(self.listener.of("zero"), [])

    def test_events_over_the_reserved_concurrency_wait_for_it(self):
        self.make("narrow")
        self.client.put_function_concurrency(FunctionName="narrow", ReservedConcurrentExecutions=1)
        sent = {send(self.client, "narrow", {"n": n}) for n in range(20)}
        self.wait_idle()
        self.assertEqual(sorted(line["id"] for line in self.listener.of("narrow")), sorted(sent))

    def test_destinations_that_are_no_functions_are_files(self):
        queue = "arn:aws:sqs:us-east-1:000000000000:not-a-queue-here"
        self.make("filed", MaximumRetryAttempts=0,
                  DestinationConfig={"OnFailure": {"Destination": queue}})
        sent = send(self.client, "filed", {"fail": True})
        self.wait_idle()
        [record] = self.file_lines("not-a-queue-here")
        self.assertEqual(record["requestContext"]["requestId"], sent)
        self.assertEqual(record["requestContext"]["condition"], "RetriesExhausted")

    def test_queues_of_this_emulator_get_records_and_dead_letters(self):
        sqs = self.emulator.client("sqs")
        arns = {}
        for name in ("records", "letters"):
            url = sqs.create_queue(QueueName=name)["QueueUrl"]
            arns[name] = (url, sqs.get_queue_attributes(
                QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])
        create(self.client, self.listener, "queued",
               DeadLetterConfig={"TargetArn": arns["letters"][1]})
        self.client.put_function_event_invoke_config(
            FunctionName="queued", MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": arns["records"][1]}})
        sent = send(self.client, "queued", {"fail": True})
        self.wait_idle()
        [record] = sqs.receive_message(QueueUrl=arns["records"][0])["Messages"]
        self.assertEqual(json.loads(record["Body"])["requestContext"]["requestId"], sent)
        [letter] = sqs.receive_message(
            QueueUrl=arns["letters"][0], MessageAttributeNames=["All"])["Messages"]
        self.assertEqual(json.loads(letter["Body"]), {"fail": True})
        self.assertEqual(letter["MessageAttributes"]["RequestID"]["StringValue"], sent)
        self.assertEqual(letter["MessageAttributes"]["ErrorMessage"]["StringValue"], "as asked")
        self.assertEqual(self.file_lines("records"), [])

    def test_a_dead_letter_target_gets_the_event_itself(self):
        topic = "arn:aws:sns:us-east-1:000000000000:dead-letters"
        create(self.client, self.listener, "dead", DeadLetterConfig={"TargetArn": topic})
        configuration = self.client.get_function_configuration(FunctionName="dead")
        self.assertEqual(configuration["DeadLetterConfig"], {"TargetArn": topic})
        sent = send(self.client, "dead", {"fail": True})
        self.wait_idle()
        [message] = self.file_lines("dead-letters")
        self.assertEqual(json.loads(message["body"]), {"fail": True})
        self.assertEqual(message["messageAttributes"], {
            "RequestID": {"stringValue": sent, "dataType": "String"},
            "ErrorCode": {"stringValue": "200", "dataType": "Number"},
            "ErrorMessage": {"stringValue": "as asked", "dataType": "String"}})

    def test_the_configuration_of_events_as_boto3_sees_it(self):
        self.make("configured")
        put = self.client.put_function_event_invoke_config(
            FunctionName="configured", MaximumRetryAttempts=1)
        self.assertEqual(put["FunctionArn"], ARN + "configured:$LATEST")
        self.assertEqual(put["DestinationConfig"], {"OnSuccess": {}, "OnFailure": {}})
        self.assertNotIn("MaximumEventAgeInSeconds", put)
        updated = self.client.update_function_event_invoke_config(
            FunctionName="configured", MaximumEventAgeInSeconds=61)
        self.assertEqual((updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"]),
                         (1, 61))
        got = self.client.get_function_event_invoke_config(FunctionName="configured")
        self.assertEqual(got["MaximumEventAgeInSeconds"], 61)
        listed = self.client.list_function_event_invoke_configs(FunctionName="configured")
        self.assertEqual(len(listed["FunctionEventInvokeConfigs"]), 1)
        self.client.delete_function_event_invoke_config(FunctionName="configured")
        with self.assertRaises(ClientError) as caught:
            self.client.get_function_event_invoke_config(FunctionName="configured")
        self.assertEqual(caught.exception.response["Error"]["Message"],
                         f"The function {ARN}configured:$LATEST doesn't have an EventInvokeConfig")

    def test_events_of_a_deleted_function_are_dropped(self):
        self.make("deleted")
        send(self.client, "deleted", {"fail": True})
        self.assertTrue(wait_until(lambda: self.listener.of("deleted")))
        self.client.delete_function(FunctionName="deleted")
        self.wait_idle()
        self.assertLess(len(self.listener.of("deleted")), 3)


class KillTest(unittest.TestCase):
    SENDERS = 8
    KILLS = 5

    def setUp(self):
        self.listener = Listener()
        self.changed = threading.Condition()
        self.acknowledged = []
        self.emulator = None
        self.left = int(os.environ.get("LAMBDARIUM_ASYNC_EVENTS", "2000"))
        self.data = tempfile.mkdtemp(prefix="lambdarium-test-")
        self.addCleanup(shutil.rmtree, self.data, ignore_errors=True)
        self.addCleanup(self.listener.server_close)
        self.addCleanup(self.listener.shutdown)

    def start(self):
        with self.changed:
            self.emulator = Emulator(PROGRAM, "--time-scale", "1000", "--max-environments", "3",
                                     data=self.data)
            self.changed.notify_all()
        self.addCleanup(self.emulator.close)

    def send_all(self):
        """Sends until all are acknowledged; what was not is no event."""
        connection = None
        emulator = None
        while True:
            with self.changed:
                if self.left == 0:
                    break
                if emulator is not self.emulator or connection is None:
                    if connection is not None:
                        connection.close()
                    emulator = self.emulator
                    connection = http.client.HTTPConnection(emulator.api.split("//")[1])
                self.left -= 1
            try:
                connection.request("POST", "/2015-03-31/functions/f/invocations", b"{}",
                                   {"X-Amz-Invocation-Type": "Event"})
                answer = connection.getresponse()
                answer.read()
                sent = answer.status == 202
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = None
                sent = False
            with self.changed:
                if sent:
                    self.acknowledged.append(answer.headers["x-amzn-RequestId"])
                else:
                    self.left += 1
                    if emulator is self.emulator:  # killed, and the next one is not there yet
                        self.changed.wait(5)
                self.changed.notify_all()
        if connection is not None:
            connection.close()

    def test_every_acknowledged_event_is_processed_though_the_emulator_is_killed(self):
        total = self.left
        seed = int(os.environ.get("LAMBDARIUM_ASYNC_SEED", random.randrange(2**32)))
        print(f"{total} events, seed {seed} (LAMBDARIUM_ASYNC_SEED)", flush=True)
        kill_at = sorted(random.Random(seed).sample(range(1, total), self.KILLS))
        self.start()
        create(self.emulator.client(), self.listener, "f")
        senders = [threading.Thread(target=self.send_all) for _ in range(self.SENDERS)]
        for sender in senders:
            sender.start()
        recovered = []
        for moment in kill_at:
            with self.changed:
                self.assertTrue(self.changed.wait_for(
                    lambda: len(self.acknowledged) >= moment, 60))
                self.emulator.process.send_signal(signal.SIGKILL)
            self.emulator.process.wait()
            self.start()
            recovered.append(self.emulator.health()["asynchronous"]["recovered"])
        for sender in senders:
            sender.join()
        self.assertEqual(len(self.acknowledged), total)
        self.assertEqual(len(set(self.acknowledged)), total)
        done = wait_until(lambda: self.emulator.health()["asynchronous"]["pending"] == 0, 60)
        missing = set(self.acknowledged) - self.listener.ids
        self.assertEqual(missing, set(), f"seed {seed}")
        self.assertTrue(done)
        again = collections.Counter(line["id"] for line in self.listener.of("f"))
        print(f"recovered {recovered}, attempted again "
              f"{sum(again.values()) - len(again)}", flush=True)
        # Nothing is left for the next one either.
        self.assertEqual(self.emulator.interrupt(), 0)
        self.start()
        self.assertEqual(self.emulator.health()["asynchronous"]["recovered"], 0)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
