#include "gpu-pool/core/device_model.h"

#include "models/base/nearest.h"

namespace lambdarium::gpu_pool {
namespace {

// Source of the geometry and of the memory and multiprocessor counts: NVIDIA's MIG user guide and
// the listing of its tool
// (`nvidia-smi mig -lgip`). Where a device's usable memory was not published beside the name, the
// nominal one stands.
constexpr int kStarts1g[] = {0, 1, 2, 3, 4, 5, 6};
constexpr int kStarts1gDouble[] = {0, 2, 4, 6};
constexpr int kStarts2g[] = {0, 2, 4};
constexpr int kStarts3g[] = {0, 4};
constexpr int kStartsWhole[] = {0};

// One row for each way to divide a device with 8 memory and 7 compute slices, smallest first.
struct Row {
  std::string_view name;
  double memory_gb;
  int multiprocessors;
};
struct Family {
  Row one, one_media, one_double, two, three, four, seven;
};

template <class Names>
struct Profiles {
  static constexpr Family f = Names::kFamily;
  static constexpr PartitionProfile kAll[] = {
      {f.one.name, 1, 1, kStarts1g, 7, f.one.memory_gb, f.one.multiprocessors, false},
      {f.one_media.name, 1, 1, kStarts1g, 1, f.one_media.memory_gb, f.one_media.multiprocessors,
       true},
      {f.one_double.name, 1, 2, kStarts1gDouble, 4, f.one_double.memory_gb,
       f.one_double.multiprocessors, false},
      {f.two.name, 2, 2, kStarts2g, 3, f.two.memory_gb, f.two.multiprocessors, false},
      {f.three.name, 3, 4, kStarts3g, 2, f.three.memory_gb, f.three.multiprocessors, false},
      {f.four.name, 4, 4, kStartsWhole, 1, f.four.memory_gb, f.four.multiprocessors, false},
      {f.seven.name, 7, 8, kStartsWhole, 1, f.seven.memory_gb, f.seven.multiprocessors, false},
  };
};

struct A100Small {
  static constexpr Family kFamily = {
      {"1g.5gb", 4.75, 14},   {"1g.5gb+me", 4.75, 14}, {"1g.10gb", 9.75, 14}, {"2g.10gb", 9.75, 28},
      {"3g.20gb", 19.62, 42}, {"4g.20gb", 19.62, 56},  {"7g.40gb", 39.5, 98}};
};
struct A100Large {
  static constexpr Family kFamily = {
      {"1g.10gb", 9.5, 14},   {"1g.10gb+me", 9.5, 14}, {"1g.20gb", 19.5, 14}, {"2g.20gb", 19.5, 28},
      {"3g.40gb", 39.24, 42}, {"4g.40gb", 39.24, 56},  {"7g.80gb", 79.0, 98}};
};
struct H100 {
  static constexpr Family kFamily = {
      {"1g.10gb", 9.5, 16},   {"1g.10gb+me", 9.5, 16}, {"1g.20gb", 19.5, 26}, {"2g.20gb", 19.5, 32},
      {"3g.40gb", 39.24, 60}, {"4g.40gb", 39.24, 64},  {"7g.80gb", 79.0, 132}};
};
struct H200 {
  static constexpr Family kFamily = {{"1g.18gb", 18, 0},  {"1g.18gb+me", 18, 0}, {"1g.35gb", 35, 0},
                                     {"2g.35gb", 35, 0},  {"3g.71gb", 71, 0},    {"4g.71gb", 71, 0},
                                     {"7g.141gb", 141, 0}};
};
struct B200 {
  static constexpr Family kFamily = {{"1g.23gb", 23, 0},  {"1g.23gb+me", 23, 0}, {"1g.45gb", 45, 0},
                                     {"2g.45gb", 45, 0},  {"3g.90gb", 90, 0},    {"4g.90gb", 90, 0},
                                     {"7g.180gb", 180, 0}};
};

constexpr int kA30Starts1g[] = {0, 1, 2, 3};
constexpr int kA30Starts2g[] = {0, 2};
constexpr PartitionProfile kA30[] = {
    {"1g.6gb", 1, 1, kA30Starts1g, 4, 6, 14, false},
    {"1g.6gb+me", 1, 1, kA30Starts1g, 1, 6, 14, true},
    {"2g.12gb", 2, 2, kA30Starts2g, 2, 12, 28, false},
    {"4g.24gb", 4, 4, kStartsWhole, 1, 24, 56, false},
};

constexpr DeviceModel kModels[] = {
    {"a30-24", "NVIDIA A30 24 GB", 4, 4, 24, 56, kA30},
    {"a100-40", "NVIDIA A100 40 GB", 7, 8, 40, 108, Profiles<A100Small>::kAll},
    {"a100-80", "NVIDIA A100 80 GB", 7, 8, 80, 108, Profiles<A100Large>::kAll},
    {"h100-80", "NVIDIA H100 80 GB", 7, 8, 80, 132, Profiles<H100>::kAll},
    {"h200-141", "NVIDIA H200 141 GB", 7, 8, 141, 132, Profiles<H200>::kAll},
    {"b200-180", "NVIDIA B200 180 GB", 7, 8, 180, 0, Profiles<B200>::kAll},
};

// What the driver's name of a device contains, and the memory above which it is that model: drivers
// report a little less than the nominal size.
struct Recognised {
  std::string_view part;
  double above_gb;
  std::size_t model;
};
constexpr Recognised kRecognised[] = {
    {"A30", 20, 0},  {"A100", 70, 2},  {"A100", 30, 1},
    {"H100", 70, 3}, {"H200", 120, 4}, {"B200", 160, 5},
};

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// True where `word` stands alone in `text`: "A30" is in "NVIDIA A30" and not in "NVIDIA A3000".
bool contains_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool starts = at == 0 || !is_word_character(text[at - 1]);
    const bool ends = end == text.size() || !is_word_character(text[end]);
    if (starts && ends) return true;
  }
  return false;
}

}  // namespace

const PartitionProfile* DeviceModel::find_profile(std::string_view profile) const {
  for (const PartitionProfile& candidate : profiles) {
    if (candidate.name == profile) return &candidate;
  }
  return nullptr;
}

std::span<const DeviceModel> device_models() {
  return kModels;
}

Result<const DeviceModel*> find_device_model(std::string_view name) {
  std::vector<std::string_view> names;
  for (const DeviceModel& model : kModels) {
    if (model.name == name) return &model;
    names.push_back(model.name);
  }
  return invalid_input(unknown_name_message("device", name, names));
}

Result<const PartitionProfile*> find_profile(const DeviceModel& model, std::string_view profile) {
  const PartitionProfile* found = model.find_profile(profile);
  if (found != nullptr) return found;
  std::vector<std::string_view> names;
  for (const PartitionProfile& candidate : model.profiles) names.push_back(candidate.name);
  return invalid_input(unknown_name_message("partition profile", profile, names));
}

const DeviceModel* recognise_device(std::string_view driver_name, double memory_gb) {
  for (const Recognised& known : kRecognised) {
    if (contains_word(driver_name, known.part) && memory_gb > known.above_gb) {
      return &kModels[known.model];
    }
  }
  return nullptr;
}

}  // namespace lambdarium::gpu_pool
