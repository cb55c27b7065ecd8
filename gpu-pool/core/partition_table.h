// Which partitions exist on which devices. A partition is placed only where its profile may begin,
// where its slices are free, and where neither compute slices nor the profile's maximum are
// exceeded: a device is never promised twice.
//
// Pure bookkeeping: making the partition on a real device is the driver's work.
// Thread: any, but one at a time. On failure: nothing has changed.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gpu-pool/core/device_model.h"
#include "models/base/result.h"
#include "policies/placement/placement.h"

namespace lambdarium::gpu_pool {

using PartitionId = std::uint64_t;

struct Partition {
  PartitionId id = 0;  // never used twice in one table
  std::size_t device = 0;
  const PartitionProfile* profile = nullptr;
  int start = 0;  // first memory slice
};

class PartitionTable {
 public:
  // The models outlive the table (those of device_models() always do).
  explicit PartitionTable(std::vector<const DeviceModel*> devices);

  // Places a partition where `policy` says. Devices that lack the profile are passed over.
  // Errors: kInvalidInput when no device has a profile of that name, kUnavailable when there is no
  // room.
  Result<Partition> place(std::string_view profile, policies::PlacementPolicy policy);
  // Places it exactly there. Errors: kInvalidInput (no such device, profile or start), kUnavailable
  // (taken).
  Result<Partition> place_at(std::size_t device, std::string_view profile, int start);
  // Frees the slices; kNotFound when there is no such partition.
  Status release(PartitionId id);

  // In the order in which they were placed.
  std::span<const Partition> partitions() const { return partitions_; }
  std::size_t device_count() const { return devices_.size(); }
  const DeviceModel& device(std::size_t index) const { return *devices_.at(index).model; }
  int free_memory_slices(std::size_t device) const;
  int free_compute_slices(std::size_t device) const;

  // Every legal place for a profile now, by device, then start.
  std::vector<policies::PlacementCandidate> candidates(std::string_view profile) const;

 private:
  struct Device {
    const DeviceModel* model;
    std::uint32_t taken = 0;  // bit i: memory slice i
    int compute = 0;          // compute slices in use
    std::vector<int> counts;  // instances of each profile, by its position in the model
  };
  struct Outlook {
    int largest = 0;   // rank of the largest profile that still fits
    int possible = 0;  // legal places of any profile
  };

  static bool fits(const Device& device, std::size_t profile, int start);
  static void take(Device& device, std::size_t profile, int start);
  static Outlook outlook(const Device& device);
  static int free_memory(const Device& device);
  Partition record(std::size_t device, std::size_t profile, int start);

  std::vector<Device> devices_;
  std::vector<Partition> partitions_;
  PartitionId next_id_ = 1;
};

}  // namespace lambdarium::gpu_pool
