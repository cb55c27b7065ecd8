#include "emulator/labs/twin_run.h"

#include <fmt/format.h>

#include "emulator/fleet/text.h"
#include "emulator/store/run_store.h"

namespace lambdarium::labs {

Result<simulated::Twin> decide_again(const std::string& run) {
  LAM_TRY(const auto reader, store::RunReader::open(run));
  if (reader->meta("fleet").empty()) {
    return invalid_input(fmt::format(
        "{}: no decisions were recorded; a run of `serve --record` or `simulate --out` has them",
        run));
  }
  LAM_TRY(const auto settings, fleet::parse_platform(reader->meta("fleet")));
  const std::string dropped = reader->meta("dropped_rows");
  if (!dropped.empty() && dropped != "0") {
    return unavailable(fmt::format(
        "{}: {} rows were dropped while it was recorded; it cannot be compared", run, dropped));
  }
  simulated::Twin twin{settings};
  LAM_TRY(auto decisions, reader->decisions());
  DecisionRecord line;
  while (decisions.next(line)) {
    if (const Status status = twin.next(line); !status.ok()) {
      return invalid_input(fmt::format("{}: {}", run, status.error().to_string()));
    }
  }
  LAM_TRY_STATUS(decisions.status());
  // A killed emulator may have lost the last group, in the middle of an event.
  if (reader->finished()) twin.finish();
  if (twin.events() == 0) {
    return invalid_input(fmt::format("{}: no decisions were recorded", run));
  }
  return twin;
}

std::string verdict(const simulated::Twin& twin) {
  if (const auto& difference = twin.difference()) {
    return fmt::format("different at decision {}: recorded '{}', decided '{}'", difference->seq,
                       difference->recorded, difference->decided);
  }
  return fmt::format("identical ({} decisions after {} events)", twin.decisions(), twin.events());
}

}  // namespace lambdarium::labs
