#!/usr/bin/env python3
"""The queue service and event source mappings, as boto3, the AWS CLI and older clients see them.

    queues_test.py PROGRAM [unittest arguments]
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

try:
    import boto3
except ImportError:
    print("skipped: boto3 is not installed")
    sys.exit(77)

from botocore.config import Config
from botocore.exceptions import ClientError
from harness import Emulator, get, make_zip, wait_until

PROGRAM = ""
ROLE = "arn:aws:iam::000000000000:role/test"
# Writes what it was given to a file; a body says what to do with it.
CODE = """
import json, os
def handler(event, context):
    records = event["Records"]
    with open(os.environ["FILE"], "a") as file:
        file.write(json.dumps(event) + "\\n")
    if any(r["body"] == "fail" for r in records): raise ValueError("as asked")
    return {"batchItemFailures": [
        {"itemIdentifier": r["messageId"]} for r in records if r["body"] == "item-fails"]}
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: app.handler
      CodeUri: {folder}
      Environment: {{Variables: {{FILE: {file}}}}}
      Events:
        E: {{Type: SQS, Properties: {{Queue: !GetAtt Q.Arn, BatchSize: 2}}}}
  Q:
    Type: AWS::SQS::Queue
    Properties: {{RedrivePolicy: {{deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 1}}}}
  D: {{Type: AWS::SQS::Queue}}
