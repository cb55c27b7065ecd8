#include "emulator/fleet/settings.h"

namespace lambdarium::fleet {

std::string_view to_string(PendingStart choice) {
  return choice == PendingStart::kWait ? "wait" : "start-another";
}
std::string_view to_string(NoMemory choice) {
  return choice == NoMemory::kQueue ? "queue" : "drop";
}
std::string_view to_string(AtExpiry choice) {
  return choice == AtExpiry::kWarm ? "warm" : "cold";
}

}  // namespace lambdarium::fleet
