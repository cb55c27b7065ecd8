#include <iterator>
#include <utility>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "emulator/aws/invoke.h"
#include "models/base/encoding.h"

namespace lambdarium::aws {

namespace {

constexpr std::size_t kLogResultBytes = 4'096;

HttpResponse empty_response(int status, std::string_view request_id, std::string_view trace_id) {
  HttpResponse response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string{request_id});
  response.headers.add("x-amzn-Remapped-Content-Length", "0");
  if (!trace_id.empty()) response.headers.add("X-Amzn-Trace-Id", std::string{trace_id});
  return response;
}

}  // namespace

std::string make_log_result(std::string_view log_text) {
  if (log_text.size() > kLogResultBytes) {
    log_text.remove_prefix(log_text.size() - kLogResultBytes);
  }
  return base64_encode(log_text);
}

HttpResponse make_invoke_response(const InvokeResult& result, std::string payload) {
  HttpResponse response;
  response.headers.reserve(7);
  response.headers.add("Content-Type", "application/json");
  response.headers.add("x-amzn-RequestId", std::string{result.request_id});
  response.headers.add("x-amzn-Remapped-Content-Length", "0");
  response.headers.add("X-Amz-Executed-Version", std::string{result.executed_version});
  if (!result.function_error.empty()) {
    response.headers.add("X-Amz-Function-Error", std::string{result.function_error});
  }
  if (result.tail) response.headers.add("X-Amz-Log-Result", make_log_result(result.log_text));
  if (!result.trace_id.empty()) {
    response.headers.add("X-Amzn-Trace-Id", std::string{result.trace_id});
  }
  response.body = std::move(payload);
  return response;
}

void append_invoke_headers(std::string& out, const InvokeResult& result) {
  fmt::format_to(std::back_inserter(out),
                 FMT_COMPILE("Content-Type: application/json\r\n"
                             "x-amzn-RequestId: {}\r\n"
                             "x-amzn-Remapped-Content-Length: 0\r\n"
                             "X-Amz-Executed-Version: {}\r\n"),
                 result.request_id, result.executed_version);
  if (!result.function_error.empty()) {
    fmt::format_to(std::back_inserter(out), "X-Amz-Function-Error: {}\r\n", result.function_error);
  }
  if (result.tail) {
    fmt::format_to(std::back_inserter(out), "X-Amz-Log-Result: {}\r\n",
                   make_log_result(result.log_text));
  }
  if (!result.trace_id.empty()) {
    out.append("X-Amzn-Trace-Id: ").append(result.trace_id).append("\r\n");
  }
}

void append_invoke_head(std::string& out, const InvokeResult& result, std::size_t payload_size,
                        std::string_view date, bool keep_alive) {
  const std::string_view date_name = date.empty() ? "" : "Date: ";
  const std::string_view date_end = date.empty() ? "" : "\r\n";
  const std::string_view connection = keep_alive ? "" : "Connection: close\r\n";
  if (result.function_error.empty() && !result.tail && !result.trace_id.empty()) {
    fmt::format_to(std::back_inserter(out),
                   "HTTP/1.1 200 OK\r\n{}{}{}Content-Length: {}\r\n{}"
                   "Content-Type: application/json\r\n"
                   "x-amzn-RequestId: {}\r\n"
                   "x-amzn-Remapped-Content-Length: 0\r\n"
                   "X-Amz-Executed-Version: {}\r\n"
                   "X-Amzn-Trace-Id: {}\r\n\r\n",
                   date_name, date, date_end, payload_size, connection, result.request_id,
                   result.executed_version, result.trace_id);
    return;
  }
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 200 OK\r\n{}{}{}Content-Length: {}\r\n{}",
                 date_name, date, date_end, payload_size, connection);
  append_invoke_headers(out, result);
  out += "\r\n";
}

HttpResponse make_event_response(std::string_view request_id, std::string_view trace_id) {
  return empty_response(202, request_id, trace_id);
}

HttpResponse make_dry_run_response(std::string_view request_id, std::string_view trace_id) {
  return empty_response(204, request_id, trace_id);
}

HttpResponse make_invoke_async_response(std::string_view request_id) {
  HttpResponse response;
  response.status = 202;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("x-amzn-RequestId", std::string{request_id});
  response.body = R"({"Status":202})";
  return response;
}

}  // namespace lambdarium::aws
