#include "emulator/simulated/recorder.h"

#include <fmt/format.h>

#include "emulator/fleet/text.h"
#include "emulator/simulated/invocation_ids.h"

namespace lambdarium::simulated {
namespace {

constexpr std::size_t kSamplesMax = 2048;

template <class Message>
Message with_plain_id(Message message) {
  if (message.invocation != fleet::kNoInvocation) {
    message.invocation = number_of(message.invocation);
  }
  return message;
}

std::int64_t ms_or_none(Duration d) {
  if (d == kForever) return -1;
  return std::chrono::ceil<std::chrono::milliseconds>(d).count();
}

}  // namespace

Recorder::Recorder(RunSink& sink, const SimulationConfig& config,
                   const std::vector<RunFunction>& functions)
    : sink_(sink), functions_(functions) {
  sink_.meta("kind", "simulation");
  sink_.meta("seed", fmt::format("{}", config.seed));
  sink_.meta("config_hash", config_hash(config));
  sink_.meta("fleet", fleet::describe(config.platform.fleet));
  std::string text;
  for (const std::string& line : describe(config)) text += line + '\n';
  sink_.meta("config", text);
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const fleet::FunctionSettings& settings = functions[i].settings;
    sink_.function({.id = static_cast<std::int64_t>(i),
                    .name = functions[i].name,
                    .runtime = {},
                    .memory_mb = settings.memory_mb,
                    .timeout_ms = ms_or_none(settings.timeout),
                    .concurrency = settings.concurrency});
  }
}

void Recorder::decisions(std::string_view event, std::string detail, Time now,
                         std::span<const fleet::Effect> effects) {
  DecisionRecord record{
      .at_ns = to_ns(now), .event = std::string{event}, .command = {}, .detail = std::move(detail)};
  sink_.decision(record);
  for (const fleet::Effect& effect : effects) {
    record.command = to_string(effect.kind);
    record.detail = describe(with_plain_id(effect));
    sink_.decision(record);
  }
}

void Recorder::function_set(fleet::FunctionId id, Time now,
                            std::span<const fleet::Effect> effects) {
  decisions("function-set", fleet::describe(id, functions_[id].settings), now, effects);
}

void Recorder::event(const fleet::Event& event, Time now, std::span<const fleet::Effect> effects) {
  decisions(to_string(event.kind), describe(with_plain_id(event)), now, effects);
}

void Recorder::invocation_charged(const fleet::Effect& charge, Time arrival) {
  InvocationRecord record;
  record.id = fmt::format("{}", number_of(charge.invocation));
  record.function = charge.function;
  record.arrival_ns = to_ns(arrival);
  record.queue_ns = charge.queued.count();
  record.init_ns = charge.init.count();
  record.duration_ns = charge.run.count();
  record.billed_ms = charge.billed_ms;
  record.memory_mb = charge.memory_mb;
  record.outcome = to_string(charge.outcome);
  record.cold = charge.cold;
  record.environment = charge.environment.serial;
  sink_.invocation(record);
}

void Recorder::invocation_rejected(const fleet::Effect& reject, Time arrival, Time now) {
  InvocationRecord record;
  record.id = fmt::format("{}", number_of(reject.invocation));
  record.function = reject.function;
  record.arrival_ns = to_ns(arrival);
  record.queue_ns = (now - arrival).count();
  record.memory_mb = functions_[reject.function].settings.memory_mb;
  record.outcome = reject.reject == fleet::RejectReason::kNoMemory ? "dropped" : "throttled";
  sink_.invocation(record);
}

void Recorder::take_sample(const fleet::Fleet& fleet) {
  const fleet::Population& p = fleet.population();
  samples_.push_back({next_sample_, p.total, p.total - p.idle, p.idle, p.memory_mb,
                      fleet.in_flight(), fleet.queued()});
  next_sample_ += interval_;
  if (samples_.size() < kSamplesMax) return;
  for (std::size_t i = 0; i < kSamplesMax / 2; ++i) samples_[i] = samples_[2 * i];
  samples_.resize(kSamplesMax / 2);
  interval_ *= 2;
  next_sample_ = samples_.back().at + interval_;
}

void Recorder::finish(const SimulationResult& result) {
  for (const Sample& sample : samples_) {
    const auto add = [&](std::string_view series, std::int64_t value) {
      sink_.sample({to_ns(sample.at), std::string{series}, static_cast<double>(value)});
    };
    add("environments", sample.total);
    add("environments_busy", sample.busy);
    add("environments_idle", sample.idle);
    add("memory_mb", sample.memory_mb);
    add("in_flight", sample.in_flight);
    add("queued", sample.queued);
  }
  for (const billing::BillLine& line : result.bill.lines) {
    sink_.meter({line.meter, line.quantity.to_string(), line.unit, line.unit_price.to_string(15),
                 line.amount.to_string(15)});
  }
  sink_.meta("virtual_s", fmt::format("{}", to_seconds(result.end)));
  sink_.meta("invocations", fmt::format("{}", result.simulated));
}

}  // namespace lambdarium::simulated
