#!/usr/bin/env python3
"""What a runtime may do to its Runtime API, and what its invoker sees of it.

The function is a `bootstrap` that runs the Python text of its event, so that each test is a runtime
of its own; it speaks to the listener over bare sockets.

    runtime_api_test.py PROGRAM [unittest arguments]
"""

import base64
import json
import os
import re
import sys
import unittest

try:
    import boto3  # noqa: F401
except ImportError:
    print("skipped: boto3 is not installed")
    sys.exit(77)

from harness import Emulator, make_zip, wait_until

PROGRAM = ""
ROLE = "arn:aws:iam::000000000000:role/test"
LIMIT = 6_291_556
BOOTSTRAP = "#!" + sys.executable + r"""
import json, os, socket, sys, time, traceback

HOST, PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
P = "/2018-06-01/runtime"
NEXT = ("GET " + P + "/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n").encode()

class Connection:
    def __init__(self):
        self.socket = socket.create_connection((HOST, int(PORT)))
        self.rest = b""

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        piece = self.socket.recv(65536)
        if not piece: raise EOFError(self.rest)
        self.rest += piece

    def read(self):
        while b"\r\n\r\n" not in self.rest: self.more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip()
                   for name, _, value in (line.partition(":") for line in lines[1:])}
        size = int(headers.get("content-length", 0))
        while len(self.rest) < size: self.more()
        body, self.rest = self.rest[:size], self.rest[size:]
        return int(lines[0].split()[1]), headers, body.decode("utf-8", "replace")

    def ask(self, method, path, body=None, headers=None):
        lines = "%s %s HTTP/1.1\r\nHost: x\r\n" % (method, path)
        for name, value in (headers or {}).items(): lines += "%s: %s\r\n" % (name, value)
        if body is not None: lines += "Content-Length: %d\r\n" % len(body)
        self.send(lines.encode() + b"\r\n" + (body or b""))
        return self.read()

def ask(method, path, body=None, headers=None):
    return Connection().ask(method, path, body, headers)

def post_chunked(path, chunks, headers="", trailers=""):
    connection = Connection()
    head = "POST %s HTTP/1.1\r\nhost: x\r\n%stransfer-encoding: chunked\r\n\r\n"
    connection.send((head % (path, headers)).encode())
    for chunk in chunks: connection.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))
    connection.send(b"0\r\n" + trailers.encode() + b"\r\n")
    return connection.read()

def note(value):
    with open(os.environ["NOTES"] + ".new", "w") as file: json.dump(value, file)
    os.rename(os.environ["NOTES"] + ".new", os.environ["NOTES"])

exec(os.environ.get("INIT", ""))
main = Connection()
while True:
    status, headers, event = main.ask("GET", P + "/invocation/next")
    if status != 200: sys.exit(9)
    R = P + "/invocation/" + headers["lambda-runtime-aws-request-id"]
    scope = dict(globals(), headers=headers, R=R, event=event, answered=False, result=None)
    try:
        exec(json.loads(event).get("run", ""), scope)
    except Exception:
        scope["result"] = traceback.format_exc()
        note(scope["result"])
    if not scope["answered"]:
        main.ask("POST", R + "/response", json.dumps(scope["result"]).encode())
"""
OK = [202, '{"status":"OK"}\n']


class RuntimeApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(PROGRAM)
        cls.client = cls.emulator.client()
        cls.notes = os.path.join(cls.emulator.folder, "notes")
        cls.create("f")

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()

    @classmethod
    def create(cls, name, init="", **settings):
        cls.client.create_function(**{
            "FunctionName": name, "Runtime": "provided.al2023", "Role": ROLE, "Handler": "x",
            "Code": {"ZipFile": make_zip({"bootstrap": BOOTSTRAP}, ("bootstrap",))}, "Timeout": 10,
            "Environment": {"Variables": {"NOTES": cls.notes, "INIT": init}}, **settings})

    def invoke(self, run="", name="f", **settings):
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps({"run": run}), **settings)
        answer["Body"] = answer["Payload"].read()
        return answer

    def value(self, run, **settings):
        """What the runtime says its `result` is."""
        return json.loads(self.invoke(run, **settings)["Body"])

    def posts(self, run, name="f"):
        """Runs text that answers by itself and collects the platform's answers in `out`."""
        if os.path.exists(self.notes):
            os.remove(self.notes)
        answer = self.invoke(f"answered = True\nout = []\n{run}\nnote(out)", name)
        self.assertTrue(wait_until(lambda: os.path.exists(self.notes)), answer["Body"])
        with open(self.notes, encoding="utf-8") as file:
            found = json.load(file)
        self.assertIsInstance(found, list, found)
        return found, answer

    def assert_refused(self, answer, status, kind, message):
        self.assertEqual(answer[0], status, answer)
        self.assertEqual(answer[1]["content-type"], "application/json")
        self.assertEqual(json.loads(answer[2]), {"errorMessage": message, "errorType": kind})

    def assert_function_error(self, answer, kind, message=None):
        self.assertEqual((answer["StatusCode"], answer.get("FunctionError")), (200, "Unhandled"))
        error = json.loads(answer["Body"])
        self.assertEqual(error["errorType"], kind)
        if message is not None:
            self.assertEqual(error["errorMessage"], message)

    def test_events_carry_what_aws_sends(self):
        answer = self.invoke("result = headers", Qualifier="$LATEST",
                             ClientContext=base64.b64encode(b'{"custom":{}}').decode())
        headers = json.loads(answer["Body"])
        self.assertEqual(headers["lambda-runtime-aws-request-id"],
                         answer["ResponseMetadata"]["RequestId"])
        self.assertEqual(headers["lambda-runtime-invoked-function-arn"],
                         "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST")
        self.assertEqual(headers["lambda-runtime-client-context"], '{"custom":{}}')
        self.assertRegex(headers["lambda-runtime-trace-id"],
                         "^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]$")
        self.assertRegex(headers["lambda-runtime-deadline-ms"], r"^\d{13}$")
        self.assertNotIn("lambda-runtime-cognito-identity", headers)

    def test_the_process_has_the_variables_of_aws_and_none_of_the_host(self):
        variables = self.value("result = dict(os.environ)")
        root = variables["LAMBDA_TASK_ROOT"]
        self.assertEqual(
            set(variables) - {"NOTES", "INIT", "TMPDIR", "LC_CTYPE"},
            {"AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
             "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
             "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
             "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION",
             "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_XRAY_CONTEXT_MISSING",
             "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG",
             "LD_LIBRARY_PATH", "PATH", "PWD", "TZ", "_AWS_XRAY_DAEMON_ADDRESS",
             "_AWS_XRAY_DAEMON_PORT", "_HANDLER"})
        self.assertEqual(variables["PATH"], "/usr/local/bin:/usr/bin/:/bin:/opt/bin")
        self.assertEqual((variables["TZ"], variables["PWD"]), (":UTC", root))
        self.assertRegex(variables["AWS_LAMBDA_LOG_STREAM_NAME"],
                         r"^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$")

    def test_unknown_paths_and_wrong_methods_are_told_apart(self):
        run = "result = [ask(m, p, b'' if m == 'POST' else None)[0] for m, p in " \
              "[('GET', '/'), ('GET', P + '/nope'), ('GET', P + '/restore/next'), " \
              "('POST', P + '/restore/error'), ('POST', P + '/invocation/next'), " \
              "('GET', R + '/response'), ('GET', P + '/init/error'), ('PUT', R + '/error')]]"
        self.assertEqual(self.value(run), [404] * 4 + [405] * 4)
        status, headers, body = self.value("result = ask('GET', '/nope')")
        self.assertEqual((status, body), (404, "404 page not found\n"))
        self.assertTrue(headers["content-type"].startswith("text/plain"))

    def test_a_wrong_id_is_seen_before_a_wrong_state(self):
        for answer in self.value("result = [ask('POST', P + '/invocation/' + i, b'1') for i in "
                                 "('x/response', '/response', 'x/error', '/error')]"):
            self.assert_refused(answer, 400, "InvalidRequestID", "Invalid request ID")
        found, answer = self.posts("out.append(ask('POST', R + '/response', b'1'))\n"
                                   "out.append(ask('POST', P + '/invocation/x/response', b'2'))")
        self.assertEqual((answer["Body"], found[1][0]), (b"1", 400))

    def test_only_the_first_answer_counts(self):
        states = {"response": "InvocationResponse", "error": "InvocationErrorResponse"}
        for first in states:
            found, answer = self.posts(
                f"out += [ask('POST', R + '/{first}', b'1'), ask('POST', R + '/response', b'2'), "
                "ask('POST', R + '/error', b'3'), ask('POST', P + '/init/error', b'4')]")
            self.assertEqual((answer["Body"], [found[0][0], found[0][2]]), (b"1", OK))
            for state, refused in zip([*states.values(), "InitError"], found[1:]):
                self.assertEqual(refused[0], 403)
                self.assertEqual(json.loads(refused[2])["errorType"], "InvalidStateTransition")
                # After an error the state's name is the same: an answer was sent.
                self.assertRegex(json.loads(refused[2])["errorMessage"], (
                    rf"^State transition from RuntimeResponseSentState to {state} failed for "
                    r"runtime. Error: State transition is not allowed$"))

    def test_next_while_an_event_runs_delivers_it_again(self):
        self.assertEqual(self.value(
            "again = [ask('GET', P + '/invocation/next') for _ in range(2)]\n"
            "result = [a[0] == 200 and a[1] == headers and a[2] == event for a in again]"),
            [True, True])

    def test_of_two_that_wait_only_one_is_given_the_event(self):
        self.create("two", "a, b = Connection(), Connection()\n"
                    "id = lambda answer: answer[1]['lambda-runtime-aws-request-id']\n"
                    "first = id(ask('GET', P + '/invocation/next'))\n"
                    "a.send(NEXT); b.send(NEXT)\n"
                    # Both are answered with the event that runs already: they have arrived.
                    "a.read(); b.read()\n"
                    "ask('POST', P + '/invocation/' + first + '/response', b'1')\n"
                    "a.send(NEXT); b.send(NEXT)\n"
                    "import select\n"
                    "ready = select.select([a.socket, b.socket], [], [])[0]\n"
                    "winner = a if a.socket in ready else b\n"
                    "second = id(winner.read())\n"
                    "late = select.select([(b if winner is a else a).socket], [], [], 0.1)[0]\n"
                    "ask('POST', P + '/invocation/' + second + '/response',\n"
                    "    json.dumps([len(ready), len(late)]).encode())\n")
        self.client.put_function_concurrency(FunctionName="two", ReservedConcurrentExecutions=1)
        self.assertEqual(self.invoke(name="two")["Body"], b"1")
        # The first invocation ends when the runtime is back, which may be a moment later.
        answers = []
        self.assertTrue(wait_until(lambda: self.try_invoke("two", answers)))
        self.assertEqual(answers, [b"[1, 0]"])

    def try_invoke(self, name, answers):
        try:
            answers.append(self.invoke(name=name)["Body"])
        except self.client.exceptions.TooManyRequestsException:
            return False
        return True

    def test_bodies_in_chunks_with_trailers_are_taken(self):
        found, answer = self.posts(
            "out.append(post_chunked(R + '/response', [b'\"a', b'b\"'], 'Trailer: "
            "Lambda-Runtime-Function-Error-Body,Lambda-Runtime-Function-Error-Type\\r\\n'))")
        self.assertEqual((found[0][0], answer["Body"]), (202, b'"ab"'))
        self.assertNotIn("FunctionError", answer)

    def test_an_error_in_unannounced_trailers_fails_a_stream(self):
        error = '{"errorMessage":"m","errorType":"T"}'
        trailer = base64.b64encode(error.encode()).decode()
        found, answer = self.posts(
            "out.append(post_chunked(R + '/response', [b'part'], "
            "'lambda-runtime-function-response-mode: streaming\\r\\n', "
            f"'Lambda-Runtime-Function-Error-Body: {trailer}\\r\\n"
            "LAMBDA-RUNTIME-FUNCTION-ERROR-TYPE: Error\\r\\n'))")
        self.assertEqual((found[0][0], answer["Body"]), (202, error.encode()))
        self.assertEqual(answer["FunctionError"], "Unhandled")

    def test_a_wrong_response_mode_fails_the_invocation(self):
        found, answer = self.posts("out.append(ask('POST', R + '/response', b'1', "
                                   "{'Lambda-Runtime-Function-Response-Mode': 'Streaming'}))")
        self.assert_refused(found[0], 400, "InvalidFunctionResponseMode",
                            "Invalid function response mode")
        self.assert_function_error(answer, "Runtime.InvalidResponseModeHeader")

    def test_error_bodies_are_passed_on_as_they_are(self):
        found, answer = self.posts(
            "large = 'x' * ((1 << 20) - 100)\n"
            "out.append(ask('POST', R + '/error', b'{\"x\" : 1.0}', "
            "{'lambda-runtime-function-xray-error-cause': large, "
            "'Lambda-Runtime-Function-Error-Type': 'unhandled'}))")
        self.assertEqual((found[0][0], answer["Body"]), (202, b'{"x" : 1.0}'))
        _, answer = self.posts("ask('POST', R + '/error', b'', "
                               "{'Lambda-Runtime-Function-Error-Type': 'Function.Bad'})")
        self.assert_function_error(answer, "Function.Bad", "Unknown application error occurred")
        cause = "{'Content-Type': 'application/vnd.aws.lambda.error.cause+json'}"
        _, answer = self.posts(
            "ask('POST', R + '/error', b'{\"errorMessage\":\"m\",\"errorType\":\"t\","
            f"\"errorCause\":\"c\"}}', {cause})")
        self.assertEqual(json.loads(answer["Body"]), {"errorMessage": "m", "errorType": "t"})
        _, answer = self.posts(f"ask('POST', R + '/error', b'{{no', {cause})")
        self.assertEqual(answer["Body"], b'"Invalid error body"')

    def test_bytes_are_passed_on_unchanged(self):
        _, answer = self.posts("ask('POST', R + '/response', bytes(range(256)))")
        self.assertEqual(answer["Body"], bytes(range(256)))
        emoji = self.client.invoke(FunctionName="f", Payload='{"e": "é😀\\u0000" }'.encode())
        self.assertEqual(emoji["Payload"].read(), b"null")

    def test_a_cut_off_body_is_a_truncated_response(self):
        for head in ("Content-Length: 9\\r\\n\\r\\nabc",
                     "Transfer-Encoding: chunked\\r\\n\\r\\n9\\r\\nabc"):
            found, answer = self.posts(
                "c = Connection()\n"
                f"c.send(('POST ' + R + '/response HTTP/1.1\\r\\nHost: x\\r\\n{head}').encode())\n"
                "c.socket.shutdown(socket.SHUT_WR)\nout.append(c.read())")
            self.assert_refused(found[0], 400, "TruncatedHTTPRequest",
                                "HTTP request detected as truncated")
            self.assert_function_error(answer, "Runtime.TruncatedResponse")

    def test_a_response_may_be_as_large_as_the_limit_and_no_larger(self):
        found, answer = self.posts(f"out.append(ask('POST', R + '/response', b'1' * {LIMIT}))")
        self.assertEqual((found[0][0], len(answer["Body"])), (202, LIMIT))
        for post in (f"ask('POST', R + '/response', b'1' * {LIMIT + 1})",
                     f"post_chunked(R + '/response', [b'1' * {LIMIT // 2 + 1}] * 2)"):
            found, answer = self.posts(f"out.append({post})")
            self.assert_refused(found[0], 413, "RequestEntityTooLarge",
                                f"Exceeded maximum allowed payload size ({LIMIT} bytes).")
            self.assert_function_error(
                answer, "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded maximum allowed payload size ({LIMIT} bytes).")
        self.assertEqual(self.value("result = 5"), 5)

    def test_an_init_error_ends_the_runtime(self):
        body = '{"errorMessage":"no","errorType":"E","requestId":""}'
        self.create("init-error", f"out = [ask('POST', P + '/init/error', {body.encode()!r}), "
                    "ask('GET', P + '/invocation/next'), ask('POST', P + '/init/error', b'')]\n"
                    "note(out); sys.exit(1)")
        answer = self.invoke(name="init-error")
        self.assertEqual((answer["Body"], answer["FunctionError"]), (body.encode(), "Unhandled"))
        with open(self.notes, encoding="utf-8") as file:
            self.assertEqual([found[0] for found in json.load(file)], [202, 403, 403])

    def test_answers_before_the_first_event_name_no_invocation(self):
        self.create("early", "note([ask('POST', P + '/invocation/x/response', b'1')])")
        self.invoke(name="early")
        with open(self.notes, encoding="utf-8") as file:
            self.assert_refused(json.load(file)[0], 400, "InvalidRequestID", "Invalid request ID")

    def test_ends_of_the_runtime_are_told_by_status_and_signal(self):
        for run, why in {"os._exit(0)": "Runtime exited without providing a reason",
                         "os._exit(7)": "Runtime exited with error: exit status 7",
                         "os.kill(os.getpid(), 9)": "Runtime exited with error: signal: killed",
                         "os.kill(os.getpid(), 11)":
                         "Runtime exited with error: signal: segmentation fault"}.items():
            answer = self.invoke(run)
            request = answer["ResponseMetadata"]["RequestId"]
            self.assert_function_error(answer, "Runtime.ExitError",
                                       f"RequestId: {request} Error: {why}")
        # What was answered before stays answered.
        answer = self.invoke("ask('POST', R + '/response', b'1'); os._exit(1)")
        self.assertEqual((answer["Body"], answer.get("FunctionError")), (b"1", None))
        self.assertEqual(self.value("result = 5"), 5)

    def test_bootstraps_that_cannot_be_started_are_named(self):
        for name, files, executable in (("none", {"x": ""}, ()),
                                        ("plain", {"bootstrap": BOOTSTRAP}, ())):
            self.create(name, Code={"ZipFile": make_zip(files, executable)})
            answer = self.invoke(name=name)
            self.assert_function_error(answer, "Runtime.InvalidEntrypoint")
            self.assertRegex(json.loads(answer["Body"])["errorMessage"], "/bootstrap")

    def test_a_timeout_within_a_body_is_a_timeout_and_its_report_has_the_memory(self):
        self.create("slow", Timeout=1)
        answer = self.invoke(
            "c = Connection()\nc.send(('POST ' + R + '/response HTTP/1.1\\r\\nHost: x\\r\\n"
            "Content-Length: 9\\r\\n\\r\\nabc').encode())\ntime.sleep(60)", "slow", LogType="Tail")
        self.assert_function_error(answer, "Sandbox.Timedout")
        log = base64.b64decode(answer["LogResult"]).decode()
        self.assertRegex(log, re.compile(r"Z [0-9a-f-]{36} Task timed out after 1.00 seconds\n\n"
                                         r"END RequestId: "))
        self.assertRegex(log, r"Max Memory Used: [1-9]\d* MB\t.*Status: timeout\n$")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
