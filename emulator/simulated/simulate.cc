#include "emulator/simulated/simulate.h"

#include <optional>

#include "emulator/simulated/driver.h"

namespace lambdarium::simulated {

Result<SimulationResult> simulate(const SimulationConfig& config, traces::TraceSource& source,
                                  RunSink* sink, Progress* progress) {
  std::vector<Error> errors;
  const std::vector<RunFunction> functions = resolve_functions(config, source.functions(), errors);
  if (!errors.empty()) {
    std::string message;
    for (const Error& error : errors) message += (message.empty() ? "" : "\n") + error.to_string();
    return invalid_input(std::move(message));
  }
  SimulationConfig seeded = config;
  seeded.platform.fleet.seed = config.seed;

  std::optional<Recorder> recorder;
  if (sink != nullptr) recorder.emplace(*sink, seeded, functions);
  Driver driver{seeded, functions, source, recorder ? &*recorder : nullptr, progress};
  LAM_TRY_STATUS(driver.run());
  LAM_TRY(SimulationResult result, driver.statistics().finish(seeded, functions));
  result.trace = source.report();
  if (recorder) {
    driver.record_survivors();
    recorder->finish(result);
  }
  return result;
}

}  // namespace lambdarium::simulated
