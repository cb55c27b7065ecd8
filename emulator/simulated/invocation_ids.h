// The simulator's invocation ids: a number that counts arrivals, and the slot where the driver
// keeps the invocation, so that no table has to be searched.

#pragma once

#include "emulator/fleet/types.h"

namespace lambdarium::simulated {

inline constexpr unsigned kSlotBits = 28;  // 268 million at the same time, 68 billion in a run

constexpr fleet::InvocationId make_invocation_id(std::uint64_t number, std::uint32_t slot) {
  return number << kSlotBits | slot;
}
constexpr std::uint32_t slot_of(fleet::InvocationId id) {
  return static_cast<std::uint32_t>(id & ((std::uint64_t{1} << kSlotBits) - 1));
}
constexpr std::uint64_t number_of(fleet::InvocationId id) {
  return id >> kSlotBits;
}

}  // namespace lambdarium::simulated
