// The emulator's functions on disk: `state.sqlite` in the data folder (--data), packages beside it
// in `packages/`.
//
// Owns the folder: one running emulator a folder, held by a lock that the kernel releases however
// the process ends. Thread: every call may come from any thread; they take turns behind a mutex and
// block on the disk, so the event loop makes them on a pool thread. What put() and remove() have
// answered survives a killed process. On failure: Error with the folder or file named. Nothing is
// half done: each call is one transaction.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/result.h"
#include "models/domain/function.h"

namespace lambdarium::store {

enum class FunctionOrigin : std::uint8_t {
  kApi,       // CreateFunction
  kTemplate,  // a template's function, changed through the API or remembered
};

// Everything that the answers of CreateFunction, GetFunction and ListFunctions are made of.
struct StoredFunction {
  FunctionDefinition definition;
  std::string version = "$LATEST";
  FunctionOrigin origin = FunctionOrigin::kApi;

  std::string code_sha256;  // base64 of the zip's SHA-256
  std::int64_t code_size = 0;
  // UnpackedPackage::id, or empty where the code is no unpacked zip. Where it is set, what is read
  // back has definition.code_directory at that package's folder, wherever the data folder lies now.
  std::string package;

  std::string last_modified;  // 2024-01-02T03:04:05.678+0000
  std::string revision_id;    // UUID

  std::string state = "Active";  // Pending, Active, Inactive, Failed
  std::string state_reason;
  std::string state_reason_code;
  std::string last_update_status =
      "Successful";  // Successful, InProgress, Failed; empty before the first
  std::string last_update_status_reason;
  std::string last_update_status_reason_code;

  // JSON object of settings that answers repeat and nothing here reads (TracingConfig,
  // LoggingConfig, VpcConfig, …).
  std::string settings = "{}";
};

// Something that belongs to a function beside its versions: an alias, a policy, the configuration
// of one qualifier.
struct FunctionItem {
  std::string function;
  std::string kind;  // "alias"
  std::string key;   // the alias's name
  std::string document;
};

// Which version number was given last. It outlives the function: numbers are never used again.
struct VersionNumbering {
  std::string function;
  std::int64_t last = 0;
  std::string description;  // of $LATEST when that version was published
};

// What one operation changes, together.
struct FunctionUpdate {
  std::vector<StoredFunction> put;
  std::vector<std::pair<std::string, std::string>> remove;  // name, version
  std::vector<FunctionItem> put_items;
  std::vector<FunctionItem> remove_items;  // their documents are not looked at
  std::optional<VersionNumbering> numbering;

  bool empty() const {
    return put.empty() && remove.empty() && put_items.empty() && remove_items.empty() && !numbering;
  }
};

class FunctionStore {
 public:
  // Makes the folder, the lock and the database where they are missing, and brings an older schema
  // up to date. Errors: the folder is in use by another running emulator, the database is damaged,
  // is not ours, or is of a later version.
  static Result<std::unique_ptr<FunctionStore>> open(const std::filesystem::path& data_folder);
  ~FunctionStore();
  FunctionStore(const FunctionStore&) = delete;
  FunctionStore& operator=(const FunctionStore&) = delete;

  // Stores a function under its name and version; an existing one is replaced.
  Status put(const StoredFunction& function);
  // Like put(), but kAlreadyExists where the name and version are taken ("Function already exist:
  // <name>").
  Status insert(const StoredFunction& function);
  // All of it or, on failure, nothing.
  Status update(const FunctionUpdate& update);
  // All versions of a function and its items. False when there was no version.
  Result<bool> remove(std::string_view name);
  Result<std::optional<StoredFunction>> get(std::string_view name,
                                            std::string_view version = "$LATEST") const;
  // Sorted by name, then by version.
  Result<std::vector<StoredFunction>> list() const;
  // Sorted by function, kind and key.
  Result<std::vector<FunctionItem>> items() const;
  // Sorted by function.
  Result<std::vector<VersionNumbering>> numberings() const;

  // Where unpack_zip() puts packages; exists once the store is open.
  const std::filesystem::path& packages_folder() const;
  // Removes the packages that no function names, and what an interrupted unpack left behind. At
  // start, before anything is unpacked. Returns how many were removed.
  Result<std::size_t> remove_unused_packages();

 private:
  struct Impl;
  explicit FunctionStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lambdarium::store
