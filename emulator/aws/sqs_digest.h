// The MD5 digests by which clients of the queue service check what arrived.
//
// Thread: any. On failure: none.

#pragma once

#include <string>
#include <string_view>

#include "emulator/queues/message.h"

namespace lambdarium::aws {

// 32 lower-case hex digits.
std::string md5_hex(std::string_view bytes);

// Of attributes sorted by name: lengths, names, types, and values with a byte for their kind. Empty
// without attributes.
std::string md5_of_attributes(const queues::MessageAttributes& attributes);

}  // namespace lambdarium::aws
