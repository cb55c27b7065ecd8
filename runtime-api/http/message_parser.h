// One HTTP message after the other, from bytes: the strict scan and llhttp behind one interface,
// for both directions.
//
// Bytes are fed as they come; feed() stops at the end of a message, so that what follows (a
// pipelined request) is parsed when its time has come. No sockets.
//
// - Calls back: the Listener, from inside feed().

#pragma once

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/domain/http_message.h"
#include "runtime-api/http/head_scanner.h"

namespace lambdarium::http {

class MessageParser {
 public:
  enum class Direction : std::uint8_t { kRequest, kResponse };
  enum class Outcome : std::uint8_t {
    kNeedMore,
    kComplete,  // the message has ended; start() before the next one
    kStopped,   // the listener said so
    kFailed,    // see failure()
  };
  struct Failure {
    int status = 400;  // the status that answers such a request
    std::string_view why;
  };
  class Listener {
   public:
    // The header lines are complete. False stops the parsing for good.
    virtual bool on_head() = 0;
    virtual bool on_body(std::string_view piece) = 0;

   protected:
    ~Listener() = default;
  };

  MessageParser(Direction direction, Listener& listener, std::size_t header_bytes_max);
  MessageParser(const MessageParser&) = delete;
  MessageParser& operator=(const MessageParser&) = delete;

  // Before each message.
  void start();
  // A response to HEAD has no body, whatever its headers say. Call after start().
  void expect_no_body() { expect_no_body_ = true; }

  Outcome feed(const char* data, std::size_t size, std::size_t& consumed);
  // The connection has ended: kComplete for a response whose body ends with it, else kNeedMore.
  Outcome end_of_input();

  const Failure& failure() const { return failure_; }

  // --- Valid from on_head() on.
  std::string_view method() const;
  int status() const { return parser_.status_code; }
  int minor_version() const { return parser_.http_minor; }
  bool keep_alive() const { return keep_alive_; }
  bool chunked() const { return (parser_.flags & F_CHUNKED) != 0; }
  // Of a message that has one.
  std::optional<std::uint64_t> content_length() const { return content_length_; }
  bool has_body() const { return chunked() || content_length_.value_or(0) > 0; }

  // --- Filled by the parser, taken by its user.
  std::string target;
  HeaderList headers;
  HeaderList trailers;

 private:
  enum class Stage : std::uint8_t { kHead, kBody, kTrailers };

  static const llhttp_settings_t& settings();
  HeaderList& open_list() { return head_done_ ? trailers : headers; }
  int fail(int status, std::string_view why);
  int headers_complete();
  bool check_transfer_encoding();
  Outcome execute(const char* data, std::size_t size, std::size_t& consumed);
  Outcome feed_lines(const char* data, std::size_t size, std::size_t& consumed);
  Outcome failed(int status, std::string_view why);

  llhttp_t parser_;
  HeadScanner scanner_;
  Listener& listener_;
  const std::size_t header_bytes_max_;
  const Direction direction_;
  Stage stage_ = Stage::kHead;
  bool head_done_ = false;
  bool complete_ = false;
  bool stopped_ = false;
  bool field_open_ = false;
  bool expect_no_body_ = false;
  bool last_chunk_ = false;
  bool keep_alive_ = false;
  std::size_t extension_bytes_ = 0;
  std::optional<std::uint64_t> content_length_;
  Failure failure_;
};

}  // namespace lambdarium::http
