// Usage of functions and of their HTTP front door, counted in integers, priced once at the end.
//
// The emulator, the simulator and `bill --run` add what happened; bill() applies free quantities,
// then tiers. Rules:
//   - billed milliseconds of an invocation: one ceiling, of init + run (billed_ms)
//   - requests: one for each delivery to the handler; throttled calls and calls refused before it
//   are none
//   - GB is 1024 MB
//
// Thread: one at a time; a value, mergeable.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "models/base/result.h"
#include "models/base/time.h"
#include "models/billing/bill.h"
#include "models/billing/catalogue.h"
#include "models/billing/money.h"

namespace lambdarium::billing {

enum class Architecture : std::uint8_t { kX86, kArm64 };
inline constexpr std::size_t kArchitectures = 2;

// "x86", "x86_64", "arm64".
Result<Architecture> parse_architecture(std::string_view text);
std::string_view short_name(Architecture architecture);  // x86, arm64

// How a function's code reaches the platform: it decides whether INIT is billed.
enum class PackageType : std::uint8_t {
  kManagedZip,
  kCustomRuntime,
  kImage,
  kProvisioned,
  kSnapStart
};

// "zip-managed" or "zip", "zip-custom", "image", "provisioned", "snapstart", and near spellings of
// them.
Result<PackageType> parse_package_type(std::string_view text);
// A runtime's package type: provided.* is custom, everything else managed.
PackageType package_type_of_runtime(std::string_view runtime);

// INIT of images, custom runtimes and provisioned environments is billed at any date; of managed
// runtimes from a zip since 2025-08-01. Without a date: as today, billed.
bool init_billable(PackageType package, std::optional<Date> date);

// ceil of the sum to a whole millisecond. Parts below zero count as zero.
std::int64_t billed_ms(Duration init_billable, Duration run);

// How the shared 400,000 GB-s are divided between the architectures; AWS does not say.
enum class FreeShare : std::uint8_t {
  kFirstCome,  // in the order in which invocations were added: the neutral choice
  kX86First,
  kArm64First,
  kProportional,
};

struct BillOptions {
  bool free_tier = false;
  FreeShare free_share = FreeShare::kFirstCome;
};

// Integer counts. MB·ms of 2^63 is nine million GB for a month: more than any account has.
struct LambdaUsage {
  struct PerArchitecture {
    std::int64_t mb_ms = 0;          // on demand: memory × billed time
    std::int64_t first_mb_ms = 0;    // the part of it within the first 400,000 GB-s of both
    std::int64_t scratch_mb_ms = 0;  // /tmp above 512 MB × billed time
    std::int64_t provisioned_mb_ms =
        0;  // configured, used or not; rounded up to 5 minutes by whoever adds it
    std::int64_t provisioned_run_mb_ms = 0;
  };
  std::int64_t requests = 0;
  std::int64_t http_calls = 0;
  std::int64_t http_units = 0;  // of 512 KB, at least one a call
  std::array<PerArchitecture, kArchitectures> by_architecture{};

  LambdaUsage& operator+=(const LambdaUsage& other);
};

class LambdaMeter {
 public:
  struct Invocation {
    Architecture architecture = Architecture::kX86;
    std::int64_t memory_mb = 128;
    std::int64_t scratch_mb = 512;
    std::int64_t billed_ms = 0;
    bool provisioned = false;  // served by a provisioned environment
  };
  // A delivery to the handler, whatever came of it.
  void add_invocation(const Invocation& invocation);
  // `request_bytes`: body of the call; what the gateway refused itself is not to be added.
  void add_http_call(std::int64_t request_bytes);
  // `concurrency` environments kept for `enabled`; rounded up to 5 minutes here.
  void add_provisioned(Architecture architecture, std::int64_t memory_mb, std::int64_t concurrency,
                       Duration enabled);

  const LambdaUsage& usage() const { return usage_; }
  void merge(const LambdaMeter& other) { usage_ += other.usage_; }

  // Lines with a quantity of zero are left out, except requests and duration of an idle meter.
  Result<Bill> bill(const Catalogue& catalogue, const BillOptions& options = {}) const;

 private:
  LambdaUsage usage_;
};

// Units of an HTTP API call: max(1, ceil(bytes / 512 KB)).
std::int64_t http_units(std::int64_t bytes);
// Requests of an asynchronous event: 1 + one for each started 64 KB above 256 KB.
std::int64_t async_units(std::int64_t bytes);

// MB·ms as GB-seconds.
Decimal gb_seconds(std::int64_t mb_ms);

}  // namespace lambdarium::billing
