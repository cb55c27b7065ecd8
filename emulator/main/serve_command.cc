#include "emulator/main/serve_command.h"

#include <arpa/inet.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "emulator/live/emulator.h"
#include "emulator/main/template_watch.h"
#include "emulator/simulated/config_reader.h"
#include "emulator/store/package.h"
#include "emulator/templates/template.h"
#include "runtime-api/http/event_loop.h"

namespace lambdarium::commands {
namespace {

constexpr Duration kStopGrace = 1s;

int exit_code(const Error& error) {
  const bool users = error.code == ErrorCode::kInvalidInput || error.code == ErrorCode::kNotFound;
  return users ? kWrongInput : kRunFailed;
}

int report(const Error& error) {
  fmt::print(stderr, "lambdarium serve: {}\n", error.to_string());
  return exit_code(error);
}

Result<std::map<std::string, std::string>> parse_parameters(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> parameters;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return invalid_input(fmt::format("--parameter '{}' is not KEY=VALUE", text));
    }
    parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return parameters;
}

bool is_address(const std::string& host) {
  in6_addr parsed{};  // room for either kind
  return host == "localhost" || ::inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

// Like us-east-1 or us-gov-west-1: it becomes part of ARNs and host names.
bool is_region(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const std::size_t last = name.rfind('-');
  if (last == std::string_view::npos || last + 2 != name.size()) return false;
  const std::string_view words = name.substr(0, last);
  const std::size_t first = words.find('-');
  return first == 2 && words.back() != '-' && words.find("--") == std::string_view::npos &&
         name.back() >= '0' && name.back() <= '9' &&
         std::all_of(words.begin(), words.end(), [&](char c) { return c == '-' || is_letter(c); });
}

Status check_options(const ServeOptions& options) {
  if (!is_address(options.host)) {
    return invalid_input(
        fmt::format("--host '{}' is neither a numeric address nor 'localhost'", options.host));
  }
  if (!is_region(options.region)) {
    return invalid_input(
        fmt::format("--region '{}' is not the name of a region, as us-east-1", options.region));
  }
  return {};
}

// Empty when there is none.
Result<std::filesystem::path> template_of(const ServeOptions& options, const Context& context) {
  if (!options.template_file.empty()) return std::filesystem::path{options.template_file};
  auto found = templates::find_template(".");
  if (found.ok() || found.error().code != ErrorCode::kNotFound) return found;
  if (!options.parameters.empty()) {
    return invalid_input(fmt::format("--parameter '{}': there is no template here to give it to",
                                     options.parameters.front()));
  }
  if (options.watch) return invalid_input("--watch: there is no template here to watch");
  if (!context.quiet) {
    fmt::print(stderr, "no template here: serving what was created through the AWS endpoint\n");
  }
  return std::filesystem::path{};
}

// Fills in functions and APIs; false when the template must not be served (its errors are printed).
Result<bool> read_template(const std::filesystem::path& file, const ServeOptions& options,
                           const Context& context, live::EmulatorOptions& emulator) {
  if (file.empty()) return true;
  templates::TemplateOptions reading;
  LAM_TRY(reading.parameters, parse_parameters(options.parameters));
  reading.region = options.region;
  if (options.http_port != 0) reading.http_port = options.http_port;
  if (options.api_port != 0) {
    reading.queue_url_base = fmt::format("http://localhost:{}", options.api_port);
  }
  const std::filesystem::path packages =
      std::filesystem::absolute(options.data) / "template-packages";
  reading.unpack = [packages](const std::filesystem::path& zip) -> Result<std::filesystem::path> {
    LAM_TRY(store::UnpackedPackage package, store::unpack_zip_file(zip, packages));
    return package.folder;
  };
  templates::TemplateReport read = templates::load_template(file, reading);
  if (!context.quiet) {
    for (const templates::TemplateNote& note : read.notes) {
      fmt::print(stderr, "note: {}\n", note.to_string());
    }
  }
  for (const Error& error : read.errors) fmt::print(stderr, "error: {}\n", error.to_string());
  emulator.functions = std::move(read.functions);
  emulator.apis = std::move(read.apis);
  emulator.urls = std::move(read.urls);
  emulator.queues = std::move(read.queues);
  emulator.event_sources = std::move(read.event_sources);
  return read.errors.empty();
}

// The limits that the configuration names by function, on top of the template's.
Status apply_limits(const simulated::PlatformConfig& config, live::EmulatorOptions& emulator) {
  for (const auto& [name, limit] : config.reserved) {
    bool known = false;
    for (FunctionDefinition& function : emulator.functions) {
      if (function.name != name) continue;
      function.reserved_concurrency = limit.value;
      known = true;
    }
    if (!known) {
      return invalid_input(
          fmt::format("platform.reserved_concurrency: the template has no function '{}'", name),
          limit.where);
    }
  }
  for (const auto& [name, limit] : config.provisioned) emulator.provisioned[name] = limit.value;
  return {};
}

// What of a simulation's configuration an emulator has: the platform, the policies and the prices.
std::string config_text(const simulated::PlatformConfig& platform) {
  simulated::SimulationConfig config;
  config.platform = platform;
  std::string text;
  for (const std::string& line : simulated::describe(config)) {
    const bool ours = line.starts_with("platform.") || line.starts_with("policies.") ||
                      line.starts_with("billing.");
    if (ours) text += line + "\n";
  }
  return text;
}

std::uint64_t random_seed() {
  std::uint64_t seed = 1;
  (void)::getrandom(&seed, sizeof seed, 0);  // without it, ids repeat from run to run: no harm
  return seed;
}

live::EmulatorOptions emulator_options_of(const ServeOptions& options, const Context& context,
                                          const simulated::PlatformConfig& config) {
  live::EmulatorOptions emulator;
  emulator.host = options.host;
  emulator.http_port = options.http_port;
  emulator.api_port = options.api_port;
  emulator.gpu_port = options.gpu_port;
  emulator.data_directory = options.data;
  emulator.record = options.record;
  emulator.region = options.region;
  emulator.seed = context.seed.value_or(random_seed());
  emulator.time_scale = options.time_scale;
  emulator.memory_limit = options.memory_limit;
  emulator.freeze = options.freeze;
  emulator.allowed_hosts = options.allowed_hosts;
  emulator.platform = config.fleet;
  emulator.platform.seed = emulator.seed;
  if (options.max_environments) {
    emulator.platform.max_environments = options.max_environments;
  } else if (!emulator.platform.max_environments) {
    emulator.platform.max_environments = live::default_max_environments();
  }
  emulator.stream_pacing = options.pace_streams;
  emulator.config = config_text(config);
  emulator.catalogue = config.billing.loaded;
  emulator.billing.free_tier = config.billing.free_tier;
  emulator.terminal_logs = !context.quiet;
  emulator.color = context.color;
  emulator.log = context.log;
  return emulator;
}

// The template again; what cannot be served is printed and leaves all as it is.
bool reload(const std::filesystem::path& file, const ServeOptions& options, const Context& context,
            const simulated::PlatformConfig& config, live::Emulator& emulator,
            std::vector<FunctionDefinition>& functions) {
  live::EmulatorOptions fresh;
  const auto readable = read_template(file, options, context, fresh);
  Status status = readable.ok() ? Status{} : Status{readable.error()};
  if (readable.ok() && *readable) {
    status = apply_limits(config, fresh);
    functions = fresh.functions;
    if (status.ok()) status = emulator.set_template(std::move(fresh.functions), fresh.apis);
    if (status.ok()) emulator.set_urls(std::move(fresh.urls));
    if (status.ok()) status = emulator.set_queues(fresh.queues, fresh.event_sources);
    if (status.ok()) {
      if (!context.quiet) fmt::print(stderr, "watch: {} applied\n", file.string());
      return true;
    }
  }
  if (!status.ok()) fmt::print(stderr, "error: {}\n", status.error().to_string());
  fmt::print(stderr, "watch: {} is not applied; what was served goes on\n", file.string());
  return false;
}

// References to what outlives the loop's run.
Result<std::unique_ptr<TemplateWatch>> watch_template(
    http::EventLoop& loop, const std::filesystem::path& file, const ServeOptions& options,
    const Context& context, const simulated::PlatformConfig& config, live::Emulator& emulator,
    std::vector<FunctionDefinition> functions) {
  WatchedEmulator watched;
  watched.reload = [file, &options, &context, &config,
                    &emulator](std::vector<FunctionDefinition>& fresh) {
    return reload(file, options, context, config, emulator, fresh);
  };
  watched.code_changed = [&emulator](const std::string& name) { emulator.code_changed(name); };
  watched.say = [&context](const std::string& line) {
    if (!context.quiet) fmt::print(stderr, "watch: {}\n", line);
  };
  WatchOptions watching{file, {options.data}};
  if (!options.record.empty()) watching.own_paths.emplace_back(options.record);
  auto watch = std::make_unique<TemplateWatch>(loop, std::move(watching), std::move(watched));
  LAM_TRY_STATUS(watch->start(std::move(functions)));
  return watch;
}

void print_ready(const ServeOptions& options, const Context& context,
                 const live::Emulator& emulator) {
  const bool is_ipv6 = options.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? '[' + options.host + ']' : options.host;
  if (!context.quiet) {
    for (const auto& [function, address] : emulator.function_urls()) {
      fmt::print(stderr, "function URL of {}: {}\n", function, address);
    }
  }
  const auto url = [&](int port) { return fmt::format("http://{}:{}", host, port); };
  if (context.json) {
    fmt::print("{{\"ready\":true,\"http\":\"{}\",\"api\":\"{}\",\"gpu\":\"{}\"}}\n",
               url(emulator.http_port()), url(emulator.api_port()), url(emulator.gpu_port()));
  } else {
    fmt::print("ready http={} api={} gpu={}\n", url(emulator.http_port()), url(emulator.api_port()),
               url(emulator.gpu_port()));
  }
  std::fflush(stdout);
}

void print_totals(const live::Emulator& emulator) {
  const live::Emulator::Totals totals = emulator.totals();
  fmt::print(stderr, "{} invocations, {} cold starts, {} throttled; on AWS: {} USD\n",
             totals.invocations, totals.cold_starts, totals.throttled,
             totals.bill.total().to_fixed(9));
}

}  // namespace

int run_serve(const ServeOptions& options, const Context& context) {
  if (const Status right = check_options(options); !right.ok()) return report(right.error());
  auto config = simulated::read_platform_config({options.config, options.sets});
  if (!config.ok()) return report(config.error());
  live::EmulatorOptions emulator_options = emulator_options_of(options, context, *config);
  const auto file = template_of(options, context);
  if (!file.ok()) return report(file.error());
  const auto readable = read_template(*file, options, context, emulator_options);
  if (!readable.ok()) return report(readable.error());
  if (!*readable) return kWrongInput;
  if (const Status limits = apply_limits(*config, emulator_options); !limits.ok()) {
    return report(limits.error());
  }
  std::vector<FunctionDefinition> functions;
  if (options.watch) functions = emulator_options.functions;

  http::EventLoop loop;
  auto emulator = live::Emulator::start(loop, std::move(emulator_options));
  if (!emulator.ok()) return report(emulator.error());
  std::unique_ptr<TemplateWatch> watch;
  if (options.watch) {
    auto started =
        watch_template(loop, *file, options, context, *config, **emulator, std::move(functions));
    if (!started.ok()) return report(started.error());
    watch = *std::move(started);
  }
  print_ready(options, context, **emulator);

  int code = kDone;
  bool stopping = false;
  loop.on_stop_signal([&](int) {
    if (stopping) {
      loop.stop();  // asked twice: no grace
      return;
    }
    stopping = true;
    watch.reset();
    (*emulator)->shut_down(kStopGrace, [&](Status recorded) {
      if (!recorded.ok()) code = report(recorded.error());
      loop.stop();
    });
  });
  loop.run();
  if (!context.quiet) print_totals(**emulator);
  return code;
}

}  // namespace lambdarium::commands
