#include "emulator/aws/function_storage.h"

namespace lambdarium::aws {

namespace {

class StoreStorage final : public FunctionStorage {
 public:
  explicit StoreStorage(store::FunctionStore& store) : store_(store) {}

  Result<store::ZipSummary> check(std::string_view zip) override { return store::check_zip(zip); }
  Result<store::UnpackedPackage> unpack(std::string_view zip) override {
    return store::unpack_zip(zip, store_.packages_folder());
  }
  Status put(const store::StoredFunction& function) override { return store_.put(function); }
  Status update(const store::FunctionUpdate& update) override { return store_.update(update); }
  Status remove(std::string_view name) override {
    const auto removed = store_.remove(name);
    if (!removed.ok()) return removed.error();
    return {};
  }

 private:
  store::FunctionStore& store_;
};

}  // namespace

std::unique_ptr<FunctionStorage> make_function_storage(store::FunctionStore& store) {
  return std::make_unique<StoreStorage>(store);
}

}  // namespace lambdarium::aws
