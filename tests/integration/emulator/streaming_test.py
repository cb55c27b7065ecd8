#!/usr/bin/env python3
"""Responses in pieces: InvokeWithResponseStream through boto3, and function URLs through sockets.

    streaming_test.py PROGRAM [unittest arguments]

That pieces go out as they come is shown by a function which waits for a signal of the test after
its first piece: the test gives it only when it has that piece.
"""

import base64
import http.client
import json
import os
import shutil
import socket
import sys
import tempfile
import unittest
import urllib.parse

from harness import Emulator, get, make_zip, wait_until

PROGRAM = ""
ROLE = "arn:aws:iam::000000000000:role/r"
CODE = """
const fs = require('node:fs');
const waitFor = async (file) => {
  while (!fs.existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5));
};
const write = (stream, piece) => new Promise((resolve) => stream.write(piece, resolve));

exports.stream = awslambda.streamifyResponse(async (event, stream) => {
  const asked = event.queryStringParameters ?? event;
  if (asked.fail === 'early') throw new TypeError('at once');
  if (asked.prelude) {
    stream = awslambda.HttpResponseStream.from(stream, JSON.parse(asked.prelude));
  }
  if (asked.type) stream.setContentType(asked.type);
  await write(stream, 'first');
  if (asked.signal) await waitFor(asked.signal);
  if (asked.fail === 'late') throw new RangeError('half way');
  if (asked.fail === 'exit') process.exit(3);
  if (asked.fail === 'hang') await new Promise(() => setInterval(() => {}, 1000));
  for (let left = Number(asked.megabytes ?? 0); left > 0; --left) {
    await write(stream, Buffer.alloc(1 << 20, 'x'));
    if (asked.progress) fs.appendFileSync(asked.progress, '.');
  }
  await write(stream, 'last');
  if (asked.done) fs.writeFileSync(asked.done, 'done');
  stream.end();
});
exports.whole = async (event) => {
  if (event.fail) throw new Error('no');
  return event.rawPath ? { statusCode: 201, headers: { 'X-A': 'b' }, body: JSON.stringify(event) }
                       : { got: event };
};
"""


class Url:
    """A function URL, asked through a socket of its own."""

    def __init__(self, emulator, url):
        self.host = urllib.parse.urlsplit(url).hostname
        self.port = urllib.parse.urlsplit(emulator.http).port

    def open(self, path="/", method="GET", headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body=body, headers={"Host": self.host, **(headers or {})})
        answer = connection.getresponse()
        answer.connection = connection
        return answer

    def ask(self, path="/", method="GET", headers=None, body=None):
        answer = self.open(path, method, headers, body)
        content = answer.read()
        answer.connection.close()
        return answer.status, content, answer.headers


def query(path="/", **values):
    return path + "?" + urllib.parse.urlencode(values)


class StreamingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("node") is None:
            raise unittest.SkipTest("no node on this machine")
        cls.folder = tempfile.TemporaryDirectory()
        cls.emulator = Emulator(PROGRAM)
        cls.client = cls.emulator.client()
        code = make_zip({"app.js": CODE})
        for name in ("stream", "whole"):
            cls.client.create_function(
                FunctionName=name, Runtime="nodejs20.x", Role=ROLE, Handler=f"app.{name}",
                Timeout=10, MemorySize=256, Code={"ZipFile": code})
        cls.urls = {}
        for name, mode in (("stream", "RESPONSE_STREAM"), ("whole", "BUFFERED")):
            made = cls.client.create_function_url_config(
                FunctionName=name, AuthType="NONE", InvokeMode=mode)
            cls.urls[name] = Url(cls.emulator, made["FunctionUrl"])

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()
        cls.folder.cleanup()

    def file(self, name):
        return os.path.join(self.folder.name, self.id() + name)

    def invoke(self, name="stream", more=None, **event):
        answer = self.client.invoke_with_response_stream(
            FunctionName=name, Payload=json.dumps(event), **(more or {}))
        self.assertEqual(answer["StatusCode"], 200)
        return answer

    def events(self, *arguments, **event):
        """The pieces together, and the last message."""
        found = list(self.invoke(*arguments, **event)["EventStream"])
        ends = [item["InvokeComplete"] for item in found if "InvokeComplete" in item]
        self.assertEqual(len(ends), 1)
        self.assertIn("InvokeComplete", found[-1])
        return b"".join(item["PayloadChunk"]["Payload"] for item in found[:-1]), ends[0]

    # --- InvokeWithResponseStream

    def test_a_piece_arrives_before_the_function_ends(self):
        signal = self.file("signal")
        answer = self.invoke(signal=signal)
        self.assertEqual(answer["ExecutedVersion"], "$LATEST")
        self.assertEqual(answer["ResponseStreamContentType"], "application/vnd.amazon.eventstream")
        stream = iter(answer["EventStream"])
        self.assertEqual(next(stream)["PayloadChunk"]["Payload"], b"first")
        open(signal, "w", encoding="utf-8").close()
        self.assertEqual(next(stream)["PayloadChunk"]["Payload"], b"last")
        self.assertEqual(next(stream)["InvokeComplete"], {})
        with self.assertRaises(StopIteration):
            next(stream)

    def test_an_error_half_way_is_in_the_last_message(self):
        content, end = self.events(fail="late")
        self.assertEqual(content, b"first")
        self.assertEqual(end["ErrorCode"], "Unhandled")
        details = json.loads(end["ErrorDetails"])
        self.assertEqual((details["errorType"], details["errorMessage"]),
                         ("RangeError", "half way"))

    def test_an_error_before_the_first_piece_too(self):
        content, end = self.events(fail="early")
        self.assertEqual((content, end["ErrorCode"]), (b"", "Unhandled"))
        self.assertEqual(json.loads(end["ErrorDetails"])["errorMessage"], "at once")

    def test_a_process_that_dies_half_way_is_an_error(self):
        content, end = self.events(fail="exit")
        self.assertEqual((content, end["ErrorCode"]), (b"first", "Unhandled"))
        self.assertIn("Runtime.", json.loads(end["ErrorDetails"])["errorType"])

    def test_a_timeout_half_way_is_an_error(self):
        self.client.create_function(
            FunctionName="hangs", Runtime="nodejs20.x", Role=ROLE, Handler="app.stream",
            Timeout=1, Code={"ZipFile": make_zip({"app.js": CODE})})
        content, end = self.events("hangs", fail="hang")
        self.assertEqual(content, b"first")
        self.assertEqual(json.loads(end["ErrorDetails"])["errorType"], "Sandbox.Timedout")

    def test_a_function_that_does_not_stream_is_one_piece(self):
        found = list(self.invoke("whole", a=1)["EventStream"])
        self.assertEqual(len(found), 2)
        self.assertEqual(found[0]["PayloadChunk"]["Payload"], b'{"got":{"a":1}}')
        content, end = self.events("whole", fail=1)
        self.assertEqual((content, end["ErrorCode"]), (b"", "Unhandled"))

    def test_the_log_comes_with_the_last_message(self):
        content, end = self.events("stream", {"LogType": "Tail"})
        self.assertEqual(content, b"firstlast")
        log = base64.b64decode(end["LogResult"]).decode()
        self.assertTrue(log.startswith("START RequestId: "), log)
        self.assertIn("REPORT RequestId: ", log)

    def test_http_metadata_stays_in_the_pieces(self):
        content, _ = self.events(prelude='{"statusCode":201}')
        self.assertEqual(content, b'{"statusCode":201}' + bytes(8) + b"firstlast")

    def test_a_stream_may_be_larger_than_a_buffered_response(self):
        content, end = self.events(megabytes=8)
        self.assertEqual((len(content), end), ((8 << 20) + 9, {}))
        answer = self.client.invoke(FunctionName="stream", Payload=json.dumps({"megabytes": 8}))
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertIn(b"Function.ResponseSizeTooLarge", answer["Payload"].read())

    def test_a_streaming_function_is_taken_whole_by_a_plain_invoke(self):
        answer = self.client.invoke(FunctionName="stream", Payload=b"{}")
        self.assertEqual(answer["Payload"].read(), b"firstlast")
        answer = self.client.invoke(FunctionName="stream", Payload=b'{"fail":"late"}')
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(json.loads(answer["Payload"].read())["errorMessage"], "half way")

    def test_errors_before_the_stream_are_ordinary(self):
        with self.assertRaises(self.client.exceptions.ResourceNotFoundException):
            self.invoke("nothing")
        url = self.emulator.api + "/2021-11-15/functions/stream/response-streaming-invocations"
        status, body, headers = get(url, "POST", b"not json")
        self.assertEqual((status, headers["x-amzn-ErrorType"]),
                         (400, "InvalidRequestContentException"))
        status, body, _ = get(url, "POST", b"{}", {"X-Amz-Invocation-Type": "Event"})
        self.assertEqual(status, 400)
        self.assertIn(b"enum value set: [RequestResponse, DryRun]", body)
        self.assertEqual(get(url, "POST", b"{}", {"X-Amz-Invocation-Type": "DryRun"})[0], 204)
        self.client.create_function(
            FunctionName="reserved", Runtime="nodejs20.x", Role=ROLE, Handler="app.stream",
            Code={"ZipFile": make_zip({"app.js": CODE})})
        self.client.put_function_concurrency(FunctionName="reserved",
                                             ReservedConcurrentExecutions=0)
        with self.assertRaises(self.client.exceptions.TooManyRequestsException):
            self.invoke("reserved")

    def test_a_slow_client_holds_the_function_back(self):
        progress, done = self.file("progress"), self.file("done")
        event = json.dumps({"megabytes": 64, "progress": progress, "done": done}).encode()
        with socket.create_connection(
                ("127.0.0.1", urllib.parse.urlsplit(self.emulator.api).port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.sendall(b"POST /2021-11-15/functions/stream/response-streaming-invocations "
                           b"HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(event)
                           + event)
            client.recv(1000)
            # Nobody reads: buffers fill up, and then the function does not get on. It is asked
            # what it has written, and a second function in between whether all else goes on.
            self.assertTrue(wait_until(lambda: os.path.exists(progress)))
            sizes = []
            while len(sizes) < 50 or len(set(sizes[-50:])) > 1:
                self.client.invoke(FunctionName="whole", Payload=b"{}")
                sizes.append(os.path.getsize(progress))
            self.assertLess(sizes[-1], 60)
            self.assertFalse(os.path.exists(done))
        # It goes away: that does not stop the function.
        self.assertTrue(wait_until(lambda: os.path.exists(done)))

    # --- function URLs

    def test_a_url_streams_as_the_function_does(self):
        signal = self.file("signal")
        answer = self.urls["stream"].open(query(signal=signal))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(answer.headers["Transfer-Encoding"], "chunked")
        self.assertTrue(answer.headers["x-amzn-RequestId"])
        self.assertEqual(answer.read(5), b"first")
        open(signal, "w", encoding="utf-8").close()
        self.assertEqual(answer.read(), b"last")
        answer.connection.close()

    def test_metadata_becomes_the_head_of_the_answer(self):
        prelude = json.dumps({"statusCode": 201, "headers": {"X-Kind": "pot"},
                              "cookies": ["a=1", "b=2"]})
        status, body, headers = self.urls["stream"].ask(query(prelude=prelude))
        self.assertEqual((status, body), (201, b"firstlast"))
        self.assertEqual(headers["X-Kind"], "pot")
        self.assertEqual(headers.get_all("Set-Cookie"), ["a=1", "b=2"])
        status, body, headers = self.urls["stream"].ask(query(type="text/html"))
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html"))

    def test_a_stream_that_fails_is_cut(self):
        answer = self.urls["stream"].open(query(fail="late"))
        self.assertEqual(answer.status, 200)
        with self.assertRaises(http.client.IncompleteRead) as caught:
            answer.read()
        self.assertEqual(caught.exception.partial, b"first")
        status, body, _ = self.urls["stream"].ask(query(fail="early"))
        self.assertEqual((status, body), (502, b"Internal Server Error"))
        status, body, _ = self.urls["stream"].ask(query(prelude='{"statusCode":"x"}'))
        self.assertEqual(status, 502)

    def test_a_buffered_url_answers_whole(self):
        status, body, headers = self.urls["whole"].ask("/a%20b?x=1", "POST",
                                                       {"Content-Type": "text/plain"}, b"hello")
        event = json.loads(body)
        self.assertEqual((status, headers["X-A"]), (201, "b"))
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(event["rawPath"], "/a%20b")
        self.assertEqual(event["requestContext"]["http"]["path"], "/a b")
        self.assertEqual(event["body"], "hello")
        self.assertEqual(event["requestContext"]["requestId"], headers["x-amzn-RequestId"])
        self.assertEqual(event["requestContext"]["domainPrefix"], self.urls["whole"].host[:32])

    def test_a_streaming_handler_behind_a_buffered_url_and_the_other_way_round(self):
        self.client.update_function_url_config(FunctionName="whole", InvokeMode="RESPONSE_STREAM")
        self.client.update_function_url_config(FunctionName="stream", InvokeMode="BUFFERED")
        try:
            status, body, headers = self.urls["whole"].ask()
            self.assertEqual((status, headers["Content-Type"]), (200, "application/octet-stream"))
            self.assertEqual(json.loads(body)["statusCode"], 201)
            status, body, headers = self.urls["stream"].ask(query(prelude='{"statusCode":202}'))
            self.assertEqual((status, body), (202, b"firstlast"))
            self.assertEqual(headers["Content-Length"], "9")
        finally:
            self.client.update_function_url_config(FunctionName="whole", InvokeMode="BUFFERED")
            self.client.update_function_url_config(FunctionName="stream",
                                                   InvokeMode="RESPONSE_STREAM")

    def test_a_url_is_found_by_path_and_an_unknown_one_is_refused(self):
        made = self.urls["whole"].host[:32]
        status, body, _ = get(f"{self.emulator.http}/_aws/lambda-url/{made}/deep/er?x=1")
        self.assertEqual((status, json.loads(body)["rawPath"]), (201, "/deep/er"))
        status, body, headers = get(self.emulator.http + "/x",
                                    headers={"Host": "nobody.lambda-url.us-east-1.on.aws"})
        self.assertEqual((status, body), (403, b'{"Message":null}'))
        self.assertEqual(headers["x-amzn-ErrorType"], "AccessDeniedException")

    def test_cors_is_answered_by_the_url(self):
        self.client.update_function_url_config(
            FunctionName="whole", Cors={"AllowOrigins": ["https://a.example"],
                                        "AllowMethods": ["GET"], "MaxAge": 5})
        try:
            status, body, headers = self.urls["whole"].ask("/", "OPTIONS", {
                "Origin": "https://a.example", "Access-Control-Request-Method": "GET"})
            self.assertEqual((status, body), (200, b""))
            self.assertEqual(headers["Access-Control-Allow-Origin"], "https://a.example")
            self.assertEqual(headers["Access-Control-Max-Age"], "5")
            _, _, headers = self.urls["whole"].ask(headers={"Origin": "https://a.example"})
            self.assertEqual(headers["Access-Control-Allow-Origin"], "https://a.example")
        finally:
            self.client.update_function_url_config(FunctionName="whole", Cors={})

    def test_a_configuration_lives_as_long_as_its_function(self):
        self.client.create_function(
            FunctionName="gone", Runtime="nodejs20.x", Role=ROLE, Handler="app.whole",
            Code={"ZipFile": make_zip({"app.js": CODE})})
        made = self.client.create_function_url_config(FunctionName="gone", AuthType="AWS_IAM")
        self.assertNotIn("LastModifiedTime", made)
        read = self.client.get_function_url_config(FunctionName="gone")
        for member in ("FunctionUrl", "FunctionArn", "AuthType", "InvokeMode", "CreationTime"):
            self.assertEqual(read[member], made[member])
        url = Url(self.emulator, made["FunctionUrl"])
        self.assertEqual(url.ask()[0], 201)
        self.client.delete_function(FunctionName="gone")
        self.assertEqual(url.ask()[0], 403)
        with self.assertRaises(self.client.exceptions.ResourceNotFoundException):
            self.client.get_function_url_config(FunctionName="gone")


TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: app.handler
      CodeUri: .
      FunctionUrlConfig:
        AuthType: NONE
        InvokeMode: RESPONSE_STREAM
        Cors: {AllowOrigins: ["*"], MaxAge: 7}
"""


class KeptTest(unittest.TestCase):
    def test_a_template_makes_a_url_which_is_shown_at_the_start(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("template.yaml", TEMPLATE),
                               ("app.py", "def handler(e, c): return 'kept'")):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            emulator = Emulator(PROGRAM, os.path.join(folder, "template.yaml"))
            try:
                made = emulator.client().get_function_url_config(FunctionName="Hello")
                self.assertEqual(made["InvokeMode"], "RESPONSE_STREAM")
                self.assertEqual(made["Cors"], {"AllowOrigins": ["*"], "MaxAge": 7})
                self.assertIn(f"function URL of Hello: {made['FunctionUrl']}\n",
                              emulator.stderr())
                # As the function returned it: it does not stream.
                self.assertEqual(Url(emulator, made["FunctionUrl"]).ask()[:2], (200, b'"kept"'))
            finally:
                emulator.close()

    def test_a_url_survives_a_restart(self):
        with tempfile.TemporaryDirectory() as data:
            first = Emulator(PROGRAM, data=data)
            try:
                client = first.client()
                client.create_function(
                    FunctionName="f", Runtime="python3.11", Role=ROLE, Handler="app.handler",
                    Code={"ZipFile": make_zip({"app.py": "def handler(e, c): return 'kept'"})})
                made = client.create_function_url_config(FunctionName="f", AuthType="NONE")
            finally:
                first.process.kill()
                first.close()
            second = Emulator(PROGRAM, data=data)
            try:
                url = Url(second, made["FunctionUrl"])
                self.assertEqual(url.ask()[:2], (200, b"kept"))
                read = second.client().get_function_url_config(FunctionName="f")
                self.assertEqual(read["CreationTime"], made["CreationTime"])
            finally:
                second.close()


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    try:
        import boto3  # noqa: F401
    except ImportError:
        print("skipped: this Python has no boto3", file=sys.stderr)
        sys.exit(77)
    unittest.main()
