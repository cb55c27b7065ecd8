#include "emulator/main/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "emulator/main/context.h"
#include "emulator/main/registration.h"
#include "emulator/main/stderr_log.h"
#include "emulator/main/whole_number.h"
#include "models/base/nearest.h"

namespace lambdarium::commands {
namespace {

struct GlobalOptions {
  bool json = false;
  bool quiet = false;
  bool no_color = false;
  std::string log_level;
  std::optional<std::uint64_t> seed;
};

void add_global_options(CLI::App& app, GlobalOptions& options) {
  app.add_flag("--json", options.json,
               "One JSON document on stdout; text for people goes to stderr (default: off)");
  app.add_flag("--quiet", options.quiet, "No progress and no notes (default: off)");
  app.add_flag("--no-color", options.no_color,
               "No colours (default: colours on a terminal, unless NO_COLOR is set)");
  app.add_option("--log-level", options.log_level,
                 "Least level that is logged to stderr: trace, debug, info, warn, error or off "
                 "(default: info, with --quiet warn)")
      ->type_name("LEVEL")
      ->check([](const std::string& text) {
        LogLevel level{};
        if (parse_log_level(text, level)) return std::string{};
        return fmt::format("'{}' is none of trace, debug, info, warn, error, off", text);
      });
  add_whole_number(app, "--seed", options.seed,
                   "Seed of every random stream, 0 to 2^64-1 (default: the command's own, 1)");
  app.set_version_flag("--version", "lambdarium " LAM_VERSION, "Print the version and exit");
}

std::string nearest_of(std::string_view name, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return nearest_name(name, views);
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) names.push_back(sub->get_name());
  return names;
}

// The innermost subcommand that the arguments reached.
const CLI::App* reached(const CLI::App& app) {
  const CLI::App* current = &app;
  while (!current->get_subcommands().empty()) current = current->get_subcommands().front();
  return current;
}

std::vector<std::string> option_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

// The first argument that nothing took, with the known name nearest to it. Empty when everything
// was taken.
std::string unknown_argument_message(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return {};
  const std::string& argument = rest.front();
  const CLI::App* command = reached(app);
  std::string message;
  std::string nearest;
  if (argument.size() > 1 && argument.front() == '-') {
    const std::string name = argument.substr(0, argument.find('='));
    message = fmt::format("unknown option '{}'", name);
    nearest = nearest_of(name, option_names(command));
  } else if (!command->get_subcommands(nullptr).empty()) {
    message = fmt::format("unknown command '{}'", argument);
    nearest = nearest_of(argument, command_names(*command));
  } else {
    message = fmt::format("unexpected argument '{}'", argument);
  }
  if (!nearest.empty()) message += fmt::format("; did you mean '{}'?", nearest);
  return message;
}

int report_wrong_arguments(const CLI::App& app, const CLI::ParseError& error) {
  // By code: CLI11 names this error after the app.
  const int code = error.get_exit_code();
  const bool about_rest = code == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
                          code == static_cast<int>(CLI::ExitCodes::RequiredError);
  std::string message = about_rest ? unknown_argument_message(app) : std::string{};
  const CLI::App* command = reached(app);
  const std::vector<std::string> choices = command_names(*command);
  if (message.empty() && about_rest && !choices.empty()) {
    message = fmt::format("name a command: {}", fmt::join(choices, ", "));
  }
  if (message.empty()) message = error.what();
  std::string path;
  for (const CLI::App* at = command; at->get_parent() != nullptr; at = at->get_parent()) {
    path = ' ' + at->get_name() + path;
  }
  fmt::print(stderr, "lambdarium{}: {}\nSee `lambdarium{} --help`.\n", path, message, path);
  return kWrongInput;
}

Context make_context(const GlobalOptions& options, LogSink* log, bool color) {
  Context context;
  context.json = options.json;
  context.quiet = options.quiet;
  context.color = color;
  context.seed = options.seed;
  context.log = log;
  return context;
}

int run_chosen(Chosen& chosen, const GlobalOptions& options) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool may_color = !options.no_color && (no_color == nullptr || *no_color == '\0');
  LogLevel level = options.quiet ? LogLevel::kWarn : LogLevel::kInfo;
  if (!options.log_level.empty()) (void)parse_log_level(options.log_level, level);  // checked above
  StderrLogSink log(level, may_color && isatty(STDERR_FILENO) == 1);
  const Context context = make_context(options, &log, may_color && isatty(STDOUT_FILENO) == 1);
  const int code = chosen.run(context);
  // A full disk or a closed pipe shows up only here; a result that nobody received is no success.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    fmt::print(stderr, "lambdarium: the output could not be written\n");
    return code == kDone ? kRunFailed : code;
  }
  return code;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app{
      "AWS Lambda style functions on your own machine, and the same fleet in virtual time.",
      "lambdarium"};
  GlobalOptions options;
  Chosen chosen;
  add_global_options(app, options);
  app.footer(
      "Global options (--json --quiet --no-color --log-level --seed) stand before or after the "
      "command.\nExit codes: 0 done, 1 the run failed, 2 the input was wrong.");
  app.fallthrough();
  app.require_subcommand(1, 1);
  app.get_formatter()->column_width(34);
  add_serve_commands(app, chosen);
  add_fleet_commands(app, chosen);
  add_lab_commands(app, chosen);
  add_trace_commands(app, chosen);
  add_machine_commands(app, chosen);

  try {
    app.parse(argc, argv);
    return run_chosen(chosen, options);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return report_wrong_arguments(app, error);
  } catch (const std::system_error& error) {
    fmt::print(stderr, "lambdarium: {}\n", error.what());  // fmt's: stdout is closed or full
    return kRunFailed;
  } catch (const std::exception& error) {
    // Commands return codes; what arrives here is memory that ran out or a bug, and is said as one
    // line.
    fmt::print(stderr, "lambdarium: stopped by an unexpected error: {}\n", error.what());
    return kRunFailed;
  }
}

}  // namespace lambdarium::commands
