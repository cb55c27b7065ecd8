"""The Python runtime client: fetches events from the Runtime API, calls the handler, posts answers.

Needs Python 3.8 or newer and nothing but the standard library. One connection is kept for
everything. The answer to an event and the request for the next one leave in one write, so that a
warm invocation costs one write and one wait.
"""

import _socket
import importlib
import json
import logging
import os
import sys
import time

_PREFIX = "/2018-06-01/runtime/"
_TRACE_VARIABLE = "_X_AMZN_TRACE_ID"


class Fault(Exception):
    """Something that the runtime itself has to report, with the platform's error type for it."""

    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace or []


# --- JSON -------------------------------------------------------------------------------------


class _Encoder(json.JSONEncoder):
    def default(self, o):
        # Only looked up when something unusual comes: importing decimal costs milliseconds.
        kind = type(o)
        if kind.__name__ == "Decimal" and kind.__module__ == "decimal":
            return str(o) if o.is_nan() or o.is_infinite() else float(o)
        return super().default(o)


_encode = _Encoder(ensure_ascii=False, allow_nan=False).encode
_decode = json.loads


def _to_bytes(text):
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # lone surrogates
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode("utf-8")


# --- The connection ---------------------------------------------------------------------------


class Connection:
    """A keep-alive connection to the Runtime API that reads answers with a Content-Length."""

    def __init__(self, address):
        self.address = address
        host, _, port = address.rpartition(":")
        self._socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._socket.connect((host, int(port)))
        self._send = self._socket.sendall if hasattr(self._socket, "sendall") else self._socket.send
        self._receive = self._socket.recv
        self._rest = b""
        self.next_request = (
            "GET {}invocation/next HTTP/1.1\r\nHost: {}\r\n\r\n".format(_PREFIX, address)
        ).encode("ascii")

    def post(self, path, body, headers="", then=b""):
        """Sends a POST, and `then` behind it in the same write."""
        head = (
            "POST {}{} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n"
            "{}Content-Length: {}\r\n\r\n"
        ).format(_PREFIX, path, self.address, headers, len(body))
        self._send(head.encode("latin-1", "replace") + body + then)

    def ask_next(self):
        self._send(self.next_request)

    def read(self):
        """One answer: (status, header fields by lower-case name, body)."""
        data = self._rest
        end = data.find(b"\r\n\r\n")
        while end < 0:
            data += self._more()
            end = data.find(b"\r\n\r\n")
        lines = data[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        start = end + 4
        size = int(headers.get("content-length", 0))
        have = len(data) - start
        if have < size:
            pieces = [data[start:]]
            while have < size:
                piece = self._more()
                pieces.append(piece)
                have += len(piece)
            data = b"".join(pieces)
            start = 0
        self._rest = data[start + size:]
        return int(lines[0].split(" ", 2)[1]), headers, data[start:start + size]

    def _more(self):
        piece = self._receive(262144)
        if not piece:
            sys.exit(1)  # the platform is gone
        return piece


# --- What handlers see ------------------------------------------------------------------------


class CognitoIdentity:
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, values):
        self.cognito_identity_id = values.get("cognitoIdentityId")
        self.cognito_identity_pool_id = values.get("cognitoIdentityPoolId")

    def __repr__(self):
        return "CognitoIdentity([cognito_identity_id={},cognito_identity_pool_id={}])".format(
            self.cognito_identity_id, self.cognito_identity_pool_id
        )


class Client:
    __slots__ = (
        "installation_id",
        "app_title",
        "app_version_name",
        "app_version_code",
        "app_package_name",
    )

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self):
        values = ("{}={}".format(name, getattr(self, name)) for name in self.__slots__)
        return "Client([{}])".format(",".join(values))


class ClientContext:
    __slots__ = ("custom", "env", "client")

    def __init__(self, values):
        self.custom = values.get("custom")
        self.env = values.get("env")
        client = values.get("client")
        self.client = Client(client) if isinstance(client, dict) else None

    def __repr__(self):
        return "ClientContext([custom={},env={},client={}])".format(
            self.custom, self.env, self.client
        )


class LambdaContext:
    function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
    memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
    log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")

    def __init__(self, headers):
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn", "")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms", 0))
        text = headers.get("lambda-runtime-client-context")
        self.client_context = None
        if text:
            values = _decode(text.encode("latin-1"))
            self.client_context = ClientContext(values) if isinstance(values, dict) else None
        text = headers.get("lambda-runtime-cognito-identity")
        values = _decode(text.encode("latin-1")) if text else None
        self.identity = CognitoIdentity(values if isinstance(values, dict) else {})

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
        sys.stdout.write(text)

    def __repr__(self):
        return (
            "LambdaContext([aws_request_id={},log_group_name={},log_stream_name={},"
            "function_name={},memory_limit_in_mb={},function_version={},"
            "invoked_function_arn={},client_context={},identity={}])"
        ).format(
            self.aws_request_id,
            self.log_group_name,
            self.log_stream_name,
            self.function_name,
            self.memory_limit_in_mb,
            self.function_version,
            self.invoked_function_arn,
            self.client_context,
            self.identity,
        )


# --- Logging ----------------------------------------------------------------------------------

_current = {"id": None}  # the request that is being handled, for log records

_LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50}


class _RequestFilter(logging.Filter):
    def filter(self, record):
        record.aws_request_id = _current["id"] or ""
        return True


