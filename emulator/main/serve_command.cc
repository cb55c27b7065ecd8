#include "emulator/main/serve_command.h"

#include <arpa/inet.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "emulator/live/emulator.h"
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

// Fills in functions and APIs; false when the template must not be served (its errors are printed).
Result<bool> read_template(const ServeOptions& options, const Context& context,
                           live::EmulatorOptions& emulator) {
  std::filesystem::path file = options.template_file;
  if (file.empty()) {
    auto found = templates::find_template(".");
    if (!found.ok() && found.error().code == ErrorCode::kNotFound) {
      if (!options.parameters.empty()) {
        return invalid_input(
            fmt::format("--parameter '{}': there is no template here to give it to",
                        options.parameters.front()));
      }
      if (!context.quiet) {
        fmt::print(stderr, "no template here: serving what was created through the AWS endpoint\n");
      }
      return true;
    }
    LAM_TRY(file, std::move(found));
  }
  templates::TemplateOptions reading;
  LAM_TRY(reading.parameters, parse_parameters(options.parameters));
  reading.region = options.region;
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

void print_ready(const ServeOptions& options, const Context& context,
                 const live::Emulator& emulator) {
  const bool is_ipv6 = options.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? '[' + options.host + ']' : options.host;
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
  live::EmulatorOptions emulator_options;
  auto config = simulated::read_platform_config({options.config, options.sets});
  if (!config.ok()) return report(config.error());
  const auto readable = read_template(options, context, emulator_options);
  if (!readable.ok()) return report(readable.error());
  if (!*readable) return kWrongInput;
  if (const Status limits = apply_limits(*config, emulator_options); !limits.ok()) {
    return report(limits.error());
  }
  emulator_options.host = options.host;
  emulator_options.http_port = options.http_port;
  emulator_options.api_port = options.api_port;
  emulator_options.gpu_port = options.gpu_port;
  emulator_options.data_directory = options.data;
  emulator_options.record = options.record;
  emulator_options.region = options.region;
  emulator_options.seed = context.seed.value_or(random_seed());
  emulator_options.time_scale = options.time_scale;
  emulator_options.memory_limit = options.memory_limit;
  emulator_options.freeze = options.freeze;
  emulator_options.allowed_hosts = options.allowed_hosts;
  emulator_options.platform = config->fleet;
  emulator_options.platform.seed = emulator_options.seed;
  if (options.max_environments) {
    emulator_options.platform.max_environments = options.max_environments;
  } else if (!emulator_options.platform.max_environments) {
    emulator_options.platform.max_environments = live::default_max_environments();
  }
  emulator_options.config = config_text(*config);
  emulator_options.catalogue = config->billing.loaded;
  emulator_options.billing.free_tier = config->billing.free_tier;
  emulator_options.terminal_logs = !context.quiet;
  emulator_options.color = context.color;
  emulator_options.log = context.log;

  http::EventLoop loop;
  auto emulator = live::Emulator::start(loop, std::move(emulator_options));
  if (!emulator.ok()) return report(emulator.error());
  print_ready(options, context, **emulator);

  int code = kDone;
  bool stopping = false;
  loop.on_stop_signal([&](int) {
    if (stopping) {
      loop.stop();  // asked twice: no grace
      return;
    }
    stopping = true;
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
