#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "emulator/simulated/config_fields.h"
#include "emulator/simulated/config_reader.h"

namespace lambdarium::simulated {
namespace {

constexpr std::int64_t kMemoryMbLimit = 1'000'000'000;

// "1, 2, 5" of a list of numbers. Empty, with an error, when an item is none.
std::optional<std::vector<double>> read_numbers(const ConfigNode& node, const std::string& path,
                                                std::vector<Error>& errors) {
  std::vector<double> numbers;
  for (const ConfigNode& item : node.items) {
    const std::optional<double> number = parse_number(item);
    if (!number) {
      errors.push_back(
          invalid_input(fmt::format("{}: {} is not a number", path, shown(item)), item.where));
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  return numbers;
}

// {0: 0.1, 50: 0.2} or [[0, 0.1], [50, 0.2]].
std::optional<std::vector<std::pair<double, double>>> read_points(const ConfigNode& node,
                                                                  const std::string& path,
                                                                  std::vector<Error>& errors) {
  std::vector<std::pair<double, double>> points;
  const auto add = [&](const ConfigNode& x, const ConfigNode& y, const SourceMark& where) {
    const std::optional<double> percentile = parse_number(x);
    const std::optional<double> seconds = parse_number(y);
    if (percentile && seconds) {
      points.emplace_back(*percentile, *seconds);
      return true;
    }
    errors.push_back(invalid_input(
        fmt::format("{}: {} to {} is not a percentile and seconds", path, shown(x), shown(y)),
        where));
    return false;
  };
  for (const ConfigNode::Member& member : node.members) {
    ConfigNode key;
    key.kind = ConfigNode::Kind::kScalar;
    key.text = member.key;
    if (!add(key, member.value, member.where)) return std::nullopt;
  }
  for (const ConfigNode& item : node.items) {
    static const ConfigNode kNothing;
    const bool is_pair = item.items.size() == 2;
    if (!add(is_pair ? item.items[0] : item, is_pair ? item.items[1] : kNothing, item.where)) {
      return std::nullopt;
    }
  }
  return points;
}

// "exponential{mean_s=1.991}", parameters by name, so that their order in the file does not matter.
std::string text_of(const DistributionSpec& spec) {
  std::vector<std::string> parts;
  for (const auto& number : spec.numbers) {
    parts.push_back(fmt::format("{}={}", number.name, number.value));
  }
  for (const auto& list : spec.lists) {
    parts.push_back(fmt::format("{}=[{}]", list.name, fmt::join(list.values, ",")));
  }
  for (const auto& table : spec.tables) {
    std::vector<std::pair<double, double>> points = table.points;
    std::sort(points.begin(), points.end());
    std::string text;
    for (const auto& [x, y] : points) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", x, y);
    parts.push_back(fmt::format("{}={{{}}}", table.name, text));
  }
  std::sort(parts.begin(), parts.end());
  return fmt::format("{}{{{}}}", spec.name, fmt::join(parts, " "));
}

bool read_parameter(const ConfigNode::Member& member, const std::string& path,
                    DistributionSpec& spec, std::vector<Error>& errors) {
  const std::string here = fmt::format("{}.{}", path, member.key);
  const ConfigNode& value = member.value;
  const bool has_pairs =
      value.is_sequence() && !value.items.empty() && value.items[0].is_sequence();
  if (value.is_map() || has_pairs) {
    auto points = read_points(value, here, errors);
    if (!points) return false;
    spec.tables.push_back({member.key, *std::move(points)});
  } else if (value.is_sequence()) {
    auto numbers = read_numbers(value, here, errors);
    if (!numbers) return false;
    spec.lists.push_back({member.key, *std::move(numbers)});
  } else if (const std::optional<double> number = parse_number(value)) {
    spec.numbers.push_back({member.key, *number});
  } else {
    errors.push_back(
        invalid_input(fmt::format("{}: {} is not a number", here, shown(value)), value.where));
    return false;
  }
  return true;
}

// A number alone is a constant.
std::optional<NamedDistribution> read_distribution(const ConfigNode* node, const std::string& path,
                                                   std::vector<Error>& errors) {
  if (node == nullptr || node->is_null()) return std::nullopt;
  DistributionSpec spec;
  spec.where = node->where;
  if (const std::optional<double> seconds = parse_number(*node)) {
    spec.name = "constant";
    spec.numbers.push_back({"value_s", *seconds});
  } else if (node->is_map()) {
    bool good = true;
    for (const ConfigNode::Member& member : node->members) {
      if (member.key == "distribution") {
        spec.name = member.value.text;
      } else {
        good = read_parameter(member, path, spec, errors) && good;
      }
    }
    if (!good) return std::nullopt;
  } else {
    errors.push_back(invalid_input(
        fmt::format("{} must be {{distribution: NAME, …}} or seconds, not {}", path, shown(*node)),
        node->where));
    return std::nullopt;
  }
  Result<Distribution> made = make_distribution(spec);
  if (!made.ok()) {
    errors.push_back(invalid_input(fmt::format("{}: {}", path, made.error().message), node->where));
    return std::nullopt;
  }
  return NamedDistribution{*std::move(made), text_of(spec)};
}

std::optional<NamedArrivals> read_arrival(const ConfigNode* node, const std::string& path,
                                          std::vector<Error>& errors) {
  if (node == nullptr || node->is_null()) return std::nullopt;
  traces::ArrivalSpec spec;
  spec.where = node->where;
  if (!node->is_map()) {
    errors.push_back(invalid_input(
        fmt::format("{} must be {{process: NAME, …}}, not {}", path, shown(*node)), node->where));
    return std::nullopt;
  }
  bool good = true;
  for (const ConfigNode::Member& member : node->members) {
    const std::string here = fmt::format("{}.{}", path, member.key);
    if (member.key == "process") {
      spec.process = member.value.text;
    } else if (member.value.is_sequence()) {
      auto numbers = read_numbers(member.value, here, errors);
      good = good && numbers;
      if (numbers) spec.parameters.emplace(member.key, *std::move(numbers));
    } else if (const std::optional<double> number = parse_number(member.value)) {
      spec.parameters.emplace(member.key, std::vector{*number});
    } else {
      errors.push_back(invalid_input(
          fmt::format("{}: {} is not a number", here, shown(member.value)), member.value.where));
      good = false;
    }
  }
  if (!good) return std::nullopt;
  Result<traces::ArrivalProcess> made = traces::make_arrival_process(spec);
  if (!made.ok()) {
    errors.push_back(invalid_input(fmt::format("{}: {}", path, made.error().message), node->where));
    return std::nullopt;
  }
  std::vector<std::string> parts;
  for (const auto& [name, values] : spec.parameters) {
    parts.push_back(fmt::format("{}=[{}]", name, fmt::join(values, ",")));
  }
  return NamedArrivals{*std::move(made),
                       fmt::format("{}{{{}}}", spec.process, fmt::join(parts, " "))};
}

FunctionConfig read_function(const ConfigNode* node, const std::string& path, bool is_default,
                             std::vector<Error>& errors) {
  constexpr std::array<std::string_view, 8> kKeys{
      "service",   "cold_start",  "memory_mb", "cold_start_mode",
      "timeout_s", "concurrency", "name",      "arrival"};
  // The defaults have neither a name nor arrivals.
  const std::span<const std::string_view> keys{kKeys.data(), is_default ? 6U : 8U};
  FunctionConfig f;
  Section section{node, path, keys, errors};
  if (node != nullptr) f.where = node->where;
  if (!is_default) {
    section.read("name", f.name);
    if (f.name.empty()) {
      errors.push_back(invalid_input(fmt::format("{} needs a name", path), f.where));
    }
    f.arrival = read_arrival(section.find("arrival"), section.path("arrival"), errors);
  }
  section.read("memory_mb", f.memory_mb, 1, kMemoryMbLimit);
  f.service = read_distribution(section.find("service"), section.path("service"), errors);
  f.cold_start = read_distribution(section.find("cold_start"), section.path("cold_start"), errors);
  constexpr std::array<std::string_view, 2> kModes{"additive", "replace"};
  if (const ConfigNode* mode = section.find("cold_start_mode"); mode && !mode->is_null()) {
    ColdStartMode value = ColdStartMode::kAdditive;
    section.read_enum("cold_start_mode", kModes, value);
    f.cold_start_mode = value;
  }
  if (section.has("timeout_s")) {
    Duration timeout = kTimeoutDefault;
    section.read_seconds("timeout_s", timeout, {.min = 1e-9, .max = 9e9, .infinite = true});
    f.timeout = timeout;
  }
  section.read("concurrency", f.concurrency, 1, 1'000'000);
  return f;
}

std::optional<TraceConfig> read_trace(const ConfigNode* node, std::vector<Error>& errors) {
  if (node == nullptr || node->is_null()) return std::nullopt;
  TraceConfig trace;
  Section section{
      node, "workload.trace", {"path", "format", "functions", "strict", "spread"}, errors};
  section.read("path", trace.path);
  section.read("format", trace.format);
  section.read("functions", trace.functions);
  section.read("strict", trace.strict);
  if (section.has("spread")) {
    std::string text;
    section.read("spread", text);
    const Result<traces::Spread> spread = traces::parse_spread(text);
    if (spread.ok()) {
      trace.spread = *spread;
    } else {
      section.fail("spread", spread.error().message);
    }
  }
  if (node->is_map() && trace.path.empty()) {
    errors.push_back(invalid_input("workload.trace needs a path", node->where));
  }
  return trace;
}

}  // namespace

WorkloadConfig read_workload(const ConfigNode* node, std::vector<Error>& errors) {
  WorkloadConfig workload;
  Section section{node, "workload", {"trace", "functions", "defaults"}, errors};
  workload.trace = read_trace(section.find("trace"), errors);
  workload.defaults = read_function(section.find("defaults"), "workload.defaults", true, errors);
  const ConfigNode* functions = section.find("functions");
  if (functions == nullptr || functions->is_null()) return workload;
  if (!functions->is_sequence()) {
    section.fail("functions", fmt::format("must be a list, not {}", shown(*functions)));
    return workload;
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < functions->items.size(); ++i) {
    const std::string path = fmt::format("workload.functions.{}", i);
    FunctionConfig f = read_function(&functions->items[i], path, false, errors);
    if (!f.name.empty() && !names.insert(f.name).second) {
      errors.push_back(invalid_input(
          fmt::format("{}: there is another function named '{}'", path, f.name), f.where));
    }
    workload.functions.push_back(std::move(f));
  }
  return workload;
}

}  // namespace lambdarium::simulated
