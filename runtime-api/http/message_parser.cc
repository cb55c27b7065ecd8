#include "runtime-api/http/message_parser.h"

#include <algorithm>

namespace lambdarium::http {
namespace {

constexpr std::size_t kHeaderCountMax = 2'000;
constexpr std::size_t kChunkExtensionBytesMax = 16u << 10;

MessageParser& self(llhttp_t* parser) {
  return *static_cast<MessageParser*>(parser->data);
}

void trim_end(std::string& value) {
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
}

}  // namespace

MessageParser::MessageParser(Direction direction, Listener& listener, std::size_t header_bytes_max)
    : listener_(listener), header_bytes_max_(header_bytes_max), direction_(direction) {
  llhttp_init(&parser_, direction == Direction::kRequest ? HTTP_REQUEST : HTTP_RESPONSE,
              &settings());
  parser_.data = this;
  start();
}

void MessageParser::start() {
  llhttp_reset(&parser_);
  scanner_.start(direction_ == Direction::kRequest ? HeadScanner::Part::kRequestHead
                                                   : HeadScanner::Part::kResponseHead,
                 header_bytes_max_);
  stage_ = Stage::kHead;
  head_done_ = complete_ = stopped_ = field_open_ = false;
  expect_no_body_ = last_chunk_ = keep_alive_ = false;
  extension_bytes_ = 0;
  content_length_.reset();
  failure_ = {};
  target.clear();
  headers.clear();
  trailers.clear();
}

std::string_view MessageParser::method() const {
  return llhttp_method_name(static_cast<llhttp_method_t>(parser_.method));
}

// The callbacks only hand over: an exception must not cross llhttp's frames.
const llhttp_settings_t& MessageParser::settings() {
  static const llhttp_settings_t table = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_url = [](llhttp_t* p, const char* at, std::size_t size) noexcept {
      self(p).target.append(at, size);
      return 0;
    };
    s.on_header_field = [](llhttp_t* p, const char* at, std::size_t size) noexcept {
      MessageParser& parser = self(p);
      HeaderList& list = parser.open_list();
      if (!parser.field_open_) {
        if (list.size() >= kHeaderCountMax) return parser.fail(431, "too many header lines");
        if (list.empty()) list.reserve(8);
        list.add({}, {});
        parser.field_open_ = true;
      }
      list.back().name.append(at, size);
      return 0;
    };
    s.on_header_field_complete = [](llhttp_t* p) noexcept {
      self(p).field_open_ = false;
      return 0;
    };
    s.on_header_value = [](llhttp_t* p, const char* at, std::size_t size) noexcept {
      self(p).open_list().back().value.append(at, size);
      return 0;
    };
    s.on_header_value_complete = [](llhttp_t* p) noexcept {
      HeaderList& list = self(p).open_list();
      if (!list.empty()) trim_end(list.back().value);
      return 0;
    };
    s.on_headers_complete = [](llhttp_t* p) noexcept { return self(p).headers_complete(); };
    s.on_chunk_extension_name = [](llhttp_t* p, const char*, std::size_t size) noexcept {
      MessageParser& parser = self(p);
      parser.extension_bytes_ += size;
      return parser.extension_bytes_ > kChunkExtensionBytesMax
                 ? parser.fail(400, "chunk extensions that are too long")
                 : 0;
    };
    s.on_chunk_extension_value = s.on_chunk_extension_name;
    s.on_chunk_header = [](llhttp_t* p) noexcept -> int {
      if (p->content_length != 0) return 0;
      self(p).last_chunk_ = true;
      return HPE_PAUSED;  // what follows are lines, which are scanned first
    };
    s.on_body = [](llhttp_t* p, const char* at, std::size_t size) noexcept -> int {
      MessageParser& parser = self(p);
      if (parser.listener_.on_body({at, size})) return 0;
      parser.stopped_ = true;
      return HPE_USER;
    };
    s.on_message_complete = [](llhttp_t* p) noexcept -> int {
      self(p).complete_ = true;
      return HPE_PAUSED;
    };
    return s;
  }();
  return table;
}

int MessageParser::fail(int status, std::string_view why) {
  failure_ = {status, why};
  return HPE_USER;
}

MessageParser::Outcome MessageParser::failed(int status, std::string_view why) {
  failure_ = {status, why};
  return Outcome::kFailed;
}

