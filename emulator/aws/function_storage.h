// Where function changes become durable, as the control plane needs it: an interface, so that a
// test can make any step fail.
//
// Thread: calls come from pool threads, several at once. They may block.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "emulator/store/function_store.h"
#include "emulator/store/package.h"
#include "models/base/result.h"

namespace lambdarium::aws {

class FunctionStorage {
 public:
  virtual ~FunctionStorage() = default;

  // kTooLarge: the zip as uploaded; kInvalidInput: broken, hostile, or too large once unpacked;
  // else the disk.
  virtual Result<store::ZipSummary> check(std::string_view zip) = 0;
  virtual Result<store::UnpackedPackage> unpack(std::string_view zip) = 0;
  virtual Status put(const store::StoredFunction& function) = 0;
  virtual Status update(const store::FunctionUpdate& update) = 0;
  virtual Status remove(std::string_view name) = 0;
};

// On the emulator's data folder. `store` outlives it.
std::unique_ptr<FunctionStorage> make_function_storage(store::FunctionStore& store);

}  // namespace lambdarium::aws
