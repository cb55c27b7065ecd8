#include "gpu-pool/core/device_info.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace lambdarium::gpu_pool {
namespace {

using Json = nlohmann::ordered_json;

// Library texts may hold anything; a report stays valid JSON all the same.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Error malformed(std::string_view what) {
  return Error{ErrorCode::kInternal, fmt::format("the worker's report is malformed: {}", what)};
}

template <class T>
bool read(const Json& object, const char* key, T& value) {
  const auto found = object.find(key);
  if (found == object.end()) return false;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!found->is_string()) return false;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!found->is_boolean()) return false;
  } else {
    if (!found->is_number_integer()) return false;
  }
  value = found->template get<T>();
  return true;
}

Result<DeviceInfo> parse_device(const Json& json) {
  if (!json.is_object()) return malformed("a device is not an object");
  DeviceInfo device;
  std::string kind;
  const bool complete =
      read(json, "id", device.id) && read(json, "kind", kind) && read(json, "name", device.name) &&
      read(json, "backend", device.backend) && read(json, "memory_bytes", device.memory_bytes) &&
      read(json, "processors", device.processors) && read(json, "capability", device.capability);
  if (!complete) return malformed("a device lacks a field");
  if (kind != "cpu" && kind != "cuda") return malformed(fmt::format("device kind '{}'", kind));
  device.kind = kind == "cpu" ? DeviceKind::kCpu : DeviceKind::kCuda;
  return device;
}

}  // namespace

std::string_view to_string(DeviceKind kind) {
  return kind == DeviceKind::kCpu ? "cpu" : "cuda";
}

std::string to_json(const ProbeReport& report) {
  Json devices = Json::array();
  for (const DeviceInfo& device : report.devices) {
    devices.push_back({{"id", device.id},
                       {"kind", to_string(device.kind)},
                       {"name", device.name},
                       {"backend", device.backend},
                       {"memory_bytes", device.memory_bytes},
                       {"processors", device.processors},
                       {"capability", device.capability}});
  }
  return dump({{"devices", std::move(devices)},
               {"built_with_cuda", report.built_with_cuda},
               {"cuda_note", report.cuda_note}});
}

Result<ProbeReport> parse_probe_report(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object()) return malformed("it is not a JSON object");
  ProbeReport report;
  if (!read(document, "built_with_cuda", report.built_with_cuda) ||
      !read(document, "cuda_note", report.cuda_note)) {
    return malformed("built_with_cuda or cuda_note is missing");
  }
  const auto devices = document.find("devices");
  if (devices == document.end() || !devices->is_array()) return malformed("devices is no array");
  for (const Json& json_device : *devices) {
    LAM_TRY(DeviceInfo device, parse_device(json_device));
    report.devices.push_back(std::move(device));
  }
  return report;
}

}  // namespace lambdarium::gpu_pool
