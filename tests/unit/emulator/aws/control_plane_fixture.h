// A control plane over a storage in memory that fails where it is told to.

#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "emulator/aws/control_plane.h"
#include "models/base/encoding.h"

namespace lambdarium::aws::testing {

using Json = nlohmann::json;

// Takes any bytes that begin with "PK" for a zip.
class FakeStorage final : public FunctionStorage {
 public:
  Result<store::ZipSummary> check(std::string_view zip) override {
    calls.push_back("check");
    return summary(zip);
  }
  Result<store::UnpackedPackage> unpack(std::string_view zip) override {
    calls.push_back("unpack");
    LAM_TRY(store::ZipSummary found, summary(zip));
    std::string folder = "/packages/" + found.id;
    return store::UnpackedPackage{.summary = std::move(found), .folder = std::move(folder)};
  }
  Status put(const store::StoredFunction& function) override {
    calls.push_back("put");
    if (!put_error.empty()) return unavailable(put_error);
    rows[function.definition.name] = function;
    return {};
  }
  Status update(const store::FunctionUpdate& update) override {
    calls.push_back("update");
    if (!put_error.empty()) return unavailable(put_error);
    updates.push_back(update);
    for (const store::StoredFunction& function : update.put) {
      if (function.version == "$LATEST") rows[function.definition.name] = function;
    }
    return {};
  }
  Status remove(std::string_view name) override {
    calls.push_back("remove");
    if (!put_error.empty()) return unavailable(put_error);
    rows.erase(std::string{name});
    return {};
  }

  std::vector<std::string> calls;
  std::map<std::string, store::StoredFunction> rows;
  std::vector<store::FunctionUpdate> updates;
  std::string put_error;

 private:
  static Result<store::ZipSummary> summary(std::string_view zip) {
    if (zip.size() > static_cast<std::size_t>(kZippedBytesMax)) {
      return Error{ErrorCode::kTooLarge, "Zipped size must be smaller than 52428800 bytes"};
    }
    if (!zip.starts_with("PK")) {
      return invalid_input(
          "Could not unzip uploaded file. Please check your file, then try to upload again.");
    }
    return store::ZipSummary{.id = "id-" + std::string{zip.substr(2, 8)},
                             .sha256_base64 = "sha-" + std::string{zip.substr(2, 8)},
                             .zip_bytes = static_cast<std::int64_t>(zip.size())};
  }
};

class Recorder final : public RegistryListener {
 public:
  void function_put(const store::StoredFunction& function, FunctionChange change) override {
    constexpr const char* kNames[] = {"created", "code", "configuration", "concurrency", "tags"};
    const bool latest = function.version == "$LATEST";
    heard.push_back(function.definition.name + (latest ? "" : ":" + function.version) + " " +
                    kNames[static_cast<int>(change)]);
  }
  void function_removed(std::string_view name) override {
    heard.push_back(std::string{name} + " removed");
  }
  void version_removed(std::string_view name, std::string_view version) override {
    heard.push_back(std::string{name} + ":" + std::string{version} + " removed");
  }
  void provisioned_changed(std::string_view name) override {
    heard.push_back(std::string{name} + " provisioned");
  }
  std::vector<std::string> heard;
};

struct ControlPlaneFixture {
  FakeStorage storage;
  Recorder recorder;
  FunctionRegistry registry{Endpoint{.region = "us-east-1", .account = "123456789012"}};
  ControlPlane plane{registry, storage, RandomStream{1, "ids"}, {.account_concurrency = 1'000}};
  std::int64_t now_ms = 1'704'164'645'678;

  ControlPlaneFixture() { registry.set_listener(&recorder); }

  Answer begin(std::string method, std::string target, std::string body = {}) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    const RoutedRequest routed = route(request.method, request.path());
    return plane.handle(routed, std::move(request),
                        {"00000000-0000-4000-8000-000000000001", now_ms});
  }
  // As the driver does: alternates the two halves until there is an answer.
  static HttpResponse complete(Answer answer) {
    if (auto* response = std::get_if<HttpResponse>(&answer)) return std::move(*response);
    auto& job = std::get<std::unique_ptr<Job>>(answer);
    while (true) {
      job->work();
      if (auto response = job->finish()) return *std::move(response);
    }
  }
  HttpResponse call(std::string method, std::string target, std::string body = {}) {
    return complete(begin(std::move(method), std::move(target), std::move(body)));
  }

  static Json creation(const std::string& name, const std::string& zip = "PKone") {
    return Json{{"FunctionName", name},
                {"Runtime", "python3.12"},
                {"Role", "arn:aws:iam::123456789012:role/r"},
                {"Handler", "app.handler"},
                {"Code", {{"ZipFile", base64_encode(zip)}}}};
  }
  HttpResponse create(const std::string& name) {
    return call("POST", "/2015-03-31/functions", creation(name).dump());
  }
  // CreateFunction with one member changed; null takes it out.
  HttpResponse create_with(const char* member, Json value) {
    Json body = creation("f");
    body[member] = std::move(value);
    return call("POST", "/2015-03-31/functions/", body.dump());
  }
  Json get(const std::string& name) {
    return Json::parse(call("GET", "/2015-03-31/functions/" + name).body);
  }
};

// "400 ValidationException: text", or "200".
inline std::string outcome(const HttpResponse& response) {
  std::string text = std::to_string(response.status);
  if (const std::string* type = response.headers.find("x-amzn-ErrorType")) {
    const Json body = Json::parse(response.body);
    text += " " + *type + ": " +
            (body.contains("message") ? body.at("message") : body.at("Message")).get<std::string>();
  }
  return text;
}

}  // namespace lambdarium::aws::testing
