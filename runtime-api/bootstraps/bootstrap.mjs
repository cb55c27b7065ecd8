// The Node runtime client: fetches events from the Runtime API, calls the handler, posts answers.
//
// Needs Node 18 or newer and nothing else. It speaks HTTP/1.1 on a bare socket that is kept for
// everything: the answer to an event and the request for the next one leave in one write, so that a
// warm invocation costs one write and one wait.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const PREFIX = '/2018-06-01/runtime/';
const API = process.env.AWS_LAMBDA_RUNTIME_API;
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const HTTP_CONTENT_TYPE = 'application/vnd.awslambda.http-integration-response';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';

// --- Errors that the platform knows by name --------------------------------------------------

class RuntimeFault extends Error {
  constructor(kind, reason) {
    super(reason);
    this.name = `Runtime.${kind}`;
    Error.captureStackTrace?.(this, RuntimeFault);
  }
}

function describeError(error) {
  try {
    const looksLikeError =
      error && typeof error === 'object' && 'stack' in error && 'message' in error;
    if (error instanceof Error || looksLikeError) {
      return {
        errorType: String(error.name ?? 'Error'),
        errorMessage: String(error.message),
        trace: String(error.stack ?? '').split('\n'),
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    const errorMessage =
      'callback called with Error argument, but there was a problem while retrieving one or ' +
      'more of its message, name, and stack';
    return { errorType: 'handled', errorMessage, trace: [] };
  }
}

// The form that goes to the log: all own properties of the error, with the stack as lines.
function errorForLog(error) {
  const { trace: stack, ...report } = describeError(error);
  const own = {};
  if (error && typeof error === 'object') {
    for (const [name, value] of Object.entries(error)) if (name !== 'name') own[name] = value;
  }
  try {
    return JSON.stringify({ ...report, ...own, stack });
  } catch {
    return JSON.stringify({ ...report, stack });
  }
}

// --- Logging ---------------------------------------------------------------------------------

let requestId; // of the invocation that runs; undefined during init

const LEVELS = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4, FATAL: 5 };
const jsonLogs = (process.env.AWS_LAMBDA_LOG_FORMAT ?? '').toUpperCase() === 'JSON';
const minLevel = LEVELS[(process.env.AWS_LAMBDA_LOG_LEVEL ?? '').toUpperCase()] ?? 0;

function writeLog(level, args) {
  if (LEVELS[level] < minLevel) return;
  const now = new Date().toISOString();
  if (!jsonLogs) {
    process.stdout.write(`${now}\t${requestId}\t${level}\t${format(...args)}\n`);
    return;
  }
  const line = { timestamp: now, level };
  if (requestId !== undefined) line.requestId = requestId;
  const error = args.find((arg) => arg instanceof Error);
  if (error !== undefined) {
    const { trace: stackTrace, ...report } = describeError(error);
    Object.assign(line, report, { stackTrace });
  }
  let text;
  if (args.length === 1 && typeof args[0] === 'object' && error === undefined) {
    try {
      text = JSON.stringify({ ...line, message: args[0] });
    } catch {
      text = undefined; // circular
    }
  }
  process.stdout.write(`${text ?? JSON.stringify({ ...line, message: format(...args) })}\n`);
}

// Output is written at once, as on the service: Node would queue what a pipe does not take, and a
// line that is still queued when the answer goes out, or when the process exits, belongs to the
// wrong invocation or is lost. The streams are made at their first use, which takes a while.
function writeOutputAtOnce() {
  for (const name of ['stdout', 'stderr']) {
    const { get, ...rest } = Object.getOwnPropertyDescriptor(process, name);
    if (get === undefined) continue;
    const getBlocking = () => {
      const stream = get.call(process);
      stream._handle?.setBlocking?.(true);
      Object.defineProperty(process, name, { ...rest, get });
      return stream;
    };
    Object.defineProperty(process, name, { ...rest, get: getBlocking });
  }
}

function patchConsole() {
  console.log = (...args) => writeLog('INFO', args);
  for (const level of ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']) {
    console[level.toLowerCase()] = (...args) => writeLog(level, args);
  }
}

// --- The connection --------------------------------------------------------------------------

// The socket counts as work of the event loop only while an answer of the platform is awaited for
// itself; while a handler runs it does not, so that the loop's running empty can be noticed.
const connection = {
  socket: undefined,
  pending: undefined, // bytes that are not a whole answer yet
  need: 0, // how many bytes that answer has, once its head is known
  waiting: [], // callbacks, one for each answer that is to come, in order
};

function fail(message) {
  process.stderr.write(`runtime: ${message}\n`);
  process.exit(1);
}

function connect(done) {
  const colon = API.lastIndexOf(':');
  const buffer = Buffer.allocUnsafe(65536);
  connection.socket = net.connect({
    host: API.slice(0, colon),
    port: Number(API.slice(colon + 1)),
    noDelay: true,
    onread: {
      buffer,
      callback(size) {
        received(buffer, size);
        return true;
      },
    },
  });
  connection.socket.once('connect', done);
  connection.socket.on('error', (error) => fail(`lost the platform: ${error.message}`));
  connection.socket.on('close', () => process.exit(1));
}

function received(buffer, size) {
  let data = buffer;
  let end = size;
  if (connection.pending !== undefined) {
    connection.pending.push(Buffer.from(buffer.subarray(0, size)));
    connection.have += size;
    if (connection.have < connection.need) return;
    data = Buffer.concat(connection.pending);
    end = data.length;
    connection.pending = undefined;
  }
  let start = 0;
  while (start < end) {
    const head = data.indexOf('\r\n\r\n', start, 'latin1');
    let need = start + 1;
    if (head >= 0 && head + 4 <= end) {
      const answer = parseHead(data.latin1Slice(start, head));
      const bodyEnd = head + 4 + answer.length;
      if (bodyEnd <= end) {
        answer.body = data;
        answer.start = head + 4;
        answer.end = bodyEnd;
        start = bodyEnd;
        connection.waiting.shift()(answer);
        continue;
      }
      need = bodyEnd;
    }
    connection.pending = [Buffer.from(data.subarray(start, end))];
    connection.have = end - start;
    connection.need = Math.max(need - start, connection.have + 1);
    return;
  }
}

function parseHead(text) {
  const status = Number(text.slice(9, 12));
  const answer = { status, length: 0, headers: {}, body: undefined, start: 0, end: 0 };
  let line = text.indexOf('\r\n');
  while (line >= 0) {
    const next = text.indexOf('\r\n', line + 2);
    const colon = text.indexOf(':', line);
    const value = text.slice(colon + 1, next < 0 ? undefined : next).trim();
    answer.headers[text.slice(line + 2, colon).toLowerCase()] = value;
    line = next;
  }
  answer.length = Number(answer.headers['content-length'] ?? 0);
  return answer;
}

const nextRequest = `GET ${PREFIX}invocation/next HTTP/1.1\r\nHost: ${API}\r\n\r\n`;

function postHead(target, headers, size) {
  const request = `POST ${PREFIX}${target} HTTP/1.1\r\nHost: ${API}`;
  return `${request}\r\n${headers}Content-Length: ${size}\r\n\r\n`;
}

// The platform's answer to a post says nothing that changes what happens next: of a refused one the
// invoker was told.
const ignoreAnswer = () => {};

function askNext() {
  connection.waiting.push(onEvent);
  connection.socket.ref();
  connection.socket.write(nextRequest);
}

// Posts an answer and asks for the next event in the same write.
function postAndAskNext(target, headers, body) {
  connection.waiting.push(ignoreAnswer, onEvent);
  connection.socket.ref();
  const head = postHead(target, headers, Buffer.byteLength(body));
  connection.socket.write(head + body + nextRequest);
}

function postAndThen(target, headers, body, done) {
  connection.waiting.push(done);
  connection.socket.ref();
  connection.socket.write(postHead(target, headers, Buffer.byteLength(body)) + body);
}

// A header value must not hold line breaks, nor what is no Latin-1.
const oneLine = (text) => text.replace(/[^\t\x20-\x7e\xa0-\xff]/g, ' ');

// --- Streamed answers ------------------------------------------------------------------------

class ResponseStream extends Writable {
  constructor(id, highWaterMark = 65536) {
    super({ highWaterMark });
    this.id = id;
    this.contentType = 'application/octet-stream';
    this.prelude = undefined;
    this.started = false;
    this.closed_ = false;
  }

  setContentType(type) {
    if (!this.started) this.contentType = String(type);
  }

  begin() {
    if (this.started) return;
    this.started = true;
    connection.waiting.push(ignoreAnswer);
    connection.socket.write(
      `POST ${PREFIX}invocation/${this.id}/response HTTP/1.1\r\nHost: ${API}\r\n` +
        `Content-Type: ${oneLine(this.contentType)}\r\n` +
        'Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n' +
        `Trailer: ${ERROR_TYPE}, Lambda-Runtime-Function-Error-Body\r\n\r\n`,
    );
    if (this.prelude !== undefined) {
      this.sendChunk(Buffer.from(this.prelude));
      this.sendChunk(Buffer.alloc(8));
    }
  }

  sendChunk(bytes, done) {
    if (bytes.length === 0) return done?.();
    connection.socket.write(`${bytes.length.toString(16)}\r\n`);
    connection.socket.write(bytes);
    return connection.socket.write('\r\n', done);
  }

  _write(chunk, encoding, done) {
    this.begin();
    this.sendChunk(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, encoding), done);
  }

  _final(done) {
    this.begin();
    this.close_('', done);
  }

  close_(trailers, done) {
    if (this.closed_) return done?.();
    this.closed_ = true;
    return connection.socket.write(`0\r\n${trailers}\r\n`, done);
  }

  // The handler failed: as an error of its own if nothing was sent yet, else behind what was sent.
  failWith(report) {
    const body = Buffer.from(JSON.stringify(report)).toString('base64');
    const type = oneLine(report.errorType);
    this.close_(`${ERROR_TYPE}: ${type}\r\nLambda-Runtime-Function-Error-Body: ${body}\r\n`);
    this.destroy();
  }
}

