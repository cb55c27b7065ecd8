#include "models/billing/lambda_meter.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/base/check.h"
#include "models/base/nearest.h"
#include "models/domain/limits.h"

namespace lambdarium::billing {
namespace {

constexpr std::int64_t kFreeMbMs = 400'000LL * 1024 * 1000;
constexpr std::int64_t kHttpUnitBytes = 512 * 1024;
constexpr std::int64_t kAsyncFreeBytes = 256 * 1024;
constexpr std::int64_t kAsyncUnitBytes = 64 * 1024;
constexpr Duration kProvisionedStep = 5min;

// AWS bills INIT of managed runtimes from a zip since this day.
constexpr Date kInitBilledFrom{2025, 8, 1};

std::int64_t ceil_div(std::int64_t value, std::int64_t step) {
  return value <= 0 ? 0 : (value - 1) / step + 1;
}

// Counters saturate: a sum that no account reaches must not wrap into a small bill.
void add_product(std::int64_t& counter, std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) ||
      __builtin_add_overflow(counter, product, &counter)) {
    counter = INT64_MAX;
  }
}

void add_to(std::int64_t& counter, std::int64_t value) {
  add_product(counter, value, 1);
}

std::size_t index(Architecture architecture) {
  return static_cast<std::size_t>(architecture);
}

// GB-seconds of the monthly grant that go to each architecture.
std::array<Decimal, kArchitectures> share_free(const LambdaUsage& usage, const Decimal& free,
                                               FreeShare policy) {
  std::array<Decimal, kArchitectures> used;
  for (std::size_t i = 0; i < kArchitectures; ++i) {
    used[i] = gb_seconds(usage.by_architecture[i].mb_ms);
  }
  const Decimal total = used[0] + used[1];
  if (total <= free) return used;
  switch (policy) {
    case FreeShare::kFirstCome:
      // The counters were kept for the grant of the price list; another catalogue's grant is
      // divided as they are.
      if (free == gb_seconds(kFreeMbMs)) {
        return {gb_seconds(usage.by_architecture[0].first_mb_ms),
                gb_seconds(usage.by_architecture[1].first_mb_ms)};
      }
      break;
    case FreeShare::kX86First: {
      const Decimal x86 = min(used[0], free);
      return {x86, min(used[1], free - x86)};
    }
    case FreeShare::kArm64First: {
      const Decimal arm = min(used[1], free);
      return {min(used[0], free - arm), arm};
    }
    case FreeShare::kProportional:
      break;
  }
  return {free * used[0] / total, free * used[1] / total};
}

}  // namespace

Result<Architecture> parse_architecture(std::string_view text) {
  if (text == "x86" || text == "x86_64" || text == "amd64") return Architecture::kX86;
  if (text == "arm64" || text == "arm" || text == "aarch64") return Architecture::kArm64;
  return invalid_input(fmt::format("'{}' is no architecture; use x86 or arm64", text));
}

std::string_view short_name(Architecture architecture) {
  return architecture == Architecture::kX86 ? "x86" : "arm64";
}

Result<PackageType> parse_package_type(std::string_view text) {
  struct Name {
    std::string_view text;
    PackageType type;
  };
  static constexpr Name kNames[] = {
      {"zip-managed", PackageType::kManagedZip},
      {"zip", PackageType::kManagedZip},
      {"managed-zip", PackageType::kManagedZip},
      {"managed", PackageType::kManagedZip},
      {"zip-custom", PackageType::kCustomRuntime},
      {"custom", PackageType::kCustomRuntime},
      {"custom-zip", PackageType::kCustomRuntime},
      {"custom-runtime", PackageType::kCustomRuntime},
      {"zip-custom-runtime", PackageType::kCustomRuntime},
      {"zip-provided", PackageType::kCustomRuntime},
      {"provided", PackageType::kCustomRuntime},
      {"os-only", PackageType::kCustomRuntime},
      {"image", PackageType::kImage},
      {"container", PackageType::kImage},
      {"container-image", PackageType::kImage},
      {"docker", PackageType::kImage},
      {"provisioned", PackageType::kProvisioned},
      {"pc", PackageType::kProvisioned},
      {"provisioned-concurrency", PackageType::kProvisioned},
      {"snapstart", PackageType::kSnapStart},
  };
  std::string folded{text};
  std::replace(folded.begin(), folded.end(), '_', '-');
  std::vector<std::string_view> known;
  for (const Name& name : kNames) {
    if (name.text == folded) return name.type;
    known.push_back(name.text);
  }
  return invalid_input(unknown_name_message("package type", text, known));
}

PackageType package_type_of_runtime(std::string_view runtime) {
  return runtime.starts_with("provided") ? PackageType::kCustomRuntime : PackageType::kManagedZip;
}

bool init_billable(PackageType package, std::optional<Date> date) {
  if (package == PackageType::kSnapStart) return false;  // the snapshot was made at publish
  return package != PackageType::kManagedZip || !date || *date >= kInitBilledFrom;
}

std::int64_t billed_ms(Duration init_billable, Duration run) {
  const std::int64_t init_ns = std::max<std::int64_t>(init_billable.count(), 0);
  const std::int64_t run_ns = std::max<std::int64_t>(run.count(), 0);
  std::int64_t sum = 0;
  if (__builtin_add_overflow(init_ns, run_ns, &sum)) sum = INT64_MAX;
  // AWS: the minimum is 1 ms.
  return std::max<std::int64_t>(1, ceil_div(sum, 1'000'000));
}

