// Reads texts, numbers and maps out of nodes, with CloudFormation's idea of types, and says what is
// wrong with those that do not fit. Every function answers "nothing" after an error, and for what
// the resolver has already complained of.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/templates/diagnostics.h"
#include "emulator/templates/document.h"

namespace lambdarium::templates {

// The text of a scalar as CloudFormation reads it: YAML 1.1, so yes, no, on and off without quotes
// are true and false, and 010 is 8.
std::string scalar_value(const Node& node);

class Values {
 public:
  explicit Values(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // A note tells where YAML reads something else than what stands there.
  std::optional<std::string> text(const Field& field);
  std::optional<std::int64_t> integer(const Field& field, std::int64_t min, std::int64_t max,
                                      std::string_view unit);
  // Null after an error.
  const Node* map(const Field& field);
  const Node* list(const Field& field);
  std::map<std::string, std::string> text_map(const Field& field);
  std::vector<std::string> text_list(const Field& field);

  // Every key of `node` that is not known is an error that names the nearest one.
  void check_keys(const Node& node, std::string_view what, std::span<const std::string_view> known);
  void unknown(Position where, std::string_view what, std::string_view name,
               std::span<const std::string_view> known);

 private:
  void wrong_kind(const Field& field, std::string_view wanted);
  std::optional<std::string> text(const Node& node, Position where, std::string_view name);

  Diagnostics& diagnostics_;
};

// unknown_name_message() for names of any length.
std::string unknown_message(std::string_view what, std::string_view name,
                            std::span<const std::string_view> known);
// A text for a message: cut where it is long.
std::string shown(std::string_view text);

}  // namespace lambdarium::templates
