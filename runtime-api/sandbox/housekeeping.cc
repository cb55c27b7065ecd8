#include "runtime-api/sandbox/housekeeping.h"

#include <algorithm>

namespace lambdarium::sandbox {

void Housekeeping::remove(const Tenant& tenant) {
  const auto found = std::find(tenants_.begin(), tenants_.end(), &tenant);
  if (found == tenants_.end()) return;
  *found = tenants_.back();
  tenants_.pop_back();
}

void Housekeeping::round() {
  bool again = false;
  int looks = 0;
  std::size_t visited = 0;
  for (; visited < tenants_.size() && looks < kLooksMax; ++visited) {
    if (next_ >= tenants_.size()) next_ = 0;
    const Wish wish = tenants_[next_++]->look_after();
    if (wish != Wish::kRest) again = true;
    if (wish == Wish::kExpensive) ++looks;
  }
  if (again || visited < tenants_.size()) wake();
}

}  // namespace lambdarium::sandbox
