#include "emulator/fleet/text.h"

#include <charconv>
#include <map>

#include <fmt/format.h>

namespace lambdarium::fleet {
namespace {

// "key=value key=value": values hold no spaces.
class Fields {
 public:
  static Result<Fields> parse(std::string_view text) {
    Fields fields;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      const std::string_view field = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      const std::size_t equals = field.find('=');
      if (equals == std::string_view::npos) {
        return invalid_input(fmt::format("field '{}' is not key=value", field));
      }
      fields.values_[std::string{field.substr(0, equals)}] = std::string{field.substr(equals + 1)};
    }
    return fields;
  }

  Result<std::string> text(const std::string& key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return invalid_input(fmt::format("field '{}' is missing", key));
    return found->second;
  }

  template <class Integer>
  Status integer(const std::string& key, Integer& into) const {
    LAM_TRY(const std::string value, text(key));
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), into);
    if (error != std::errc{} || end != value.data() + value.size()) {
      return invalid_input(fmt::format("field {}='{}' is not an integer in range", key, value));
    }
    return {};
  }

  bool has(const std::string& key) const { return values_.contains(key); }

  // "-" stands for an absent value.
  template <class Integer>
  Status optional_integer(const std::string& key, std::optional<Integer>& into) const {
    LAM_TRY(const std::string value, text(key));
    into.reset();
    if (value == "-") return {};
    Integer number = 0;
    LAM_TRY_STATUS(integer(key, number));
    into = number;
    return {};
  }

  Status duration(const std::string& key, Duration& into) const {
    std::int64_t ns = 0;
    LAM_TRY_STATUS(integer(key, ns));
    into = Duration{ns};
    return {};
  }

  template <class Enum, std::size_t kCount>
  Status name(const std::string& key, Enum& into) const {
    LAM_TRY(const std::string value, text(key));
    for (std::size_t i = 0; i < kCount; ++i) {
      if (to_string(static_cast<Enum>(i)) == value) {
        into = static_cast<Enum>(i);
        return {};
      }
    }
    return invalid_input(fmt::format("field {}='{}' is not a known name", key, value));
  }

 private:
  std::map<std::string, std::string> values_;
};

std::string id_or_dash(InvocationId id) {
  return id == kNoInvocation ? std::string{"-"} : fmt::to_string(id);
}
template <class Integer>
std::string or_dash(const std::optional<Integer>& value) {
  return value ? fmt::to_string(*value) : std::string{"-"};
}
std::string environment_text(EnvironmentRef ref) {
  return fmt::format("{}@{}", ref.serial, ref.slot);
}

Status parse_environment(const Fields& fields, EnvironmentRef& into) {
  LAM_TRY(const std::string value, fields.text("environment"));
  const char* end = value.data() + value.size();
  const auto serial = std::from_chars(value.data(), end, into.serial);
  if (serial.ec == std::errc{} && serial.ptr != end && *serial.ptr == '@') {
    const auto slot = std::from_chars(serial.ptr + 1, end, into.slot);
    if (slot.ec == std::errc{} && slot.ptr == end) return {};
  }
  return invalid_input(fmt::format("field environment='{}' is not serial@slot", value));
}

}  // namespace

std::string describe(const Event& event) {
  switch (event.kind) {
    case EventKind::kArrived:
      return fmt::format("function={} invocation={} expected={} priority={}", event.function,
                         event.invocation, event.expected.count(), event.priority);
    case EventKind::kEnvironmentReady:
      return fmt::format("environment={}{}", environment_text(event.environment),
                         event.outcome == Outcome::kOk
                             ? std::string{}
                             : fmt::format(" outcome={}", to_string(event.outcome)));
    case EventKind::kEnvironmentLost:
      return fmt::format("environment={} outcome={}", environment_text(event.environment),
                         to_string(event.outcome));
    case EventKind::kInvocationEnded:
      return fmt::format("environment={} invocation={} outcome={}",
                         environment_text(event.environment), event.invocation,
                         to_string(event.outcome));
    case EventKind::kWoken:
      return {};
  }
  return {};
}

