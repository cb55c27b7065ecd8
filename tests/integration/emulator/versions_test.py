#!/usr/bin/env python3
"""Versions, aliases and provisioned concurrency as boto3 sees them, with real Python functions.

    versions_test.py PROGRAM [unittest arguments]
"""

import json
import sqlite3
import subprocess
import sys
import threading
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
CODE = """
import os, time
def handler(event, context):
    time.sleep(event.get("sleep_s", 0))
    return {"code": %r, "version": context.function_version, "arn": context.invoked_function_arn,
            "variable": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
            "stream": context.log_stream_name, "pid": os.getpid(),
            "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]}
"""


def package(code):
    return make_zip({"app.py": CODE % code})


def create(client, name, code="one", **settings):
    made = client.create_function(
        FunctionName=name, Runtime="python3.11", Role=ROLE, Handler="app.handler",
        Code={"ZipFile": package(code)}, Timeout=10, **settings)
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return made


def update(client, name, code, **settings):
    made = client.update_function_code(FunctionName=name, ZipFile=package(code), **settings)
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    return made


def invoke(client, name, event=None, **settings):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event or {}), **settings)
    return answer, json.loads(answer["Payload"].read())


def provision(client, name, qualifier, executions):
    answer = client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=executions)
    read = lambda: client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
    wait_until(lambda: read()["Status"] != "IN_PROGRESS")
    return answer, read()


class Case(unittest.TestCase):
    def expect_error(self, code, status, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)
        return caught.exception.response


