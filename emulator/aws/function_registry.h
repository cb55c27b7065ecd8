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
#include "emulator/aws/function_resources.h"
#include "emulator/store/function_store.h"
#include "models/base/random.h"

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
  // $LATEST or a published version.
  virtual void function_put(const store::StoredFunction& function, FunctionChange change) = 0;
  // All versions.
  virtual void function_removed(std::string_view name) = 0;
  virtual void version_removed(std::string_view name, std::string_view version) = 0;
  // Provisioned concurrency of some version may be another: a configuration was made, changed or
  // removed, or an alias that has one points elsewhere.
  virtual void provisioned_changed(std::string_view name) = 0;
};

class FunctionRegistry {
 public:
  explicit FunctionRegistry(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  // Null: nobody listens. The listener outlives the registry or is taken back.
  void set_listener(RegistryListener* listener) { listener_ = listener; }
  const Endpoint& endpoint() const { return endpoint_; }

  // $LATEST.
  const store::StoredFunction* find(std::string_view name) const;
  // What belongs to the function beside $LATEST; empty where there is no such function.
  const FunctionResources& resources(std::string_view name) const;
  // The last version number that was given under this name, also before it was deleted.
  const store::VersionNumbering& numbering(std::string_view name) const;

  // The version that a name means: $LATEST without a qualifier, a published one by its number, an
  // alias's main version. 404 otherwise.
  OrError<const store::StoredFunction*> resolve(const FunctionName& name) const;
  // What an invocation runs: as resolve(), but an alias with weights draws, and 409 while the
  // version is not Active.
  OrError<const store::StoredFunction*> resolve_for_invoke(const FunctionName& name,
                                                           RandomStream& draws) const;

  // $LATEST of all, by name, ascending.
  const std::map<std::string, store::StoredFunction, std::less<>>& functions() const {
    return functions_;
  }
  // What the functions, but for one, take from the account's concurrency: what is reserved or,
  // where nothing is, provisioned.
  std::int64_t committed_total(std::string_view without = {}) const;

  // What the store holds, at the start, before the listener is interested: items and numbers of
  // functions that are there.
  void load(const store::FunctionItem& item);
  void load(const store::VersionNumbering& numbering);

  // Brings the memory in step with what became durable, and tells the listener. `change` is that of
  // functions that were there before.
  void apply(const store::FunctionUpdate& update, FunctionChange change);
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
  std::map<std::string, FunctionResources, std::less<>> resources_;
  std::map<std::string, store::VersionNumbering, std::less<>> numberings_;
  std::set<std::string, std::less<>> changing_;
};

}  // namespace lambdarium::aws
