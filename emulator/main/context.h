// What every subcommand is handed: the global options, and where output goes.

#pragma once

#include <cstdint>
#include <optional>

#include "models/base/log.h"

namespace lambdarium::commands {

// Exit codes of the program.
inline constexpr int kDone = 0;
inline constexpr int kRunFailed = 1;
inline constexpr int kWrongInput = 2;

struct Context {
  bool json = false;   // one JSON document on stdout; people's text goes to stderr
  bool quiet = false;  // no progress, no notes
  bool color = true;
  std::optional<std::uint64_t> seed;  // --seed
  LogSink* log = nullptr;             // never null when a command runs
};

}  // namespace lambdarium::commands
