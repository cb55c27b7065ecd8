// The options of the commands around a running emulator.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>

#include "emulator/main/invoke_command.h"
#include "emulator/main/on_chosen.h"
#include "emulator/main/registration.h"
#include "emulator/main/serve_command.h"

namespace lambdarium::commands {
namespace {

// By hand: CLI11's range lets NaN pass.
std::string time_scale_in_range(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool whole = end != text.c_str() && *end == '\0';
  if (whole && value >= 0.001 && value <= 1e6) return {};
  return "'" + text + "' is not a number from 0.001 to 1000000";
}

void add_ports(CLI::App& app, ServeOptions& options) {
  app.add_option("--host", options.host,
                 "Address to listen on; anything but loopback lets others run your functions")
      ->type_name("ADDRESS")
      ->capture_default_str();
  app.add_option("--http-port", options.http_port,
                 "Port of API Gateway and function URLs (0 = any free one)")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65'535))
      ->capture_default_str();
  app.add_option("--api-port", options.api_port,
                 "Port of the AWS endpoint, for --endpoint-url (0 = any free one)")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65'535))
      ->capture_default_str();
  app.add_option("--gpu-port", options.gpu_port,
                 "Port of the GPU pool's inference protocol (0 = any free one)")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65'535))
      ->capture_default_str();
}

void add_switch(CLI::App& app, const std::string& name, bool& value, const std::string& help) {
  app.add_option_function<std::string>(
         name, [&value](const std::string& text) { value = text == "on"; },
         fmt::format("{} (default: {})", help, value ? "on" : "off"))
      ->type_name("on|off")
      ->check(CLI::Validator{CLI::IsMember({"on", "off"})}.description(""));
}

void add_environments(CLI::App& app, ServeOptions& options) {
  add_switch(app, "--memory-limit", options.memory_limit,
             "Kill a function that holds more than its memory and a sixteenth, at least 16 MB, on "
             "top; seen by sampling, ten times a second at most");
  add_switch(app, "--freeze", options.freeze,
             "Stop the processes of an environment once it has been idle for a tenth of a second, "
             "until its next invocation");
  app.add_option("--allow-host", options.allowed_hosts,
                 "Host name by which the AWS endpoint may be called besides this machine's, as "
                 "host.docker.internal; may be given many times")
      ->type_name("NAME")
      ->allow_extra_args(false);
}

void add_serve(CLI::App& root, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("serve", "Run the emulator: AWS Lambda and API Gateway here");
  const auto options = on_chosen(*app, chosen, &run_serve);
  app->add_option("TEMPLATE", options->template_file,
                  "SAM template (default: template.yaml of this folder, if there is one)")
      ->type_name("FILE");
  add_ports(*app, *options);
  app->add_option("--parameter", options->parameters,
                  "Value of a template parameter, instead of its Default; may be given many times")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app->add_option("--data", options->data, "Folder for state, packages and logs")
      ->type_name("DIR")
      ->capture_default_str();
  app->add_option("--region", options->region, "Region that ARNs name")
      ->type_name("NAME")
      ->capture_default_str();
  app->add_option("--record", options->record,
                  "Record the run as SQLite, for twin, bill and report (default: not recorded)")
      ->type_name("FILE");
  app->add_option("--max-environments", options->max_environments,
                  "Execution environments at once; more requests wait in order (default: from this "
                  "machine's memory and cores)")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000}));
  app->add_option(
         "--time-scale", options->time_scale,
         "Divide the waits of asynchronous events by this factor: retries after 1 and 2 min, "
         "back-off after throttles; an event's age counts them in full")
      ->type_name("X")
      ->check(time_scale_in_range)
      ->capture_default_str();
  app->add_flag("--pace-streams", options->pace_streams,
                "Send streamed responses as fast as the service does: 6 MiB at once, then 2 MiB/s");
  app->add_flag("--watch", options->watch,
                "Serve what changes in the template and in the folders of its functions: the next "
                "invocation runs the new code, one under way ends on the old");
  add_environments(*app, *options);
  app->add_option("--config", options->config,
                  "Simulation configuration whose platform, policies and billing keys apply")
      ->type_name("FILE");
  app->add_option("--set", options->sets,
                  "Change one of those keys: --set policies.keep_alive.ttl_s=60; may be given many "
                  "times")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_invoke(CLI::App& root, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("invoke", "Invoke a function of a running emulator");
  const auto options = on_chosen(*app, chosen, &run_invoke);
  app->add_option("FUNCTION", options->function, "Name or ARN")->required()->type_name("NAME");
  app->add_option("-d,--data", options->data,
                  "Event: JSON, @file, or - for standard input (default: {})")
      ->type_name("JSON");
  app->add_option("--qualifier", options->qualifier, "Version or alias (default: none)")
      ->type_name("NAME");
  app->add_flag("--async", options->async, "InvocationType Event: do not wait for the result");
  app->add_flag("--tail", options->tail, "Print the end of the invocation's log on stderr");
  app->add_option("--endpoint-url", options->endpoint_url, "The emulator's AWS endpoint")
      ->type_name("URL")
      ->capture_default_str();
}

}  // namespace

void add_serve_commands(CLI::App& app, Chosen& chosen) {
  add_serve(app, chosen);
  add_invoke(app, chosen);
}

}  // namespace lambdarium::commands
