// The devices that can be divided, and into what: the geometry of MIG (multi-instance GPU)
// partitions.
//
// A device has memory slices and compute slices. A profile takes a run of neighbouring memory
// slices that may begin only at certain places, and a number of compute slices. The tables are
// constant data and live as long as the program.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace lambdarium::gpu_pool {

struct PartitionProfile {
  std::string_view name;  // as the vendor's tool prints it: 1g.5gb
  int compute_slices = 0;
  int memory_slices = 0;
  std::span<const int> starts;    // legal first memory slices, ascending
  int max_count = 0;              // instances of this profile on one device
  double memory_gb = 0;           // usable
  int multiprocessors = 0;        // 0: not known for this device
  bool media_extensions = false;  // the one profile that owns the video units

  // Orders profiles by what they can run: compute first, then memory. Never 0.
  int rank() const { return compute_slices * 16 + memory_slices; }
};

struct DeviceModel {
  std::string_view name;   // what configurations say: a100-40
  std::string_view title;  // for people: NVIDIA A100 40 GB
  int compute_slices = 0;
  int memory_slices = 0;
  double memory_gb = 0;                        // nominal
  int multiprocessors = 0;                     // 0: not known
  std::span<const PartitionProfile> profiles;  // smallest first

  const PartitionProfile* find_profile(std::string_view profile) const;
};

// All device models, in a fixed order.
std::span<const DeviceModel> device_models();

// The model of that name; the error names the nearest one.
Result<const DeviceModel*> find_device_model(std::string_view name);
// The profile of that name on `model`; the error names the nearest one.
Result<const PartitionProfile*> find_profile(const DeviceModel& model, std::string_view profile);

// The model of a real device, from the name and the memory that its driver reports; null for a
// device that cannot be divided.
const DeviceModel* recognise_device(std::string_view driver_name, double memory_gb);

}  // namespace lambdarium::gpu_pool
