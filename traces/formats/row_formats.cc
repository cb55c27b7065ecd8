// The formats whose rows are one request each. Facts about the columns are in docs of the data
// sets: Azure Functions Invocation Trace 2021 gives the end and the duration of every invocation,
// in seconds.

#include "traces/formats/decimal.h"
#include "traces/formats/row_source.h"

namespace lambdarium::traces {
namespace {

std::string quoted(std::string_view column, std::string_view value) {
  std::string text{column};
  text += " '";
  text += value.substr(0, 60);
  return text + "'";
}

// Seconds that are not negative and small enough to add up.
bool parse_time(std::string_view column, std::string_view text, std::int64_t& ns,
                std::string& why) {
  const auto value = parse_seconds_ns(text);
  if (!value) {
    why = quoted(column, text) + " is not a number of seconds";
    return false;
  }
  if (*value < 0) {
    why = quoted(column, text) + " is negative";
    return false;
  }
  if (*value > kTraceNsMax) {
    why = quoted(column, text) + " is beyond 4000000000 s";
    return false;
  }
  ns = *value;
  return true;
}

bool parse_name(std::string_view column, std::string_view text, std::string& why) {
  if (!text.empty() && text.size() <= 512) return true;
  why = std::string{column} + (text.empty() ? " is empty" : " is longer than 512 characters");
  return false;
}

class SimpleFormat final : public RowFormat {
 public:
  Status bind(const CsvHeader& header) override {
    LAM_TRY(arrival_, header.require("arrival_s"));
    LAM_TRY(function_, header.require("function"));
    LAM_TRY(duration_, header.require("duration_s"));
    return {};
  }
  bool parse(std::span<const std::string_view> fields, RequestRow& row, std::string& why) override {
    row.app = {};
    row.function = fields[function_];
    return parse_time("arrival_s", fields[arrival_], row.arrival_ns, why) &&
           parse_name("function", row.function, why) &&
           parse_time("duration_s", fields[duration_], row.duration_ns, why);
  }

 private:
  std::size_t arrival_ = 0;
  std::size_t function_ = 0;
  std::size_t duration_ = 0;
};

class Azure2021Format final : public RowFormat {
 public:
  Status bind(const CsvHeader& header) override {
    LAM_TRY(app_, header.require("app"));
    LAM_TRY(function_, header.require("func"));
    LAM_TRY(end_, header.require("end_timestamp"));
    LAM_TRY(duration_, header.require("duration"));
    return {};
  }
  bool parse(std::span<const std::string_view> fields, RequestRow& row, std::string& why) override {
    row.app = fields[app_];
    row.function = fields[function_];
    std::int64_t end = 0;
    if (!parse_name("app", row.app, why) || !parse_name("func", row.function, why) ||
        !parse_time("end_timestamp", fields[end_], end, why) ||
        !parse_time("duration", fields[duration_], row.duration_ns, why)) {
      return false;
    }
    row.arrival_ns = end - row.duration_ns;
    // The file's numbers carry the noise of a subtraction of doubles; a microsecond before zero is
    // that noise.
    constexpr std::int64_t kNoiseNs = 1'000;
    if (row.arrival_ns < -kNoiseNs) {
      why = quoted("end_timestamp", fields[end_]) + " is before the duration " +
            std::string{fields[duration_]} + " has passed: the start would be negative";
      return false;
    }
    if (row.arrival_ns < 0) row.arrival_ns = 0;
    return true;
  }

 private:
  std::size_t app_ = 0;
  std::size_t function_ = 0;
  std::size_t end_ = 0;
  std::size_t duration_ = 0;
};

}  // namespace

std::unique_ptr<RowFormat> make_simple_format() {
  return std::make_unique<SimpleFormat>();
}
std::unique_ptr<RowFormat> make_azure_2021_format() {
  return std::make_unique<Azure2021Format>();
}

}  // namespace lambdarium::traces
