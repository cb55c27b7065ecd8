#include "emulator/simulated/generated_source.h"

#include <algorithm>

namespace lambdarium::simulated {
namespace {

class GeneratedSource final : public traces::TraceSource {
 public:
  explicit GeneratedSource(const SimulationConfig& config) : end_(at(config.duration)) {
    const auto& functions = config.workload.functions;
    streams_.reserve(functions.size());
    functions_.reserve(functions.size());
    for (std::uint32_t i = 0; i < functions.size(); ++i) {
      const FunctionConfig& f = functions[i];
      LAM_CHECK(f.arrival.has_value(), "a generated function has an arrival process");
      const auto& service = f.service ? f.service : config.workload.defaults.service;
      streams_.push_back({f.arrival->process, service ? service->distribution : Distribution{},
                          RandomStream{config.seed, "arrivals", i},
                          RandomStream{config.seed, "service", i}});
      TraceFunction& known = functions_.emplace_back();
      known.name = f.name;
      push(i);
      rate_ += f.arrival->process.mean_rate_per_s();
    }
    expected_ = static_cast<std::uint64_t>(std::min(rate_ * to_seconds(config.duration), 1e18));
  }

  Result<std::size_t> read(std::span<TraceRecord> out) override {
    std::size_t count = 0;
    while (count < out.size() && !heads_.empty()) {
      std::pop_heap(heads_.begin(), heads_.end(), later);
      const Head head = heads_.back();
      heads_.pop_back();
      Stream& stream = streams_[head.function];
      out[count++] = {.arrival = head.at,
                      .duration = stream.service.sample(stream.service_random),
                      .function = head.function};
      push(head.function);
    }
    report_.rows += count;
    return count;
  }

  const std::vector<TraceFunction>& functions() const override { return functions_; }
  const traces::ReadReport& report() const override { return report_; }
  std::uint64_t expected_records() const override { return expected_; }

 private:
  struct Stream {
    traces::ArrivalProcess arrivals;
    Distribution service;
    RandomStream arrival_random;
    RandomStream service_random;
  };
  struct Head {
    Time at;
    std::uint32_t function;
  };
  // Functions that arrive at the same instant do so in the order of the configuration.
  static bool later(const Head& a, const Head& b) {
    return a.at != b.at ? a.at > b.at : a.function > b.function;
  }

  void push(std::uint32_t function) {
    Stream& stream = streams_[function];
    const Time next = stream.arrivals.next(stream.arrival_random);
    if (next >= end_) return;  // also kNever
    heads_.push_back({next, function});
    std::push_heap(heads_.begin(), heads_.end(), later);
  }

  Time end_;
  double rate_ = 0;
  std::uint64_t expected_ = 0;
  std::vector<Stream> streams_;
  std::vector<Head> heads_;
  std::vector<TraceFunction> functions_;
  traces::ReadReport report_;
};

}  // namespace

std::unique_ptr<traces::TraceSource> make_generated_source(const SimulationConfig& config) {
  return std::make_unique<GeneratedSource>(config);
}

Result<std::unique_ptr<traces::TraceSource>> open_workload(const SimulationConfig& config) {
  if (!config.workload.trace) return make_generated_source(config);
  const TraceConfig& trace = *config.workload.trace;
  traces::TraceOptions options;
  options.path = trace.path;
  options.format = trace.format;
  options.functions_path = trace.functions;
  options.strict = trace.strict;
  options.seed = config.seed;
  options.spread = trace.spread;
  return traces::open_trace(options);
}

}  // namespace lambdarium::simulated