LambdaUsage& LambdaUsage::operator+=(const LambdaUsage& other) {
  add_to(requests, other.requests);
  add_to(http_calls, other.http_calls);
  add_to(http_units, other.http_units);
  std::int64_t left = kFreeMbMs;
  for (const PerArchitecture& usage : by_architecture) left -= usage.first_mb_ms;
  for (std::size_t i = 0; i < kArchitectures; ++i) {
    PerArchitecture& mine = by_architecture[i];
    const PerArchitecture& theirs = other.by_architecture[i];
    // The other meter's usage counts as later than all of this one's.
    const std::int64_t first = std::min(left, theirs.mb_ms);
    left -= first;
    mine.first_mb_ms += first;
    add_to(mine.mb_ms, theirs.mb_ms);
    add_to(mine.scratch_mb_ms, theirs.scratch_mb_ms);
    add_to(mine.provisioned_mb_ms, theirs.provisioned_mb_ms);
    add_to(mine.provisioned_run_mb_ms, theirs.provisioned_run_mb_ms);
  }
  return *this;
}

void LambdaMeter::add_invocation(const Invocation& invocation) {
  LambdaUsage::PerArchitecture& usage = usage_.by_architecture[index(invocation.architecture)];
  ++usage_.requests;
  const std::int64_t before = usage.mb_ms;
  if (invocation.provisioned) {
    add_product(usage.provisioned_run_mb_ms, invocation.memory_mb, invocation.billed_ms);
  } else {
    add_product(usage.mb_ms, invocation.memory_mb, invocation.billed_ms);
  }
  const std::int64_t granted =
      usage_.by_architecture[0].first_mb_ms + usage_.by_architecture[1].first_mb_ms;
  if (granted < kFreeMbMs) {
    usage.first_mb_ms += std::min(usage.mb_ms - before, kFreeMbMs - granted);
  }
  if (invocation.scratch_mb > kEphemeralMbMin) {
    add_product(usage.scratch_mb_ms, invocation.scratch_mb - kEphemeralMbMin, invocation.billed_ms);
  }
}

void LambdaMeter::add_http_call(std::int64_t request_bytes) {
  ++usage_.http_calls;
  usage_.http_units += billing::http_units(request_bytes);
}

void LambdaMeter::add_provisioned(Architecture architecture, std::int64_t memory_mb,
                                  std::int64_t concurrency, Duration enabled) {
  const std::int64_t steps = ceil_div(enabled.count(), kProvisionedStep.count());
  std::int64_t mb = 0;
  add_product(mb, memory_mb, concurrency);
  constexpr std::int64_t kStepMs = kProvisionedStep / 1ms;
  add_product(usage_.by_architecture[index(architecture)].provisioned_mb_ms, mb, steps * kStepMs);
}

Result<Bill> LambdaMeter::bill(const Catalogue& catalogue, const BillOptions& options) const {
  Bill bill;
  bill.currency = catalogue.currency();
  LAM_TRY(const PriceEntry* request, catalogue.get("aws.lambda.request"));
  std::array<const PriceEntry*, kArchitectures> duration{};
  for (std::size_t i = 0; i < kArchitectures; ++i) {
    LAM_TRY(duration[i], catalogue.get(fmt::format("aws.lambda.duration.{}",
                                                   short_name(static_cast<Architecture>(i)))));
  }
  std::array<Decimal, kArchitectures> free{};
  if (options.free_tier) {
    free = share_free(usage_, duration[0]->free_quantity.value_or(Decimal{}), options.free_share);
  }
  const bool idle = usage_.by_architecture[0].mb_ms == 0 && usage_.by_architecture[1].mb_ms == 0 &&
                    usage_.by_architecture[0].provisioned_run_mb_ms == 0 &&
                    usage_.by_architecture[1].provisioned_run_mb_ms == 0;
  for (std::size_t i = 0; i < kArchitectures; ++i) {
    const LambdaUsage::PerArchitecture& usage = usage_.by_architecture[i];
    const std::string_view arch = short_name(static_cast<Architecture>(i));
    struct Flat {
      std::string_view price;
      std::int64_t mb_ms;
    };
    const Flat flats[] = {{"pc", usage.provisioned_mb_ms},
                          {"pc_duration", usage.provisioned_run_mb_ms},
                          {"ephemeral", usage.scratch_mb_ms}};
    if (usage.mb_ms > 0 || (idle && i == 0)) {
      bill.add_tiered(*duration[i], gb_seconds(usage.mb_ms) - free[i]);
    }
    for (const Flat& flat : flats) {
      if (flat.mb_ms == 0) continue;
      LAM_TRY(const PriceEntry* entry,
              catalogue.get(fmt::format("aws.lambda.{}.{}", flat.price, arch)));
      bill.add_flat(*entry, gb_seconds(flat.mb_ms));
    }
  }
  Decimal requests = usage_.requests;
  if (options.free_tier && request->free_quantity) {
    requests = max(requests - *request->free_quantity, Decimal{});
  }
  bill.add_tiered(*request, requests);
  if (usage_.http_units > 0) {
    LAM_TRY(const PriceEntry* http, catalogue.get("aws.apigw.http"));
    bill.add_tiered(*http, usage_.http_units);
  }
  LAM_TRY_STATUS(bill.check());
  return bill;
}

std::int64_t http_units(std::int64_t bytes) {
  return std::max<std::int64_t>(1, ceil_div(bytes, kHttpUnitBytes));
}

std::int64_t async_units(std::int64_t bytes) {
  return 1 + ceil_div(bytes - kAsyncFreeBytes, kAsyncUnitBytes);
}

Decimal gb_seconds(std::int64_t mb_ms) {
  return Decimal::ratio(mb_ms, 1024 * 1000);
}

}  // namespace lambdarium::billing