globalThis.awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = 'response';
    const mark = options?.highWaterMark;
    if (typeof mark === 'number') handler[HIGH_WATER_MARK] = mark;
    return handler;
  },
  HttpResponseStream: class HttpResponseStream {
    static from(stream, metadata) {
      stream.setContentType(HTTP_CONTENT_TYPE);
      stream.prelude = JSON.stringify(metadata ?? {});
      return stream;
    }
  },
};

// --- One invocation --------------------------------------------------------------------------

let handler;
let run; // of the invocation that runs; undefined in between

// Of the runtime that was asked for, not of the Node that stands in for it.
const wantedVersion = /^AWS_Lambda_nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '')?.[1];
const majorVersion = Number(wantedVersion ?? process.versions.node.split('.')[0]);

function parseOptional(text) {
  return text ? JSON.parse(Buffer.from(text, 'latin1').toString()) : undefined;
}

function makeContext(current, headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'] ?? 0);
  const context = {
    get callbackWaitsForEmptyEventLoop() {
      return current.waitsForEmptyLoop;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      current.waitsForEmptyLoop = Boolean(value);
    },
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseOptional(headers['lambda-runtime-client-context']),
    identity: parseOptional(headers['lambda-runtime-cognito-identity']),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: current.id,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  const tenant = headers['lambda-runtime-aws-tenant-id'];
  if (tenant) context.tenantId = tenant;
  if (majorVersion < 24) {
    context.done = (error, result) => current.callback(error, result);
    context.succeed = (result) => current.callback(null, result);
    context.fail = (error) => current.callback(error ?? 'handled');
  }
  return context;
}

// Ends the invocation: at most once, and only the one that still runs.
function finish(current, post) {
  if (current.over) return;
  current.over = true;
  run = undefined;
  post();
}

function succeed(current, result) {
  if (current.over) return;
  let body;
  try {
    body = JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch (error) {
    const message = `Unable to stringify response body: ${error.message}`;
    fault(current, new RuntimeFault('MarshalError', message));
    return;
  }
  finish(current, () => postAndAskNext(`invocation/${current.id}/response`, JSON_TYPE, body));
}

function logInvokeError(error) {
  if (jsonLogs) writeLog('ERROR', [error]);
  else writeLog('ERROR', [`Invoke Error \t${errorForLog(error)}`]);
}

function fault(current, error) {
  if (current.over) return;
  logInvokeError(error);
  finish(current, () => {
    const report = describeError(error);
    if (current.stream?.started) {
      current.stream.failWith(report);
      askNext();
      return;
    }
    current.stream?.destroy();
    postAndAskNext(`invocation/${current.id}/error`, JSON_TYPE, JSON.stringify(report));
  });
}

// What callbacks and context.done() do: the answer waits until the event loop is empty, unless told
// otherwise.
function settleByCallback(current, error, result) {
  if (current.over || current.settled) return;
  const failed = error !== undefined && error !== null;
  current.settled = () => (failed ? fault(current, error) : succeed(current, result));
  if (failed || !current.waitsForEmptyLoop) setImmediate(current.settled);
}

process.on('beforeExit', () => {
  const current = run;
  if (current === undefined) return;
  if (current.settled) current.settled();
  else if (current.stream !== undefined && current.handlerDone) current.stream.end();
  else if (current.isAsync) {
    fault(
      current,
      new RuntimeFault(
        'NodeJsExit',
        'The Lambda runtime client detected an unexpected Node.js exit code. This is most ' +
          'commonly caused by a Promise that was never settled. For more information, see ' +
          'https://nodejs.org/docs/latest/api/process.html#process_exit_codes',
      ),
    );
  } else succeed(current, null);
});

// An error that nothing caught ends the process; the invoker is told before.
function dieOf(error, code, log) {
  writeLog('ERROR', jsonLogs ? [error] : [`${log} \t${errorForLog(error)}`]);
  const report = JSON.stringify(describeError(error));
  const current = run;
  const exit = () => process.exit(code);
  if (current !== undefined && !current.over) {
    current.over = true;
    run = undefined;
    if (current.stream?.started) {
      connection.waiting[connection.waiting.length - 1] = exit;
      connection.socket.ref();
      current.stream.failWith(JSON.parse(report));
    } else {
      postAndThen(`invocation/${current.id}/error`, JSON_TYPE, report, exit);
    }
  } else if (handler === undefined && connection.socket !== undefined) {
    initError(error, report, exit);
  } else {
    exit();
  }
}

function initError(error, report, exit) {
  const type = oneLine(describeError(error).errorType);
  postAndThen('init/error', `${JSON_TYPE}${ERROR_TYPE}: ${type}\r\n`, report, exit);
}

process.on('uncaughtException', (error) => dieOf(error, 129, 'Uncaught Exception'));
process.on('unhandledRejection', (reason, promise) => {
  const error = new RuntimeFault('UnhandledPromiseRejection', String(reason));
  error.reason = reason;
  error.promise = promise;
  dieOf(error, 128, 'Unhandled Promise Rejection');
});

function runStreaming(current, event, context) {
  const stream = new ResponseStream(current.id, handler[HIGH_WATER_MARK]);
  current.stream = stream;
  current.isAsync = true;
  stream.on('finish', () => finish(current, askNext));
  stream.on('error', (error) => fault(current, error));
  const result = handler(event, stream, context);
  if (typeof result?.then !== 'function') {
    const message = 'Streaming does not support non-async handlers.';
    fault(current, new RuntimeFault('InvalidStreamingOperation', message));
    return;
  }
  result.then(
    () => {
      // A stream that nobody ends would be waited for until the timeout: an empty loop ends it.
      current.handlerDone = true;
    },
    (error) => fault(current, error),
  );
}

function onEvent(answer) {
  const id = answer.headers['lambda-runtime-aws-request-id'];
  if (answer.status !== 200 || !id) {
    const text = answer.body.toString('utf8', answer.start, answer.end);
    fail(`the platform answered ${answer.status} to 'next': ${text}`);
  }
  requestId = id;
  const trace = answer.headers['lambda-runtime-trace-id'];
  if (trace) process.env._X_AMZN_TRACE_ID = trace;
  else delete process.env._X_AMZN_TRACE_ID;
  const current = {
    id,
    over: false,
    waitsForEmptyLoop: true,
    isAsync: false,
    handlerDone: false,
    settled: undefined,
    stream: undefined,
    callback: (error, result) => settleByCallback(current, error, result),
  };
  run = current;
  connection.socket.unref();
  try {
    const context = makeContext(current, answer.headers);
    const event = JSON.parse(answer.body.toString('utf8', answer.start, answer.end));
    if (handler[STREAMING] === 'response') {
      runStreaming(current, event, context);
      return;
    }
    const callback = majorVersion < 24 ? [current.callback] : [];
    const result = handler(event, context, ...callback);
    if (typeof result?.then === 'function') {
      current.isAsync = true;
      result.then(
        (value) => succeed(current, value),
        (error) => fault(current, error),
      );
    }
  } catch (error) {
    fault(current, error);
  }
}

// --- The handler -----------------------------------------------------------------------------

function isModulePackage(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    try {
      const text = fs.readFileSync(path.join(folder, 'package.json'), 'utf8');
      return JSON.parse(text).type === 'module';
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') return false;
    }
    if (folder === path.dirname(folder)) return false;
  }
}

async function loadModule(root, folder, name) {
  const base = path.resolve(root, folder, name);
  const require = createRequire(path.join(root, 'index.js'));
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const file = base + extension;
    if (!fs.existsSync(file) || fs.statSync(file).isDirectory()) continue;
    const isModule = extension === '.mjs' || (extension === '.js' && isModulePackage(file));
    return isModule ? import(pathToFileURL(file).href) : require(file);
  }
  return require(require.resolve(name, { paths: [root, path.resolve(root, folder)] }));
}

