// Lambda's meters beside plain invocations: SnapStart, streaming, managed instances, durable
// functions, tenant isolation, micro-VMs, event pollers, Lambda@Edge.

#include <fmt/format.h>

#include "models/billing/usage/lambda_rules.h"

namespace lambdarium::billing {
namespace {

constexpr std::int64_t kSnapStartSecondsMin = 3 * 3600;
constexpr std::int64_t kPollerSecondsMin = 60;
constexpr std::int64_t kSqsPollersMin = 2;
constexpr std::int64_t kStreamFreeBytes = 6LL * 1024 * 1024;

// Duration and requests of a month, where the case speaks of invocations.
void emit_month(Bill& bill, const Fields& fields) {
  const Names names = {"invocations"};
  const Names billed = {"avg_billed_ms", "billed_ms"};
  if (!fields.has(names)) return;
  const Decimal invocations = fields.count(names);
  if (fields.has(billed)) {
    LambdaTotals totals = start_totals(fields);
    add_seconds(totals, fields, invocations * fields.number(billed) / Decimal{1000}, false);
    emit_run_time(bill, fields, totals);
  }
  emit_requests(bill, fields, invocations);
}

// Free of both charges.
bool managed_java(const Fields& fields) {
  return fields.word_or({"runtime"}, "").starts_with("java");
}

Bill price_snapstart(const Fields& fields) {
  Bill bill;
  emit_month(bill, fields);
  const Decimal gb = memory_gb(fields);
  const bool exempt = managed_java(fields);
  Decimal cached;
  const Names each = {"version_active_s", "versions_active_s", "versions_s"};
  if (fields.has(each)) {
    for (const Decimal& active : fields.numbers(each)) cached += max(active, kSnapStartSecondsMin);
  } else if (const auto active = fields.seconds({"active", "cached", "cache", "published"})) {
    cached = max(*active, kSnapStartSecondsMin) * fields.count_or({"versions"}, 1);
  } else {
    const Names hours = {"hours"};
    const Decimal seconds = fields.number_or(hours, Decimal{}) * Decimal{3600};
    if (fields.has(hours)) {
      cached = max(seconds, kSnapStartSecondsMin) * fields.count_or({"versions"}, 1);
    }
  }
  const Names restores = {"restores", "resumes", "restored_environments"};
  const Decimal restored = fields.count_or(restores, {});
  bill.add_flat(fields.price("aws.lambda.snapstart.cache"), exempt ? Decimal{} : gb * cached);
  if (fields.has(restores)) {
    bill.add_flat(fields.price("aws.lambda.snapstart.restore"), exempt ? Decimal{} : gb * restored);
  }
  return bill;
}

Bill price_stream(const Fields& fields) {
  Bill bill;
  emit_month(bill, fields);
  const PriceEntry& entry = fields.price("aws.lambda.stream");
  const Decimal requests = fields.count_or({"requests", "invocations", "responses", "count"}, 1);
  const auto size = fields.bytes({"response", "streamed", "stream", "bytes_per_response"});
  Decimal bytes;
  if (size) {
    bytes = less_free(*size, kStreamFreeBytes) * requests;
  } else if (fields.has({"parts"})) {
    for (const Fields& part : fields.parts({"parts"})) {
      bytes += less_free(part.bytes_or({"response", "streamed", "stream"}, {}), kStreamFreeBytes) *
               part.count_or({"requests", "count"}, 1);
    }
  } else {
    fields.fail(invalid_input("response_bytes is missing"));
  }
  const bool granted = fields.flag_or({"free_tier_stream"}, fields.free_tier());
  const Decimal free = granted ? entry.free_quantity.value_or(Decimal{}) : Decimal{};
  bill.add_tiered(entry, less_free(gigabytes_of_bytes(bytes), free));
  return bill;
}

Bill price_managed_instances(const Fields& fields) {
  const std::string instance = fields.text({"instance"});
  const Decimal list_price = fields.price(fmt::format("aws.ec2.{}", instance)).first_price();
  const Names effective = {"ec2_effective_hourly", "effective_hourly"};
  const Names hours_names = {"instance_hours", "hours"};
  const Decimal hours = fields.number(hours_names) * fields.count_or({"count", "instances"}, 1);
  const Decimal fee = fields.price("aws.lambda.lmi.fee").first_price();
  Bill bill;
  bill.add_tiered(fields.price("aws.lambda.lmi.request"),
                  fields.count({"requests", "invocations"}));
  if (fields.has(effective)) {
    bill.add("EC2 at plan rate", "", hours, "instance-hour", fields.number(effective));
  } else {
    bill.add("EC2 on-demand", "", hours, "instance-hour", list_price);
  }
  // The fee is on the list price even where a plan or a reservation covers the instance.
  bill.add(fmt::format("management fee {}% of on-demand", (fee * Decimal{100}).to_string()), "",
           hours, "instance-hour", list_price * fee);
  return bill;
}

Bill price_durable(const Fields& fields) {
  Bill bill;
  emit_month(bill, fields);
  const Decimal executions = fields.count_or({"executions", "workflows"}, 1);
  const Names operations = {"operations", "ops"};
  const Names each = {"operations_per_execution", "ops_per_execution"};
  Decimal total;
  if (fields.has(operations)) {
    total = fields.count(operations);
  } else if (fields.has(each)) {
    total = executions * fields.number(each);
  } else {
    // Start, step and wait each count one.
    total = executions * (fields.count_or({"starts"}, 1) + fields.count_or({"steps"}, {}) +
                          fields.count_or({"waits"}, {}));
  }
  bill.add_flat(fields.price("aws.lambda.durable.op"), total);

  // The vendor's example turns KB into GB with a factor of one million.
  const Names gb_names = {"written_gb", "write_gb", "gb_written", "data_written_gb"};
  const Names kb_names = {"written_kb", "write_kb", "kb_written"};
  const Names kb_each = {"written_kb_per_execution", "write_kb_per_execution", "kb_per_execution"};
  const Names kb_op = {"written_kb_per_operation", "kb_per_operation", "kb_per_op"};
  const Decimal kb = fields.number_or(kb_names, {}) + fields.number_or(kb_each, {}) * executions +
                     fields.number_or(kb_op, {}) * total;
  const Decimal written = fields.number_or(gb_names, {}) + kb / Decimal{1'000'000};
  if (!written.is_zero()) bill.add_flat(fields.price("aws.lambda.durable.write"), written);

  const Names months = {"retained_gb_month", "gb_month"};
  const Names days = {"retained_days", "retention_days", "days"};
  const Decimal running = fields.number_or({"running_days"}, {});
  Decimal retained = fields.number_or(months, {});
  if (fields.has(days) || !running.is_zero()) {
    retained += fields.number_or({"retained_gb", "stored_gb"}, written) *
                (fields.number_or(days, 14) + running) / Decimal{30};
  }
  if (!retained.is_zero()) bill.add_flat(fields.price("aws.lambda.durable.retain"), retained);
  return bill;
}

Bill price_tenant(const Fields& fields) {
  Bill bill;
  emit_month(bill, fields);
  if (fields.architecture() != Architecture::kX86) {
    fields.fail_field({"arch", "architecture"}, "x86: the rate for arm64 is not published");
  }
  bill.add_flat(fields.price("aws.lambda.tenant_env.x86"),
                memory_gb(fields) * fields.count({"environments", "creations",
                                                  "environments_created", "tenant_environments"}));
  return bill;
}

Bill price_microvm(const Fields& fields) {
  const Decimal count = fields.count_or({"count", "vms", "microvms"}, 1);
  const Names vcpus = {"vcpu", "vcpus"};
  const Names gbs = {"gb", "memory_gb"};
  // 2 GB for each vCPU: one of the two is enough.
  const Decimal vcpu =
      fields.has(vcpus) ? fields.number(vcpus) : fields.number_or(gbs, {}) / Decimal{2};
  const Decimal gb = fields.number_or(gbs, vcpu * Decimal{2});
  const Decimal running = fields.seconds_or({"running", "run", "active", "alive"}, {}).ceil();
  Bill bill;
  const Decimal vcpu_s = fields.number_or({"vcpu_s", "vcpu_seconds"}, vcpu * running * count) +
                         fields.number_or({"excess_vcpu_s", "burst_vcpu_s"}, {});
  const Decimal gb_s = fields.number_or({"gb_s", "gb_seconds"}, gb * running * count) +
                       fields.number_or({"excess_gb_s", "burst_gb_s"}, {});
  if (!vcpu_s.is_zero()) bill.add_flat(fields.price("aws.lambda.microvm.vcpu"), vcpu_s);
  if (!gb_s.is_zero()) bill.add_flat(fields.price("aws.lambda.microvm.mem"), gb_s);
  const Decimal written =
      fields.number_or({"snapshot_write_gb", "snap_write_gb", "suspend_gb", "written_gb"}, {}) *
      fields.count_or({"suspends"}, 1);
  const Decimal read =
      fields.number_or({"snapshot_read_gb", "snap_read_gb", "resume_gb", "read_gb"}, {}) *
      fields.count_or({"resumes"}, 1);
  if (!written.is_zero()) bill.add_flat(fields.price("aws.lambda.microvm.snap_write"), written);
  if (!read.is_zero()) bill.add_flat(fields.price("aws.lambda.microvm.snap_read"), read);
  Decimal stored = fields.number_or({"snapshot_gb_month", "store_gb_month", "stored_gb_month"}, {});
  // The vendor's example prorates over a month of 720 hours.
  stored += fields.number_or({"stored_gb", "store_gb", "snapshot_gb"}, {}) *
            fields.number_or({"stored_hours", "store_hours", "snapshot_hours"}, 720) /
            fields.number_or({"month_hours"}, 720);
  if (!stored.is_zero()) bill.add_flat(fields.price("aws.lambda.microvm.snap_store"), stored);
  return bill;
}

Bill price_pollers(const Fields& fields) {
  const std::string source = fields.word_or({"source", "event_source", "type"}, "sqs");
  const bool sqs = source == "sqs";
  if (!sqs && source != "kafka" && source != "msk") {
    fields.fail_field({"source", "event_source", "type"}, "kafka or sqs");
  }
  Decimal units = fields.number_or({"units", "epu", "epus", "pollers", "event_pollers"},
                                   sqs ? kSqsPollersMin : 1);
  if (sqs) units = max(units, kSqsPollersMin);
  const Names hours = {"hours"};
  Decimal seconds = fields.has(hours) ? fields.number(hours) * Decimal{3600}
                                      : fields.seconds_of({"active", "enabled", "duration"});
  seconds = max(seconds.ceil(), kPollerSecondsMin);
  Bill bill;
  emit_month(bill, fields);
  bill.add_flat(fields.price(sqs ? "aws.lambda.epu.sqs" : "aws.lambda.epu.kafka"),
                units * seconds / Decimal{3600});
  return bill;
}

Bill price_edge(const Fields& fields) {
  const Decimal invocations = fields.count({"invocations", "requests", "count"});
  const Names billed = {"billed_ms", "avg_billed_ms"};
  const Decimal ms = fields.has(billed) ? fields.number(billed)
                                        : fields.number({"duration_ms", "avg_duration_ms"}).ceil();
  Bill bill;
  bill.add_flat(fields.price("aws.lambda_edge.duration"),
                memory_gb(fields) * ms * invocations / Decimal{1000});
  bill.add_flat(fields.price("aws.lambda_edge.request"), invocations);
  return bill;
}

}  // namespace

std::vector<UsageKind> lambda_extra_kinds() {
  return {{"lambda.snapstart", price_snapstart},
          {"lambda.month.snapstart", price_snapstart},
          {"lambda.stream", price_stream},
          {"lambda.streaming", price_stream},
          {"lambda.month.stream", price_stream},
          {"lambda.month.streaming", price_stream},
          {"lambda.lmi", price_managed_instances},
          {"lambda.durable", price_durable},
          {"lambda.tenant", price_tenant},
          {"lambda.tenancy", price_tenant},
          {"lambda.microvm", price_microvm},
          {"lambda.epu", price_pollers},
          {"lambda.esm", price_pollers},
          {"lambda.pollers", price_pollers},
          {"lambda.edge", price_edge}};
}

}  // namespace lambdarium::billing
