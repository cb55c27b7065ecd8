#include <nlohmann/json.hpp>

#include "emulator/simulated/report.h"

namespace lambdarium::simulated {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Summary& s) {
  return {{"count", s.count}, {"mean", s.mean}, {"p50", s.p50},   {"p90", s.p90},
          {"p95", s.p95},     {"p99", s.p99},   {"p999", s.p999}, {"max", s.max}};
}

Json causes_json(const SimulationResult& r) {
  Json json = Json::object();
  for (std::size_t i = 1; i < kColdCauses; ++i) {
    json[std::string{fleet::to_string(static_cast<fleet::ColdCause>(i))}] = r.cold_causes[i];
  }
  return json;
}

Json rejected_json(const SimulationResult& r) {
  Json json = Json::object();
  for (std::size_t i = 1; i < kRejectReasons; ++i) {
    json[std::string{fleet::to_string(static_cast<fleet::RejectReason>(i))}] = r.rejected[i];
  }
  return json;
}

Json environments_json(const EnvironmentFigures& e) {
  return {{"started", e.started},     {"reclaimed", e.expired},   {"evicted", e.evicted},
          {"lost", e.lost},           {"peak", e.peak},           {"mean_total", e.mean_total},
          {"mean_busy", e.mean_busy}, {"mean_idle", e.mean_idle}, {"mean_life_s", e.mean_life_s}};
}

Json cost_json(const billing::Bill& bill) {
  Json lines = Json::array();
  for (const billing::BillLine& line : bill.lines) {
    lines.push_back({{"meter", line.meter},
                     {"quantity", line.quantity.to_string(15)},
                     {"unit", line.unit},
                     {"unit_price", line.unit_price.to_string(15)},
                     {"amount", line.amount.to_string(15)}});
  }
  return {{"currency", bill.currency}, {"total", money(bill.total())}, {"lines", std::move(lines)}};
}

Json functions_json(const SimulationResult& r) {
  Json functions = Json::array();
  for (const FunctionResult& f : r.functions) {
    functions.push_back({{"name", f.name},
                         {"invocations", f.invocations},
                         {"cold_starts", f.cold_starts},
                         {"latency_s", to_json(f.latency)},
                         {"cost", money(f.cost)}});
  }
  return functions;
}

Json slo_json(const SimulationResult& r) {
  if (!r.slo_target) return {{"target_s", nullptr}, {"hit_ratio", nullptr}};
  return {{"target_s", to_seconds(*r.slo_target)}, {"hit_ratio", r.slo_hit_ratio()}};
}

}  // namespace

std::string to_json(const SimulationResult& r, double wall_s) {
  Json json;
  json["seed"] = r.seed;
  json["config_hash"] = r.config_hash;
  json["wall_s"] = wall_s;
  json["virtual_s"] = to_seconds(r.end);
  json["measured_s"] = r.measured_s;
  json["warmup_s"] = to_seconds(r.warmup);
  json["invocations"] = r.invocations;
  json["invocations_per_wall_s"] = wall_s > 0 ? static_cast<double>(r.simulated) / wall_s : 0.0;
  json["completed"] = r.completed;
  json["cold_starts"] = r.cold_starts;
  json["throttled"] = r.throttled;
  json["dropped"] = r.dropped;
  json["timed_out"] = r.timed_out;
  json["errors"] = r.errors;
  json["evicted"] = r.environments.evicted;
  json["expired"] = r.environments.expired;
  json["cold_causes"] = causes_json(r);
  json["rejected"] = rejected_json(r);
  json["latency_s"] = to_json(r.latency);
  json["queue_s"] = to_json(r.queue);
  json["init_s"] = to_json(r.init);
  json["service_s"] = to_json(r.service);
  json["environments"] = environments_json(r.environments);
  json["memory_gb_s"] = {{"busy", r.memory_gb_s_busy}, {"idle", r.memory_gb_s_idle}};
  json["gpu"] = {{"busy_ratio", 0.0}, {"batches", 0}, {"mean_batch", 0.0}};
  json["slo"] = slo_json(r);
  json["cost"] = cost_json(r.bill);
  json["functions"] = functions_json(r);
  json["choices"] = r.choices;
  json["trace_rows"] = {{"read", r.trace.rows}, {"broken", r.trace.broken}};
  // A function's name in a trace may hold any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace lambdarium::simulated