async function findHandler(root, name) {
  if (name.includes('..')) {
    throw new RuntimeFault(
      'MalformedHandlerName',
      `'${name}' is not a valid handler name. Use absolute paths when specifying root ` +
        'directories in handler names.',
    );
  }
  const folder = path.dirname(name);
  const parts = /^([^.]*)\.(.+)$/.exec(path.basename(name));
  if (parts === null) throw new RuntimeFault('MalformedHandlerName', 'Bad handler');
  let module;
  try {
    module = await loadModule(root, folder, parts[1]);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeFault('UserCodeSyntaxError', error);
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      throw new RuntimeFault('ImportModuleError', error);
    }
    throw error;
  }
  let found = module;
  for (const part of parts[2].split('.')) found = found?.[part];
  if (found === undefined || found === null) {
    // A CommonJS module's exports, imported as an ES module, sit behind its default.
    found = module?.default;
    for (const part of parts[2].split('.')) found = found?.[part];
  }
  if (found === undefined || found === null) {
    throw new RuntimeFault('HandlerNotFound', `${name} is undefined or not exported`);
  }
  if (typeof found !== 'function') {
    throw new RuntimeFault('HandlerNotFound', `${name} is not a function`);
  }
  if (majorVersion >= 24 && found[STREAMING] === undefined && found.length >= 3) {
    throw new RuntimeFault(
      'CallbackHandlerDeprecated',
      'AWS Lambda has removed support for callback-based function handlers starting with ' +
        'Node.js 24. Use an async handler, or an earlier runtime.',
    );
  }
  return found;
}

writeOutputAtOnce();
patchConsole();
connect(() => {
  findHandler(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), process.env._HANDLER ?? '').then(
    (found) => {
      handler = found;
      askNext();
    },
    (error) => dieOf(error, 1, 'Uncaught Exception'),
  );
});
