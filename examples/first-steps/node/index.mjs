// First steps: a greeting, for HTTP API events (payload format 2.0) and for direct invocations.
//
// Parameters, in the JSON of a direct invocation, in the body of a request or in its query string:
// name      whom to greet
// sleep_ms  how long to work
// fail      true: throw an error

import { setTimeout as sleep } from 'node:timers/promises';

function parametersOf(event) {
  if (event === null || typeof event !== 'object') return {};
  if (event.requestContext === undefined) return event;
  let sent;
  if (event.body) {
    const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body;
    try {
      sent = JSON.parse(text);
    } catch {
      sent = undefined; // a body that is not JSON has no parameters
    }
  }
  const body = typeof sent === 'object' ? sent : undefined;
  return { ...event.pathParameters, ...event.queryStringParameters, ...body };
}

export const handler = async (event, context) => {
  const parameters = parametersOf(event);
  const sleepMs = Number(parameters.sleep_ms ?? 0);
  if (sleepMs > 0) await sleep(sleepMs);
  if (['true', '1'].includes(String(parameters.fail).toLowerCase())) {
    throw new Error('failed as requested');
  }
  const answer = {
    message: `Hello, ${parameters.name ?? 'world'}!`,
    runtime: 'node',
    request_id: context.awsRequestId,
  };
  if (event?.requestContext === undefined) return answer;
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(answer),
  };
};
