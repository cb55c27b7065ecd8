// API Gateway: HTTP units of 512 KB, REST calls of any size, WebSocket messages of 32 KB, stage
// caches, private endpoints; and internet egress, which comes on top of all of them.

#include <fmt/format.h>

#include "models/billing/usage/fields.h"

namespace lambdarium::billing {
namespace {

constexpr std::int64_t kHttpUnitBytes = 512 * 1024;
constexpr std::int64_t kMessageUnitBytes = 32 * 1024;

Decimal units_of(const Decimal& bytes, std::int64_t unit) {
  return max((bytes / Decimal{unit}).ceil(), 1);
}

Decimal grant(const PriceEntry& entry, bool granted) {
  return granted ? entry.free_quantity.value_or(Decimal{}) : Decimal{};
}

void emit_egress(Bill& bill, const Fields& fields, const Decimal& gb, bool tiered) {
  const PriceEntry& entry = fields.price("aws.dto.internet");
  const Names free_names = {"dto_free_gb", "free_gb"};
  const Decimal free = fields.has(free_names) ? fields.number(free_names) : grant(entry, true);
  const Decimal billable = less_free(gb, free);
  if (tiered) {
    bill.add_tiered(entry, billable);
  } else {
    bill.add(fmt::format("{} @{}", entry.meter, entry.first_price().to_string()), entry.id,
             billable, entry.unit, entry.first_price());
  }
}

// Egress of responses whose size the case gives, unless `dto` says excluded; "flat" is the vendor's
// example that ignores tiers.
void emit_response_egress(Bill& bill, const Fields& fields, const Decimal& calls) {
  const std::string mode = fields.word_or({"dto"}, "tiered");
  const auto size = fields.bytes({"response"});
  (void)fields.has({"dto_free_gb", "free_gb"});
  if (mode == "excluded" || mode == "none" || !size) return;
  if (mode != "flat" && mode != "tiered" && mode != "included") {
    fields.fail_field({"dto"}, "excluded, flat or tiered");
  }
  emit_egress(bill, fields, gigabytes_of_bytes(*size * calls), mode != "flat");
}

Bill price_http(const Fields& fields) {
  const PriceEntry& entry = fields.price("aws.apigw.http");
  Decimal calls;
  Decimal units;
  const auto add = [&](const Fields& part) {
    const Decimal count = part.count({"calls", "requests", "count"});
    const std::string metered =
        fields.word_or({"metered", "metered_bytes", "meter", "bytes_metered"}, "request");
    const Decimal request = part.bytes_or({"request", "payload", "body"}, {});
    const Decimal response = part.bytes_or({"response"}, {});
    Decimal bytes = request;
    if (metered == "response") {
      bytes = response;
    } else if (metered == "both" || metered == "sum" || metered == "request+response") {
      bytes = request + response;
    } else if (metered == "max") {
      bytes = max(request, response);
    } else if (metered != "request") {
      fields.fail_field({"metered", "metered_bytes", "meter", "bytes_metered"},
                        "request, response, both or max");
    }
    calls += count;
    units += units_of(bytes, kHttpUnitBytes) * count;
  };
  if (fields.has({"parts"})) {
    for (const Fields& part : fields.parts({"parts"})) add(part);
  } else {
    add(fields);
  }
  // Turned away by the gateway itself: free.
  (void)fields.count_or({"rejected_calls", "rejected", "throttled"}, {});
  Bill bill;
  bill.add_tiered(entry, less_free(units, grant(entry, fields.free_tier())));
  emit_response_egress(bill, fields, calls);
  return bill;
}

Bill price_rest(const Fields& fields) {
  const PriceEntry& entry = fields.price("aws.apigw.rest");
  const Decimal calls = fields.count({"calls", "requests", "count"});
  (void)fields.count_or({"rejected_calls", "rejected", "throttled"}, {});
  (void)fields.bytes({"request"});  // REST meters no size
  Bill bill;
  bill.add_tiered(entry, less_free(calls, grant(entry, fields.free_tier())));
  emit_response_egress(bill, fields, calls);
  return bill;
}

Bill price_cache(const Fields& fields) {
  const std::string size = fields.text({"size_gb", "cache_gb"});
  Bill bill;
  bill.add_flat(fields.price(fmt::format("aws.apigw.cache.{}gb", size)),
                fields.number({"hours"}).ceil());
  return bill;
}

Bill price_websocket(const Fields& fields) {
  const PriceEntry& message = fields.price("aws.apigw.ws.message");
  const PriceEntry& minute = fields.price("aws.apigw.ws.minute");
  Decimal units;
  if (fields.has({"parts"})) {
    for (const Fields& part : fields.parts({"parts"})) {
      units += part.count({"messages", "count"}) *
               units_of(part.bytes_or({"message"}, {}), kMessageUnitBytes);
    }
  } else {
    // Pings of clients are messages of one unit.
    units = fields.count_or({"messages", "count"}, {}) *
                units_of(fields.bytes_or({"message"}, {}), kMessageUnitBytes) +
            fields.count_or({"pings"}, {});
  }
  const Names minutes_names = {"connection_minutes"};
  Decimal minutes = fields.number_or(minutes_names, {});
  if (!fields.has(minutes_names) && fields.has({"connections"})) {
    minutes = fields.count({"connections"}) *
              fields.number({"minutes_per_connection", "connection_minutes_each", "minutes"});
  }
  Bill bill;
  bill.add_tiered(message, less_free(units, grant(message, fields.free_tier())));
  if (!minutes.is_zero()) {
    bill.add_flat(minute, less_free(minutes, grant(minute, fields.free_tier())));
  }
  return bill;
}

Bill price_private(const Fields& fields) {
  const PriceEntry& rest = fields.price("aws.apigw.rest");
  const Decimal calls = fields.count_or({"calls", "requests"}, {});
  Bill bill;
  if (!calls.is_zero()) bill.add_tiered(rest, less_free(calls, grant(rest, fields.free_tier())));
  bill.add_flat(fields.price("aws.privatelink.hour"),
                fields.number({"hours", "endpoint_hours"}).ceil() *
                    fields.count_or({"azs", "zones", "availability_zones"}, 1) *
                    fields.count_or({"endpoints"}, 1));
  const Names gb_names = {"gb", "data_gb", "processed_gb"};
  Decimal gb = fields.number_or(gb_names, {});
  if (!fields.has(gb_names)) {
    gb = gigabytes_of_bytes(calls *
                            (fields.bytes_or({"request"}, {}) + fields.bytes_or({"response"}, {})));
  }
  if (!gb.is_zero()) bill.add_flat(fields.price("aws.privatelink.gb"), gb);
  return bill;
}

Bill price_egress(const Fields& fields) {
  const Names gb_names = {"gb", "egress_gb", "internet_gb"};
  const Decimal gb = fields.has({"tb"}) ? fields.number({"tb"}) * Decimal{1024}
                     : fields.has(gb_names)
                         ? fields.number(gb_names)
                         : gigabytes_of_bytes(fields.bytes_or({"egress", "out"}, {}) *
                                              fields.count_or({"calls", "responses"}, 1));
  Bill bill;
  const PriceEntry& entry = fields.price("aws.dto.internet");
  const Decimal free = fields.number_or({"free_gb", "dto_free_gb"},
                                        grant(entry, fields.flag_or({"free_tier"}, true)));
  bill.add_tiered(entry, less_free(gb, free));
  return bill;
}

Bill price_cross_zone(const Fields& fields) {
  const Decimal directions = fields.count_or({"directions"}, 2);  // each way is billed
  Bill bill;
  bill.add_flat(fields.price("aws.dto.cross_az"), fields.number({"gb"}) * directions);
  return bill;
}

Bill price_cross_region(const Fields& fields) {
  const std::string to = fields.word_or({"to", "region", "to_region"}, "other");
  Bill bill;
  bill.add_flat(fields.price(to == "us-east-2" ? "aws.dto.us_east_region" : "aws.dto.other_region"),
                fields.number({"gb"}));
  return bill;
}

}  // namespace

std::vector<UsageKind> gateway_kinds() {
  return {{"apigw.http", price_http},
          {"apigw.rest", price_rest},
          {"apigw.cache", price_cache},
          {"apigw.ws", price_websocket},
          {"apigw.websocket", price_websocket},
          {"apigw.private", price_private},
          {"apigw.rest.private", price_private},
          {"privatelink", price_private},
          {"dto", price_egress},
          {"dto.internet", price_egress},
          {"egress", price_egress},
          {"dto.cross_az", price_cross_zone},
          {"dto.region", price_cross_region}};
}

}  // namespace lambdarium::billing
