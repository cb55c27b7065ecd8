#include "emulator/main/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

namespace lambdarium::commands {
namespace {

constexpr auto kBarEvery = std::chrono::milliseconds{200};
constexpr auto kLineEvery = std::chrono::seconds{3};
constexpr int kBarCells = 30;

}  // namespace

Progress::Progress(const Context& context, std::string what, std::uint64_t expected)
    : quiet_(context.quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      what_(std::move(what)),
      expected_(expected),
      started_(Clock::now()),
      next_(started_ + (terminal_ ? Clock::duration{kBarEvery} : Clock::duration{kLineEvery})) {}

Progress::~Progress() {
  if (bar_shown_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::update(std::uint64_t done) {
  if (quiet_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? Clock::duration{kBarEvery} : Clock::duration{kLineEvery});
  print(done, now);
}

void Progress::print(std::uint64_t done, Clock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = static_cast<double>(done) / std::max(seconds, 1e-9);
  std::string text = fmt::format("{} {} ({:.3g}/s)", done, what_, rate);
  if (expected_ > 0) {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(expected_));
    const double left =
        rate > 0 ? static_cast<double>(expected_ - std::min(done, expected_)) / rate : 0.0;
    text = fmt::format("{:3.0f}% {}, {:.0f} s left", share * 100, text, left);
    if (terminal_) {
      const int filled = static_cast<int>(share * kBarCells);
      text = fmt::format("[{:#<{}}{:.<{}}] {}", "", filled, "", kBarCells - filled, text);
    }
  }
  if (terminal_) {
    fmt::print(stderr, "\r\x1b[K{}", text);
    std::fflush(stderr);
    bar_shown_ = true;
  } else {
    fmt::print(stderr, "{}\n", text);
  }
}

}  // namespace lambdarium::commands
