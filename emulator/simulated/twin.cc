#include "emulator/simulated/twin.h"

#include <fmt/format.h>

#include "emulator/fleet/text.h"

namespace lambdarium::simulated {
namespace {

std::string line_of(std::string_view name, std::string_view detail) {
  return detail.empty() ? std::string{name} : fmt::format("{} {}", name, detail);
}
std::string line_of(const fleet::Effect& effect) {
  return line_of(fleet::to_string(effect.kind), fleet::describe(effect));
}

}  // namespace

void Twin::differ(const std::string& recorded, const std::string& decided) {
  difference_ = Difference{seq_, at_, event_, recorded, decided};
}

Status Twin::decide(const DecisionRecord& event) {
  ++events_;
  effects_.clear();
  compared_ = 0;
  at_ = Time{Duration{event.at_ns}};
  event_ = line_of(event.event, event.detail);
  if (event.event == "function-set") {
    LAM_TRY(const fleet::FunctionSet set, fleet::parse_function_set(event.detail));
    if (!fleet_.accepts(set.id, set.settings)) {
      return invalid_input(fmt::format("decision {} sets function {} out of order", seq_, set.id));
    }
    fleet_.set_function(set.id, set.settings, at_, effects_);
  } else {
    LAM_TRY(const fleet::Event parsed, fleet::parse_event(event.event, event.detail));
    fleet_.step(parsed, at_, effects_);
  }
  return {};
}

Status Twin::next(const DecisionRecord& line) {
  ++seq_;
  if (difference_) return {};
  if (!line.command.empty()) {
    ++decisions_;
    const std::string recorded = line_of(line.command, line.detail);
    const std::string decided = compared_ < effects_.size() ? line_of(effects_[compared_]) : "";
    ++compared_;
    if (recorded != decided) differ(recorded, decided);
    return {};
  }
  finish();
  if (difference_) return {};
  if (line.at_ns < to_ns(at_)) {
    return invalid_input(fmt::format("decision {} goes back in time", seq_));
  }
  return decide(line);
}

void Twin::finish() {
  if (!difference_ && compared_ < effects_.size()) differ("", line_of(effects_[compared_]));
}

}  // namespace lambdarium::simulated
