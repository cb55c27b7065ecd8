// What a function has beside $LATEST: published versions, aliases, provisioned concurrency, and
// documents that the registry only keeps.
//
// Private to the AWS endpoint. Thread: the loop's.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "emulator/store/function_store.h"

namespace lambdarium::aws {

// Kinds of store::FunctionItem.
inline constexpr std::string_view kAliasItem = "alias";                           // key: its name
inline constexpr std::string_view kProvisionedItem = "provisioned-concurrency";   // qualifier
inline constexpr std::string_view kPolicyItem = "policy";                         // qualifier or ""
inline constexpr std::string_view kRuntimeManagementItem = "runtime-management";  // version
inline constexpr std::string_view kRecursionItem = "recursion";                   // ""

struct Alias {
  std::string name;
  std::string function_version;  // $LATEST or a number
  std::string description;
  std::string revision_id;
  // A second version and its share of the invocations, 0 to 1.
  std::optional<std::pair<std::string, double>> additional;

  bool routes_to(std::string_view version) const {
    return function_version == version || (additional && additional->first == version);
  }
};

struct ProvisionedConfig {
  std::int64_t requested = 0;
  std::string last_modified;
};

struct FunctionResources {
  std::map<std::int64_t, store::StoredFunction> versions;
  std::map<std::string, Alias, std::less<>> aliases;
  std::map<std::string, ProvisionedConfig, std::less<>> provisioned;     // by version or alias
  std::map<std::pair<std::string, std::string>, std::string> documents;  // by kind and key

  const store::StoredFunction* version(std::string_view number) const;
  const Alias* alias(std::string_view name) const;
  // Null: there is none.
  const std::string* document(std::string_view kind, std::string_view key) const;
  // Of a version: its own and that of the aliases that point to it.
  std::int64_t provisioned_for(std::string_view version) const;
  std::int64_t provisioned_total() const;

  void set(const store::FunctionItem& item);
  void erase(const store::FunctionItem& item);
};

// "1", "23": a number of a version. "007" and what has more than 18 digits is none.
std::optional<std::int64_t> version_number(std::string_view qualifier);

std::string alias_document(const Alias& alias);
std::string provisioned_document(const ProvisionedConfig& config);

}  // namespace lambdarium::aws
