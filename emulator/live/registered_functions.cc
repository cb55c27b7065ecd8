#include "emulator/live/registered_functions.h"

#include <string>
#include <utility>

#include "emulator/aws/event_invoke_config.h"

namespace lambdarium::live {

std::optional<AsyncRoute> RegisteredFunctions::route(std::string_view function,
                                                     std::string_view qualifier) {
  const auto resolved = registry_.resolve_for_invoke(
      {.name = std::string{function}, .qualifier = std::string{qualifier}}, routing_);
  const auto* version = std::get_if<const store::StoredFunction*>(&resolved);
  if (version == nullptr) return std::nullopt;
  const RunningFunction* running = functions_.find(function, (*version)->version);
  if (running == nullptr) return std::nullopt;
  return AsyncRoute{running->id, running->version};
}

AsyncConfig RegisteredFunctions::config(std::string_view function,
                                        std::string_view qualifier) const {
  AsyncConfig config;
  const store::StoredFunction* latest = registry_.find(function);
  if (latest == nullptr) return config;
  config.reserved_concurrency = latest->definition.reserved_concurrency;
  // AWS: the dead-letter target is part of the version, the destinations are not.
  const auto resolved =
      registry_.resolve({.name = std::string{function}, .qualifier = std::string{qualifier}});
  if (const auto* version = std::get_if<const store::StoredFunction*>(&resolved)) {
    config.dead_letter = aws::dead_letter_target(**version);
  }
  const auto given = aws::find_event_invoke_config(registry_, function, qualifier);
  if (!given) return config;
  if (given->retries_max) config.retries_max = static_cast<std::int32_t>(*given->retries_max);
  if (given->age_max_s) config.age_max = std::chrono::seconds{*given->age_max_s};
  config.on_success = given->on_success;
  config.on_failure = given->on_failure;
  return config;
}

std::optional<AsyncFunctionName> RegisteredFunctions::parse_arn(std::string_view arn) const {
  if (!arn.starts_with("arn:") || arn.find(":lambda:") == std::string_view::npos) {
    return std::nullopt;
  }
  auto parsed = aws::parse_function_name(arn, {}, registry_.endpoint());
  auto* name = std::get_if<aws::FunctionName>(&parsed);
  if (name == nullptr) return std::nullopt;
  return AsyncFunctionName{std::move(name->name), std::move(name->qualifier)};
}

}  // namespace lambdarium::live