bool MessageParser::check_transfer_encoding() {
  const std::string* coding = nullptr;
  for (const HeaderField& field : headers) {
    if (!equal_ignoring_case(field.name, "Transfer-Encoding")) continue;
    if (coding != nullptr) return fail(400, "Transfer-Encoding given twice"), false;
    coding = &field.value;
  }
  if (coding == nullptr) return true;
  if (parser_.http_minor == 0) return fail(400, "Transfer-Encoding in a HTTP/1.0 message"), false;
  if (!equal_ignoring_case(*coding, "chunked")) {
    return fail(501, "a Transfer-Encoding other than chunked"), false;
  }
  return true;
}

int MessageParser::headers_complete() {
  if (parser_.http_major != 1 || parser_.http_minor > 1) {
    return fail(505, "a version other than HTTP/1.1 and 1.0"), -1;
  }
  if (!check_transfer_encoding()) return -1;
  // Nothing here switches protocols; the request is answered like any other.
  parser_.upgrade = 0;
  if ((parser_.flags & F_CONTENT_LENGTH) != 0) content_length_ = parser_.content_length;
  keep_alive_ = llhttp_should_keep_alive(&parser_) != 0;
  head_done_ = true;
  const int code = parser_.status_code;
  const bool no_body = direction_ == Direction::kResponse &&
                       (expect_no_body_ || code < 200 || code == 204 || code == 304);
  if (!listener_.on_head()) {
    stopped_ = true;
    return -1;
  }
  return no_body ? 1 : 0;
}

MessageParser::Outcome MessageParser::execute(const char* data, std::size_t size,
                                              std::size_t& consumed) {
  const llhttp_errno_t error = llhttp_execute(&parser_, data, size);
  if (stopped_) return Outcome::kStopped;
  if (error == HPE_OK) {
    consumed += size;
    return Outcome::kNeedMore;
  }
  if (error == HPE_PAUSED) {
    consumed += static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - data);
    llhttp_resume(&parser_);
    return complete_ ? Outcome::kComplete : Outcome::kNeedMore;
  }
  if (failure_.why.empty()) {
    const bool version = error == HPE_PAUSED_H2_UPGRADE || error == HPE_INVALID_VERSION;
    const char* reason = llhttp_get_error_reason(&parser_);
    return failed(version ? 505 : 400,
                  reason != nullptr && *reason != '\0' ? reason : llhttp_errno_name(error));
  }
  return Outcome::kFailed;
}

MessageParser::Outcome MessageParser::feed_lines(const char* data, std::size_t size,
                                                 std::size_t& consumed) {
  const HeadScanner::Scan scan = scanner_.scan(data, size);
  if (scan.verdict == HeadScanner::Verdict::kMalformed) return failed(400, scanner_.why());
  if (scan.verdict == HeadScanner::Verdict::kTooLarge) {
    return scanner_.in_first_line() ? failed(414, "the request line is too long")
                                    : failed(431, "the header lines are too large");
  }
  std::size_t parsed = 0;
  const Outcome outcome = execute(data, scan.scanned, parsed);
  consumed += parsed;
  if (outcome == Outcome::kFailed || outcome == Outcome::kStopped) return outcome;
  // Scanner and parser must agree about where the lines end.
  const bool ended = scan.verdict == HeadScanner::Verdict::kEnd;
  const bool parser_ended = stage_ == Stage::kHead ? head_done_ : complete_;
  if (ended != parser_ended || parsed != scan.scanned) {
    return failed(400, "header lines that do not end where they seem to");
  }
  if (ended) stage_ = Stage::kBody;
  return outcome;
}

MessageParser::Outcome MessageParser::feed(const char* data, std::size_t size,
                                           std::size_t& consumed) {
  consumed = 0;
  while (consumed < size) {
    const char* next = data + consumed;
    const std::size_t left = size - consumed;
    const Outcome outcome =
        stage_ == Stage::kBody ? execute(next, left, consumed) : feed_lines(next, left, consumed);
    if (outcome != Outcome::kNeedMore) return outcome;
    if (last_chunk_) {
      last_chunk_ = false;
      stage_ = Stage::kTrailers;
      scanner_.start(HeadScanner::Part::kTrailers, header_bytes_max_);
    }
  }
  return Outcome::kNeedMore;
}

MessageParser::Outcome MessageParser::end_of_input() {
  if (direction_ == Direction::kRequest || !head_done_) return Outcome::kNeedMore;
  llhttp_finish(&parser_);
  return complete_ ? Outcome::kComplete : Outcome::kNeedMore;
}

}  // namespace lambdarium::http
