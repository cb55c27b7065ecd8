// `lambdarium serve`: the emulator, until it is told to stop.
//
// On failure: 2 when the template, the configuration or an option is wrong (all mistakes are
// printed, with file, line and column); 1 when the machine refused something: a port in use, a data
// folder of another running emulator.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "emulator/main/context.h"

namespace lambdarium::commands {

struct ServeOptions {
  std::string template_file;            // empty: the current folder's
  std::vector<std::string> parameters;  // --parameter KEY=VALUE, for the template
  std::string host = "127.0.0.1";
  int http_port = 3000;
  int api_port = 3001;
  int gpu_port = 3002;
  std::string data = ".lambdarium";
  std::string record;  // RUN.sqlite
  std::string region = "us-east-1";
  std::string config;             // --config FILE: platform, policies and billing keys
  std::vector<std::string> sets;  // --set key=value
  std::optional<std::int64_t> max_environments;
  double time_scale = 1;
  bool memory_limit = true;
  bool freeze = true;
  std::vector<std::string> allowed_hosts;
  bool watch = false;
  bool pace_streams = false;
};

int run_serve(const ServeOptions& options, const Context& context);

}  // namespace lambdarium::commands
