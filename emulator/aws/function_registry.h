// The functions that exist, in memory: what invocations are resolved against and what reads are
// answered from.
//
// Changes are made by ControlPlane, on the loop, once they are durable. A function under change is
// marked, so that a second change is refused while the first is on its way to the disk.
//
// Owns: the functions. Thread: the loop's. Calls back: the listener, last, from put() and remove().
// On failure: AwsError.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "emulator/aws/error.h"
#include "emulator/aws/function_name.h"
#include "emulator/store/function_store.h"

namespace lambdarium::aws {

enum class FunctionChange : std::uint8_t {
  kCreated,
  kCode,           // new code_directory: environments of the old code must go
  kConfiguration,  // anything that processes see or the fleet counts
  kConcurrency,    // reserved concurrency only: environments stay
  kTags,           // nothing that runs is concerned
};

class RegistryListener {
 public:
  virtual ~RegistryListener() = default;
  virtual void function_put(const store::StoredFunction& function, FunctionChange change) = 0;
  virtual void function_removed(std::string_view name) = 0;
};

class FunctionRegistry {
 public:
  explicit FunctionRegistry(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  // Null: nobody listens. The listener outlives the registry or is taken back.
  void set_listener(RegistryListener* listener) { listener_ = listener; }
  const Endpoint& endpoint() const { return endpoint_; }

  const store::StoredFunction* find(std::string_view name) const;
  // What Invoke and reads run: the function, if the qualifier is one that exists ($LATEST, or
  // none). 404 otherwise.
  OrError<const store::StoredFunction*> resolve(const FunctionName& name) const;
  // As resolve(), and 409 while the function is not Active.
  OrError<const store::StoredFunction*> resolve_for_invoke(const FunctionName& name) const;

  // By name, ascending.
  const std::map<std::string, store::StoredFunction, std::less<>>& functions() const {
    return functions_;
  }
  // Sum of reserved concurrency, leaving out one function.
  std::int64_t reserved_total(std::string_view without = {}) const;

  // Adds or replaces, and tells the listener.
  void put(store::StoredFunction function, FunctionChange change);
  void remove(std::string_view name);

  // Marks a name as being changed; false if it is already.
  bool begin_change(const std::string& name) { return changing_.insert(name).second; }
  void end_change(std::string_view name);
  bool is_changing(std::string_view name) const { return changing_.contains(name); }

 private:
  Endpoint endpoint_;
  RegistryListener* listener_ = nullptr;
  std::map<std::string, store::StoredFunction, std::less<>> functions_;
  std::set<std::string, std::less<>> changing_;
};

}  // namespace lambdarium::aws
