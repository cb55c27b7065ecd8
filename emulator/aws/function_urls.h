// Function URLs: Create, Get, Update, Delete and ListFunctionUrlConfigs, and which URL an id is.
//
// A URL belongs to a function or to one of its aliases, one for each. Those that the API makes are
// kept with the function; a template's are made anew at each start, with the same id.
//
// Owns: the configurations in memory. Thread: the loop's, but for Job::work(). On failure: answers
// that AWS would give.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/aws/control_plane.h"
#include "emulator/aws/function_registry.h"
#include "emulator/aws/function_storage.h"
#include "emulator/aws/operation.h"
#include "models/base/random.h"
#include "models/domain/function_url.h"

namespace lambdarium::aws {

bool is_function_url_operation(Operation operation);

class FunctionUrls {
 public:
  // Both outlive it, and it outlives its jobs.
  FunctionUrls(FunctionRegistry& registry, FunctionStorage& storage, RandomStream ids)
      : registry_(registry), storage_(storage), ids_(ids) {}

  // How a URL is written: of its id, once the port is known.
  void set_address(std::function<std::string(std::string_view id)> text) {
    text_ = std::move(text);
  }
  std::string text_of(const FunctionUrlDefinition& url) const {
    return text_ ? text_(url.id) : url.id;
  }

  // Requires: is_function_url_operation().
  Answer handle(const RoutedRequest& routed, const HttpRequest& request, RequestStamp stamp);

  // Null: there is none.
  const FunctionUrlDefinition* find(std::string_view id) const;
  const FunctionUrlDefinition* find(std::string_view function, std::string_view qualifier) const;
  // By function, then by qualifier.
  const std::map<std::pair<std::string, std::string>, FunctionUrlDefinition>& all() const {
    return urls_;
  }

  // At the start. An item of another kind, and one of a function that is not there, is passed over.
  void load(const store::FunctionItem& item);
  // Those of the template, instead of the ones that an earlier call gave; each replaces what the
  // API made for the same function.
  void set_template(std::vector<FunctionUrlDefinition> urls, std::int64_t now_epoch_ms);
  // The function was deleted, and its items with it.
  void function_removed(std::string_view function);

 private:
  class ChangeJob;
  struct Change {
    int status = 200;
    std::string body;
    FunctionUrlDefinition url;
    bool removes = false;
  };
  OrError<FunctionName> name_of(const RoutedRequest& routed, const HttpRequest& request) const;
  OrError<Change> change(const RoutedRequest& routed, const FunctionName& name,
                         std::string_view body, std::int64_t now_epoch_ms);
  OrError<Change> create(const FunctionName& name, std::string_view body,
                         std::int64_t now_epoch_ms);
  OrError<std::string> list(const FunctionName& name, const HttpRequest& request) const;
  std::string json(const FunctionUrlDefinition& url, bool created) const;
  std::string arn_of(const FunctionUrlDefinition& url) const;
  void put(FunctionUrlDefinition url);
  void erase(const FunctionUrlDefinition& url);

  FunctionRegistry& registry_;
  FunctionStorage& storage_;
  RandomStream ids_;
  std::function<std::string(std::string_view)> text_;
  std::map<std::pair<std::string, std::string>, FunctionUrlDefinition> urls_;
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> by_id_;
  std::vector<std::string> template_ids_;
};

}  // namespace lambdarium::aws
