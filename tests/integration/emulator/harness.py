"""Starts `lambdarium serve` on free ports in a folder of its own, and makes deployment packages."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

READY_LIMIT_S = 30


class Emulator:
    def __init__(self, program, *arguments, data=None):
        self.folder = tempfile.mkdtemp(prefix="lambdarium-test-")
        self.data = data or os.path.join(self.folder, "data")
        self.errors = open(os.path.join(self.folder, "stderr"), "w+", encoding="utf-8")
        ports = [item for option in ("--http-port", "--api-port", "--gpu-port")
                 if option not in arguments for item in (option, "0")]
        self.process = subprocess.Popen(
            [program, "serve", *arguments, *ports, "--data", self.data],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            cwd=self.folder)
        line = self.process.stdout.readline()
        match = re.fullmatch(r"ready http=(\S+) api=(\S+) gpu=(\S+)\n", line)
        if match is None:
            self.process.wait(READY_LIMIT_S)
            why = f"not ready: {line!r}\n{self.stderr()}"
            self.close()
            raise RuntimeError(why)
        self.http, self.api, self.gpu = match.groups()

    def stderr(self):
        self.errors.flush()
        with open(self.errors.name, encoding="utf-8") as file:
            return file.read()

    def client(self, service="lambda"):
        import boto3
        from botocore.config import Config

        return boto3.client(
            service, endpoint_url=self.api, region_name="us-east-1", aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=64))

    def health(self):
        return json.loads(get(self.api + "/_lambdarium/health")[1])

    def processes(self):
        """Ids of all processes below the emulator."""
        return descendants(self.process.pid)

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(READY_LIMIT_S)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def descendants(pid):
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                    parents[int(entry)] = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                pass  # it has ended meanwhile
    found = {pid}
    grown = True
    while grown:
        more = {child for child, parent in parents.items() if parent in found} - found
        grown = bool(more)
        found |= more
    return found - {pid}


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition, limit_s=10):
    """Looks again and again; the answer is whether it came true in time."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if condition():
            return True
        os.sched_yield()
    return False


def get(url, method="GET", body=None, headers=None):
    """Status, body and headers, whatever the status."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def make_zip(files, executable=()):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o755 if name in executable else 0o644) << 16
            archive.writestr(info, text)
    return buffer.getvalue()
