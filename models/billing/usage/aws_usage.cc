// What functions stand among: instances, disks, load balancers, NAT, object store, tables, queues,
// logs, caches, endpoints.

#include <algorithm>

#include <fmt/format.h>

#include "models/billing/usage/fields.h"

namespace lambdarium::billing {
namespace {

constexpr std::int64_t kStartSecondsMin = 60;
constexpr std::int64_t kMonthHours = 730;
constexpr std::int64_t kQueueUnitBytes = 64 * 1024;
constexpr std::int64_t kIncludedIops = 3000;
constexpr std::int64_t kIncludedMbps = 125;

Decimal grant(const Fields& fields, const PriceEntry& entry) {
  return fields.free_tier() ? entry.free_quantity.value_or(Decimal{}) : Decimal{};
}

// Hourly list price of an instance, or the one the case names.
Decimal hourly_price(const Fields& fields) {
  const Names own = {"hourly", "hourly_usd", "price_hourly"};
  if (fields.has(own)) return fields.number(own);
  return fields.price(fmt::format("aws.ec2.{}", fields.text({"instance", "instance_type"})))
      .first_price();
}

// Each start bills at least a minute.
Bill price_runs(const Fields& fields) {
  const std::vector<Decimal> runs = fields.numbers({"runs_s", "runs"});
  Decimal seconds;
  for (const Decimal& run : runs) seconds += max(run.ceil(), kStartSecondsMin);
  const Decimal count = fields.count_or({"count"}, 1);
  seconds = seconds * count;
  const Decimal starts = Decimal{static_cast<std::int64_t>(runs.size())} * count;
  Bill bill;
  bill.add(fmt::format("{} starts, {} billed seconds", starts.to_string(), seconds.to_string()), "",
           seconds, "second", hourly_price(fields) / Decimal{3600});
  return bill;
}

void emit_disk(Bill& bill, const Fields& fields, const Decimal& share_of_month) {
  const std::string type = fields.word_or({"type", "volume_type"}, "gp3");
  const Decimal count = fields.count_or({"volumes", "count"}, 1);
  const Decimal share = share_of_month * count;
  const Decimal gb = fields.number({"gb", "size_gb", "gb_month"});
  if (type == "gp2") {
    bill.add_flat(fields.price("aws.ebs.gp2.gb"), gb * share);
    return;
  }
  if (type != "gp3") fields.fail_field({"type", "volume_type"}, "gp3 or gp2");
  bill.add_flat(fields.price("aws.ebs.gp3.gb"), gb * share);
  const Decimal iops = less_free(fields.number_or({"iops"}, kIncludedIops), kIncludedIops);
  const Decimal mbps = less_free(
      fields.number_or({"mbps", "throughput_mbps", "throughput"}, kIncludedMbps), kIncludedMbps);
  if (!iops.is_zero()) bill.add_flat(fields.price("aws.ebs.gp3.iops"), iops * share);
  if (!mbps.is_zero()) bill.add_flat(fields.price("aws.ebs.gp3.mbps"), mbps * share);
}

Bill price_hours(const Fields& fields) {
  const Decimal hours =
      fields.number({"hours", "instance_hours"}) * fields.count_or({"count", "instances"}, 1);
  Bill bill;
  bill.add(fmt::format("{} instance-hours", hours.to_string()), "", hours, "instance-hour",
           hourly_price(fields));
  return bill;
}

Bill price_disk(const Fields& fields) {
  const Names hours = {"hours"};
  const Names months = {"months"};
  const Decimal share = fields.has(hours)
                            ? fields.number(hours) / fields.number_or({"month_hours"}, kMonthHours)
                        : fields.has(months) ? fields.number(months)
                                             : Decimal{1};
  Bill bill;
  emit_disk(bill, fields, share);
  return bill;
}

// Capacity units of one hour: the largest of four dimensions.
Decimal capacity_units(const Fields& fields) {
  const bool lambda = fields.flag_or({"lambda_targets", "lambda"}, false) ||
                      fields.word_or({"targets", "target"}, "") == "lambda";
  const Decimal gb_for_each = lambda ? Decimal::ratio(4, 10) : Decimal{1};
  // Ten rules are free for each request.
  Decimal rules = fields.number_or({"rules_per_s", "rule_evaluations_per_s"}, {});
  const Names processed = {"rules", "rules_processed"};
  if (fields.has(processed)) {
    rules =
        less_free(fields.number(processed), 10) * fields.number_or({"requests_per_s", "rps"}, 1);
  }
  return max(max(fields.number_or({"new_per_s", "new_connections_per_s", "new"}, {}) / Decimal{25},
                 fields.number_or(
                     {"active_per_min", "active_per_minute", "active_connections", "active"}, {}) /
                     Decimal{3000}),
             max(fields.number_or({"gb_per_hour", "gb_per_h", "gb"}, {}) / gb_for_each,
                 rules / Decimal{1000}));
}

Bill price_load_balancer(const Fields& fields) {
  Bill bill;
  Decimal hours;
  Decimal units;
  const Names given = {"lcu_hours"};
  const Names profile = {"profile", "hourly", "per_hour"};
  if (fields.has(profile)) {
    for (const Fields& part : fields.parts(profile)) {
      const Decimal lasted = part.number_or({"hours"}, 1);
      hours += lasted;
      units += capacity_units(part.with_defaults(fields)) * lasted;
    }
    hours = fields.number_or({"hours"}, hours).ceil();
  } else {
    hours = fields.number({"hours"}).ceil();
    units = fields.has(given) ? fields.number(given)
                              : fields.number_or({"lcu"}, capacity_units(fields)) * hours;
  }
  bill.add_flat(fields.price("aws.alb.hour"), hours * fields.count_or({"count"}, 1));
  if (!units.is_zero()) bill.add_flat(fields.price("aws.alb.lcu"), units);
  return bill;
}

Bill price_nat(const Fields& fields) {
  Bill bill;
  bill.add_flat(fields.price("aws.nat.hour"),
                fields.number({"hours"}).ceil() * fields.count_or({"count", "gateways", "azs"}, 1));
  const Decimal gb = fields.number_or({"gb", "processed_gb", "data_gb"}, {});
  if (!gb.is_zero()) bill.add_flat(fields.price("aws.nat.gb"), gb);
  return bill;
}

Bill price_object_store(const Fields& fields) {
  Bill bill;
  const Decimal gb = fields.number_or({"gb_month", "gb", "stored_gb_month"}, {});
  const Decimal writes = fields.count_or({"put", "puts", "writes"}, {});
  const Decimal reads = fields.count_or({"get", "gets", "reads"}, {});
  if (!gb.is_zero()) bill.add_tiered(fields.price("aws.s3.standard.gb"), gb);
  if (!writes.is_zero()) bill.add_flat(fields.price("aws.s3.put"), writes);
  if (!reads.is_zero()) bill.add_flat(fields.price("aws.s3.get"), reads);
  return bill;
}

Bill price_table(const Fields& fields) {
  const bool transactional = fields.flag_or({"transactional", "transactions"}, false);
  const std::string consistency = fields.word_or({"consistency", "read_consistency"}, "strong");
  const bool eventual = consistency.starts_with("eventual") ||
                        fields.flag_or({"eventual", "eventually_consistent"}, false);
  const auto item = fields.bytes({"item", "item_size"});
  const Decimal kb = item.value_or(Decimal{1024}) / Decimal{1024};
  const Decimal factor = transactional ? 2 : 1;
  const Decimal write_each = max(kb.ceil(), 1) * factor;
  Decimal read_each = max((kb / Decimal{4}).ceil(), 1) * factor;
  if (eventual && !transactional) read_each = read_each / Decimal{2};
  const Decimal writes = fields.number_or({"wru", "write_units"},
                                          fields.count_or({"writes", "puts"}, {}) * write_each);
  const Decimal reads =
      fields.number_or({"rru", "read_units"}, fields.count_or({"reads", "gets"}, {}) * read_each);
  Bill bill;
  if (!writes.is_zero()) bill.add_flat(fields.price("aws.dynamodb.wru"), writes);
  if (!reads.is_zero()) bill.add_flat(fields.price("aws.dynamodb.rru"), reads);
  const Names stored = {"gb_month", "stored_gb_month", "storage_gb", "gb"};
  if (fields.has(stored) && !fields.number(stored).is_zero()) {
    const PriceEntry& entry = fields.price("aws.dynamodb.gb");
    bill.add_flat(entry, less_free(fields.number(stored), grant(fields, entry)));
  }
  const Decimal streamed = fields.count_or({"stream_reads"}, {});
  if (!streamed.is_zero()) bill.add_flat(fields.price("aws.dynamodb.stream"), streamed);
  return bill;
}

Bill price_queue(const Fields& fields) {
  const std::string type = fields.word_or({"type", "queue", "queue_type"},
                                          fields.flag_or({"fifo"}, false) ? "fifo" : "standard");
  if (type != "standard" && type != "fifo") {
    fields.fail_field({"type", "queue", "queue_type"}, "standard or fifo");
  }
  const Decimal bytes = fields.bytes_or({"payload", "message", "request"}, {});
  const Decimal each = max((bytes / Decimal{kQueueUnitBytes}).ceil(), 1);
  const Names names = {"requests", "calls", "api_calls"};
  Decimal units = fields.number_or({"units"}, {}) + fields.count_or(names, {}) * each;
  // Sends and receives carry the payload; empty receives and deletes are one unit each.
  units += (fields.count_or({"sends", "messages"}, {}) + fields.count_or({"receives"}, {})) * each;
  units += fields.count_or({"empty_receives"}, {}) + fields.count_or({"deletes"}, {});
  Bill bill;
  // The free million is shared by both kinds of queue.
  const PriceEntry& standard = fields.price("aws.sqs.standard");
  bill.add_tiered(type == "fifo" ? fields.price("aws.sqs.fifo") : standard,
                  less_free(units, grant(fields, standard)));
  return bill;
}

Bill price_logs(const Fields& fields) {
  struct Part {
    std::string_view price;
    Decimal gb;
    bool named;
  };
  const Names in = {"ingest_gb", "ingested_gb"};
  const Names kept = {"stored_gb_month", "store_gb_month"};
  const Names scanned = {"scanned_gb", "insights_gb", "scan_gb"};
  const Part parts[] = {{"aws.logs.ingest", fields.number_or(in, {}), fields.has(in)},
                        {"aws.logs.store", fields.number_or(kept, {}), fields.has(kept)},
                        {"aws.logs.insights", fields.number_or(scanned, {}), fields.has(scanned)}};
  // 5 GB for ingest, storage and scan together.
  Decimal free = grant(fields, fields.price("aws.logs.ingest"));
  Bill bill;
  for (const Part& part : parts) {
    if (!part.named || part.gb.is_zero()) continue;
    const Decimal used = min(free, part.gb);
    free -= used;
    bill.add_flat(fields.price(part.price), part.gb - used);
  }
  return bill;
}

Bill price_cache_nodes(const Fields& fields) {
  std::string node = fields.text({"node", "node_type", "instance"});
  if (!node.starts_with("cache.")) node = "cache." + node;
  const PriceEntry& entry = fields.price("aws.elasticache." + node);
  const std::string engine = fields.word_or({"engine"}, "redis");
  const Decimal hours =
      fields.number({"hours", "node_hours"}).ceil() * fields.count_or({"count", "nodes"}, 1);
  Bill bill;
  if (engine == "valkey") {
    // Valkey nodes cost 20 % less.
    bill.add("Valkey node " + node, entry.id, hours, entry.unit,
             entry.first_price() * Decimal::ratio(8, 10));
  } else {
    if (engine != "redis" && engine != "redis-oss" && engine != "memcached") {
      fields.fail_field({"engine"}, "redis, memcached or valkey");
    }
    bill.add_flat(entry, hours);
  }
  return bill;
}

Bill price_endpoint(const Fields& fields) {
  std::string instance = fields.text({"instance", "instance_type"});
  if (!instance.starts_with("ml.")) instance = "ml." + instance;
  Bill bill;
  bill.add_flat(fields.price("aws.sagemaker.rt." + instance),
                fields.number({"hours"}) * fields.count_or({"count", "instances"}, 1));
  const Decimal gb = fields.number_or({"data_gb"}, {});
  if (!gb.is_zero()) bill.add_flat(fields.price("aws.sagemaker.data"), gb);
  return bill;
}

Bill price_serverless_endpoint(const Fields& fields) {
  const Names given = {"gb_s", "gb_seconds"};
  const Decimal gb_s =
      fields.has(given)
          ? fields.number(given)
          : gigabytes_of_mb(fields.number({"memory_mb"})) *
                fields.count({"invocations", "requests", "count"}) *
                fields.number({"duration_ms", "avg_billed_ms", "billed_ms"}).ceil() / Decimal{1000};
  Bill bill;
  bill.add_flat(fields.price("aws.sagemaker.serverless"), gb_s);
  const Decimal gb = fields.number_or({"data_gb"}, {});
  if (!gb.is_zero()) bill.add_flat(fields.price("aws.sagemaker.data"), gb);
  return bill;
}

Bill price_transitions(const Fields& fields) {
  Bill bill;
  bill.add_flat(fields.price("aws.stepfunctions.transition"),
                fields.count({"transitions"}) * fields.count_or({"executions"}, 1));
  return bill;
}

}  // namespace

std::vector<UsageKind> aws_kinds() {
  return {{"ec2.runs", price_runs},
          {"ec2.hours", price_hours},
          {"ebs", price_disk},
          {"ebs.gp3", price_disk},
          {"alb", price_load_balancer},
          {"nat", price_nat},
          {"s3", price_object_store},
          {"dynamodb", price_table},
          {"sqs", price_queue},
          {"logs", price_logs},
          {"elasticache", price_cache_nodes},
          {"sagemaker.rt", price_endpoint},
          {"sagemaker.serverless", price_serverless_endpoint},
          {"stepfunctions", price_transitions}};
}

}  // namespace lambdarium::billing
