#include "traces/formats/row_source.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "traces/formats/function_names.h"

namespace lambdarium::traces {
namespace {

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

bool before(const TraceRecord& a, const TraceRecord& b) {
  return a.arrival < b.arrival;
}

class RowSource final : public TraceSource {
 public:
  RowSource(std::unique_ptr<RowFormat> format, const TraceOptions& options, LineReader lines,
            std::size_t records_in_memory)
      : format_(std::move(format)),
        path_(options.path),
        strict_(options.strict),
        lines_(std::move(lines)),
        records_max_(records_in_memory) {}

  Status open(const std::string& functions_path) {
    LAM_TRY_STATUS(scan());
    name_functions();
    if (functions_path.empty()) return {};
    return read_function_table(functions_path, strict_, functions_, report_);
  }

  Result<std::size_t> read(std::span<TraceRecord> out) override {
    if (!streaming_) {
      const std::size_t count = std::min(out.size(), records_.size() - place_);
      std::copy_n(records_.begin() + static_cast<std::ptrdiff_t>(place_), count, out.begin());
      place_ += count;
      return count;
    }
    std::size_t count = 0;
    while (count < out.size() && next_record(out[count], nullptr)) ++count;
    LAM_TRY_STATUS(lines_.status());
    return count;
  }

  const std::vector<TraceFunction>& functions() const override { return functions_; }
  const ReadReport& report() const override { return report_; }
  std::uint64_t expected_records() const override { return accepted_; }

 private:
  // The first look: functions, broken rows and order; the records themselves as long as there are
  // not too many.
  Status scan() {
    LAM_TRY_STATUS(start_over());
    bool in_order = true;
    Time last{};
    TraceRecord record{};
    Status failure;
    while (next_record(record, &failure)) {
      ++accepted_;
      in_order = in_order && record.arrival >= last;
      last = record.arrival;
      if (streaming_) continue;
      if (records_.size() == records_max_ && in_order) {
        streaming_ = true;
        std::vector<TraceRecord>{}.swap(records_);
        continue;
      }
      records_.push_back(record);
    }
    LAM_TRY_STATUS(failure);
    LAM_TRY_STATUS(lines_.status());
    if (streaming_) {
      LAM_TRY_STATUS(start_over());
    }
    if (streaming_ && !in_order) {
      LAM_TRY_STATUS(load_all());
    }
    if (!in_order) std::stable_sort(records_.begin(), records_.end(), before);
    return {};
  }

  Status load_all() {
    streaming_ = false;
    records_.reserve(accepted_);
    TraceRecord record{};
    while (next_record(record, nullptr)) records_.push_back(record);
    return lines_.status();
  }

  Status start_over() {
    LAM_TRY_STATUS(lines_.rewind());
    LAM_TRY(const CsvHeader header, CsvHeader::read(lines_, path_));
    columns_ = header.size();
    return format_->bind(header);
  }

  // False at the end. `failure` is given in the first look, which is the one that counts broken
  // rows and finds functions.
  bool next_record(TraceRecord& record, Status* failure) {
    std::string_view line;
    RequestRow row;
    while (lines_.next_line(line)) {
      if (failure != nullptr) ++report_.rows;
      if (parse(line, row)) {
        record = {.arrival = at(Duration{row.arrival_ns}),
                  .duration = Duration{row.duration_ns},
                  .function = index_of(row)};
        return true;
      }
      if (failure == nullptr) continue;
      *failure = note_broken_row(report_, strict_, {path_, lines_.line_number(), why_});
      if (!failure->ok()) return false;
    }
    return false;
  }

  bool parse(std::string_view line, RequestRow& row) {
    if (!splitter_.split(line, fields_)) {
      why_ = "a quoted field does not end";
      return false;
    }
    if (fields_.size() != columns_) {
      why_ = std::to_string(fields_.size()) + " fields where the header has " +
             std::to_string(columns_);
      return false;
    }
    return format_->parse(fields_, row, why_);
  }

  std::uint32_t index_of(const RequestRow& row) {
    key_.assign(row.app);
    key_ += '\0';
    key_ += row.function;
    const auto found = index_.find(std::string_view{key_});
    if (found != index_.end()) return found->second;
    const auto index = static_cast<std::uint32_t>(keys_.size());
    keys_.push_back({std::string{row.app}, std::string{row.function}});
    index_.emplace(key_, index);
    return index;
  }

  void name_functions() {
    const bool plain = std::all_of(keys_.begin(), keys_.end(),
                                   [](const FunctionKey& key) { return key.app.empty(); });
    std::vector<std::string> names = plain ? std::vector<std::string>{} : short_names(keys_);
    functions_.resize(keys_.size());
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      functions_[i].name = plain ? std::move(keys_[i].function) : std::move(names[i]);
    }
  }

  std::unique_ptr<RowFormat> format_;
  std::string path_;
  bool strict_;
  LineReader lines_;
  std::size_t records_max_;

  std::size_t columns_ = 0;
  FieldSplitter splitter_;
  std::vector<std::string_view> fields_;  // into the current line
  std::string why_;
  std::string key_;
  std::unordered_map<std::string, std::uint32_t, KeyHash, std::equal_to<>> index_;
  std::vector<FunctionKey> keys_;

  std::vector<TraceFunction> functions_;
  ReadReport report_;
  std::uint64_t accepted_ = 0;
  bool streaming_ = false;
  std::vector<TraceRecord> records_;
  std::size_t place_ = 0;
};

}  // namespace

Status note_broken_row(ReadReport& report, bool strict, BrokenRow row) {
  ++report.broken;
  if (strict) {
    return invalid_input(row.why, {.file = row.file, .line = static_cast<int>(row.line)});
  }
  if (report.first.size() < ReadReport::kFirstRowsMax) report.first.push_back(std::move(row));
  return {};
}

Result<std::unique_ptr<TraceSource>> open_rows(std::unique_ptr<RowFormat> format,
                                               const TraceOptions& options,
                                               std::size_t records_in_memory) {
  LAM_TRY(LineReader lines, LineReader::open(options.path));
  auto source =
      std::make_unique<RowSource>(std::move(format), options, std::move(lines), records_in_memory);
  LAM_TRY_STATUS(source->open(options.functions_path));
  return std::unique_ptr<TraceSource>{std::move(source)};
}

}  // namespace lambdarium::traces
