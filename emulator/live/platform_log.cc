#include "emulator/live/platform_log.h"

#include <utility>

namespace lambdarium::live {

PlatformLog::PlatformLog(http::EventLoop& loop, LogOutput& output)
    : loop_(loop), output_(output), flush_(loop, [this] { output_.flush(); }) {}

PlatformLog::~PlatformLog() {
  *alive_ = false;
}

void PlatformLog::flush_soon() {
  if (!flush_.is_set()) flush_.set(Duration::zero());
}

void PlatformLog::write(std::string_view function, std::string_view text) {
  output_.write(function, text);
  flush_soon();
}

void PlatformLog::defer(std::string_view function, std::string text,
                        UniqueFunction<void(std::string_view)> then) {
  deferred_.push_back({std::string{function}, std::move(text), std::move(then)});
  if (deferred_.size() > 1) return;
  loop_.defer([this, alive = alive_] {
    if (*alive) run_deferred();
  });
}

void PlatformLog::run_deferred() {
  // What the callbacks defer goes into the next turn.
  std::vector<Deferred> turn;
  turn.swap(deferred_);
  for (Deferred& entry : turn) {
    write(entry.function, entry.text);
    if (entry.then) entry.then(entry.text);
  }
}

}  // namespace lambdarium::live
