// Reads members of a request's JSON body and keeps what is wrong with them.
//
// A member of another type is a SerializationException, the first one found. Values outside of
// their constraints are collected, since AWS names all of them in one ValidationException. Members
// that are null count as absent.
//
// Private to the AWS endpoint. The document outlives the reader. Thread: any.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/aws/error.h"

namespace lambdarium::aws {

// Parses a body: an object, of bounded nesting. An empty body is an empty object.
OrError<nlohmann::json> parse_body(std::string_view body);

class BodyReader {
 public:
  // `fields` is what errors put before a member's name: "ephemeralStorage." of a nested object.
  explicit BodyReader(nlohmann::json& object, std::string fields = {});

  bool has(const char* name) const;
  std::optional<std::string> string(const char* name);
  // Moves the text out of the document.
  std::optional<std::string> take_string(const char* name);
  std::optional<std::int64_t> integer(const char* name);
  std::optional<bool> boolean(const char* name);
  std::optional<std::map<std::string, std::string>> string_map(const char* name);
  std::optional<std::vector<std::string>> string_list(const char* name);
  // Null: absent, or of another type.
  nlohmann::json* object(const char* name);
  nlohmann::json* array(const char* name);

  // Constraints. `name` is the member's as in the body; errors begin it in lower case.
  void require(const char* name);
  void constrain(const char* name, std::string_view value, std::string_view constraint);
  // For members whose value errors do not repeat.
  void constrain_hidden(const char* name, std::string_view constraint);
  void at_least(const char* name, const std::optional<std::int64_t>& value, std::int64_t minimum);
  void at_most(const char* name, const std::optional<std::int64_t>& value, std::int64_t maximum);
  void at_most_length(const char* name, const std::optional<std::string>& value,
                      std::size_t maximum);
  void one_of(const char* name, const std::optional<std::string>& value,
              std::initializer_list<std::string_view> allowed);

  // Takes over what a nested reader found.
  void merge(const BodyReader& nested);
  // What was wrong so far, if anything.
  std::optional<AwsError> error() const;

 private:
  nlohmann::json* member(const char* name) const;
  void wrong_type(const nlohmann::json& value, std::string_view wanted);
  std::string field(const char* name) const;

  nlohmann::json& object_;
  std::string fields_;
  std::optional<AwsError> wrong_type_;
  std::vector<std::string> constraints_;
};

}  // namespace lambdarium::aws
