// Identifiers in AWS's shapes, drawn from a stream that is handed in, so that a seeded run repeats
// them.
//
// Thread: that of the stream.

#pragma once

#include <string>

#include "models/base/random.h"

namespace lambdarium {

// Version 4, lower case: "7c2af7db-31f3-42b5-8a6d-9ffc74e3b9e0".
std::string make_uuid(RandomStream& random);

// Lower-case hex digits. Requires: digits >= 0.
std::string make_hex(RandomStream& random, int digits);

// "Root=1-<8 hex: epoch seconds>-<24 hex>".
std::string make_trace_root(RandomStream& random, std::int64_t epoch_s);

// "Root=1-…;Parent=<16 hex>;Sampled=0". `incoming` is a client's X-Amzn-Trace-Id: its Root, Parent,
// Sampled and Lineage are kept, and what it lacks is made.
std::string make_trace_id(RandomStream& random, std::int64_t epoch_s,
                          std::string_view incoming = {});

// The request id of API Gateway's extended form: "JCJmXjUAPHcEP4w=".
std::string make_extended_request_id(RandomStream& random);

}  // namespace lambdarium
