// Reading one map of a configuration: known keys, types and ranges, with every error collected.
//
// Thread: one at a time; for the duration of one reading. The node and the list of errors outlive
// the section.

#pragma once

#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/simulated/config_node.h"
#include "models/base/time.h"

namespace lambdarium::simulated {

struct Range {
  double min = 0;
  double max = std::numeric_limits<double>::infinity();
  bool infinite = false;  // whether `inf`, and null, are allowed
};

class Section {
 public:
  // `node`: the map, or null where the document has none. Keys other than `known` are errors.
  Section(const ConfigNode* node, std::string path, std::span<const std::string_view> known,
          std::vector<Error>& errors);
  Section(const ConfigNode* node, std::string path, std::initializer_list<std::string_view> known,
          std::vector<Error>& errors)
      : Section(node, std::move(path), std::span{known.begin(), known.size()}, errors) {}

  // Null when the key is absent.
  const ConfigNode* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  std::string path(std::string_view key) const;

  // Each leaves `out` alone when the key is absent or wrong. Null is the default, or for an
  // optional "unlimited".
  void read(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max);
  void read(std::string_view key, std::optional<std::int64_t>& out, std::int64_t min,
            std::int64_t max);
  void read(std::string_view key, std::uint64_t& out);
  void read(std::string_view key, bool& out);
  void read(std::string_view key, std::string& out);
  void read_seconds(std::string_view key, Duration& out, Range range);
  void read_seconds(std::string_view key, std::optional<Duration>& out, Range range);
  // The position in `names`.
  void read_name(std::string_view key, std::span<const std::string_view> names, std::size_t& out);
  template <class Enum>
  void read_enum(std::string_view key, std::span<const std::string_view> names, Enum& out) {
    auto index = static_cast<std::size_t>(out);
    read_name(key, names, index);
    out = static_cast<Enum>(index);
  }
  // A choice of which only `names` exist: nothing to keep, but never silently another one.
  void read_only(std::string_view key, std::span<const std::string_view> names) {
    std::size_t ignored = 0;
    read_name(key, names, ignored);
  }

  void fail(std::string_view key, const std::string& message);
  std::vector<Error>& errors() { return errors_; }

 private:
  bool is_null(std::string_view key) const;
  std::optional<double> number(std::string_view key, const Range& range);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);

  const ConfigNode* node_;
  std::string path_;
  std::vector<Error>& errors_;
};

// A plain scalar as a number: "12", "1e6", "inf". Empty when it is none.
std::optional<double> parse_number(const ConfigNode& node);
// "a list", "'abc'", …: what stands there, for messages.
std::string shown(const ConfigNode& node);

}  // namespace lambdarium::simulated
