#include "models/base/result.h"

#include <fmt/format.h>

namespace lambdarium {

std::string Error::to_string() const {
  std::string place = where.file;
  if (where.line > 0) place += fmt::format("{}{}", place.empty() ? "line " : ":", where.line);
  if (where.line > 0 && where.column > 0) place += fmt::format(":{}", where.column);
  return place.empty() ? message : place + ": " + message;
}

Error invalid_input(std::string message, SourceMark where) {
  return {ErrorCode::kInvalidInput, std::move(message), std::move(where)};
}
Error not_found(std::string message) {
  return {ErrorCode::kNotFound, std::move(message), {}};
}
Error unavailable(std::string message) {
  return {ErrorCode::kUnavailable, std::move(message), {}};
}

}  // namespace lambdarium
