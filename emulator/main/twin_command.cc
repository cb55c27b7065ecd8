#include "emulator/main/twin_command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "emulator/labs/twin_run.h"

namespace lambdarium::commands {
namespace {

void print_json(const simulated::Twin& twin) {
  nlohmann::ordered_json document{{"verdict", twin.difference() ? "different" : "identical"},
                                  {"events", twin.events()},
                                  {"decisions", twin.decisions()}};
  if (const auto& found = twin.difference()) {
    document["difference"] = {{"seq", found->seq},
                              {"at_ns", to_ns(found->at)},
                              {"event", found->event},
                              {"recorded", found->recorded},
                              {"decided", found->decided}};
  }
  fmt::print("{}\n", document.dump(2));
}

}  // namespace

int run_twin(const TwinOptions& options, const Context& context) {
  const auto twin = labs::decide_again(options.run);
  if (!twin.ok()) {
    fmt::print(stderr, "lambdarium twin: {}\n", twin.error().to_string());
    return twin.error().code == ErrorCode::kUnavailable ? kRunFailed : kWrongInput;
  }
  const auto& found = twin->difference();
  if (context.json) {
    print_json(*twin);
  } else if (!found) {
    fmt::print("twin: {}\n", labs::verdict(*twin));
  } else {
    fmt::print(
        "twin: different at decision {} ({:.6f} s), after {}\n  recorded: {}\n  decided:  {}\n",
        found->seq, to_seconds(found->at), found->event,
        found->recorded.empty() ? "nothing more" : found->recorded,
        found->decided.empty() ? "nothing more" : found->decided);
  }
  return found ? kRunFailed : kDone;
}

}  // namespace lambdarium::commands
