#include "gpu-pool/core/partition_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "models/base/check.h"

namespace lambdarium::gpu_pool {
namespace {

std::uint32_t slice_mask(const PartitionProfile& profile, int start) {
  return ((1U << profile.memory_slices) - 1U) << start;
}

std::optional<std::size_t> profile_index(const DeviceModel& model, std::string_view name) {
  for (std::size_t i = 0; i < model.profiles.size(); ++i) {
    if (model.profiles[i].name == name) return i;
  }
  return std::nullopt;
}

bool may_start(const PartitionProfile& profile, int start) {
  return std::find(profile.starts.begin(), profile.starts.end(), start) != profile.starts.end();
}

}  // namespace

PartitionTable::PartitionTable(std::vector<const DeviceModel*> devices) {
  devices_.reserve(devices.size());
  for (const DeviceModel* model : devices) {
    LAM_CHECK(model != nullptr && model->memory_slices < 32);
    devices_.push_back({.model = model, .counts = std::vector<int>(model->profiles.size(), 0)});
  }
}

bool PartitionTable::fits(const Device& device, std::size_t profile, int start) {
  const PartitionProfile& wanted = device.model->profiles[profile];
  return (device.taken & slice_mask(wanted, start)) == 0 &&
         device.compute + wanted.compute_slices <= device.model->compute_slices &&
         device.counts[profile] < wanted.max_count;
}

void PartitionTable::take(Device& device, std::size_t profile, int start) {
  const PartitionProfile& taken = device.model->profiles[profile];
  device.taken |= slice_mask(taken, start);
  device.compute += taken.compute_slices;
  ++device.counts[profile];
}

PartitionTable::Outlook PartitionTable::outlook(const Device& device) {
  Outlook result;
  for (std::size_t i = 0; i < device.model->profiles.size(); ++i) {
    const PartitionProfile& profile = device.model->profiles[i];
    for (const int start : profile.starts) {
      if (!fits(device, i, start)) continue;
      result.largest = std::max(result.largest, profile.rank());
      ++result.possible;
    }
  }
  return result;
}

int PartitionTable::free_memory(const Device& device) {
  return device.model->memory_slices - std::popcount(device.taken);
}

int PartitionTable::free_memory_slices(std::size_t device) const {
  return free_memory(devices_.at(device));
}

int PartitionTable::free_compute_slices(std::size_t device) const {
  const Device& at = devices_.at(device);
  return at.model->compute_slices - at.compute;
}

std::vector<policies::PlacementCandidate> PartitionTable::candidates(
    std::string_view profile) const {
  // What the other devices can hold does not depend on the candidate, so each device is looked at
  // once.
  std::vector<Outlook> now;
  now.reserve(devices_.size());
  for (const Device& device : devices_) now.push_back(outlook(device));

  std::vector<policies::PlacementCandidate> found;
  for (std::size_t d = 0; d < devices_.size(); ++d) {
    const std::optional<std::size_t> index = profile_index(*devices_[d].model, profile);
    if (!index) continue;
    Outlook others;
    for (std::size_t other = 0; other < devices_.size(); ++other) {
      if (other == d) continue;
      others.largest = std::max(others.largest, now[other].largest);
      others.possible += now[other].possible;
    }
    for (const int start : devices_[d].model->profiles[*index].starts) {
      if (!fits(devices_[d], *index, start)) continue;
      Device after = devices_[d];
      take(after, *index, start);
      const Outlook left = outlook(after);
      found.push_back({.device = d,
                       .start = start,
                       .free_after = free_memory(after),
                       .largest_after = std::max(left.largest, others.largest),
                       .possible_after = left.possible + others.possible});
    }
  }
  return found;
}

Partition PartitionTable::record(std::size_t device, std::size_t profile, int start) {
  take(devices_[device], profile, start);
  partitions_.push_back({.id = next_id_++,
                         .device = device,
                         .profile = &devices_[device].model->profiles[profile],
                         .start = start});
  return partitions_.back();
}

Result<Partition> PartitionTable::place(std::string_view profile,
                                        policies::PlacementPolicy policy) {
  const bool known = std::any_of(devices_.begin(), devices_.end(), [profile](const Device& d) {
    return profile_index(*d.model, profile).has_value();
  });
  if (!known) {
    if (devices_.empty()) return unavailable("there is no device to place a partition on");
    LAM_TRY(const PartitionProfile* unused, find_profile(*devices_.front().model, profile));
    (void)unused;
  }
  const std::vector<policies::PlacementCandidate> places = candidates(profile);
  const std::optional<std::size_t> chosen = policies::choose_placement(policy, places);
  if (!chosen) {
    return unavailable(fmt::format("no device has room for a partition {}", profile));
  }
  const policies::PlacementCandidate& place = places[*chosen];
  return record(place.device, *profile_index(*devices_[place.device].model, profile), place.start);
}

Result<Partition> PartitionTable::place_at(std::size_t device, std::string_view profile,
                                           int start) {
  if (device >= devices_.size()) {
    return invalid_input(
        fmt::format("device {} does not exist; there are {}", device, devices_.size()));
  }
  const DeviceModel& model = *devices_[device].model;
  LAM_TRY(const PartitionProfile* wanted, find_profile(model, profile));
  if (!may_start(*wanted, start)) {
    return invalid_input(fmt::format("a partition {} cannot start at memory slice {}; it may at {}",
                                     profile, start, fmt::join(wanted->starts, ", ")));
  }
  const std::size_t index = *profile_index(model, profile);
  if (!fits(devices_[device], index, start)) {
    return unavailable(fmt::format("device {} has no room for a partition {} at memory slice {}",
                                   device, profile, start));
  }
  return record(device, index, start);
}

Status PartitionTable::release(PartitionId id) {
  const auto found = std::find_if(partitions_.begin(), partitions_.end(),
                                  [id](const Partition& p) { return p.id == id; });
  if (found == partitions_.end()) return not_found(fmt::format("there is no partition {}", id));
  Device& device = devices_[found->device];
  device.taken &= ~slice_mask(*found->profile, found->start);
  device.compute -= found->profile->compute_slices;
  --device.counts[static_cast<std::size_t>(found->profile - device.model->profiles.data())];
  partitions_.erase(found);
  return {};
}

}  // namespace lambdarium::gpu_pool
