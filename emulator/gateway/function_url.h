// Function URLs on the data plane: which one a request is for, what they answer by themselves, and
// the beginning of a streamed answer.
//
//   Host: {urlId}.lambda-url.<anything>[:port]     the URL's own host
//   /_aws/lambda-url/{urlId}/…                     by path, for clients that cannot set Host
//
// The event is append_url_event() of event.h, a buffered answer make_url_response() of response.h.
// Thread: any. On failure: none.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/gateway/response.h"
#include "models/domain/function_url.h"
#include "models/domain/http_message.h"

namespace lambdarium::gateway {

struct UrlAddress {
  std::string id;           // as asked for; there need not be such a URL
  std::string_view path;    // still encoded; points into the request
  std::string domain_name;  // the host of the event's context
};

// Nothing: the request is for no function URL. `region` names the host in events where the request
// did not use one.
std::optional<UrlAddress> find_function_url(const HttpRequest& request, std::string_view region);

// "http://{id}.lambda-url.{region}.localhost:3000/"
std::string function_url_text(std::string_view id, std::string_view region, int port);

// The host of the URL on the service: "{id}.lambda-url.{region}.on.aws".
std::string function_url_host(std::string_view id, std::string_view region);

enum class UrlError : std::uint8_t {
  kBadRequest,     // 400
  kUnknown,        // 403: no such URL
  kForbidden,      // 403: the alias is gone, or the caller may not
  kTooLarge,       // 413: body over 6 MB
  kThrottled,      // 429
  kFunctionError,  // 502: also for an answer that is malformed
  kTimeout,        // 504: of the function
  kUnavailable,    // 503: no room for another environment
};

HttpResponse make_url_error(UrlError error, const UrlIds& ids);
// Replaces what a function wrote under these names.
void add_url_ids(HeaderList& headers, const UrlIds& ids);

// The answer to a preflight, where the URL has a Cors and the request is one.
std::optional<HttpResponse> answer_preflight(const FunctionUrlDefinition& url,
                                             const HttpRequest& request, const UrlIds& ids);
// The access-control fields of an actual answer: the URL's Cors, where it has one, instead of the
// function's. `origin`: of the request; empty: it had none.
void apply_cors(const FunctionUrlDefinition& url, std::string_view origin, HeaderList& headers);

// "application/vnd.awslambda.http-integration-response": the stream begins with its HTTP metadata.
bool has_stream_metadata(std::string_view content_type);

// Takes the metadata off a stream: JSON, eight NUL bytes, then the body. Pieces may be cut
// anywhere.
class StreamPrelude {
 public:
  enum class State : std::uint8_t { kOpen, kComplete, kMalformed };
  static constexpr std::size_t kBytesMax = 65'536;  // of the JSON

  // Requires: state() is kOpen. What of the piece belongs to the body; points into it.
  std::string_view take(std::string_view piece);
  State state() const { return state_; }
  // Once complete.
  const std::string& json() const { return json_; }

 private:
  std::string json_;
  int zeros_ = 0;  // of the separator, so far
  State state_ = State::kOpen;
};

// A whole stream with metadata, as a BUFFERED URL sees it.
HttpResponse make_url_stream_response(std::string_view stream, const UrlIds& ids);

}  // namespace lambdarium::gateway
