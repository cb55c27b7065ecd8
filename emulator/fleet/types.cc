#include "emulator/fleet/types.h"

#include "models/base/check.h"

namespace lambdarium::fleet {
namespace {
constexpr std::string_view kEvents[] = {"arrived", "environment-ready", "environment-lost",
                                        "invocation-ended", "woken"};
constexpr std::string_view kEffects[] = {
    "start-environment", "dispatch", "retire-environment", "reject", "fail", "charge"};
constexpr std::string_view kOutcomes[] = {"ok", "function-error", "timeout", "crash", "init-error"};
constexpr std::string_view kRejects[] = {
    "none",       "reserved-concurrency", "account-concurrency", "scaling-rate",
    "queue-full", "queue-timeout",        "no-memory",           "function-removed"};
constexpr std::string_view kRetires[] = {"none", "expired",  "evicted", "timeout",
                                         "lost", "replaced", "removed"};
constexpr std::string_view kCauses[] = {"none",        "first",        "expired", "evicted",
                                        "concurrency", "prewarm-miss", "lost"};
}  // namespace

std::string_view to_string(EventKind kind) {
  return kEvents[static_cast<std::size_t>(kind)];
}
std::string_view to_string(EffectKind kind) {
  return kEffects[static_cast<std::size_t>(kind)];
}
std::string_view to_string(Outcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}
std::string_view to_string(RejectReason reason) {
  return kRejects[static_cast<std::size_t>(reason)];
}
std::string_view to_string(RetireReason reason) {
  return kRetires[static_cast<std::size_t>(reason)];
}
std::string_view to_string(ColdCause cause) {
  return kCauses[static_cast<std::size_t>(cause)];
}

}  // namespace lambdarium::fleet
