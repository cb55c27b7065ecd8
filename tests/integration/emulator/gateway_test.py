#!/usr/bin/env python3
"""Routes of a SAM template, and what is wrong with one, through real sockets.

    gateway_test.py PROGRAM [unittest arguments]
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from harness import Emulator, get

PROGRAM = ""
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: app.handler
      CodeUri: code/
      Timeout: 10
      Events:
        Get: {Type: HttpApi, Properties: {Path: "/pets/{id}", Method: GET}}
        Post: {Type: HttpApi, Properties: {Path: /pets, Method: POST}}
        Any: {Type: HttpApi, Properties: {Path: "/deep/{proxy+}", Method: ANY}}
        Slow: {Type: HttpApi, Properties: {Path: /slow, Method: GET, TimeoutInMillis: 200}}
"""
CODE = """
import time
def handler(event, context):
    path = event["rawPath"]
    if path == "/slow": time.sleep(2)
    if path == "/pets/bad": raise ValueError("no")
    if path == "/pets/plain": return {"no": "status"}
    if path == "/pets/teapot":
        return {"statusCode": 418, "headers": {"X-Kind": "pot"}, "cookies": ["a=1", "b=2"],
                "body": "c2hvcnQ=", "isBase64Encoded": True}
    return {"statusCode": 200, "body": __import__("json").dumps(event)}
"""


def write_project(folder, template=TEMPLATE):
    os.makedirs(os.path.join(folder, "code"), exist_ok=True)
    with open(os.path.join(folder, "template.yaml"), "w", encoding="utf-8") as file:
        file.write(template)
    with open(os.path.join(folder, "code", "app.py"), "w", encoding="utf-8") as file:
        file.write(CODE)
    return os.path.join(folder, "template.yaml")


class GatewayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.emulator = Emulator(PROGRAM, write_project(cls.folder.name))

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()
        cls.folder.cleanup()

    def test_the_function_sees_the_event_of_format_2(self):
        status, body, headers = get(self.emulator.http + "/pets/a%20cat?x=1&x=2",
                                    headers={"X-One": "1", "Cookie": "s=1; t=2"})
        event = json.loads(body)
        self.assertEqual(status, 200)
        self.assertEqual(event["version"], "2.0")
        self.assertEqual(event["routeKey"], "GET /pets/{id}")
        self.assertEqual(event["rawPath"], "/pets/a cat")
        self.assertEqual(event["pathParameters"], {"id": "a cat"})
        self.assertEqual(event["queryStringParameters"], {"x": "1,2"})
        self.assertEqual(event["cookies"], ["s=1", "t=2"])
        self.assertEqual(event["headers"]["x-one"], "1")
        self.assertEqual(event["requestContext"]["requestId"], headers["Apigw-Requestid"])

    def test_bodies_arrive_whole(self):
        _, body, _ = get(self.emulator.http + "/pets", "POST", b'{"n": 1}',
                         {"Content-Type": "application/json"})
        self.assertEqual(json.loads(body)["body"], '{"n": 1}')
        _, body, _ = get(self.emulator.http + "/deep/er/still", "PUT", b"\x00\xff",
                         {"Content-Type": "application/octet-stream"})
        event = json.loads(body)
        self.assertEqual((event["body"], event["isBase64Encoded"]), ("AP8=", True))
        self.assertEqual(event["pathParameters"], {"proxy": "er/still"})

    def test_answers_are_taken_apart(self):
        status, body, headers = get(self.emulator.http + "/pets/teapot")
        self.assertEqual((status, body), (418, b"short"))
        self.assertEqual(headers.get_all("Set-Cookie"), ["a=1", "b=2"])
        self.assertEqual(headers["X-Kind"], "pot")
        status, body, headers = get(self.emulator.http + "/pets/plain")
        self.assertEqual((status, json.loads(body)), (200, {"no": "status"}))

    def test_errors_are_those_of_the_service(self):
        def answer(path):
            status, body, headers = get(self.emulator.http + path)
            self.assertTrue(headers["Apigw-Requestid"])
            return status, body

        self.assertEqual(answer("/nothing"), (404, b'{"message":"Not Found"}'))
        self.assertEqual(answer("/pets/bad"), (500, b'{"message":"Internal Server Error"}'))
        self.assertEqual(answer("/slow"), (503, b'{"message":"Service Unavailable"}'))

    def test_the_api_is_found_by_its_host_and_by_path(self):
        event = json.loads(get(self.emulator.http + "/pets/1")[1])
        api = event["requestContext"]["apiId"]
        status, body, _ = get(self.emulator.http + f"/_aws/execute-api/{api}/$default/pets/2")
        self.assertEqual((status, json.loads(body)["rawPath"]), (200, "/pets/2"))
        status, body, _ = get(self.emulator.http + "/pets/3",
                              headers={"Host": f"{api}.execute-api.localhost"})
        self.assertEqual((status, json.loads(body)["pathParameters"]), (200, {"id": "3"}))

    def test_mistakes_of_a_template_are_listed_with_their_places(self):
        wrong = TEMPLATE.replace("Runtime: python3.11", "Runtime: python3.99").replace(
            "Timeout: 10", "Timeot: 10")
        with tempfile.TemporaryDirectory() as folder:
            file = write_project(folder, wrong)
            answer = subprocess.run([PROGRAM, "serve", file, "--data", os.path.join(folder, "d")],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                    check=False, timeout=60)
        self.assertEqual((answer.returncode, answer.stdout), (2, ""))
        self.assertIn("template.yaml:6:16: ", answer.stderr)
        self.assertIn("python3.99", answer.stderr)
        self.assertRegex(answer.stderr, r"template.yaml:9:7: .*'Timeot'.*'Timeout'")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
