// The framing of InvokeWithResponseStream, byte for byte: the expected messages are what the
// decoder of the AWS SDK for Python reads back into the same events.

#include "emulator/aws/event_stream.h"

#include <boost/test/unit_test.hpp>

#include <string>

#include "models/base/encoding.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::aws;

std::string chunk(std::string_view piece) {
  std::string out;
  append_payload_chunk(out, piece);
  return out;
}

std::string complete(const StreamEnd& end) {
  std::string out;
  append_invoke_complete(out, end);
  return out;
}

std::uint32_t number_at(std::string_view message, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(message[at + i]);
  }
  return value;
}

// The payload of a message that is whole: its lengths and sums are right.
std::string payload_of(std::string_view message) {
  BOOST_TEST_REQUIRE(message.size() >= 16U);
  BOOST_TEST(number_at(message, 0) == message.size());
  BOOST_TEST(number_at(message, 8) == crc32(message.substr(0, 8)));
  const std::size_t end = message.size() - 4;
  BOOST_TEST(number_at(message, end) == crc32(message.substr(0, end)));
  const std::size_t start = 12 + number_at(message, 4);
  return std::string{message.substr(start, end - start)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(aws_event_stream)

BOOST_AUTO_TEST_CASE(the_sum_is_that_of_zlib) {
  BOOST_TEST(crc32("") == 0U);
  BOOST_TEST(crc32("a") == 0xE8B7BE43U);
  BOOST_TEST(crc32("123456789") == 0xCBF43926U);
  BOOST_TEST(crc32("The quick brown fox jumps over the lazy dog") == 0x414FA339U);
  BOOST_TEST(crc32(std::string(32, '\xFF')) == 0xFF6CAB0BU);
}

BOOST_AUTO_TEST_CASE(a_sum_continues_over_pieces_of_any_size) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += static_cast<char>(i * 37);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::uint32_t first = crc32(std::string_view{text}.substr(0, cut));
    BOOST_TEST(crc32(std::string_view{text}.substr(cut), first) == crc32(text));
  }
}

BOOST_AUTO_TEST_CASE(a_piece_is_a_message) {
  BOOST_TEST(base64_encode(chunk("hello")) ==
             "AAAAbwAAAFr1/ocfDTptZXNzYWdlLXR5cGUHAAVldmVudAs6ZXZlbnQtdHlwZQcADFBheW"
             "xvYWRDaHVuaw06Y29udGVudC10eXBlBwAYYXBwbGljYXRpb24vb2N0ZXQtc3RyZWFtaGVs"
             "bG9P4GHy");
  BOOST_TEST(payload_of(chunk("")).empty());
  const std::string bytes{"\0\xFF\r\n", 4};
  BOOST_TEST(payload_of(chunk(bytes)) == bytes);
  BOOST_TEST(payload_of(chunk(std::string(70'000, 'x'))).size() == 70'000U);
}

BOOST_AUTO_TEST_CASE(the_end_says_that_all_went_well) {
  BOOST_TEST(base64_encode(complete({})) ==
             "AAAAmwAAAFSv8lyFDTptZXNzYWdlLXR5cGUHAAVldmVudAs6ZXZlbnQtdHlwZQcADkludm"
             "9rZUNvbXBsZXRlDTpjb250ZW50LXR5cGUHABBhcHBsaWNhdGlvbi9qc29ueyJFcnJvckNv"
             "ZGUiOm51bGwsIkVycm9yRGV0YWlscyI6bnVsbCwiTG9nUmVzdWx0IjpudWxsfe6D03o=");
  BOOST_TEST(payload_of(complete({})) ==
             R"({"ErrorCode":null,"ErrorDetails":null,"LogResult":null})");
}

BOOST_AUTO_TEST_CASE(the_end_names_the_error_and_holds_the_log) {
  BOOST_TEST(payload_of(complete({.error_code = "Unhandled",
                                  .error_details = R"({"errorMessage":"no"})",
                                  .tail = true,
                                  .log_text = "START"})) ==
             R"({"ErrorCode":"Unhandled","ErrorDetails":"{\"errorMessage\":\"no\"}",)"
             R"("LogResult":"U1RBUlQ="})");
  BOOST_TEST(payload_of(complete({.tail = true})) ==
             R"({"ErrorCode":null,"ErrorDetails":null,"LogResult":""})");
}

BOOST_AUTO_TEST_SUITE_END()
