// FilterCriteria of an event source mapping: which records a function is given.
//
// A pattern is EventBridge's, as far as Lambda documents it: lists of values, null, "" and the
// operators prefix, suffix, equals-ignore-case, anything-but, numeric and exists, nested objects
// (all of them must match) and $or.
//
// Thread: any. On failure: parse() says what is wrong, also with an operator that is not known.

#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace lambdarium::queues {

inline constexpr std::size_t kFilterPatternBytesMax = 4'096;
inline constexpr std::size_t kFiltersMax = 5;

class EventFilter {
 public:
  // Matches everything.
  EventFilter() = default;
  // A record passes if one of the patterns matches it.
  static Result<EventFilter> parse(const std::vector<std::string>& patterns);

  bool empty() const { return patterns_.empty(); }
  // `record` is a record of the event as JSON. AWS: a pattern with an object for `body` is for
  // bodies that are JSON objects, and no other body matches it.
  bool matches(std::string_view record) const;

 private:
  std::vector<std::shared_ptr<const nlohmann::json>> patterns_;
};

}  // namespace lambdarium::queues
