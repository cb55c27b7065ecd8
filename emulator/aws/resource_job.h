// One change of what belongs to a function: decided on the loop, stored on a pool thread, answered.
//
// Private to the AWS endpoint; see control_plane.h for who calls what on which thread.

#pragma once

#include <string>

#include "emulator/aws/control_plane.h"
#include "emulator/aws/resource_request.h"

namespace lambdarium::aws {

class ResourceJob final : public Job {
 public:
  // The function is marked as being changed; the job takes the mark back.
  ResourceJob(ControlPlane& plane, ResourceAnswer&& answer, std::string request_id);
  ~ResourceJob() override;

  void work() override;
  std::optional<HttpResponse> finish() override;

 private:
  ControlPlane& plane_;
  ResourceAnswer answer_;
  std::string request_id_;
  Status stored_;
  bool marked_ = true;
};

}  // namespace lambdarium::aws