"""


def client(emulator, service):
    return boto3.client(
        service, endpoint_url=emulator.api, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=16))


class Suite(unittest.TestCase):
    def expect_error(self, code, call):
        with self.assertRaises(ClientError) as caught:
            call()
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response["Error"]["Message"]

    def queue(self, attributes=None):
        name = self.id().rsplit(".", 1)[1][:60] + "-" + str(len(self.names))
        self.names.append(name)
        return self.sqs.create_queue(QueueName=name, Attributes=attributes or {})["QueueUrl"]

    def attributes(self, url):
        return self.sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def is_empty(self, url):
        attributes = self.attributes(url)
        return (attributes["ApproximateNumberOfMessages"] == "0" and
                attributes["ApproximateNumberOfMessagesNotVisible"] == "0")

    def receive(self, url, **more):
        return self.sqs.receive_message(QueueUrl=url, **more).get("Messages", [])


class QueueTest(Suite):
    @classmethod
    def setUpClass(cls):
        cls.names = []
        cls.emulator = Emulator(PROGRAM)
        cls.sqs = client(cls.emulator, "sqs")

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()

    def test_a_message_goes_through_and_is_deleted(self):
        url = self.queue()
        sent = self.sqs.send_message(
            QueueUrl=url, MessageBody="text ü",
            MessageAttributes={"s": {"DataType": "String", "StringValue": "v"},
                               "b": {"DataType": "Binary", "BinaryValue": b"\0\xff"}})
        message, = self.receive(url, AttributeNames=["All"], MessageAttributeNames=["All"])
        self.assertEqual(message["Body"], "text ü")
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertEqual(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.assertEqual(message["MessageAttributes"]["b"]["BinaryValue"], b"\0\xff")
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.assertTrue(self.is_empty(url))

    def test_a_waiting_receive_is_answered_by_a_send(self):
        url = self.queue()
        got = []
        thread = threading.Thread(
            target=lambda: got.extend(self.receive(url, WaitTimeSeconds=20)))
        started = time.monotonic()
        thread.start()
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        thread.join()
        self.assertEqual([m["Body"] for m in got], ["x"])
        self.assertLess(time.monotonic() - started, 15)

    def test_a_client_that_leaves_takes_no_message(self):
        url = self.queue()
        impatient = boto3.client(
            "sqs", endpoint_url=self.emulator.api, region_name="us-east-1",
            aws_access_key_id="t", aws_secret_access_key="t",
            config=Config(retries={"max_attempts": 0}, read_timeout=0.2))
        with self.assertRaises(Exception):
            impatient.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        impatient.close()
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        self.assertEqual(len(self.receive(url, WaitTimeSeconds=5)), 1)

    def test_visibility_can_be_changed(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        handle = self.receive(url)[0]["ReceiptHandle"]
        self.assertEqual(self.receive(url), [])
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        message, = self.receive(url, AttributeNames=["ApproximateReceiveCount"])
        self.assertEqual(message["Attributes"], {"ApproximateReceiveCount": "2"})
        self.expect_error("ReceiptHandleIsInvalid", lambda: self.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle="x", VisibilityTimeout=0))

    def test_batches_tell_of_each_entry(self):
        url = self.queue()
        answer = self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "1", "MessageBody": "a"}, {"Id": "2", "MessageBody": "\x01"},
            {"Id": "3", "MessageBody": "b"}])
        self.assertEqual([e["Id"] for e in answer["Successful"]], ["1", "3"])
        self.assertEqual([e["Id"] for e in answer["Failed"]], ["2"])
        self.assertTrue(answer["Failed"][0]["SenderFault"])
        messages = self.receive(url, MaxNumberOfMessages=10)
        self.assertEqual([m["Body"] for m in messages], ["a", "b"])
        entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]}
                   for i, m in enumerate(messages)]
        changed = self.sqs.change_message_visibility_batch(
            QueueUrl=url, Entries=[dict(e, VisibilityTimeout=60) for e in entries])
        self.assertEqual(len(changed["Successful"]), 2)
        gone = self.sqs.delete_message_batch(
            QueueUrl=url, Entries=entries + [{"Id": "bad", "ReceiptHandle": "x"}])
        self.assertEqual(len(gone["Successful"]), 2)
        self.assertEqual(gone["Failed"][0]["Code"], "ReceiptHandleIsInvalid")
        self.assertTrue(self.is_empty(url))

    def test_batches_are_bounded(self):
        url = self.queue()
        prefix = "AWS.SimpleQueueService."
        def send(entries):
            return lambda: self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.expect_error(prefix + "EmptyBatchRequest", send([]))
        self.expect_error(prefix + "TooManyEntriesInBatchRequest", send(
            [{"Id": str(i), "MessageBody": "x"} for i in range(11)]))
        self.expect_error(prefix + "BatchEntryIdsNotDistinct", send(
            [{"Id": "1", "MessageBody": "x"}] * 2))
        self.expect_error(prefix + "InvalidBatchEntryId", send([{"Id": "a b", "MessageBody": "x"}]))
        half = "x" * 524_288
        send([{"Id": "1", "MessageBody": half}, {"Id": "2", "MessageBody": half}])()
        self.expect_error(prefix + "BatchRequestTooLong", send(
            [{"Id": "1", "MessageBody": half}, {"Id": "2", "MessageBody": half + "x"}]))

    def test_the_largest_message_is_taken_and_one_byte_more_is_not(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_576)
        self.expect_error("InvalidParameterValue", lambda: self.sqs.send_message(
            QueueUrl=url, MessageBody="x" * 1_048_577))
        self.assertEqual(len(self.receive(url)[0]["Body"]), 1_048_576)

    def test_queues_are_listed_tagged_changed_and_removed(self):
        url = self.queue({"VisibilityTimeout": "5"})
        name = url.rsplit("/", 1)[1]
        self.assertEqual(self.sqs.get_queue_url(QueueName=name)["QueueUrl"], url)
        self.assertEqual(self.sqs.list_queues(QueueNamePrefix=name)["QueueUrls"], [url])
        self.sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"b": "2"})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "7"})
        attributes = self.attributes(url)
        self.assertEqual(attributes["DelaySeconds"], "7")
        self.assertEqual(attributes["VisibilityTimeout"], "5")
        self.assertEqual(attributes["QueueArn"], f"arn:aws:sqs:us-east-1:000000000000:{name}")
        self.sqs.delete_queue(QueueUrl=url)
        gone = "AWS.SimpleQueueService.NonExistentQueue"
        self.expect_error(gone, lambda: self.sqs.get_queue_url(QueueName=name))
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.send_message(QueueUrl=url, MessageBody="x")

    def test_pages_of_queues_follow_their_tokens(self):
        urls = {self.queue() for _ in range(5)}
        prefix = min(urls).rsplit("/", 1)[1].rsplit("-", 1)[0]
        found = []
        for page in self.sqs.get_paginator("list_queues").paginate(
                QueueNamePrefix=prefix, PaginationConfig={"PageSize": 2}):
            self.assertLessEqual(len(page.get("QueueUrls", [])), 2)
            found += page.get("QueueUrls", [])
        self.assertEqual(set(found), urls)

    def test_purging_empties_a_queue(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        self.sqs.send_message(QueueUrl=url, MessageBody="y", DelaySeconds=900)
        self.assertEqual(self.attributes(url)["ApproximateNumberOfMessagesDelayed"], "1")
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.attributes(url)["ApproximateNumberOfMessagesDelayed"], "0")
        self.assertTrue(self.is_empty(url))

    def test_what_is_not_allowed_is_said(self):
        url = self.queue()
        sqs = self.sqs
        bad = "InvalidParameterValue"
        self.assertIn("FIFO", self.expect_error(
            "AWS.SimpleQueueService.UnsupportedOperation",
            lambda: sqs.create_queue(QueueName="a.fifo", Attributes={"FifoQueue": "true"})))
        self.expect_error(bad, lambda: sqs.create_queue(QueueName="a b"))
        self.expect_error("InvalidAttributeName", lambda: sqs.create_queue(
            QueueName="a", Attributes={"Nonsense": "1"}))
        self.expect_error("InvalidAttributeValue", lambda: sqs.create_queue(
            QueueName="a", Attributes={"VisibilityTimeout": "43201"}))
        self.expect_error(bad, lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11))
        self.expect_error(bad, lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=21))
        self.expect_error(bad, lambda: sqs.send_message(
            QueueUrl=url, MessageBody="x", DelaySeconds=901))
        self.expect_error("AWS.SimpleQueueService.UnsupportedOperation",
                          lambda: sqs.start_message_move_task(SourceArn="arn:x"))

    def test_dead_letters_are_found_in_their_queue(self):
        dead = self.queue()
        arn = self.attributes(dead)["QueueArn"]
        url = self.queue({"VisibilityTimeout": "0", "RedrivePolicy": json.dumps(
            {"deadLetterTargetArn": arn, "maxReceiveCount": 2})})
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        for _ in range(2):
            self.assertEqual(len(self.receive(url)), 1)
        self.assertEqual(self.receive(url), [])
        message, = self.receive(dead, AttributeNames=["All"])
        self.assertEqual(message["Body"], "x")
        self.assertEqual(message["Attributes"]["DeadLetterQueueSourceArn"],
                         self.attributes(url)["QueueArn"])
        self.assertEqual(
            self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [url])

    def query(self, path="/", **parameters):
        status, body, headers = get(
            self.emulator.api + path, "POST", urllib.parse.urlencode(parameters).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(headers["Content-Type"], "text/xml")
        tree = ElementTree.fromstring(body)
        for element in tree.iter():
            element.tag = element.tag.rsplit("}", 1)[-1]
        return status, tree

    def test_older_clients_speak_query(self):
        status, tree = self.query(Action="CreateQueue", QueueName="old")
        self.assertEqual(status, 200)
        url = tree.findtext("CreateQueueResult/QueueUrl")
        path = urllib.parse.urlparse(url).path
        status, tree = self.query(
            path, Action="SendMessage", MessageBody="<a>&\r\n",
            **{"MessageAttribute.1.Name": "n", "MessageAttribute.1.Value.DataType": "Number",
               "MessageAttribute.1.Value.StringValue": "1"})
        self.assertEqual(status, 200)
        status, tree = self.query(Action="ReceiveMessage", QueueUrl=url, **{
            "MessageAttributeName.1": "All", "AttributeName.1": "All"})
        message = tree.find("ReceiveMessageResult/Message")
        self.assertEqual(message.findtext("Body"), "<a>&\r\n")
        self.assertEqual(message.findtext("MessageAttribute/Value/StringValue"), "1")
        status, tree = self.query(Action="DeleteMessage", QueueUrl=url,
                                  ReceiptHandle=message.findtext("ReceiptHandle"))
        self.assertEqual(status, 200)
        self.assertTrue(self.is_empty(url))
        status, tree = self.query(Action="GetQueueUrl", QueueName="nonsense")
        self.assertEqual(status, 400)
        self.assertEqual(tree.findtext("Error/Code"), "AWS.SimpleQueueService.NonExistentQueue")

    @unittest.skipUnless(shutil.which("aws"), "the AWS CLI is not installed")
    def test_the_command_line_sends_and_receives(self):
        url = self.queue()

        def aws(*arguments):
            done = subprocess.run(
                ["aws", "--endpoint-url", self.emulator.api, "sqs", *arguments, "--output", "json"],
                env={**os.environ, "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t",
                     "AWS_DEFAULT_REGION": "us-east-1"},
                capture_output=True, text=True, check=True)
            return json.loads(done.stdout) if done.stdout else {}

        aws("send-message", "--queue-url", url, "--message-body", "hello")
        message, = aws("receive-message", "--queue-url", url)["Messages"]
        self.assertEqual(message["Body"], "hello")


class EventSourceTest(Suite):
    @classmethod
    def setUpClass(cls):
        cls.names = []
        cls.emulator = Emulator(PROGRAM)
        cls.sqs = client(cls.emulator, "sqs")
        cls.functions = client(cls.emulator, "lambda")

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()

    def function(self):
        name = "f-" + str(len(self.names))
        self.names.append(name)
        self.file = os.path.join(self.emulator.folder, name)
        self.functions.create_function(
            FunctionName=name, Runtime="python3.11", Role=ROLE, Handler="app.handler", Timeout=1,
            Code={"ZipFile": make_zip({"app.py": CODE})},
            Environment={"Variables": {"FILE": self.file}})
        return name

    def map(self, url, function, **settings):
        made = self.functions.create_event_source_mapping(
            FunctionName=function, EventSourceArn=self.attributes(url)["QueueArn"], **settings)
        self.addCleanup(lambda: self.forget(made["UUID"]))
        return made

    def forget(self, uuid):
        try:
            self.functions.delete_event_source_mapping(UUID=uuid)
        except ClientError:
            pass

    def events(self):
        if not os.path.exists(self.file):
            return []
        with open(self.file, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def bodies(self):
        return [r["body"] for event in self.events() for r in event["Records"]]

    def test_messages_invoke_the_function_and_are_deleted(self):
        url = self.queue()
        self.map(url, self.function())
        self.sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes={
            "a": {"DataType": "String", "StringValue": "v"}})
        self.assertTrue(wait_until(lambda: self.bodies() == ["x"]))
        self.assertTrue(wait_until(lambda: self.is_empty(url)))
        record = self.events()[0]["Records"][0]
        self.assertEqual(record["eventSource"], "aws:sqs")
        self.assertEqual(record["awsRegion"], "us-east-1")
        self.assertEqual(record["eventSourceARN"], self.attributes(url)["QueueArn"])
        self.assertEqual(record["attributes"]["ApproximateReceiveCount"], "1")
        self.assertEqual(record["messageAttributes"]["a"]["stringValue"], "v")
        self.assertEqual(record["messageAttributes"]["a"]["dataType"], "String")

    def test_a_window_gathers_a_batch(self):
        url = self.queue()
        function = self.function()
        self.map(url, function, BatchSize=15, MaximumBatchingWindowInSeconds=30)
        for start in (0, 10):
            self.sqs.send_message_batch(QueueUrl=url, Entries=[
                {"Id": str(i), "MessageBody": str(start + i)} for i in range(10 - start // 2)])
        self.assertTrue(wait_until(lambda: len(self.bodies()) == 15))
        self.assertEqual([len(e["Records"]) for e in self.events()], [15])

    def test_a_failed_batch_comes_again_and_ends_in_the_dead_letter_queue(self):
        dead = self.queue()
        url = self.queue({"VisibilityTimeout": "1", "RedrivePolicy": json.dumps({
            "deadLetterTargetArn": self.attributes(dead)["QueueArn"], "maxReceiveCount": 2})})
        self.map(url, self.function())
        self.sqs.send_message(QueueUrl=url, MessageBody="fail")
        message, = self.receive(dead, WaitTimeSeconds=15)
        self.assertEqual(message["Body"], "fail")
        self.assertEqual(self.bodies(), ["fail", "fail"])
        self.assertTrue(self.is_empty(url))

    def test_only_failed_items_of_a_batch_stay(self):
        url = self.queue({"VisibilityTimeout": "30"})
        function = self.function()
        self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "1", "MessageBody": "good"}, {"Id": "2", "MessageBody": "item-fails"}])
        self.map(url, function, FunctionResponseTypes=["ReportBatchItemFailures"])
        self.assertTrue(wait_until(lambda: sorted(self.bodies()) == ["good", "item-fails"]))
        self.assertTrue(wait_until(lambda: self.attributes(url)[
            "ApproximateNumberOfMessagesNotVisible"] == "1"))

    def test_a_throttled_batch_is_tried_again_before_its_messages_come_back(self):
        url = self.queue({"VisibilityTimeout": "30"})
        function = self.function()
        self.functions.put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=1)
        self.map(url, function, BatchSize=1)
        self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "MessageBody": str(i)} for i in range(10)])
        self.assertTrue(wait_until(lambda: self.is_empty(url)))
        self.assertEqual(sorted(self.bodies()), [str(i) for i in range(10)])
        counts = {r["attributes"]["ApproximateReceiveCount"]
                  for event in self.events() for r in event["Records"]}
        self.assertEqual(counts, {"1"})

    def test_filtered_messages_are_deleted_unseen(self):
        url = self.queue()
        self.map(url, self.function(), FilterCriteria={"Filters": [
            {"Pattern": json.dumps({"body": {"n": [{"numeric": [">", 5]}]}})}]})
        for body in ("plain", '{"n": 1}', '{"n": 6}'):
            self.sqs.send_message(QueueUrl=url, MessageBody=body)
        self.assertTrue(wait_until(lambda: self.is_empty(url) and self.bodies() == ['{"n": 6}']))

    def test_mappings_are_read_changed_listed_and_removed(self):
        url = self.queue()
        function = self.function()
        made = self.map(url, function, Enabled=False, ScalingConfig={"MaximumConcurrency": 2})
        uuid = made["UUID"]
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 202)
        self.assertEqual(made["State"], "Creating")
        self.assertEqual(made["BatchSize"], 10)
        api = self.functions
        self.assertEqual(api.get_event_source_mapping(UUID=uuid)["State"], "Disabled")
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        changed = api.update_event_source_mapping(UUID=uuid, Enabled=True, BatchSize=5)
        self.assertEqual((changed["State"], changed["BatchSize"]), ("Enabling", 5))
        self.assertEqual(changed["ScalingConfig"], {"MaximumConcurrency": 2})
        self.assertTrue(wait_until(lambda: self.bodies() == ["x"]))
        listed = api.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        self.assertEqual([m["UUID"] for m in listed], [uuid])
        self.assertEqual(listed[0]["State"], "Enabled")
        self.assertEqual(api.list_event_source_mappings(
            EventSourceArn="arn:aws:sqs:us-east-1:000000000000:no")["EventSourceMappings"], [])
        self.assertEqual(api.delete_event_source_mapping(UUID=uuid)["State"], "Deleting")
        self.expect_error("ResourceNotFoundException",
                          lambda: api.get_event_source_mapping(UUID=uuid))

    def test_what_cannot_be_mapped_is_refused(self):
        url = self.queue({"VisibilityTimeout": "0"})
        arn = self.attributes(url)["QueueArn"]
        function = self.function()
        bad = "InvalidParameterValueException"

        def create(**settings):
            return lambda: self.functions.create_event_source_mapping(
                **{"FunctionName": function, "EventSourceArn": arn, **settings})

        self.assertIn("is less than Function timeout", self.expect_error(bad, create()))
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
        self.assertEqual(self.expect_error(bad, create(FunctionName="nobody")),
                         "Function does not exist")
        self.assertEqual(
            self.expect_error(bad, lambda: self.functions.create_event_source_mapping(
                FunctionName=function)), "Unrecognized event source.")
        self.expect_error(bad, create(EventSourceArn="arn:aws:sqs:us-east-1:000000000000:no"))
        self.expect_error(bad, create(BatchSize=11))
        self.expect_error("ValidationException", create(
            BatchSize=10_001, MaximumBatchingWindowInSeconds=1))
        self.expect_error(bad, create(FilterCriteria={"Filters": [{"Pattern": "x"}]}))
        self.map(url, function)
        self.expect_error("ResourceConflictException", create())


class DurabilityTest(Suite):
    def start(self, *arguments, data=None):
        emulator = Emulator(PROGRAM, *arguments, data=data)
        self.addCleanup(emulator.close)
        self.sqs = client(emulator, "sqs")
        self.functions = client(emulator, "lambda")
        return emulator

    def test_messages_and_mappings_survive_a_kill(self):
        self.names = []
        first = self.start()
        url = self.queue({"VisibilityTimeout": "1"})
        name = url.rsplit("/", 1)[1]
        arn = self.attributes(url)["QueueArn"]
        self.functions.create_function(
            FunctionName="f", Runtime="python3.11", Role=ROLE, Handler="app.handler", Timeout=1,
            Code={"ZipFile": make_zip({"app.py": CODE})})
        uuid = self.functions.create_event_source_mapping(
            FunctionName="f", EventSourceArn=arn, Enabled=False)["UUID"]
        for i in range(3):
            self.sqs.send_message(QueueUrl=url, MessageBody=str(i))
        message = self.receive(url)[0]
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken = self.receive(url)[0]
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()

        self.start(data=first.data)
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        self.assertEqual(self.attributes(url)["VisibilityTimeout"], "1")
        mapping = self.functions.get_event_source_mapping(UUID=uuid)
        self.assertEqual((mapping["EventSourceArn"], mapping["State"]), (arn, "Disabled"))
        left = []
        self.assertTrue(wait_until(lambda: left.extend(
            m["Body"] for m in self.receive(url, VisibilityTimeout=30, WaitTimeSeconds=1))
            or len(left) >= 2))
        self.assertEqual(sorted(left), ["1", "2"])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])
        self.assertEqual(self.attributes(url)["ApproximateNumberOfMessagesNotVisible"], "1")

    def test_a_template_makes_queues_that_invoke_its_function(self):
        folder = os.path.join(self.start().folder, "code")
        os.mkdir(folder)
        with open(os.path.join(folder, "app.py"), "w", encoding="utf-8") as file:
            file.write(CODE)
        self.file = os.path.join(folder, "events")
        template = os.path.join(folder, "template.yaml")
        with open(template, "w", encoding="utf-8") as file:
            file.write(TEMPLATE.format(folder=folder, file=self.file))
        self.start(template)
        url = self.sqs.get_queue_url(QueueName="Q")["QueueUrl"]
        mapping, = self.functions.list_event_source_mappings()["EventSourceMappings"]
        self.assertEqual(mapping["BatchSize"], 2)
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        self.assertTrue(wait_until(lambda: os.path.exists(self.file) and self.is_empty(url)))

    def test_a_waiting_receive_does_not_hold_up_the_end(self):
        self.names = []
        emulator = self.start()
        url = self.queue()
        thread = threading.Thread(target=lambda: self.receive(url, WaitTimeSeconds=20))
        thread.start()
        # The receive is there when one that does not wait has been answered after it.
        self.sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=900)
        self.assertEqual(emulator.interrupt(), 0)
        thread.join(timeout=10)
        self.assertFalse(thread.is_alive())


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
