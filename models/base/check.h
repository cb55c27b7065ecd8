// Invariants: a broken one is a bug of ours, and the program stops with the place and the values.
// On in release builds.

#pragma once

#include <string_view>

namespace lambdarium {

[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               std::string_view message);

}  // namespace lambdarium

// LAM_CHECK(condition) or LAM_CHECK(condition, message); the message is evaluated only on failure.
#define LAM_CHECK(condition, ...)                                                                  \
  do {                                                                                             \
    if (!(condition)) [[unlikely]] {                                                               \
      ::lambdarium::check_failed(__FILE__, __LINE__, #condition, ::std::string_view{__VA_ARGS__}); \
    }                                                                                              \
  } while (false)

// For checks that would cost on a hot path: on where NDEBUG is not defined.
#ifdef NDEBUG
#define LAM_DCHECK(condition) \
  do {                        \
  } while (false)
#else
#define LAM_DCHECK(condition) LAM_CHECK(condition)
#endif
