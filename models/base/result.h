// Expected failures as values: a Result<T> is a T or an Error.
//
// An Error says what was wrong, with the value, what would be right, and where. What is wrong in
// the user's input carries ErrorCode::kInvalidInput (the program ends with exit code 2), what the
// machine refused carries kUnavailable (exit code 1).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "models/base/check.h"

namespace lambdarium {

enum class ErrorCode : std::uint8_t {
  kInvalidInput,   // the user's file, flag or request
  kNotFound,       // a named thing does not exist
  kAlreadyExists,  // a named thing exists already
  kTooLarge,       // over a limit
  kUnavailable,    // the machine or a peer refused: port in use, disk full, no device
  kInternal,       // a bug of ours that is contained
};

// A place in the user's input. line and column start at 1; 0 means unknown.
struct SourceMark {
  std::string file;
  int line = 0;
  int column = 0;
};

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  SourceMark where = {};

  // "file:line:column: message", leaving out what is unknown.
  std::string to_string() const;
};

Error invalid_input(std::string message, SourceMark where = {});
Error not_found(std::string message);
Error unavailable(std::string message);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return checked(); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(checked()); }
  T& operator*() & { return checked(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    LAM_CHECK(!ok());
    return std::get<1>(state_);
  }
  Error&& error() && {
    LAM_CHECK(!ok());
    return std::get<1>(std::move(state_));
  }

 private:
  T& checked() {
    LAM_CHECK(ok(), ok() ? std::string{} : std::get<1>(state_).to_string());
    return std::get<0>(state_);
  }
  std::variant<T, Error> state_;
};

// An operation that gives nothing back but may fail.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    LAM_CHECK(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace lambdarium

#define LAM_CONCAT_INNER(a, b) a##b
#define LAM_CONCAT(a, b) LAM_CONCAT_INNER(a, b)

// LAM_TRY(auto value, expression): declares `value` from the Result, or returns its error from the
// calling function.
#define LAM_TRY(declaration, expression) \
  LAM_TRY_INNER(declaration, expression, LAM_CONCAT(lam_try_result_, __LINE__))
#define LAM_TRY_INNER(declaration, expression, name) \
  auto name = (expression);                          \
  if (!name.ok()) return std::move(name).error();    \
  declaration = *std::move(name)

// LAM_TRY_STATUS(expression): for Status.
#define LAM_TRY_STATUS(expression) \
  LAM_TRY_STATUS_INNER(expression, LAM_CONCAT(lam_try_status_, __LINE__))
#define LAM_TRY_STATUS_INNER(expression, name) \
  auto name = (expression);                    \
  if (!name.ok()) return name.error()