class VersionsTest(Case):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(PROGRAM, "--seed", "5")
        cls.client = cls.emulator.client()

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()

    def test_each_version_runs_its_own_code(self):
        create(self.client, "each", Publish=True)
        waiter = self.client.get_waiter("published_version_active")
        waiter.wait(FunctionName="each", Qualifier="1")
        second = update(self.client, "each", "two", Publish=True)
        self.assertEqual(second["Version"], "2")
        self.client.get_waiter("function_updated").wait(FunctionName="each")
        update(self.client, "each", "three")
        for qualifier, code, version in (("1", "one", "1"), ("2", "two", "2"),
                                         ("$LATEST", "three", "$LATEST")):
            answer, result = invoke(self.client, "each", Qualifier=qualifier)
            self.assertEqual(answer["ExecutedVersion"], version)
            self.assertEqual((result["code"], result["version"], result["variable"]),
                             (code, version, version))
            self.assertIn(f"/[{version}]", result["stream"])
            self.assertTrue(result["arn"].endswith(f":function:each:{qualifier}"))
        answer, result = invoke(self.client, "each")
        self.assertEqual(answer["ExecutedVersion"], "$LATEST")
        self.assertTrue(result["arn"].endswith(":function:each"))
        versions = self.client.list_versions_by_function(FunctionName="each")["Versions"]
        self.assertEqual([v["Version"] for v in versions], ["$LATEST", "1", "2"])
        self.assertEqual(self.client.publish_version(FunctionName="each")["Version"], "3")
        self.assertEqual(self.client.publish_version(FunctionName="each")["Version"], "3")

    def test_a_name_may_carry_its_qualifier_in_every_form(self):
        create(self.client, "forms", Publish=True)
        self.client.create_alias(FunctionName="forms", Name="live", FunctionVersion="1")
        arn = "arn:aws:lambda:us-east-1:000000000000:function:forms:live"
        for name in ("forms:live", "000000000000:function:forms:live", arn):
            answer, result = invoke(self.client, name)
            self.assertEqual(answer["ExecutedVersion"], "1")
            self.assertEqual((result["arn"], result["version"]), (arn, "1"))
        invoke(self.client, "forms:live", Qualifier="live")
        self.expect_error("InvalidParameterValueException", 400, self.client.invoke,
                          FunctionName="forms:live", Qualifier="1")
        error = self.expect_error("ResourceNotFoundException", 404, self.client.invoke,
                                  FunctionName="forms", Qualifier="gone")
        self.assertEqual(error["Error"]["Message"],
                         "Function not found: "
                         "arn:aws:lambda:us-east-1:000000000000:function:forms:gone")

    def test_an_alias_with_weights_divides_the_invocations(self):
        create(self.client, "divided", Publish=True)
        update(self.client, "divided", "two", Publish=True)
        self.client.create_alias(
            FunctionName="divided", Name="canary", FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"2": 0.3}})
        ran = []
        for _ in range(200):
            answer, result = invoke(self.client, "divided", Qualifier="canary")
            self.assertEqual(result["code"], {"1": "one", "2": "two"}[answer["ExecutedVersion"]])
            ran.append(answer["ExecutedVersion"])
        # 60 of 200, and five standard deviations (6.5) around.
        self.assertTrue(28 <= ran.count("2") <= 92, ran.count("2"))
        self.client.update_alias(FunctionName="divided", Name="canary",
                                 RoutingConfig={"AdditionalVersionWeights": {}})
        answer, _ = invoke(self.client, "divided", Qualifier="canary")
        self.assertEqual(answer["ExecutedVersion"], "1")

    def test_provisioned_environments_are_there_before_the_first_invocation_and_spill_over(self):
        create(self.client, "ready", Publish=True)
        self.client.create_alias(FunctionName="ready", Name="live", FunctionVersion="1")
        answer, ready = provision(self.client, "ready", "live", 1)
        self.assertEqual((answer["Status"], answer["AllocatedProvisionedConcurrentExecutions"]),
                         ("IN_PROGRESS", 0))
        self.assertEqual((ready["Status"], ready["AllocatedProvisionedConcurrentExecutions"]),
                         ("READY", 1))
        cold = self.emulator.health()["cold_starts"]
        _, first = invoke(self.client, "ready", Qualifier="live")
        self.assertEqual((first["type"], first["version"]), ("provisioned-concurrency", "1"))
        self.assertEqual(self.emulator.health()["cold_starts"], cold)
        _, latest = invoke(self.client, "ready")
        self.assertEqual(latest["type"], "on-demand")
        results = []
        threads = [threading.Thread(target=lambda: results.append(
            invoke(self.client, "ready", {"sleep_s": 0.5}, Qualifier="live")[1]))
            for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(r["type"] for r in results),
                         ["on-demand", "provisioned-concurrency"])
        self.client.delete_provisioned_concurrency_config(FunctionName="ready", Qualifier="live")
        self.expect_error("ProvisionedConcurrencyConfigNotFoundException", 404,
                          self.client.get_provisioned_concurrency_config,
                          FunctionName="ready", Qualifier="live")

    def test_a_function_that_fails_to_start_fails_its_provisioned_concurrency(self):
        self.client.create_function(
            FunctionName="broken", Runtime="python3.11", Role=ROLE, Handler="app.handler",
            Code={"ZipFile": make_zip({"app.py": "raise ValueError('as asked')"})}, Publish=True)
        _, failed = provision(self.client, "broken", "1", 1)
        self.assertEqual((failed["Status"], failed["StatusReason"]),
                         ("FAILED", "FUNCTION_ERROR_INIT_FAILURE"))

    def test_reserved_concurrency_is_shared_by_all_versions(self):
        create(self.client, "shared", Publish=True)
        self.client.put_function_concurrency(FunctionName="shared", ReservedConcurrentExecutions=1)
        busy = threading.Thread(
            target=lambda: invoke(self.client, "shared", {"sleep_s": 1}, Qualifier="1"))
        busy.start()
        in_flight = lambda: self.emulator.health()["in_flight"]
        self.assertTrue(wait_until(lambda: in_flight() > 0))
        error = self.expect_error("TooManyRequestsException", 429, self.client.invoke,
                                  FunctionName="shared")
        self.assertEqual(error["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded")
        busy.join()
        invoke(self.client, "shared")

    def test_a_deleted_version_is_gone_for_callers_too(self):
        create(self.client, "gone", Publish=True)
        invoke(self.client, "gone", Qualifier="1")
        self.client.create_alias(FunctionName="gone", Name="live", FunctionVersion="1")
        self.expect_error("ResourceConflictException", 409, self.client.delete_function,
                          FunctionName="gone", Qualifier="1")
        self.client.delete_alias(FunctionName="gone", Name="live")
        self.client.delete_function(FunctionName="gone", Qualifier="1")
        self.expect_error("ResourceNotFoundException", 404, self.client.invoke,
                          FunctionName="gone", Qualifier="1")
        invoke(self.client, "gone")

    def test_policies_and_configurations_parse(self):
        create(self.client, "policy", Publish=True)
        statement = self.client.add_permission(
            FunctionName="policy", StatementId="s", Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com")["Statement"]
        policy = json.loads(self.client.get_policy(FunctionName="policy")["Policy"])
        self.assertEqual(policy["Statement"], [json.loads(statement)])
        self.client.remove_permission(FunctionName="policy", StatementId="s")
        self.expect_error("ResourceNotFoundException", 404, self.client.get_policy,
                          FunctionName="policy")
        self.client.put_function_recursion_config(FunctionName="policy", RecursiveLoop="Allow")
        self.assertEqual(
            self.client.get_function_recursion_config(FunctionName="policy")["RecursiveLoop"],
            "Allow")
        self.client.put_runtime_management_config(
            FunctionName="policy", UpdateRuntimeOn="FunctionUpdate")
        self.assertEqual(
            self.client.get_runtime_management_config(FunctionName="policy")["UpdateRuntimeOn"],
            "FunctionUpdate")


class RestartTest(Case):
    def test_everything_survives_a_killed_emulator(self):
        first = Emulator(PROGRAM)
        try:
            client = first.client()
            create(client, "kept", Publish=True)
            update(client, "kept", "two")
            client.create_alias(FunctionName="kept", Name="live", FunctionVersion="1",
                                Description="of the first")
            client.add_permission(FunctionName="kept", StatementId="s", Qualifier="live",
                                  Action="lambda:InvokeFunction", Principal="*")
            provision(client, "kept", "live", 1)
            alias = client.get_alias(FunctionName="kept", Name="live")
            policy = client.get_policy(FunctionName="kept", Qualifier="live")
            first.process.kill()
            first.process.wait()
            second = Emulator(PROGRAM, data=first.data)
            try:
                self.check(second.client(), alias, policy)
            finally:
                second.close()
        finally:
            first.close()

    def check(self, client, alias, policy):
        read = client.get_alias(FunctionName="kept", Name="live")
        for member in ("AliasArn", "FunctionVersion", "Description", "RevisionId"):
            self.assertEqual(read[member], alias[member])
        self.assertEqual(client.get_policy(FunctionName="kept", Qualifier="live")["Policy"],
                         policy["Policy"])
        status = lambda: client.get_provisioned_concurrency_config(
            FunctionName="kept", Qualifier="live")["Status"]
        self.assertTrue(wait_until(lambda: status() == "READY"))
        _, result = invoke(client, "kept", Qualifier="live")
        self.assertEqual((result["code"], result["type"]), ("one", "provisioned-concurrency"))
        self.assertEqual(invoke(client, "kept")[1]["code"], "two")
        self.assertEqual(client.publish_version(FunctionName="kept")["Version"], "2")
        client.delete_function(FunctionName="kept")
        create(client, "kept")
        self.assertEqual(client.publish_version(FunctionName="kept")["Version"], "3")


class RecordTest(Case):
    def test_a_recorded_run_names_the_versions_and_is_decided_again_alike(self):
        emulator = Emulator(PROGRAM, "--record", "run.sqlite")
        try:
            client = emulator.client()
            create(client, "recorded", Publish=True)
            provision(client, "recorded", "1", 1)
            invoke(client, "recorded", Qualifier="1")
            invoke(client, "recorded")
            self.assertEqual(emulator.interrupt(), 0)
            path = f"{emulator.folder}/run.sqlite"
            with sqlite3.connect(path) as run:
                rows = run.execute("SELECT version FROM invocations ORDER BY arrival_ns").fetchall()
                meters = [row[0] for row in run.execute("SELECT meter FROM meters")]
            run.close()
            self.assertEqual([row[0] for row in rows], ["1", "$LATEST"])
            self.assertTrue([meter for meter in meters if "provisioned" in meter], meters)
            twin = subprocess.run([PROGRAM, "twin", path], capture_output=True, text=True,
                                  timeout=30)
            self.assertEqual(twin.returncode, 0, twin.stdout + twin.stderr)
        finally:
            emulator.close()


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