class _JsonFormatter(logging.Formatter):
    def format(self, record):
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.aws_request_id:
            line["requestId"] = record.aws_request_id
        if record.exc_info:
            line["stackTrace"] = self.formatException(record.exc_info).split("\n")
            line["errorType"] = record.exc_info[0].__name__ if record.exc_info[0] else None
            line["errorMessage"] = str(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


class _StdoutHandler(logging.Handler):
    """Writes to whatever sys.stdout is at the time, one write a record."""

    def emit(self, record):
        try:
            sys.stdout.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


def _set_up_logging():
    handler = _StdoutHandler()
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    if as_json:
        handler.setFormatter(_JsonFormatter())
    else:
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    handler.addFilter(_RequestFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    if level in _LEVELS:
        root.setLevel(_LEVELS[level])
    return as_json


# --- Errors -----------------------------------------------------------------------------------


def _stack_trace(error):
    """The lines of the user's frames, without those of this file and the import machinery."""
    import traceback

    found = traceback.extract_tb(error.__traceback__)
    frames = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in found]
    while frames and (frames[0][0] == __file__ or "importlib" in frames[0][0]):
        frames.pop(0)
    return traceback.format_list(frames)


def _describe(error, request_id):
    if isinstance(error, Fault):
        kind, message, trace = error.kind, error.message, error.trace
    else:
        kind, message, trace = type(error).__name__, str(error), _stack_trace(error)
    return {
        "errorMessage": message,
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": trace,
    }


def _log_error(report, as_json):
    if as_json:
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "log_level": "ERROR",
            "errorMessage": report["errorMessage"],
            "errorType": report["errorType"],
            "requestId": report["requestId"],
            "stackTrace": report["stackTrace"],
        }
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    lines = ["[ERROR] {}: {}".format(report["errorType"], report["errorMessage"])]
    if report["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines.extend(entry.rstrip("\n") for entry in report["stackTrace"])
    sys.stdout.write("\n".join(lines) + "\n")


# --- The handler ------------------------------------------------------------------------------


def _find_handler(name):
    module_name, dot, function_name = name.rpartition(".")
    if not dot or not module_name:
        raise Fault(
            "Runtime.MalformedHandlerName",
            "Bad handler '{}': not enough values to unpack (expected 2, got 1)".format(name),
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module {} as a handler module".format(module_name),
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault(
            "Runtime.ImportModuleError",
            "Unable to import module '{}': {}".format(module_name, error),
        )
    except SyntaxError as error:
        raise Fault(
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module '{}': {}".format(module_name, error),
            ['  File "{}" Line {}\n    {}'.format(error.filename, error.lineno, error.text)],
        )
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault(
            "Runtime.HandlerNotFound",
            "Handler '{}' missing on module '{}'".format(function_name, module_name),
        )


def _run_handler(handler, headers, body):
    """The bytes of the answer, and the header lines that go with it."""
    content_type = headers.get("content-type", "application/json")
    event = body
    context = LambdaContext(headers)
    if content_type.startswith("application/json"):
        try:
            event = _decode(body)
        except ValueError as error:
            raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: {}".format(error))
    result = handler(event, context)
    if isinstance(result, (bytes, bytearray)):
        return bytes(result)
    try:
        return _to_bytes(_encode(result))
    except (TypeError, ValueError, RecursionError) as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: {}".format(error))


def _set_trace(trace, previous):
    if trace == previous:
        return
    if trace:
        os.environ[_TRACE_VARIABLE] = trace
    else:
        os.environ.pop(_TRACE_VARIABLE, None)


def _serve(connection, handler, as_json):
    trace = None
    connection.ask_next()
    while True:
        status, headers, body = connection.read()
        request_id = headers.get("lambda-runtime-aws-request-id")
        if status != 200 or not request_id:
            sys.stderr.write(
                "runtime: the platform answered {} to 'next': {!r}\n".format(status, body[:200])
            )
            sys.exit(1)
        _set_trace(headers.get("lambda-runtime-trace-id"), trace)
        trace = headers.get("lambda-runtime-trace-id")
        _current["id"] = request_id
        try:
            answer = _run_handler(handler, headers, body)
            path = "invocation/{}/response".format(request_id)
        except Exception as error:
            report = _describe(error, request_id)
            _log_error(report, as_json)
            answer = _to_bytes(json.dumps(report, ensure_ascii=False))
            path = "invocation/{}/error".format(request_id)
        sys.stdout.flush()
        sys.stderr.flush()
        connection.post(path, answer, then=connection.next_request)
        connection.read()  # 202, or a refusal that the invoker has been told of; the event follows


def main():
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    # The code comes first, as on the service; this file's folder is no place to import from.
    sys.path[0] = os.environ.get("LAMBDA_TASK_ROOT", os.getcwd())
    as_json = _set_up_logging()
    connection = Connection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = _find_handler(os.environ.get("_HANDLER", ""))
    except Exception as error:
        report = _describe(error, "")
        _log_error(report, as_json)
        sys.stdout.flush()
        kind = report["errorType"]
        if "." not in kind:
            kind = "Runtime." + kind
        connection.post(
            "init/error",
            _to_bytes(json.dumps(report, ensure_ascii=False)),
            "Lambda-Runtime-Function-Error-Type: {}\r\n".format(kind),
        )
        connection.read()
        sys.exit(1)
    _serve(connection, handler, as_json)


if __name__ == "__main__":
    main()
