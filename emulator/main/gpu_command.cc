#include "emulator/main/gpu_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "gpu-pool/core/device_info.h"
#include "gpu-pool/core/device_model.h"
#include "gpu-pool/process/worker_probe.h"

namespace lambdarium::commands {
namespace {

using Json = nlohmann::ordered_json;
using gpu_pool::DeviceInfo;
using gpu_pool::DeviceKind;
using gpu_pool::DeviceModel;
using gpu_pool::PartitionProfile;
using gpu_pool::ProbeReport;

double gib(std::int64_t bytes) {
  return static_cast<double>(bytes) / (1024.0 * 1024.0 * 1024.0);
}

const DeviceModel* model_of(const DeviceInfo& device) {
  if (device.kind != DeviceKind::kCuda) return nullptr;
  return gpu_pool::recognise_device(device.name, gib(device.memory_bytes));
}

Json json_of(const DeviceInfo& device) {
  const DeviceModel* model = model_of(device);
  Json json = {{"id", device.id},
               {"kind", gpu_pool::to_string(device.kind)},
               {"name", device.name},
               {"backend", device.backend},
               {"memory_bytes", device.memory_bytes},
               {"processors", device.processors}};
  json["capability"] = device.capability.empty() ? Json(nullptr) : Json(device.capability);
  json["model"] = model == nullptr ? Json(nullptr) : Json(model->name);
  return json;
}

Json json_of(const PartitionProfile& profile) {
  Json json = {{"name", profile.name},
               {"compute_slices", profile.compute_slices},
               {"memory_slices", profile.memory_slices},
               {"memory_gb", profile.memory_gb},
               {"starts", profile.starts},
               {"max", profile.max_count},
               {"media_extensions", profile.media_extensions}};
  json["multiprocessors"] =
      profile.multiprocessors == 0 ? Json(nullptr) : Json(profile.multiprocessors);
  return json;
}

Json json_of(const DeviceModel& model) {
  Json profiles = Json::array();
  for (const PartitionProfile& profile : model.profiles) profiles.push_back(json_of(profile));
  Json json = {{"name", model.name},
               {"title", model.title},
               {"compute_slices", model.compute_slices},
               {"memory_slices", model.memory_slices},
               {"memory_gb", model.memory_gb}};
  json["multiprocessors"] =
      model.multiprocessors == 0 ? Json(nullptr) : Json(model.multiprocessors);
  json["profiles"] = std::move(profiles);
  return json;
}

void print_json(const Result<ProbeReport>& report) {
  Json devices = Json::array();
  Json models = Json::array();
  if (report.ok()) {
    for (const DeviceInfo& device : report->devices) devices.push_back(json_of(device));
  }
  for (const DeviceModel& model : gpu_pool::device_models()) models.push_back(json_of(model));
  Json document = {{"devices", std::move(devices)}, {"models", std::move(models)}};
  const std::string note = report.ok() ? report->cuda_note : report.error().to_string();
  document["note"] = note.empty() ? Json(nullptr) : Json(note);
  // Names come from the driver and need not be valid UTF-8.
  fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_device(const DeviceInfo& device) {
  const bool cuda = device.kind == DeviceKind::kCuda;
  fmt::print("  {:<8} {}, {} {}, {:.1f} GiB, {}", device.id, device.name, device.processors,
             cuda ? "multiprocessors" : "cores", gib(device.memory_bytes), device.backend);
  if (const DeviceModel* model = model_of(device)) fmt::print(", divides as {}", model->name);
  fmt::print("\n");
}

void print_model(const DeviceModel& model) {
  fmt::print("\n  {} ({}): {} compute slices, {} memory slices\n", model.name, model.title,
             model.compute_slices, model.memory_slices);
  fmt::print("    {:<12} {:>7} {:>7} {:>10} {:>5} {:>4}  {}\n", "partition", "compute", "memory",
             "memory GB", "SMs", "max", "may start at");
  for (const PartitionProfile& profile : model.profiles) {
    const std::string processors =
        profile.multiprocessors == 0 ? "-" : std::to_string(profile.multiprocessors);
    fmt::print("    {:<12} {:>7} {:>7} {:>10.2f} {:>5} {:>4}  {}\n", profile.name,
               profile.compute_slices, profile.memory_slices, profile.memory_gb, processors,
               profile.max_count, fmt::join(profile.starts, " "));
  }
}

void print_text(const Result<ProbeReport>& report) {
  fmt::print("devices of this machine\n");
  if (report.ok()) {
    for (const DeviceInfo& device : report->devices) print_device(device);
    if (!report->cuda_note.empty()) fmt::print("  no CUDA device: {}\n", report->cuda_note);
  }
  fmt::print("\ndevice models for simulation, with the partitions (MIG profiles) each allows\n");
  for (const DeviceModel& model : gpu_pool::device_models()) print_model(model);
}

}  // namespace

int run_gpu_list(const GpuListOptions& options, const Context& context) {
  const std::string worker =
      options.worker.empty() ? gpu_pool::worker_beside_this_program() : options.worker;
  const Result<ProbeReport> report = gpu_pool::probe_devices(worker);
  if (context.json) {
    print_json(report);
  } else {
    print_text(report);
  }
  if (report.ok()) return kDone;
  fmt::print(stderr, "lambdarium gpu list: the devices of this machine are not known: {}\n",
             report.error().to_string());
  return kRunFailed;
}

}  // namespace lambdarium::commands