std::string describe(const Effect& effect) {
  const std::string environment = environment_text(effect.environment);
  switch (effect.kind) {
    case EffectKind::kStartEnvironment:
      return fmt::format(
          "environment={} function={} invocation={} cause={} memory_mb={} provisioned={:d}",
          environment, effect.function, id_or_dash(effect.invocation), to_string(effect.cause),
          effect.memory_mb, effect.provisioned);
    case EffectKind::kDispatch:
      return fmt::format(
          "environment={} function={} invocation={} deadline={} cold={:d} queued={} init={}",
          environment, effect.function, effect.invocation, to_ns(effect.deadline), effect.cold,
          effect.queued.count(), effect.init.count());
    case EffectKind::kRetireEnvironment:
      return fmt::format("environment={} function={} why={}", environment, effect.function,
                         to_string(effect.retire));
    case EffectKind::kReject:
      return fmt::format("invocation={} function={} why={}", effect.invocation, effect.function,
                         to_string(effect.reject));
    case EffectKind::kFail:
      return fmt::format("environment={} function={} invocation={} outcome={}", environment,
                         effect.function, effect.invocation, to_string(effect.outcome));
    case EffectKind::kCharge:
      return fmt::format(
          "environment={} function={} invocation={} outcome={} cold={:d} provisioned={:d} "
          "queued={} "
          "init={} run={} billed_ms={} memory_mb={}",
          environment, effect.function, effect.invocation, to_string(effect.outcome), effect.cold,
          effect.provisioned, effect.queued.count(), effect.init.count(), effect.run.count(),
          effect.billed_ms, effect.memory_mb);
  }
  return {};
}

Result<Event> parse_event(std::string_view kind, std::string_view detail) {
  LAM_TRY(const Fields fields, Fields::parse(detail));
  Event event;
  for (const EventKind each :
       {EventKind::kArrived, EventKind::kEnvironmentReady, EventKind::kEnvironmentLost,
        EventKind::kInvocationEnded, EventKind::kWoken}) {
    if (to_string(each) != kind) continue;
    event.kind = each;
    if (each == EventKind::kArrived) {
      LAM_TRY_STATUS(fields.integer("function", event.function));
      LAM_TRY_STATUS(fields.integer("invocation", event.invocation));
      LAM_TRY_STATUS(fields.duration("expected", event.expected));
      LAM_TRY_STATUS(fields.integer("priority", event.priority));
    } else if (each != EventKind::kWoken) {
      LAM_TRY_STATUS(parse_environment(fields, event.environment));
    }
    if (each == EventKind::kInvocationEnded) {
      LAM_TRY_STATUS(fields.integer("invocation", event.invocation));
    }
    const bool may_fail = each == EventKind::kEnvironmentReady && fields.has("outcome");
    if (each == EventKind::kInvocationEnded || each == EventKind::kEnvironmentLost || may_fail) {
      LAM_TRY_STATUS((fields.name<Outcome, 5>("outcome", event.outcome)));
    }
    return event;
  }
  return invalid_input(fmt::format("event '{}' is not known", kind));
}

std::string describe(FunctionId id, const FunctionSettings& settings) {
  return fmt::format(
      "function={} memory_mb={} timeout={} concurrency={} reserved={} provisioned={} "
      "init_billed={:d} "
      "cold_start_cost={} revision={} removed={:d} pool_group={}",
      id, settings.memory_mb, settings.timeout.count(), settings.concurrency,
      or_dash(settings.reserved_concurrency), settings.provisioned_concurrency,
      settings.init_billed, settings.cold_start_cost.count(), settings.revision, settings.removed,
      or_dash(settings.pool_group));
}

Result<FunctionSet> parse_function_set(std::string_view detail) {
  LAM_TRY(const Fields fields, Fields::parse(detail));
  FunctionSet set;
  FunctionSettings& settings = set.settings;
  int init_billed = 0;
  int removed = 0;
  LAM_TRY_STATUS(fields.integer("function", set.id));
  LAM_TRY_STATUS(fields.integer("memory_mb", settings.memory_mb));
  LAM_TRY_STATUS(fields.duration("timeout", settings.timeout));
  LAM_TRY_STATUS(fields.integer("concurrency", settings.concurrency));
  LAM_TRY_STATUS(fields.optional_integer("reserved", settings.reserved_concurrency));
  LAM_TRY_STATUS(fields.integer("provisioned", settings.provisioned_concurrency));
  LAM_TRY_STATUS(fields.integer("init_billed", init_billed));
  LAM_TRY_STATUS(fields.duration("cold_start_cost", settings.cold_start_cost));
  LAM_TRY_STATUS(fields.integer("revision", settings.revision));
  LAM_TRY_STATUS(fields.integer("removed", removed));
  if (fields.has("pool_group")) {  // runs of earlier versions have none
    LAM_TRY_STATUS(fields.optional_integer("pool_group", settings.pool_group));
  }
  settings.init_billed = init_billed != 0;
  settings.removed = removed != 0;
  if (settings.concurrency < 1 || settings.memory_mb < 1) {
    return invalid_input("a function needs concurrency and memory_mb of at least 1");
  }
  return set;
}

