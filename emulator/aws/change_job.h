// One change of a function, from the request to the answer: read the body, check it against the
// registry, make it durable, commit.
//
// Private to the AWS endpoint; see control_plane.h for who calls what on which thread.

#pragma once

#include <optional>
#include <string>

#include "emulator/aws/control_plane.h"
#include "emulator/aws/function_json.h"
#include "emulator/aws/function_settings.h"

namespace lambdarium::aws {

class ChangeJob final : public Job {
 public:
  ChangeJob(ControlPlane& plane, const RoutedRequest& routed, HttpRequest&& request,
            RequestStamp stamp);
  ~ChangeJob() override;

  void work() override;
  std::optional<HttpResponse> finish() override;

 private:
  enum class Stage : std::uint8_t { kRead, kApply };

  // Any thread.
  OrError<FunctionPatch> read_body() const;
  std::optional<AwsError> apply();
  Status store();

  // The loop's thread.
  std::optional<AwsError> prepare(FunctionPatch&& patch);
  std::optional<AwsError> prepare_existing();
  std::optional<AwsError> prepare_create();
  std::optional<AwsError> prepare_delete();
  std::optional<AwsError> prepare_code();
  std::optional<AwsError> prepare_configuration();
  std::optional<AwsError> prepare_concurrency();
  std::optional<AwsError> prepare_tags();
  std::optional<AwsError> mark(const std::string& name);
  void renew();
  void prepare_publication();
  HttpResponse commit();
  HttpResponse commit_code(int status, ConfigurationView view, FunctionChange change);
  HttpResponse answer(int status, std::string body) const;
  HttpResponse refuse(const AwsError& error) const;

  ControlPlane& plane_;
  Operation operation_;
  std::string resource_;
  HttpRequest request_;
  RequestStamp stamp_;

  Stage stage_ = Stage::kRead;
  std::optional<OrError<FunctionPatch>> read_;  // set by work()
  std::optional<AwsError> failure_;             // set by work()
  FunctionPatch patch_;
  FunctionName name_;
  store::StoredFunction next_;  // what the function will be
  // With Publish: what the registry said on the loop, and what comes of it.
  store::VersionNumbering numbering_;
  std::optional<store::StoredFunction> last_version_;
  std::string version_revision_;
  std::optional<store::StoredFunction> published_;
  store::FunctionUpdate update_;
  std::string marked_;  // the name that the registry holds for this job
};

}  // namespace lambdarium::aws
