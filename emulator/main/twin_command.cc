#include "emulator/main/twin_command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "emulator/fleet/text.h"
#include "emulator/simulated/twin.h"
#include "emulator/store/run_store.h"

namespace lambdarium::commands {
namespace {

Result<simulated::Twin> read(const std::string& path) {
  LAM_TRY(const auto run, store::RunReader::open(path));
  LAM_TRY(const auto settings, fleet::parse_platform(run->meta("fleet")));
  const std::string dropped = run->meta("dropped_rows");
  if (!dropped.empty() && dropped != "0") {
    return Error{
        ErrorCode::kUnavailable,
        fmt::format("{}: {} rows were dropped while it was recorded; it cannot be compared", path,
                    dropped)};
  }
  simulated::Twin twin{settings};
  LAM_TRY(auto decisions, run->decisions());
  DecisionRecord line;
  while (decisions.next(line)) {
    if (const Status status = twin.next(line); !status.ok()) {
      return invalid_input(fmt::format("{}: {}", path, status.error().to_string()));
    }
  }
  LAM_TRY_STATUS(decisions.status());
  // A killed emulator may have lost the last group, in the middle of an event.
  if (run->finished()) twin.finish();
  if (twin.events() == 0) {
    return invalid_input(fmt::format("{}: no decisions were recorded", path));
  }
  return twin;
}

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
  const auto twin = read(options.run);
  if (!twin.ok()) {
    fmt::print(stderr, "lambdarium twin: {}\n", twin.error().to_string());
    return twin.error().code == ErrorCode::kUnavailable ? kRunFailed : kWrongInput;
  }
  const auto& found = twin->difference();
  if (context.json) {
    print_json(*twin);
  } else if (!found) {
    fmt::print("twin: identical ({} decisions after {} events)\n", twin->decisions(),
               twin->events());
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
