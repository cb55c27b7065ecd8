// What a path of the Runtime API means. Private to this folder.

#pragma once

#include <cstdint>
#include <string_view>

#include "runtime-api/protocol/runtime_protocol.h"

namespace lambdarium::runtime_api {

struct RuntimeProtocol::Route {
  enum class Kind : std::uint8_t { kUnknown, kPing, kNext, kResponse, kError, kInitError };
  Kind kind = Kind::kUnknown;
  std::string_view id;  // of response and error; part of the path

  static Route of(std::string_view path);
  bool wants_get() const { return kind == Kind::kPing || kind == Kind::kNext; }
};

}  // namespace lambdarium::runtime_api
