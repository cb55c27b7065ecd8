// Other platforms, each with the rule that differs: what is rounded, what is idle, what is
// converted.

#include <algorithm>

#include <fmt/format.h>

#include "models/billing/usage/fields.h"

namespace lambdarium::billing {
namespace {

Decimal grant(const Fields& fields, const PriceEntry& entry) {
  return fields.free_tier() ? entry.free_quantity.value_or(Decimal{}) : Decimal{};
}

void add_less_free(Bill& bill, const Fields& fields, std::string_view id, const Decimal& quantity) {
  const PriceEntry& entry = fields.price(id);
  bill.add_tiered(entry, less_free(quantity, grant(fields, entry)));
}

Decimal step_100ms() {
  return Decimal::ratio(1, 10);
}

// Length of the union of intervals: overlapping requests of one instance are billed once.
Decimal union_length(std::vector<std::pair<Decimal, Decimal>> intervals) {
  std::sort(intervals.begin(), intervals.end());
  Decimal length;
  Decimal end;
  for (const auto& [start, stop] : intervals) {
    const Decimal from = max(start, end);
    if (from < stop) {
      length += stop - from;
      end = stop;
    }
  }
  return length;
}

// --- Google
// ----------------------------------------

// Billed seconds of one instance in request-based mode, or nothing when the case gives no
// intervals.
std::optional<Decimal> interval_seconds(const Fields& fields, Decimal& requests) {
  const Names in_s = {"intervals_s", "intervals", "requests_s", "spans_s", "spans"};
  const Names in_ms = {"intervals_ms", "requests_ms", "spans_ms"};
  const bool ms = fields.has(in_ms);
  if (!ms && !fields.has(in_s)) return std::nullopt;
  const auto intervals = ms ? fields.intervals(in_ms) : fields.intervals(in_s);
  requests += Decimal{static_cast<std::int64_t>(intervals.size())};
  const Decimal seconds = union_length(intervals) / (ms ? Decimal{1000} : Decimal{1});
  return round_up(seconds, step_100ms());
}

Bill price_run_requests(const Fields& fields) {
  Decimal requests;
  Decimal seconds;
  const Names instances = {"instances"};
  const Names request_names = {"requests", "invocations"};
  if (const auto single = interval_seconds(fields, requests)) {
    seconds = *single;
  } else if (fields.has(instances) && !fields.has(request_names)) {
    for (const Fields& instance : fields.parts(instances)) {
      const auto own = interval_seconds(instance, requests);
      if (!own) instance.fail_field({"intervals_s"}, "a list of [start, end]");
      seconds += own.value_or(Decimal{});
    }
  } else {
    requests = fields.count(request_names);
    const auto active = fields.seconds({"active", "billed", "instance", "busy"});
    if (active) {
      seconds = round_up(*active, step_100ms());
    } else {
      // `concurrency` requests share an instance all the time; by itself each request has one.
      seconds = round_up(fields.seconds_of({"duration", "request"}), step_100ms()) * requests /
                fields.number_or({"concurrency"}, 1);
    }
  }
  // The list of intervals says how many requests there were, unless the case does.
  if (fields.has(request_names)) requests = fields.count(request_names);
  const Decimal vcpu = fields.number({"vcpu", "vcpus", "cpu"});
  const Decimal gib = fields.number({"gib", "memory_gib"});
  const bool second_tier = fields.word_or({"region_tier", "tier"}, "1") == "2";
  Bill bill;
  add_less_free(bill, fields, second_tier ? "gcp.run.t2.req.cpu" : "gcp.run.req.cpu",
                vcpu * seconds);
  add_less_free(bill, fields, second_tier ? "gcp.run.t2.req.mem" : "gcp.run.req.mem",
                gib * seconds);
  add_less_free(bill, fields, "gcp.run.req.request", requests);
  // Minimum instances wait at a reduced CPU rate.
  const Decimal idle = fields.seconds_or({"idle", "min_instance_idle", "idle_instance"}, {}) *
                       fields.count_or({"min_instances"}, 1);
  if (!idle.is_zero()) {
    const Decimal rounded = round_up(idle, step_100ms());
    bill.add_flat(fields.price("gcp.run.idle.cpu"), vcpu * rounded);
    bill.add_flat(fields.price(second_tier ? "gcp.run.t2.req.mem" : "gcp.run.req.mem"),
                  gib * rounded);
  }
  return bill;
}

Bill price_run_instances(const Fields& fields) {
  const Decimal seconds =
      round_up(fields.seconds_of({"instance", "alive", "lifetime"}), step_100ms()) *
      fields.count_or({"count", "instances"}, 1);
  const std::string gpu = fields.word_or({"gpu"}, "none");
  const bool redundant = fields.flag_or({"zonal_redundancy"}, false);
  Bill bill;
  if (gpu != "none") {
    if (gpu != "l4" && gpu != "nvidia-l4") fields.fail_field({"gpu"}, "l4");
    bill.add_flat(fields.price(redundant ? "gcp.run.gpu.l4.zr" : "gcp.run.gpu.l4.nozr"),
                  seconds * fields.count_or({"gpus", "gpu_count"}, 1));
  }
  add_less_free(bill, fields, "gcp.run.inst.cpu",
                fields.number({"vcpu", "vcpus", "cpu"}) * seconds);
  add_less_free(bill, fields, "gcp.run.inst.mem", fields.number({"gib", "memory_gib"}) * seconds);
  return bill;
}

// First generation: memory and clock come in fixed pairs.
Bill price_functions_gen1(const Fields& fields) {
  struct Size {
    std::int64_t mb;
    std::int64_t mhz;
  };
  static constexpr Size kSizes[] = {{128, 200},   {256, 400},   {512, 800},  {1024, 1400},
                                    {2048, 2400}, {4096, 4800}, {8192, 4800}};
  const Names memory_names = {"memory_mb"};
  const Decimal mb = fields.count(memory_names);
  Decimal ghz = fields.number_or({"ghz"}, {}) + fields.number_or({"mhz"}, {}) / Decimal{1000};
  for (const Size& size : kSizes) {
    if (ghz.is_zero() && mb == Decimal{size.mb}) ghz = Decimal::ratio(size.mhz, 1000);
  }
  if (ghz.is_zero())
    fields.fail_field(memory_names, "128, 256, 512, 1024, 2048, 4096 or 8192, or ghz given");
  const Decimal invocations = fields.count({"invocations", "executions", "requests"});
  const Decimal seconds =
      round_up(fields.seconds_of({"duration", "avg_duration"}), step_100ms()) * invocations;
  Bill bill;
  add_less_free(bill, fields, "gcp.gcf1.gb", gigabytes_of_mb(mb) * seconds);
  add_less_free(bill, fields, "gcp.gcf1.ghz", ghz * seconds);
  add_less_free(bill, fields, "gcp.gcf1.invocation", invocations);
  const Decimal egress = fields.number_or({"egress_gb"}, {});
  if (!egress.is_zero()) bill.add_flat(fields.price("gcp.gcf1.egress"), egress);
  return bill;
}

// --- Microsoft
// ----------------------------------------

Bill price_azure_consumption(const Fields& fields) {
  const Decimal executions = fields.count({"executions", "invocations", "requests"});
  const Decimal used = fields.number({"memory_mb_used", "memory_mb"});
  // Measured memory to the next 128 MB, at most 1,536; at least 100 ms.
  const Decimal mb = min(max(round_up(used, 128), 128), 1536);
  const Decimal ms = max(fields.number({"duration_ms", "avg_duration_ms"}).ceil(), 100);
  Bill bill;
  add_less_free(bill, fields, "azure.func.gbs",
                gigabytes_of_mb(mb) * ms * executions / Decimal{1000});
  add_less_free(bill, fields, "azure.func.exec", executions);
  return bill;
}

Bill price_azure_flex(const Fields& fields) {
  const Names size = {"instance_mb", "memory_mb", "instance_memory_mb"};
  const Decimal mb = fields.count(size);
  if (mb != Decimal{512} && mb != Decimal{2048} && mb != Decimal{4096}) {
    fields.fail_field(size, "512, 2048 or 4096");
  }
  const Decimal gb = gigabytes_of_mb(mb);
  const Decimal executions = fields.count_or({"executions", "invocations", "requests"}, {});
  // Each active span of an instance counts at least a second, then in steps of 100 ms.
  const auto billed = [](const Decimal& seconds) {
    return max(round_up(seconds, step_100ms()), 1);
  };
  const Names periods_ms = {"active_periods_ms", "periods_ms", "active_spans_ms"};
  const Names periods_s = {"active_periods_s", "periods_s", "active_spans_s"};
  Decimal seconds;
  if (fields.has(periods_ms)) {
    for (const Decimal& ms : fields.numbers(periods_ms)) seconds += billed(ms / Decimal{1000});
  } else if (fields.has(periods_s)) {
    for (const Decimal& s : fields.numbers(periods_s)) seconds += billed(s);
  } else if (const auto active = fields.seconds({"active", "instance"})) {
    seconds = billed(*active) * fields.count_or({"periods", "instances", "count"}, 1);
  } else if (const auto each = fields.seconds({"duration", "avg_duration"})) {
    seconds = billed(*each) * executions;
  }
  const Decimal ready =
      fields.count_or({"always_ready", "always_ready_instances", "ar_instances"}, {});
  const Decimal ready_seconds = fields.seconds_or({"always_ready", "ar", "baseline"}, {}) * ready;
  const Decimal ready_busy =
      fields.seconds_or({"always_ready_active", "ar_active", "ar_execution"}, {});
  const Decimal ready_executions =
      fields.count_or({"always_ready_executions", "ar_executions"}, {});
  Bill bill;
  if (!seconds.is_zero()) add_less_free(bill, fields, "azure.flex.od.gbs", gb * seconds);
  if (!ready_seconds.is_zero())
    bill.add_flat(fields.price("azure.flex.ar.base"), gb * ready_seconds);
  if (!ready_busy.is_zero()) bill.add_flat(fields.price("azure.flex.ar.gbs"), gb * ready_busy);
  // The grant is for executions on demand only.
  const PriceEntry& execution = fields.price("azure.flex.exec");
  bill.add_tiered(execution, less_free(executions, grant(fields, execution)) + ready_executions);
  return bill;
}

Bill price_container_apps(const Fields& fields) {
  const Decimal replicas = fields.count_or({"replicas", "count", "instances"}, 1);
  const Decimal vcpu = fields.number({"vcpu", "vcpus"}) * replicas;
  const Decimal gib = fields.number({"gib", "memory_gib"}) * replicas;
  const Decimal active = fields.seconds_or({"active", "busy"}, {}).ceil();
  const Decimal idle = fields.seconds_or({"idle"}, {}).ceil();
  if (fields.has({"gpu"})) fields.fail_field({"gpu"}, "left out: no rate is published for it");
  Bill bill;
  add_less_free(bill, fields, "azure.aca.vcpu", vcpu * active);
  if (!idle.is_zero()) bill.add_flat(fields.price("azure.aca.vcpu_idle"), vcpu * idle);
  add_less_free(bill, fields, "azure.aca.mem", gib * (active + idle));
  const Names requests = {"requests"};
  if (fields.has(requests))
    add_less_free(bill, fields, "azure.aca.request", fields.count(requests));
  return bill;
}

// --- IBM, Alibaba
// ----------------------------------------

Bill price_ibm(const Fields& fields) {
  const Decimal executions = fields.count({"executions", "invocations"});
  const Decimal ms = round_up(fields.number({"duration_ms"}), 100);
  Bill bill;
  add_less_free(bill, fields, "ibm.functions.gbs",
                gigabytes_of_mb(fields.count({"memory_mb"})) * ms * executions / Decimal{1000});
  return bill;
}

// MLLess's own cost model, literally: 2 GB workers, no 100 ms steps, no free grant, virtual
// machines by the hour.
Bill price_mlless(const Fields& fields) {
  const auto workers = fields.seconds({"worker", "workers"});
  const Decimal worker =
      workers ? *workers : fields.count({"workers"}) * fields.seconds_of({"run", "wall"});
  const Decimal supervisor = fields.seconds_or({"supervisor"}, {});
  Bill bill;
  bill.add_flat(fields.price("ibm.functions.gbs"),
                fields.number_or({"memory_gb"}, 2) * (worker + supervisor));
  const Names vms = {"vms"};
  if (fields.has(vms)) {
    for (const Fields& vm : fields.parts(vms)) {
      bill.add(fmt::format("virtual machine {}", vm.text_or({"name", "instance"}, "")), "",
               vm.number_or({"hours"}, vm.seconds_or({"run"}, {}) / Decimal{3600}), "hour",
               vm.number({"hourly"}));
    }
  }
  const Names hourly = {"vm_hourly"};
  if (fields.has(hourly)) {
    bill.add("virtual machines", "",
             fields.number_or({"vm_hours"},
                              fields.seconds_or({"vm", "run", "wall"}, {}) / Decimal{3600}),
             "hour", fields.number(hourly));
  }
  return bill;
}

// Everything becomes compute units, which have the price.
Bill price_alibaba(const Fields& fields) {
  const auto factor = [&](std::string_view name) {
    return fields.price(fmt::format("alibaba.fc.factor.{}", name)).first_price();
  };
  const Decimal invocations = fields.count_or({"invocations", "requests"}, {});
  const auto each = fields.seconds({"duration", "avg_duration"});
  const Decimal active = each ? *each * invocations : fields.seconds_or({"active", "busy"}, {});
  const Decimal idle = fields.seconds_or({"idle"}, {});
  const Decimal vcpu = fields.number_or({"vcpu", "vcpus"}, {});
  const Decimal gb = fields.number_or({"gb", "memory_gb"}, {});
  const Decimal disk = fields.number_or({"disk_gb"}, {});
  Decimal units = invocations * factor("invocation");
  units += active * vcpu * factor("vcpu_active") + idle * vcpu * factor("vcpu_idle");
  units += (active + idle) * (gb * factor("memory") + disk * factor("disk"));
  // A slice of a card is sized in whole GB of its memory.
  const Names card_names = {"gpu", "gpu_type", "gpu_series"};
  const Names slice = {"gpu_gb", "gpu_memory_gb"};
  if (fields.has(slice) || fields.has(card_names)) {
    const std::string card = fields.word_or(card_names, "t4");
    const bool tesla = card == "t4" || card == "tesla" || card == "tesla-t4" || card == "turing";
    if (!tesla && card != "ada" && card != "l4" && card != "l40" && card != "ada-48") {
      fields.fail_field(card_names, "t4 or ada");
    }
    const std::string_view series = tesla ? "tesla" : "ada";
    const Decimal gpu_gb = fields.number(slice).ceil();
    const Decimal gpu_active = fields.seconds_or({"gpu_active"}, active);
    const Decimal gpu_idle = fields.seconds_or({"gpu_idle"}, idle);
    units += gpu_gb * gpu_active * factor(fmt::format("gpu_{}_active", series)) +
             gpu_gb * gpu_idle * factor(fmt::format("gpu_{}_idle", series));
  }
  Bill bill;
  bill.add_tiered(fields.price("alibaba.fc.cu"), fields.number_or({"cu"}, units));
  return bill;
}

}  // namespace

std::vector<UsageKind> cloud_kinds() {
  return {{"cloudrun.request", price_run_requests},
          {"cloudrun.requests", price_run_requests},
          {"cloudrun.instance", price_run_instances},
          {"gcf.gen1", price_functions_gen1},
          {"gcf1", price_functions_gen1},
          {"cloudfunctions.gen1", price_functions_gen1},
          {"azure.consumption", price_azure_consumption},
          {"azure.flex", price_azure_flex},
          {"azure.aca", price_container_apps},
          {"azure.containerapps", price_container_apps},
          {"ibm.functions", price_ibm},
          {"ibm.mlless", price_mlless},
          {"mlless", price_mlless},
          {"alibaba.fc", price_alibaba}};
}

}  // namespace lambdarium::billing