std::string describe(const PlatformSettings& settings) {
  const auto& queue = settings.queue;
  const std::string rate = settings.scaling_rate
                               ? fmt::format("{}/{}", settings.scaling_rate->environments,
                                             settings.scaling_rate->period.count())
                               : std::string{"-"};
  return fmt::format(
      "seed={} account_concurrency={} scaling_rate={} memory_capacity_mb={} max_environments={} "
      "queue={} "
      "queue_max_length={} queue_max_wait={} pending_start={} no_memory={} eviction={} "
      "keep_alive={} "
      "ttl={} clock={} at_expiry={} dispatch={} abandoned_init_billed={:d}",
      settings.seed, or_dash(settings.account_concurrency), rate,
      or_dash(settings.memory_capacity_mb), or_dash(settings.max_environments),
      to_string(queue.order), or_dash(queue.max_length),
      queue.max_wait ? fmt::to_string(queue.max_wait->count()) : std::string{"-"},
      to_string(settings.pending_start), to_string(settings.no_memory),
      to_string(settings.eviction), to_string(settings.keep_alive.name),
      settings.keep_alive.ttl.count(), to_string(settings.keep_alive.clock),
      to_string(settings.at_expiry), to_string(settings.dispatch), settings.abandoned_init_billed);
}

Result<PlatformSettings> parse_platform(std::string_view text) {
  LAM_TRY(const Fields fields, Fields::parse(text));
  PlatformSettings settings;
  LAM_TRY_STATUS(fields.integer("seed", settings.seed));
  LAM_TRY_STATUS(fields.optional_integer("account_concurrency", settings.account_concurrency));
  LAM_TRY(const std::string rate, fields.text("scaling_rate"));
  if (rate != "-") {
    ScalingRate parsed;
    std::int64_t period = 0;
    const char* end = rate.data() + rate.size();
    const auto first = std::from_chars(rate.data(), end, parsed.environments);
    const bool split = first.ec == std::errc{} && first.ptr != end && *first.ptr == '/';
    if (!split || std::from_chars(first.ptr + 1, end, period).ptr != end ||
        parsed.environments < 1) {
      return invalid_input(fmt::format("field scaling_rate='{}' is not environments/ns", rate));
    }
    parsed.period = Duration{period};
    settings.scaling_rate = parsed;
  }
  LAM_TRY_STATUS(fields.optional_integer("memory_capacity_mb", settings.memory_capacity_mb));
  LAM_TRY_STATUS(fields.optional_integer("max_environments", settings.max_environments));
  LAM_TRY(const std::string queue, fields.text("queue"));
  LAM_TRY(settings.queue.order, policies::parse_queue_order(queue));
  LAM_TRY_STATUS(fields.optional_integer("queue_max_length", settings.queue.max_length));
  std::optional<std::int64_t> max_wait;
  LAM_TRY_STATUS(fields.optional_integer("queue_max_wait", max_wait));
  if (max_wait) settings.queue.max_wait = Duration{*max_wait};
  LAM_TRY_STATUS((fields.name<PendingStart, 2>("pending_start", settings.pending_start)));
  LAM_TRY_STATUS((fields.name<NoMemory, 2>("no_memory", settings.no_memory)));
  LAM_TRY(const std::string eviction, fields.text("eviction"));
  LAM_TRY(settings.eviction, policies::parse_eviction(eviction));
  LAM_TRY(const std::string keep_alive, fields.text("keep_alive"));
  LAM_TRY(settings.keep_alive.name, policies::parse_keep_alive_name(keep_alive));
  LAM_TRY_STATUS(fields.duration("ttl", settings.keep_alive.ttl));
  LAM_TRY(const std::string clock, fields.text("clock"));
  LAM_TRY(settings.keep_alive.clock, policies::parse_keep_alive_clock(clock));
  LAM_TRY_STATUS((fields.name<AtExpiry, 2>("at_expiry", settings.at_expiry)));
  LAM_TRY(const std::string dispatch, fields.text("dispatch"));
  LAM_TRY(settings.dispatch, policies::parse_dispatch_order(dispatch));
  if (fields.has("abandoned_init_billed")) {  // runs of earlier versions have none
    int billed = 0;
    LAM_TRY_STATUS(fields.integer("abandoned_init_billed", billed));
    settings.abandoned_init_billed = billed != 0;
  }
  return settings;
}

}  // namespace lambdarium::fleet
