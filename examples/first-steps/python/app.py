"""First steps: a greeting, for HTTP API events (payload format 2.0) and for direct invocations.

Parameters, in the JSON of a direct invocation, in the body of a request, its query string or path:
name      whom to greet
sleep_ms  how long to work
fail      true: raise an error
"""

import base64
import json
import time


def parameters_of(event):
    """The parameters, whichever way they came."""
    if not isinstance(event, dict):
        return {}
    if "requestContext" not in event:
        return event
    parameters = dict(event.get("pathParameters") or {})
    parameters.update(event.get("queryStringParameters") or {})
    body = event.get("body")
    if body:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body)
        try:
            sent = json.loads(body)
        except ValueError:
            sent = None
        if isinstance(sent, dict):
            parameters.update(sent)
    return parameters


def handler(event, context):
    parameters = parameters_of(event)
    time.sleep(max(0.0, float(parameters.get("sleep_ms") or 0)) / 1000)
    if str(parameters.get("fail", "")).lower() in ("true", "1"):
        raise RuntimeError("failed as requested")
    answer = {
        "message": "Hello, {}!".format(parameters.get("name") or "world"),
        "runtime": "python",
        "request_id": context.aws_request_id,
    }
    if not isinstance(event, dict) or "requestContext" not in event:
        return answer
    headers = {"content-type": "application/json"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(answer)}
