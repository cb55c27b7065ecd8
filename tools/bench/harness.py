"""What the emulator's benchmarks share: starting the programs, loading them, reading /proc."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
INVOKE = "/2015-03-31/functions/{}/invocations"
STARTED_WITHIN_S = 10
STOPPED_WITHIN_S = 5

# wrk reports in its own words; this makes it one line of JSON. A right answer is a 200 that holds
# `expect`; reading bodies costs the load generator, so it is asked for while warming up only.
LUA = """
local wrong = 0
wrk.method = "%(method)s"
wrk.body = %(body)s
wrk.headers["Content-Type"] = "application/json"
%(check)s
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %%d, "duration_us": %%d, "p50_us": %%f, "p99_us": %%f, "errors": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""
CHECK = """
function response(status, headers, body)
  if status ~= 200 or not string.find(body, %s, 1, true) then
    io.stderr:write(status, " ", body, "\\n")
    os.exit(3)
  end
end
"""


def fail(message):
    sys.exit(f"{Path(sys.argv[0]).name}: {message}")


def need_wrk():
    if shutil.which("wrk") is None:
        fail("the load generator wrk is missing; install it: apt-get install wrk")


def program(build, name, target):
    path = (Path(build) / name).resolve()
    if not path.is_file():
        fail(f"{path} is missing; build it: cmake --build {build} --target {target}")
    return path


class Process:
    """A child that says on its first line of output where it listens."""

    def __init__(self, command, ready, env=None):
        self.log = tempfile.TemporaryFile()
        begin = time.perf_counter()
        self.child = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=self.log,
            env={**os.environ, **(env or {})}, start_new_session=True)
        line = self.child.stdout.readline().decode()
        self.ready_ms = (time.perf_counter() - begin) * 1e3
        match = re.match(ready, line)
        if not match:
            self.child.kill()
            self.log.seek(0)
            fail(f"{command[0]} did not start: {line}{self.log.read().decode()[-2000:]}")
        self.urls = match.groupdict()
        self.pid = self.child.pid

    def stop(self):
        self.child.send_signal(signal.SIGINT)
        try:
            self.child.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            fail(f"{self.child.args[0]} did not end within {STOPPED_WITHIN_S} s of Ctrl-C")
        self.child.stdout.close()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.stop()


class Emulator(Process):
    """`lambdarium serve` on free ports with a template made of `functions`: name -> properties."""

    def __init__(self, build, folder, functions, *options):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        template = folder / "template.json"
        template.write_text(json.dumps(make_template(functions)))
        super().__init__(
            [program(build, "lambdarium", "product"), "serve", template, "--http-port", "0",
             "--api-port", "0", "--gpu-port", "0", "--data", folder / "data", *options],
            r"ready http=(?P<http>\S+) api=(?P<api>\S+)")

    def invoke_url(self, function):
        return self.urls["api"] + INVOKE.format(function)


class Relay:
    """The two-hop relay with `count` copies of the runtime, each in a session of its own as an
    environment is: the kernel shares out the cores by session."""

    def __init__(self, build, runtime, count):
        self.relay = Process([program(build, "bench_relay", "bench_relay")],
                             r"relay: listening on (?P<address>\S+)")
        address = self.relay.urls["address"]
        self.url = f"http://{address}" + INVOKE.format("any")
        self.runtimes = [
            subprocess.Popen([runtime], env={**os.environ, "AWS_LAMBDA_RUNTIME_API": address},
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             start_new_session=True)
            for _ in range(count)]

    def pids(self):
        return [self.relay.pid] + [runtime.pid for runtime in self.runtimes]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.relay.child.kill()  # the runtimes end when it is gone
        self.relay.child.wait()
        for runtime in self.runtimes:
            runtime.wait()


def make_template(functions):
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "F" + re.sub(r"\W", "", name): {
                "Type": "AWS::Serverless::Function",
                "Properties": {"FunctionName": name, "Timeout": 30, **properties},
            }
            for name, properties in functions.items()
        },
    }


def native_function(build, route=None):
    runtime = program(build, "examples/first-steps/native/bootstrap", "first_steps_native")
    properties = {"Runtime": "provided.al2023", "Handler": "bootstrap", "MemorySize": 128,
                  "CodeUri": str(runtime.parent)}
    if route:
        properties["Events"] = {
            "Get": {"Type": "HttpApi", "Properties": {"Path": route, "Method": "GET"}}}
    return properties


def node_function(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.mjs").write_text(
        "export const handler = async () =>\n"
        "  ({ statusCode: 200, body: JSON.stringify({ message: 'Hello from Node!' }) });\n")
    return {"Runtime": "nodejs20.x", "Handler": "index.handler", "MemorySize": 512,
            "CodeUri": str(folder)}


def load(url, connections, seconds, method="POST", body="{}", expect=None):
    """Loads with wrk. Any answer that is no 2xx, any lost connection, ends the benchmark."""
    if method == "GET":
        body = None
    lua = LUA % {"method": method, "body": json.dumps(body) if body is not None else "nil",
                 "check": CHECK % json.dumps(expect) if expect else ""}
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(lua)
        script.flush()
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "30", "-s",
             script.name, url], capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"wrong answer from {url}: {done.stderr.strip()[-500:]}")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    if result["errors"] or not result["requests"]:
        fail(f"{url} with {connections} connections: {result}")
    result["rps"] = result["requests"] / (result["duration_us"] / 1e6)
    return result


def stat_of(pid):
    """Parent and CPU ticks, those of its reaped children too; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return int(fields[1]), sum(int(field) for field in fields[11:15])


def tree_of(roots):
    parents = {int(e): s[0] for e in os.listdir("/proc") if e.isdigit() and (s := stat_of(e))}
    tree = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return tree


def cpu_us(pids):
    return sum(s[1] for pid in pids if (s := stat_of(pid))) * TICK_US


def status_kib(pid, field="VmRSS"):
    match = re.search(rf"^{field}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(match.group(1)) if match else 0


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
