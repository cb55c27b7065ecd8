// AWS's limits and defaults that more than one room needs. Sources: Lambda quotas page and recorded
// answers of the service.

#pragma once

#include <cstdint>

namespace lambdarium {

inline constexpr std::int64_t kMemoryMbMin = 128;
inline constexpr std::int64_t kMemoryMbMax = 10'240;
inline constexpr std::int64_t kMemoryMbDefault = 128;
inline constexpr std::int64_t kTimeoutSecondsMax = 900;
inline constexpr std::int64_t kTimeoutSecondsDefault = 3;
inline constexpr std::int64_t kEphemeralMbMin = 512;
inline constexpr std::int64_t kEphemeralMbMax = 10'240;

// One full vCPU for each 1,769 MB of memory.
inline constexpr double kMemoryMbPerVcpu = 1769.0;

inline constexpr std::int64_t kAccountConcurrencyDefault = 1000;
inline constexpr std::int64_t kUnreservedConcurrencyMin = 100;

// The documented limit is 6 MiB; the service enforces it with 100 bytes of slack.
inline constexpr std::int64_t kSyncPayloadBytesMax = 6'291'556;
// Of a response that is streamed, and what of it goes out at any speed; the rest at 2 MiB/s.
inline constexpr std::int64_t kStreamedPayloadBytesMax = 209'715'200;
inline constexpr std::int64_t kStreamBurstBytes = 6'291'456;
inline constexpr std::int64_t kStreamBytesPerSecond = 2'097'152;
inline constexpr std::int64_t kAsyncPayloadBytesMax = 1'048'576;
inline constexpr std::int64_t kZippedBytesMax = 52'428'800;
inline constexpr std::int64_t kUnzippedBytesMax = 262'144'000;
inline constexpr std::int64_t kEnvironmentVariableBytesMax = 4'096;
inline constexpr std::int64_t kGatewayPayloadBytesMax = 10'485'760;
inline constexpr std::int64_t kGatewayHeaderBytesMax = 10'240;

}  // namespace lambdarium
